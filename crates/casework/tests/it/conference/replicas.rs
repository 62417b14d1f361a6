//! Whatever is said in whichever order, all who keep the same record derive the same.

use std::collections::BTreeSet;

use hefu_casework::canonical;
use hefu_casework::conference::{
    Decision, Escalation, ItemKind, ItemState, Line, MeasureState, Plan, RoundEnd, SetSize,
};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};

use super::*;

/// What somebody tries to say. Small numbers choose among what is there, so that much of it can be taken.
#[derive(Clone, Debug)]
struct Act {
    author: u8,
    /// Said by this author whoever may say such a thing.
    wild: bool,
    what: u8,
    pick: u8,
    /// How many entries back it had read.
    behind: u8,
    number_off: bool,
    hours: u8,
}

fn act() -> impl Strategy<Value = Act> {
    let author = prop_oneof![1 => Just(OFFICE), 8 => 1..=3_u8, 1 => Just(4)];
    let seldom = || prop_oneof![15 => Just(false), 1 => Just(true)];
    let behind = prop_oneof![9 => Just(0), 1 => 1..4_u8];
    (author, seldom(), 0..23_u8, any::<u8>(), behind, seldom(), 0..8_u8).prop_map(
        |(author, wild, what, pick, behind, number_off, hours)| Act {
            author,
            wild,
            what,
            pick,
            behind,
            number_off,
            hours,
        },
    )
}

impl Act {
    fn author(&self) -> u8 {
        let of_office = match self.what {
            0 | 1 | 4 | 5 | 6 | 12 | 15 | 17 | 22 => true,
            18 => self.pick.is_multiple_of(4),
            19 => !self.pick.is_multiple_of(3),
            _ => false,
        };
        if of_office && !self.wild {
            OFFICE
        } else {
            self.author
        }
    }
}

fn a_line(pick: u8, revision: u32) -> Line {
    let (from, to) = [(1, 2), (2, 3), (2, 1)][usize::from(pick) % 3];
    let item = pick % 4;
    let (state, escalation) = match pick / 4 % 4 {
        0 => (ItemState::Open, Escalation::None),
        1 => (ItemState::UnderWay, Escalation::None),
        2 => (ItemState::Answered, Escalation::None),
        _ => (ItemState::Open, Escalation::Reminded),
    };
    Line {
        item: Hex([item; 16]),
        kind: ItemKind::Referral,
        from: node(from),
        to: node(to),
        letter: None,
        round: None,
        opened: date(2026, 10, 20),
        due: None,
        state,
        outcome: None,
        closed: None,
        escalation,
        revisit: None,
        revision,
    }
}

fn said(table: &Table, act: &Act) -> (Word, Option<Private>) {
    let of = framework();
    let (pick, author) = (act.pick, act.author());
    let rounds = u32::try_from(table.state.rounds().count()).unwrap();
    let round = if pick > 240 { rounds + 1 } else { rounds.max(1) };
    let leg = legs(&of)[usize::from(pick) % 3];
    let known = table.state.round(round).is_some();
    let announced = |table: &Table| {
        let announced = table
            .state
            .announcement(&of.digest(), months("2026-07", "2026-10"), table.now);
        announced.map(Word::Announced)
    };
    let word = match act.what {
        0 => enrolled(1 + pick % 4),
        1 => Word::Drafted(Box::new(of)),
        2 => Word::Signed(of.digest()),
        3 => Word::Refused {
            framework: of.digest(),
            reason: text("不同意"),
        },
        4 => Word::Left {
            member: node(if pick < 16 { 1 + pick % 3 } else { 4 }),
            reason: text("机构合并"),
        },
        5 | 6 => announced(table).unwrap_or(Word::Items {}),
        7 | 8 if known => table.joined(round, author),
        9 => Word::Declined {
            round,
            reason: text("系统升级"),
        },
        10 | 11 if known => {
            let Word::Frozen(mut frozen) = table.freezes(round, author) else {
                unreachable!()
            };
            if pick > 200 {
                frozen.sets.push(SetSize { leg, elements: 1 });
            }
            Word::Frozen(frozen)
        }
        12 if known => {
            let there = table
                .round(round)
                .parties
                .iter()
                .filter(|(_, party)| party.is_there());
            Word::Begun(Begun {
                round,
                present: there.map(|(node, _)| *node).collect(),
            })
        }
        13 | 14 | 20 | 21 => Word::Leg {
            round,
            leg,
            news: match pick / 8 % 4 {
                0 => LegNews::Began {},
                1 => LegNews::Failed {
                    code: "peer_cut".into(),
                },
                _ => {
                    let [receiver, sender] = [(10, 20), (20, 10), (30, 20)][usize::from(pick) % 3].into();
                    LegNews::Done(receipt(pick % 3, receiver, sender))
                }
            },
        },
        15 | 22 => Word::Rerun {
            round,
            leg,
            reason: text("网络已恢复"),
        },
        16 => Word::Reported { round },
        17 => Word::Closed {
            round,
            end: if pick < 200 {
                RoundEnd::Completed
            } else {
                RoundEnd::CalledOff
            },
        },
        18 if author == OFFICE && pick.is_multiple_of(2) => Word::Decided {
            minutes: text("第1期"),
        },
        18 if pick.is_multiple_of(2) => Word::Planned {},
        19 if pick.is_multiple_of(3) => Word::Disputed {
            entry: table.log[usize::from(pick) % table.log.len()].signed.digest(),
            fault: Fault::EnclosedWrong,
        },
        19 if author == OFFICE => rejected(1 + pick % 4, Hex([pick; 32]), Fault::RoundUnknown),
        _ => Word::Items {},
    };
    let private = match &word {
        Word::Items {} => {
            let revision = table
                .state
                .line(&Hex([pick % 4; 16]), &a_line(pick, 1).from)
                .map_or(1, |line| line.revision + 1);
            Some(Private::Items(vec![a_line(pick, revision)]))
        }
        Word::Reported { round } => Some(Private::Counts(hefu_casework::conference::Counts {
            round: *round,
            cells: vec![],
        })),
        Word::Planned {} => Some(Private::Plan(Plan {
            item: Hex([pick % 4; 16]),
            from: node([1, 2, 2][usize::from(pick) % 3]),
            to: node([2, 3, 1][usize::from(pick) % 3]),
            agency: node(author),
            role: seat(author).role,
            measure: text("临时救助"),
            on: date(2026, 11, 1),
            state: MeasureState::Planned,
        })),
        Word::Decided { .. } => Some(Private::Decided(vec![Decision {
            item: Hex([pick % 4; 16]),
            from: a_line(pick, 1).from,
            text: text("限期办结"),
            by: node(1),
            due: None,
        }])),
        _ => None,
    };
    (word, private)
}

/// Tries them on the record of an office that opens all, and takes what is wrong in an enclosure, and on that of somebody
/// who opens nothing. Gives the names of the words that were taken, and how many were not.
fn tried(acts: &[Act]) -> Result<(BTreeSet<String>, usize), TestCaseError> {
    let mut table = match acts.len() % 3 {
        0 => Table::seated(),
        1 => Table::signed(&framework()),
        _ => Table::begun(&framework()),
    };
    let mut blind = replay(&table.log);
    let mut heads: Vec<Head> = table.log.iter().map(|placed| placed.signed.entry.seen).collect();
    heads.push(table.state.head());
    let (mut taken, mut refused) = (BTreeSet::new(), 0);
    let mut before = table.state.public_digest();
    for act in acts {
        table.now = table
            .now
            .checked_add(jiff::SignedDuration::from_hours(act.hours.into()))
            .unwrap();
        let (word, private) = said(&table, act);
        let author = act.author();
        let readers = private
            .as_ref()
            .and_then(|private| table.state.readers(&node(author), private));
        let mut entry = table.entry(author, word);
        if let Some(private) = &private {
            entry.enclosed = Some(enclosed(private, &readers.unwrap_or_default()));
        }
        entry.number += u64::from(act.number_off);
        entry.seen = heads[heads.len().saturating_sub(1 + usize::from(act.behind))];
        let placed = Placed {
            seq: table.state.head().seq + 1,
            signed: entry.sign(&key(author)).unwrap(),
        };
        let ledger = format!("{:?}", table.state.lines().collect::<Vec<_>>());
        let outcome = table.state.apply(&placed, private.as_ref());
        prop_assert_eq!(outcome, blind.apply(&placed, None), "{:?}", act);
        let after = table.state.public_digest();
        prop_assert_eq!(after, blind.public_digest(), "{:?}", act);
        if outcome.is_ok() {
            prop_assert_ne!(before, after);
            heads.push(table.state.head());
            taken.insert(name(&placed.signed.entry.word));
            table.log.push(placed);
        } else {
            prop_assert_eq!(before, after, "{:?}", act);
            prop_assert_eq!(format!("{:?}", table.state.lines().collect::<Vec<_>>()), ledger);
            refused += 1;
        }
        before = after;
    }
    for round in table.state.rounds() {
        for annex in &round.announced.annexes {
            let number = round.announced.round;
            let narrowed = table.state.narrowed(number, annex).unwrap();
            prop_assert_eq!(&narrowed, &blind.narrowed(number, annex).unwrap());
            let wide = framework();
            let wide = &wide.annex(annex).unwrap().agreement;
            prop_assert!(wide.valid_from <= narrowed.valid_from && narrowed.expires <= wide.expires);
            let mut months = narrowed.selection.months.iter();
            prop_assert!(months.all(|month| wide.selection.months.contains(month)));
        }
    }
    prop_assert_eq!(replay(&table.log).public_digest(), before);
    Ok((taken, refused))
}

/// What a word is called on the record.
fn name(word: &Word) -> String {
    let bytes = canonical::to_vec(word);
    String::from_utf8(bytes)
        .unwrap()
        .split('"')
        .nth(1)
        .unwrap()
        .to_owned()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn replicas_agree_whatever_they_can_open(acts in prop::collection::vec(act(), 1..60)) {
        tried(&acts)?;
    }
}

/// The random acts above come far: else they would prove nothing.
#[test]
fn random_acts_say_every_word_and_are_refused_as_well() {
    let mut runner = TestRunner::deterministic();
    let (mut taken, mut refused) = (BTreeSet::new(), 0);
    for length in 60..78 {
        let acts = prop::collection::vec(act(), length)
            .new_tree(&mut runner)
            .unwrap()
            .current();
        let (words, not) = tried(&acts).unwrap();
        taken.extend(words);
        refused += not;
    }
    let never: Vec<_> = WORDS.iter().filter(|word| !taken.contains(**word)).collect();
    assert!(never.is_empty(), "never taken: {never:?}");
    assert!(refused > 100, "{refused} refused");
}

const WORDS: [&str; 19] = [
    "announced",
    "begun",
    "closed",
    "decided",
    "declined",
    "drafted",
    "enrolled",
    "frozen",
    "items",
    "joined",
    "left",
    "leg",
    "planned",
    "refused",
    "rejected",
    "reported",
    "rerun",
    "signed",
    "disputed",
];
