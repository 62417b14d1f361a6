//! The county's day where nodes share nothing but folders, between which a gateway does to files what gateways do.

use std::collections::BTreeSet;

use hefu::county;
use hefu_curve::Pool;
use hefu_fixtures::all_numbers;
use hefu_link::ferry::{Cut, Form};
use hefu_node::Surroundings;
use hefu_tests::agency::wording;
use hefu_tests::gateway::Gateway;
use hefu_tests::search::{SHORTEST, Searcher, forms_of_name, forms_of_number};

const SEED: u64 = 20_261_130;

#[tokio::test(flavor = "multi_thread")]
async fn the_findings_are_those_over_the_line_and_no_number_is_in_any_file() {
    println!("seed {SEED}");
    let dir = tempfile::tempdir().unwrap();
    let surroundings = Surroundings::new(Pool::new(0).unwrap());
    // Small files, so that every answer goes in many parts.
    let cut = Cut::new(Form::Text, Some(20_000)).unwrap();
    let (running, boxes) = county::set_up_by_files(dir.path(), &surroundings, &wording, cut).unwrap();
    let nodes = running.nodes.clone();
    let mut gateway = Gateway::new(SEED);
    for (agency, folders) in &boxes {
        gateway.connect(&nodes[agency].node_key(), &folders.outbox, &folders.inbox);
    }
    let numbers = all_numbers(&running.county);
    let names: Vec<_> = running
        .county
        .people
        .iter()
        .map(|person| person.name.clone())
        .collect();
    let outcome = running
        .all_rounds_by_files(&boxes, &mut || {
            gateway.trip();
            Ok(())
        })
        .await
        .unwrap();
    // What a plain join expects, as over the line.
    assert_eq!(outcome.difference().unwrap(), None);
    println!("{:?}, {} files", gateway.harm, gateway.seen.len());
    assert!(gateway.harm.truncated > 10 && gateway.harm.duplicated > 10 && gateway.harm.delayed > 10);

    // One debit and one receipt for each session, on both sides the same.
    let mut receipts: Vec<(String, String)> = Vec::new();
    let mut debits = 0;
    for node in nodes.values() {
        node.store().verify().unwrap();
        debits += node.store().debits(0, 1_000).unwrap().len();
        for entry in node.store().entries(0, 100_000).unwrap() {
            if entry.kind == "round_done" {
                let text = |name: &str| entry.body[name].as_str().unwrap().to_owned();
                receipts.push((text("session"), text("by_receiver") + &text("by_sender")));
            }
        }
        assert_eq!(node.ferry_status().unwrap().waiting, []);
    }
    let sessions: BTreeSet<_> = receipts.iter().cloned().collect();
    let rounds = outcome
        .rounds
        .keys()
        .filter(|key| !key.starts_with("local:"))
        .count();
    assert_eq!(rounds, 14);
    assert_eq!(
        (receipts.len(), sessions.len(), debits),
        (2 * rounds, rounds, rounds)
    );

    let mut searcher = Searcher::default();
    let forms = numbers.iter().flat_map(|number| forms_of_number(number));
    let forms = forms.chain(names.iter().flat_map(|name| forms_of_name(name)));
    for (what, bytes) in forms.filter(|(_, bytes)| bytes.len() >= SHORTEST) {
        searcher.add(what, &bytes);
    }
    for (name, file) in &gateway.seen {
        assert_eq!(searcher.find(file), None, "in {name}");
        assert!(passes_a_whitelist(file), "{name} is no plain text");
        // And beneath the text.
        let payload = payload(file);
        assert_eq!(searcher.find(&payload), None, "in {name}");
    }
    // The search can fail.
    let number = numbers.iter().find(|number| number.len() == 18).unwrap();
    assert!(searcher.find(format!("..{number}..").as_bytes()).is_some());
}

/// What a gateway lets through that knows texts only: printable ASCII, lines of at most 1,000 characters, files of at most
/// 1 MB.
fn passes_a_whitelist(file: &[u8]) -> bool {
    file.len() <= 1_000_000
        && file
            .split(|byte| *byte == b'\n')
            .all(|line| line.len() <= 1_000 && line.iter().all(|byte| (b' '..=b'~').contains(byte)))
}

/// The bytes behind the three lines at the head, decoded here anew.
fn payload(file: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(file).unwrap();
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0_u32);
    for character in text
        .lines()
        .skip(3)
        .filter(|line| !line.starts_with('-'))
        .flat_map(str::bytes)
    {
        let value = match character {
            b'A'..=b'Z' => character - b'A',
            b'a'..=b'z' => character - b'a' + 26,
            b'0'..=b'9' => character - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => continue,
        };
        held = held << 6 | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
            held &= (1 << bits) - 1;
        }
    }
    bytes
}
