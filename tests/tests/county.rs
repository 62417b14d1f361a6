//! The county's whole round: the findings equal the plain join's, and nothing secret has got out on the way.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use hefu::county;
use hefu_casework::NameDigest;
use hefu_curve::{Pool, Scalar};
use hefu_fixtures::all_numbers;
use hefu_node::Surroundings;
use hefu_psi::wire::{Accept, Kind};
use hefu_tests::agency::wording;
use hefu_tests::search::{SHORTEST, Searcher, forms_of_name, forms_of_number, forms_of_secret};
use hefu_tests::secrets::{forms_of_key, of_seed, public, sender_key};
use hefu_tests::watch::{Draws, Frames, Text};
use tracing_subscriber::filter::LevelFilter;

const SEED: u64 = 20_261_125;

#[tokio::test(flavor = "multi_thread")]
async fn the_findings_are_as_expected_and_nothing_secret_has_got_out() {
    println!("seed {SEED}");
    let log = Text::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .init();

    let folder = tempfile::tempdir().unwrap();
    let (frames, draws) = (Arc::new(Frames::default()), Arc::new(Draws::new(SEED)));
    let source = Arc::clone(&draws);
    let surroundings = Surroundings {
        tap: Some(frames.clone()),
        randomness: Arc::new(move || source.next_session()),
        ..Surroundings::new(Pool::new(0).unwrap())
    };
    let running = county::set_up(folder.path(), &surroundings, &wording)
        .await
        .unwrap();
    let numbers = all_numbers(&running.county);
    // As everybody writes them, and as they stand in the rows.
    let people = running.county.people.iter().map(|person| &person.name);
    let rows = running.county.records.iter().map(|record| &record.name);
    let names: BTreeSet<String> = people.chain(rows).cloned().collect();
    let nodes = running.nodes.clone();
    let outcome = running.conference().await.unwrap();
    assert_eq!(
        outcome.difference().unwrap(),
        None,
        "the findings are those of the plain join"
    );

    let mut places: Vec<(String, Vec<u8>)> = vec![
        (
            "the frames before encryption".into(),
            frames
                .taken()
                .into_iter()
                .flat_map(|(_, payload)| payload)
                .collect(),
        ),
        ("the log stream".into(), log.taken()),
    ];
    for (agency, node) in &nodes {
        node.store().verify().unwrap();
        let entries = node.store().entries(0, 100_000).unwrap();
        let entries: String = entries
            .iter()
            .map(|entry| format!("{} {} {}\n", entry.kind, entry.actor, entry.body))
            .collect();
        places.push((
            format!("the chained log of {}", agency.code()),
            entries.into_bytes(),
        ));
        read_all(&folder.path().join("nodes").join(agency.code()), &mut places);
    }
    let keys = keys_drawn(&draws, &frames.taken());
    assert_eq!(
        keys_shown(&frames.taken()),
        keys.iter().map(public).collect(),
        "the secrets are those of this run"
    );
    let mut secrets = secrets(&draws, &keys);
    assert!(
        secrets.len() >= 2 * 14,
        "each of fourteen sessions has drawn secrets on both sides"
    );
    // What is kept of names is sealed, and of what is sent of them two bytes are in sealed labels.
    let digests = names.iter().filter_map(|name| NameDigest::of(name));
    secrets.extend(digests.map(|digest| digest.stored().to_vec()));
    let searcher = searcher(&numbers, &names, &secrets);
    assert!(
        places[..2].iter().all(|(_, bytes)| !bytes.is_empty()),
        "frames and log were watched"
    );
    for (place, bytes) in &places {
        assert_eq!(searcher.find(bytes), None, "in {place}");
    }

    // The search must be able to fail: what is planted is found.
    let (_, frames) = &places[0];
    let number = numbers.iter().find(|number| number.len() == 18).unwrap();
    let planted = [
        forms_of_number(number),
        forms_of_secret(&secrets[0]),
        forms_of_name("某某某"),
    ]
    .concat();
    let with_name = {
        let mut searcher = searcher;
        forms_of_name("某某某").iter().for_each(|(what, bytes)| {
            if bytes.len() >= SHORTEST {
                searcher.add(what, bytes)
            }
        });
        searcher
    };
    for (what, bytes) in planted.iter().filter(|(_, bytes)| bytes.len() >= SHORTEST) {
        let mut haystack = frames.clone();
        let middle = haystack.len() / 2;
        haystack.splice(middle..middle, bytes.iter().copied());
        assert!(
            with_name.find(&haystack).is_some(),
            "{what} was planted and not found"
        );
    }
}

/// Every frame's payload of one kind.
fn payloads(frames: &[(u8, Vec<u8>)], kind: Kind) -> impl Iterator<Item = &[u8]> {
    let of_kind = frames.iter().filter(move |(of, _)| *of == kind as u8);
    of_kind.map(|(_, payload)| payload.as_slice())
}

/// The public keys of all sessions, as they crossed the line.
fn keys_shown(frames: &[(u8, Vec<u8>)]) -> BTreeSet<Vec<u8>> {
    payloads(frames, Kind::Accept)
        .map(|payload| Accept::decode(payload).unwrap().public)
        .collect()
}

/// The seed is the first that a session draws.
fn seeds(draws: &Draws) -> Vec<Vec<u8>> {
    let sessions = draws.taken().into_iter();
    sessions
        .filter_map(|session| session.into_iter().next())
        .collect()
}

/// The keys that the seeds give for what has crossed. Which seed was whose is not known here, so each is tried with each
/// opening and acceptance, and those that belong together show by their public key.
fn keys_drawn(draws: &Draws, frames: &[(u8, Vec<u8>)]) -> Vec<Scalar> {
    let shown = keys_shown(frames);
    let mut keys = Vec::new();
    for seed in seeds(draws) {
        for open in payloads(frames, Kind::Open) {
            for accept in payloads(frames, Kind::Accept) {
                let input = Accept::decode(accept).unwrap().input;
                let key = sender_key(&seed, open, &input);
                if shown.contains(&public(&key)) {
                    keys.push(key);
                }
            }
        }
    }
    keys
}

/// What must stay inside: every session's seed, its key in each form in which the protocol uses it, the keys of blinds,
/// the salts of commitments, and the randomness of proofs.
fn secrets(draws: &Draws, keys: &[Scalar]) -> Vec<Vec<u8>> {
    let mut secrets: Vec<Vec<u8>> = draws.taken().into_iter().flatten().collect();
    secrets.extend(keys.iter().flat_map(forms_of_key));
    secrets.extend(seeds(draws).iter().flat_map(|seed| of_seed(seed)));
    secrets
}

fn searcher(numbers: &[String], names: &BTreeSet<String>, secrets: &[Vec<u8>]) -> Searcher {
    let mut searcher = Searcher::default();
    let numbers = numbers.iter().flat_map(|number| forms_of_number(number));
    let names = names.iter().flat_map(|name| forms_of_name(name));
    let secrets = secrets.iter().flat_map(|secret| forms_of_secret(secret));
    for (what, bytes) in numbers
        .chain(names)
        .chain(secrets)
        .filter(|(_, bytes)| bytes.len() >= SHORTEST)
    {
        searcher.add(what, &bytes);
    }
    searcher
}

/// Every file of a node's folder, as it lies on the disk.
fn read_all(folder: &Path, places: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, places);
        } else {
            places.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
}
