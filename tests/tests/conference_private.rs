//! The office of a conference never has a person. One round of the county's conference, with every frame kept before it is
//! encrypted: no element of any pair's sessions, no tag, no number in any form and no name stands in what the office
//! received and sent, in what it could open, or in anything that it keeps.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation is the report"
)]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use data_encoding::{BASE64, HEXLOWER, HEXUPPER};
use hefu::county::{self, OFFICE};
use hefu_casework::{AidRecord, Hex, elements};
use hefu_curve::{ELEMENT_BYTES, Pool};
use hefu_fixtures::all_numbers;
use hefu_link::{Direction, Tap};
use hefu_node::Surroundings;
use hefu_psi::wire::{Blinded, Evaluated, Kind, Tags};
use hefu_psi::{Ristretto255, Suite};
use hefu_tests::agency::wording;
use hefu_tests::bureau::files;
use hefu_tests::registers::registers;
use hefu_tests::search::{SHORTEST, Searcher, forms_of_name, forms_of_number};
use hefu_tests::watch::{Draws, Text};
use tracing_subscriber::filter::LevelFilter;

const SEED: u64 = 20_261_202;
/// Bytes of a tag.
const TAG: usize = 16;

/// Every frame of every node: direction, the other side, kind and payload.
#[derive(Default)]
struct Frames(Mutex<Vec<(Direction, String, u8, Vec<u8>)>>);

impl Tap for Frames {
    fn frame(&self, direction: Direction, peer: &str, kind: u8, payload: &[u8]) {
        let mut frames = self.0.lock().unwrap();
        frames.push((direction, peer.to_owned(), kind, payload.to_vec()));
    }
}

impl Frames {
    /// What agencies sent to each other in sessions.
    fn between_agencies(&self) -> Vec<(u8, Vec<u8>)> {
        let frames = self.0.lock().unwrap();
        let sent = frames
            .iter()
            .filter(|(direction, peer, ..)| *direction == Direction::Sent && peer != OFFICE);
        sent.map(|(_, _, kind, payload)| (*kind, payload.clone()))
            .collect()
    }

    /// What the office received, and what others received of it.
    fn of_office(&self) -> [Vec<u8>; 2] {
        let frames = self.0.lock().unwrap();
        [Direction::Sent, Direction::Received].map(|wanted| {
            let its = frames
                .iter()
                .filter(|(direction, peer, ..)| *direction == wanted && peer == OFFICE);
            its.flat_map(|(_, _, _, payload)| payload.clone()).collect()
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_office_has_nothing_of_anybody() {
    println!("seed {SEED}");
    let log = Text::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .init();
    let folder = tempfile::tempdir().unwrap();
    let (frames, draws) = (Arc::new(Frames::default()), Arc::new(Draws::new(SEED)));
    let surroundings = Surroundings {
        tap: Some(frames.clone()),
        randomness: Arc::new(move || draws.next_session()),
        ..Surroundings::new(Pool::new(0).unwrap())
    };
    let running = county::set_up(folder.path(), &surroundings, &wording)
        .await
        .unwrap();
    let registers = registers(&running.county);
    let people = running.county.people.iter().map(|person| &person.name);
    let rows = running.county.records.iter().map(|record| &record.name);
    let names: BTreeSet<String> = people.chain(rows).cloned().collect();
    let numbers = all_numbers(&running.county);
    let outcome = running.conference().await.unwrap();
    assert_eq!(outcome.difference().unwrap(), None);

    let mut searcher = Searcher::default();
    let mut add = |what, bytes: &[u8]| {
        if bytes.len() >= SHORTEST {
            searcher.add(what, bytes);
        }
    };
    let sent = frames.between_agencies();
    let elements_sent = add_elements(&sent, &mut add);
    for number in numbers.iter().filter(|number| number.len() >= 15) {
        for (what, bytes) in forms_of_number(number) {
            add(what, &bytes);
        }
        add("a number in hex", HEXLOWER.encode(number.as_bytes()).as_bytes());
        add(
            "a number in base64",
            BASE64.encode(number.as_bytes())[..20].as_bytes(),
        );
    }
    for (what, bytes) in names.iter().flat_map(|name| forms_of_name(name)) {
        add(what, &bytes);
    }
    // What the agencies entered, before it was blinded.
    let mut entered = 0;
    for session in &outcome.sessions {
        let node = &outcome.nodes[&session.receiver];
        let round = node.store().round(&session.round).unwrap().unwrap();
        let dossier = node.agreement(&round.agreement).unwrap();
        let agreement = dossier.agreement();
        let me = agreement.index_of(&node.node_key()).unwrap();
        for (agency, party) in [(session.receiver, me), (session.sender, 1 - me)] {
            let register = &registers[&agency];
            let mut records = register
                .records
                .iter()
                .map(|(_, record): &(_, AidRecord)| record.clone());
            let set = elements(
                agreement,
                node.rules(),
                party,
                me,
                &register.aliases,
                &mut records,
            )
            .unwrap();
            for element in set.bytes().chunks(set.width()) {
                add("an element", element);
                entered += 1;
            }
        }
    }
    assert!(
        elements_sent > 1_000 && entered > 1_000,
        "{elements_sent} {entered}"
    );

    let held = outcome.conference.as_ref().unwrap();
    let [received, said] = frames.of_office();
    let mut places = vec![
        ("what the office received".to_owned(), received),
        ("what the office sent".to_owned(), said),
        ("the log stream".to_owned(), log.taken()),
    ];
    let opened = opened(&held.office, &held.id);
    assert!(opened.len() > 10_000, "the office could open lines and counts");
    places.push(("what the office could open".to_owned(), opened));
    drop(outcome);
    let its = folder.path().join("nodes/office");
    places.extend(
        files(&its)
            .into_iter()
            .map(|(path, bytes)| (path.display().to_string(), bytes)),
    );
    for (place, bytes) in &places {
        assert_eq!(searcher.find(bytes), None, "in {place}");
    }

    // The search must be able to fail. It finds what agencies sent to each other, and what is planted.
    let between: Vec<u8> = sent.iter().flat_map(|(_, payload)| payload.clone()).collect();
    assert!(searcher.find(&between).is_some());
    let (_, blinded) = sent
        .iter()
        .find(|(kind, _)| *kind == Kind::Blinded as u8)
        .unwrap();
    let blinded = Blinded::decode(blinded).unwrap().elements[..ELEMENT_BYTES].to_vec();
    let (_, tags) = sent.iter().find(|(kind, _)| *kind == Kind::Tags as u8).unwrap();
    let tag = Tags::decode(tags).unwrap().entries[..TAG].to_vec();
    let number = numbers.iter().find(|number| number.len() == 18).unwrap();
    let hex = HEXUPPER.encode(&blinded).into_bytes();
    let name = names.iter().find(|name| name.len() >= SHORTEST).unwrap();
    for planted in [
        blinded,
        hex,
        tag,
        number.clone().into_bytes(),
        name.clone().into_bytes(),
    ] {
        let mut haystack = places[0].1.clone();
        let middle = haystack.len() / 2;
        haystack.splice(middle..middle, planted.iter().copied());
        assert!(
            searcher.find(&haystack).is_some(),
            "{planted:?} was planted and not found"
        );
    }
}

/// Blinded and evaluated elements, and tags: all that crossed in sessions.
fn add_elements(sent: &[(u8, Vec<u8>)], add: &mut impl FnMut(&'static str, &[u8])) -> usize {
    let mut elements = 0;
    for (kind, payload) in sent {
        let packed = match kind {
            kind if *kind == Kind::Blinded as u8 => Blinded::decode(payload).unwrap().elements,
            kind if *kind == Kind::Evaluated as u8 => {
                Evaluated::decode(payload, Ristretto255::proof_bytes())
                    .unwrap()
                    .elements
            }
            kind if *kind == Kind::Tags as u8 => {
                // How wide an entry is only the pair knows: each place could be a tag's.
                let entries = Tags::decode(payload).unwrap().entries;
                entries.windows(TAG).for_each(|window| add("a tag", window));
                continue;
            }
            _ => continue,
        };
        for element in packed.chunks_exact(ELEMENT_BYTES) {
            add("an element of a session", element);
            add(
                "an element of a session in hex",
                HEXLOWER.encode(element).as_bytes(),
            );
            add(
                "an element of a session in HEX",
                HEXUPPER.encode(element).as_bytes(),
            );
            add(
                "an element of a session in base64",
                BASE64.encode(element)[..40].as_bytes(),
            );
            elements += 1;
        }
    }
    elements
}

/// Every enclosure of the record that the office could open, and the entries around them.
fn opened(office: &hefu_node::Node, id: &Hex<32>) -> Vec<u8> {
    let entries = office.store().conference_entries(&id.0, 0, 100_000).unwrap();
    let mut all = Vec::new();
    for entry in &entries {
        all.extend(entry.bytes.iter());
        all.extend(entry.opened.iter().flat_map(|opened| opened.iter()));
    }
    all
}
