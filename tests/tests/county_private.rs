//! In the county's rounds, what a receiver sees is the same whether the other agency lawfully helps people whom the receiver
//! helps too, or strangers; and where those rows are left out, one announced size tells it, and nothing else.
//!
//! Both ends draw the same randomness each time. The sender's key is bound to the sender's input, so evaluations and tags
//! are other bytes; what of them the receiver can read is which of its own elements stand among the tags.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

use hefu_casework::{Agreement, AidRecord, Hex, Party, ProgrammeCode, RuleId, RuleSet, elements, findings};
use hefu_fixtures::conference::{ANNEXES, Annex, Purpose};
use hefu_fixtures::expected::Expected;
use hefu_fixtures::{Agency, LOCAL_RULES, PersonId, SEED, number_at};
use hefu_identity::{Kind as Document, PersonKey, parse};
use hefu_psi::wire::Kind;
use hefu_psi::{Elements, KeyKind, Terms};
use hefu_tests::agency::draft;
use hefu_tests::ends;
use hefu_tests::faulty::{End, Line, Message};
use hefu_tests::registers::{Register, registers, role};
use jiff::civil::date;

const SESSION: u64 = 20_261_130;
/// Bytes of a tag in the mode members.
const TAG: usize = 16;

/// A pair of registers, and the rules between them.
struct Round {
    agencies: [Agency; 2],
    programmes: [&'static [&'static str]; 2],
    rules: &'static [&'static str],
    /// Which of the two learn.
    receivers: &'static [usize],
}

/// Those in which rules are at stake.
fn rounds() -> Vec<Round> {
    let duplicates = ANNEXES
        .iter()
        .filter(|annex| annex.purpose == Purpose::Duplicates);
    let round = |annex: &Annex| Round {
        agencies: [annex.receiver, annex.sender],
        programmes: annex.programmes,
        rules: annex.rules,
        receivers: if annex.both { &[0, 1] } else { &[0] },
    };
    duplicates.map(round).collect()
}

#[test]
fn what_a_receiver_sees_is_the_same_with_and_without_lawful_overlaps() {
    let mut overlaps = Vec::new();
    for round in &rounds() {
        let agreement = round.agreement();
        for receiver in round.receivers {
            let sender = 1 - receiver;
            let broken = round.broken(*receiver, sender);
            let [own, theirs] = round.sample([*receiver, sender], &broken);
            let known: HashSet<_> = own.iter().map(|(person, _)| *person).collect();
            let lawful = |person: &PersonId| known.contains(person) && !broken.contains(person);
            let people: BTreeSet<_> = theirs.iter().map(|(person, _)| *person).filter(lawful).collect();

            let view =
                |theirs: &[(PersonId, AidRecord)]| View::new(&agreement, round, *receiver, &own, theirs);
            let with = view(&theirs);
            assert!(
                !with.findings.is_empty(),
                "a round in which nothing breaks proves nothing"
            );

            // Strangers in their place: the sender's elements are others, and all that shows is the same.
            let replaced = view(&with_strangers(&theirs, lawful));
            let entered = with.entered != replaced.entered;
            with.same_result(&replaced);
            assert_eq!(with.sender_elements, replaced.sender_elements);
            assert_eq!(with.heard, replaced.heard);
            assert!(
                with.said == replaced.said,
                "what the receiver sends depends on the sender's rows"
            );

            // Nobody in their place: the number of tags says how many elements fewer there are.
            let mut left = theirs.clone();
            left.retain(|(person, _)| !lawful(person));
            let without = view(&left);
            with.same_result(&without);
            assert!(
                with.said == without.said,
                "what the receiver sends depends on the sender's rows"
            );
            let fewer = with.sender_elements - without.sender_elements;
            assert_eq!(fewer > 0, entered);
            overlaps.push((people.len(), entered));
            let [more, less] = [&with, &without].map(View::tag_bytes);
            assert_eq!((more - less) as u64, fewer * TAG as u64);
            assert_eq!(with.heard_but_tags(), without.heard_but_tags());
        }
    }
    // Of those with an allowance and a subsidy the subsidies are entered, and their allowances are not: no rule between the
    // two names them. Whom the court has taken in as the quarter ends has no month under a rule.
    let entered: Vec<_> = overlaps.iter().map(|(_, entered)| *entered).collect();
    let custody = 4;
    let known: Vec<_> = (0..10).map(|session| session != custody).collect();
    assert_eq!(entered, known, "{overlaps:?}");
    assert!(
        overlaps.iter().all(|(people, _)| *people > 2) && overlaps[2].0 > 1_200,
        "{overlaps:?}"
    );
}

/// The comparison would show a difference: one person in whom a rule breaks, and a stranger in that person's place.
#[test]
fn somebody_in_whom_a_rule_breaks_would_be_missed() {
    let round = &rounds()[0];
    let agreement = round.agreement();
    let broken = round.broken(0, 1);
    let [own, theirs] = round.sample([0, 1], &broken);
    let one = theirs
        .iter()
        .map(|(person, _)| *person)
        .find(|person| broken.contains(person))
        .unwrap();
    let view = |theirs: &[(PersonId, AidRecord)]| View::new(&agreement, round, 0, &own, theirs);
    let (with, replaced) = (
        view(&theirs),
        view(&with_strangers(&theirs, |person| *person == one)),
    );
    assert_eq!(with.heard, replaced.heard, "sizes do not tell it");
    assert_eq!(
        (with.matched.len(), with.findings.len()),
        (replaced.matched.len() + 1, replaced.findings.len() + 1)
    );
}

/// All that a receiver sees.
struct View {
    findings: Vec<hefu_casework::Finding>,
    matched: Vec<u32>,
    sender_elements: u64,
    /// Kind and length of each message that came, in order.
    heard: Vec<(u8, usize)>,
    /// Opening and blinded elements as they were sent.
    said: Vec<Message>,
    /// What the sender entered, which no receiver sees.
    entered: Vec<u8>,
}

impl View {
    fn new(
        agreement: &Agreement,
        round: &Round,
        receiver: usize,
        own: &[(PersonId, AidRecord)],
        theirs: &[(PersonId, AidRecord)],
    ) -> Self {
        let set = |me: usize, records: &[(PersonId, AidRecord)]| {
            let aliases = &REGISTERS[&round.agencies[me]].aliases;
            let records = &mut records.iter().map(|(_, record)| record.clone());
            elements(agreement, &RULES, me, receiver, aliases, records).unwrap()
        };
        let (own, theirs) = (set(receiver, own), set(1 - receiver, theirs));
        let width = agreement.element_width();
        let packed = |bytes: &[u8]| Elements::new(width, bytes.to_vec()).unwrap();
        let terms = Terms {
            receiver_cap: 200_000,
            sender_cap: 200_000,
            ..ends::terms(KeyKind::Rule, width)
        };
        let entered = theirs.bytes().to_vec();
        let mut line = Line::watched();
        let session = ends::run(&terms, packed(&own.bytes()), packed(&entered), SESSION, &mut line);
        let matches = session.receiver.unwrap();
        let (mut heard, mut said) = (Vec::new(), Vec::new());
        for (end, message) in line.arrived() {
            let of_input = [Kind::Open, Kind::Blinded]
                .map(|kind| kind as u8)
                .contains(&message.0);
            match end {
                End::Receiver => heard.push((message.0, message.1.len())),
                End::Sender if of_input => said.push(message),
                // Commitments and the receipt are over what came, too.
                End::Sender => {}
            }
        }
        Self {
            findings: findings(
                agreement,
                receiver,
                &own,
                &matches.indices,
                &[],
                date(2026, 10, 20),
            )
            .unwrap()
            .findings,
            matched: matches.indices,
            sender_elements: matches.sender_elements,
            heard,
            said,
            entered,
        }
    }

    fn same_result(&self, other: &Self) {
        assert!(self.findings == other.findings);
        assert_eq!(self.matched, other.matched);
    }

    fn tag_bytes(&self) -> usize {
        // Each message has its number in front.
        let tags = self.heard.iter().filter(|(kind, _)| *kind == Kind::Tags as u8);
        tags.map(|(_, bytes)| bytes - 4).sum()
    }

    fn heard_but_tags(&self) -> Vec<(u8, usize)> {
        let others = self.heard.iter().filter(|(kind, _)| *kind != Kind::Tags as u8);
        others.copied().collect()
    }
}

/// The same rows; where `whom` says so, of somebody whom nobody has.
fn with_strangers(
    rows: &[(PersonId, AidRecord)],
    whom: impl Fn(&PersonId) -> bool,
) -> Vec<(PersonId, AidRecord)> {
    let known: HashSet<&PersonKey> = REGISTERS
        .values()
        .flat_map(|register| &register.records)
        .map(|(_, record)| &record.person)
        .collect();
    let mut strangers: BTreeMap<PersonId, PersonKey> = BTreeMap::new();
    let replaced = |(person, record): &(PersonId, AidRecord)| {
        let mut record = record.clone();
        if whom(person) {
            let next = strangers.len() as u64;
            record.person = strangers.entry(*person).or_insert_with(|| stranger(next)).clone();
            assert!(!known.contains(&record.person), "no stranger");
        }
        (*person, record)
    };
    rows.iter().map(replaced).collect()
}

fn stranger(index: u64) -> PersonKey {
    let number = number_at(SESSION, index);
    parse(Document::Resident, std::str::from_utf8(&number).unwrap())
        .unwrap()
        .key
}

impl Round {
    fn agreement(&self) -> Agreement {
        let party = |index: usize, role| Party {
            name: self.agencies[index].code().into(),
            role,
            node_key: Hex([index as u8 + 1; 32]),
            tls_key: Hex([index as u8 + 11; 32]),
            programmes: self.programmes[index]
                .iter()
                .map(|code| ProgrammeCode::new(code).unwrap())
                .collect(),
            case_scheme: REGISTERS[&self.agencies[index]].case_scheme.clone(),
            max_elements: 200_000,
        };
        let [one, other] = self.agencies.map(role);
        Agreement {
            receivers: self.receivers.iter().map(|party| *party as u8).collect(),
            rules: self.rules.iter().map(|id| RuleId::new(id).unwrap()).collect(),
            rules_digest: Hex(RULES.digest()),
            ..draft(party(0, one), party(1, other))
        }
    }

    /// The rows of those whom both know and in whom rules break, and of every twentieth of the others, who tell no more
    /// than few of them do.
    fn sample(&self, parties: [usize; 2], broken: &HashSet<PersonId>) -> [Vec<(PersonId, AidRecord)>; 2] {
        let mut rows = parties.map(|party| self.entered(party));
        let [own, theirs]: [HashSet<PersonId>; 2] = rows
            .each_ref()
            .map(|rows| rows.iter().map(|(person, _)| *person).collect());
        let both: HashSet<_> = own.intersection(&theirs).copied().collect();
        for rows in &mut rows {
            rows.retain(|(person, _)| both.contains(person) || broken.contains(person) || person % 20 == 0);
        }
        rows
    }

    /// A party's rows of the agreed programmes.
    fn entered(&self, party: usize) -> Vec<(PersonId, AidRecord)> {
        let of_round = |record: &AidRecord| self.programmes[party].contains(&record.programme.as_str());
        let rows = REGISTERS[&self.agencies[party]].records.iter();
        rows.filter(|(_, record)| of_round(record)).cloned().collect()
    }

    /// Those behind a finding of the plain join, whoever of the two they are with.
    fn broken(&self, receiver: usize, sender: usize) -> HashSet<PersonId> {
        let key = |one: usize, other: usize| {
            let [one, other] = [one, other].map(|party| self.agencies[party].code());
            format!("duplicates:{one}<-{other}")
        };
        let mut people = HashSet::new();
        for (agency, key) in [(receiver, key(receiver, sender)), (sender, key(sender, receiver))] {
            let places = &REGISTERS[&self.agencies[agency]].places;
            let findings = EXPECTED
                .rounds
                .get(&key)
                .into_iter()
                .flat_map(|round| &round.findings);
            for row in findings.flat_map(|finding| &finding.rows) {
                people.insert(places[&(row.dataset.clone(), row.file, row.sheet, row.row)]);
            }
        }
        people
    }
}

static RULES: LazyLock<RuleSet> = LazyLock::new(|| RuleSet::national().with_local(LOCAL_RULES).unwrap());

static EXPECTED: LazyLock<Expected> = LazyLock::new(|| hefu::county::expectation().unwrap());

static REGISTERS: LazyLock<HashMap<Agency, Register>> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    registers(&hefu_fixtures::generate(SEED, dir.path()).unwrap())
});
