//! The joint conference: one record, and what everybody derives from it.

mod cheats;
mod figures;
mod framework;
mod ledger;
mod legs;
mod replicas;
mod rounds;
mod seats;
mod spelling;

use hefu_casework::conference::{
    Absent, Annex, Announced, Begun, Consent, Enclosed, Enrolled, Entry, Fault, Founded, Framework, Frozen,
    Head, Joined, Late, Leg, LegNews, LegReceipt, Placed, Private, Recipient, Round, Schedule, Seat, SetSize,
    SignedEntry, State, Word, conference_id,
};
use hefu_casework::{AgencyRole, Agreement, Hex, Text, sign};
use jiff::{Timestamp, civil::date};
use ring::signature::KeyPair;

use crate::agreement::key;
use crate::common::{agreement, months};

/// The seed of the office's key. The members' are 1 to 3, and 4 is enrolled by nobody.
const OFFICE: u8 = 9;
const NONCE: Hex<16> = Hex([7; 16]);

fn node(seed: u8) -> Hex<32> {
    Hex(key(seed).public_key().as_ref().try_into().unwrap())
}

fn nodes<const N: usize>(seeds: [u8; N]) -> Vec<Hex<32>> {
    let mut nodes: Vec<_> = seeds.into_iter().map(node).collect();
    nodes.sort_unstable();
    nodes
}

fn seat(seed: u8) -> Seat {
    let (name, role) = match seed {
        1 => ("某县民政局", AgencyRole::CivilAffairs),
        2 => ("某县残联", AgencyRole::DisabledFederation),
        3 => ("某县人民检察院", AgencyRole::Procuratorate),
        OFFICE => ("某县联席会议办公室", AgencyRole::ConferenceOffice),
        _ => ("某县教育局", AgencyRole::Education),
    };
    Seat {
        name: name.into(),
        role,
        node_key: node(seed),
    }
}

/// What of a card the record looks at; its signature is none.
fn card(seat: &Seat) -> String {
    let Seat { name, role, node_key } = seat;
    let role = role.code();
    format!(r#"{{"card":{{"name":"{name}","node_key":"{node_key}","role":"{role}"}},"signature":""}}"#)
}

fn enrolled(seed: u8) -> Word {
    let seat = seat(seed);
    Word::Enrolled(Enrolled {
        card: card(&seat),
        seat,
    })
}

fn text<const N: usize>(text: &str) -> Text<N> {
    Text::new(text).unwrap()
}

fn at(written: &str) -> Timestamp {
    written.parse().unwrap()
}

/// The agreement of two members, in which both learn; valid from October 2026, on records of July to September.
fn pair(left: u8, right: u8) -> Agreement {
    let mut agreement = agreement(&["extreme_poverty"], &["disabled_care"], &["X3"]);
    for (party, seed) in agreement.parties.iter_mut().zip([left, right]) {
        let Seat { name, role, node_key } = seat(seed);
        (party.name, party.role, party.node_key) = (name, role, node_key);
        party.tls_key = Hex([100 + seed; 32]);
    }
    agreement
}

/// Three members and the two annexes 1–2, of whom both learn, and 2–3, of whom the third learns.
fn framework() -> Framework {
    let annex = |code: &str, agreement| Annex {
        code: text(code),
        agreement,
    };
    Framework {
        version: 1,
        number: text("某联〔2026〕1号"),
        title: text("某县救助数据联席会议框架协议"),
        edition: 1,
        amends: None,
        office: seat(OFFICE),
        members: [1, 2, 3].map(seat).into(),
        annexes: vec![
            annex("附件1", pair(1, 2)),
            annex(
                "附件2",
                Agreement {
                    receivers: vec![1],
                    ..pair(2, 3)
                },
            ),
        ],
        schedule: Schedule {
            day: 8,
            freeze_hours: 72,
            run_hours: 48,
            review_days: 20,
        },
        absent: Absent::WithoutThem,
        late: Late::Admitted,
        smallest: 5,
        valid_from: date(2026, 10, 1),
        expires: date(2027, 9, 30),
    }
}

fn annex(framework: &Framework, index: usize) -> Hex<32> {
    framework.annexes[index].digest()
}

/// The legs of [`framework`]: the first annex to its first and second party, the second to its second.
fn legs(framework: &Framework) -> [Leg; 3] {
    [(0, 0), (0, 1), (1, 1)].map(|(index, receiver)| Leg {
        annex: annex(framework, index),
        receiver,
    })
}

/// A conference as its office keeps it, with all that was said.
#[derive(Clone)]
struct Table {
    state: State,
    log: Vec<Placed>,
    now: Timestamp,
}

impl Table {
    fn empty() -> Table {
        Table {
            state: State::new(conference_id(&node(OFFICE), &NONCE)),
            log: Vec::new(),
            now: at("2026-10-08T01:00:00Z"),
        }
    }

    fn founded() -> Table {
        let mut table = Table::empty();
        table.say(OFFICE, Table::founding()).unwrap();
        table
    }

    fn founding() -> Word {
        let office = seat(OFFICE);
        Word::Founded(Founded {
            name: text("某县联席会议"),
            card: card(&office),
            office,
            nonce: NONCE,
        })
    }

    /// With three members.
    fn seated() -> Table {
        let mut table = Table::founded();
        for seed in [1, 2, 3] {
            table.say(OFFICE, enrolled(seed)).unwrap();
        }
        table
    }

    /// With a text that all three have signed.
    fn signed(framework: &Framework) -> Table {
        let mut table = Table::seated();
        table
            .say(OFFICE, Word::Drafted(Box::new(framework.clone())))
            .unwrap();
        for seed in [1, 2, 3] {
            table.say(seed, Word::Signed(framework.digest())).unwrap();
        }
        table
    }

    /// With the first round announced.
    fn announced(framework: &Framework) -> Table {
        let mut table = Table::signed(framework);
        let announced = table.announcement(framework);
        table.say(OFFICE, Word::Announced(announced)).unwrap();
        table
    }

    /// With all three joined, and what they enter frozen: 10, 20 and 30 elements in each of their legs.
    fn frozen(framework: &Framework) -> Table {
        let mut table = Table::announced(framework);
        for seed in [1, 2, 3] {
            let joined = table.joined(1, seed);
            table.say(seed, joined).unwrap();
            let frozen = table.freezes(1, seed);
            table.say(seed, frozen).unwrap();
        }
        table
    }

    /// With pairs running.
    fn begun(framework: &Framework) -> Table {
        let mut table = Table::frozen(framework);
        table.say(OFFICE, Table::begins(1, [1, 2, 3])).unwrap();
        table
    }

    fn announcement(&self, framework: &Framework) -> Announced {
        self.state
            .announcement(&framework.digest(), months("2026-07", "2026-10"), self.now)
            .unwrap()
    }

    fn joined(&self, round: u32, seed: u8) -> Word {
        let mut consents = Vec::new();
        for annex in &self.state.round(round).unwrap().announced.annexes {
            let narrowed = self.state.narrowed(round, annex).unwrap();
            if let Ok((_, signature)) = sign(&narrowed, &key(seed)) {
                consents.push(Consent {
                    annex: *annex,
                    signature,
                });
            }
        }
        Word::Joined(Joined { round, consents })
    }

    fn freezes(&self, round: u32, seed: u8) -> Word {
        let node = node(seed);
        let legs = self.state.round(round).unwrap().legs_of(&node);
        let sets = legs.map(|(leg, _)| SetSize {
            leg: *leg,
            elements: 10 * u64::from(seed),
        });
        Word::Frozen(Frozen {
            round,
            snapshot: Hex([seed; 32]),
            sets: sets.collect(),
        })
    }

    fn begins<const N: usize>(round: u32, present: [u8; N]) -> Word {
        Word::Begun(Begun {
            round,
            present: nodes(present),
        })
    }

    fn round(&self, number: u32) -> &Round {
        self.state.round(number).unwrap()
    }

    fn leg_code(&self, leg: &Leg) -> (&str, Option<&str>) {
        let state = &self.round(1).legs[leg].state;
        (state.code(), state.reason())
    }

    /// An entry of this author, next on the record.
    fn entry(&self, seed: u8, word: Word) -> Entry {
        Entry {
            version: 1,
            conference: self.state.conference(),
            author: node(seed),
            number: self.state.next_number(&node(seed)),
            seen: self.state.head(),
            at: self.now,
            word,
            enclosed: None,
        }
    }

    fn enclosing(&self, seed: u8, word: Word, private: &Private, to: &[Hex<32>]) -> Entry {
        Entry {
            enclosed: Some(enclosed(private, to)),
            ..self.entry(seed, word)
        }
    }

    fn place(&mut self, entry: Entry, seed: u8, private: Option<&Private>) -> Result<Hex<32>, Fault> {
        let placed = Placed {
            seq: self.state.head().seq + 1,
            signed: entry.sign(&key(seed)).unwrap(),
        };
        self.state.check(&placed.signed, private)?;
        self.state.apply(&placed, private)?;
        let digest = placed.signed.digest();
        self.log.push(placed);
        Ok(digest)
    }

    fn say(&mut self, seed: u8, word: Word) -> Result<Hex<32>, Fault> {
        self.place(self.entry(seed, word), seed, None)
    }

    fn enclose(&mut self, seed: u8, word: Word, private: &Private) -> Result<Hex<32>, Fault> {
        let to = self.state.readers(&node(seed), private).unwrap();
        self.place(self.enclosing(seed, word, private, &to), seed, Some(private))
    }

    /// That this would be refused so, and that nothing changes by it.
    #[track_caller]
    fn refuses(&mut self, seed: u8, word: Word, fault: Fault) {
        let entry = self.entry(seed, word);
        self.refuses_entry(entry, seed, None, fault);
    }

    #[track_caller]
    fn refuses_entry(&mut self, entry: Entry, seed: u8, private: Option<&Private>, fault: Fault) {
        let before = (self.state.public_digest(), self.log.len());
        assert_eq!(self.place(entry, seed, private), Err(fault));
        assert_eq!((self.state.public_digest(), self.log.len()), before);
    }

    fn tells(&mut self, seed: u8, leg: Leg, news: LegNews) -> Result<Hex<32>, Fault> {
        self.say(seed, Word::Leg { round: 1, leg, news })
    }
}

/// That the office does not take what this member wrote: of a digest alone, as if it were that of an entry.
fn rejected(seed: u8, entry: Hex<32>, fault: Fault) -> Word {
    let message = [b"hefu/3 conference entry\0".as_slice(), &entry.0].concat();
    Word::Rejected {
        author: node(seed),
        entry,
        signature: Hex(key(seed).sign(&message).as_ref().try_into().unwrap()),
        fault,
    }
}

fn enclosed(private: &Private, to: &[Hex<32>]) -> Enclosed {
    Enclosed {
        commitment: Private::commitment(&private.to_bytes(&[3; 16])),
        to: to
            .iter()
            .map(|node| Recipient {
                node: *node,
                digest: Hex([5; 32]),
            })
            .collect(),
    }
}

/// The receipt of a leg of the first annex, or of the second, as [`Table::frozen`] has their sizes.
fn receipt(session: u8, receiver_elements: u64, sender_elements: u64) -> LegReceipt {
    LegReceipt {
        session: Hex([session; 32]),
        receipt: Hex([session + 100; 32]),
        receiver_elements,
        sender_elements,
    }
}

fn replay(log: &[Placed]) -> State {
    let mut state = State::new(conference_id(&node(OFFICE), &NONCE));
    for placed in log {
        state.apply(placed, None).unwrap();
    }
    state
}

fn head_of(signed: &[SignedEntry]) -> Head {
    let digests = signed.iter().map(SignedEntry::digest);
    digests.fold(Head::NONE, |head, digest| head.next(&digest))
}
