//! A sender of labels, driven message by message: it notes all that it can observe, and spoils the label of whom it
//! likes.

use hefu_casework::{
    AgencyRole, Agreement, AidRecord, Circumstances, Known, LetterNo, Period, ProgrammeCode, Protection,
    Referral, ReferralState, RowId, RuleSet, Status, elements,
};
use hefu_curve::Scalar;
use hefu_identity::{AliasTable, Kind as Document, parse};
use hefu_link::{Connection, Receiver};
use hefu_psi::suite::Packed;
use hefu_psi::wire::{Accept, Blinded, Commit, Have, Kind, Open, ReceiptMessage};
use hefu_psi::{
    CallId, Collecting, Incoming, InputCommitter, LogHead, Ristretto255, SessionId, SessionSeed, Suite,
    TAG_BYTES, Tag, TagKeys, TagSet, Tagging, Terms, element_root,
};
use hefu_tests::bureau::number;
use hefu_tests::ends::POOL;
use hefu_tests::rogue::{Rogue, send, terms};
use hefu_tests::secrets::sender_key;
use jiff::civil::date;
use zeroize::Zeroizing;

/// What the sender does to the label of one person.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Spoilt {
    /// The seal is broken.
    Seal(u64),
    /// Well sealed, and its state is one that there is not.
    State(u64),
}

/// All that a sender sees of one session.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Kind and length of each frame, in order.
    frames: Vec<(u8, usize)>,
    /// What came in place of a further frame.
    ending: String,
}

/// A session as the sender has it at its end.
pub(crate) struct Sent {
    pub(crate) seen: Seen,
    /// The receiver's receipt.
    pub(crate) theirs: ReceiptMessage,
    /// The sender's.
    pub(crate) own: ReceiptMessage,
}

/// A session's set and labels, packed.
struct Entered {
    elements: Zeroizing<Vec<u8>>,
    labels: Zeroizing<Vec<u8>>,
    width: usize,
    label: usize,
}

impl Entered {
    /// These people, each with an answer to the procuratorate's letter about them.
    fn of(agreement: &Agreement, people: impl Iterator<Item = u64>) -> Self {
        let mut records = people.map(record);
        let (rules, aliases) = (RuleSet::national(), AliasTable::new());
        let set = elements(agreement, &rules, 1, 0, &aliases, &mut records).unwrap();
        Self {
            elements: set.bytes(),
            labels: set.labels(),
            width: set.width(),
            label: agreement.label.as_ref().unwrap().max_bytes.into(),
        }
    }

    /// The same set, and of this person a state that there is not.
    fn with_nonsense(mut self, agreement: &Agreement, person: u64) -> Self {
        let his = Self::of(agreement, std::iter::once(person)).elements;
        let mut elements = self.elements.chunks(self.width);
        let at = elements.position(|element| element == &his[..]).unwrap();
        self.labels[at * self.label] = 99;
        self
    }

    /// Accepts an opening; always in the same way.
    fn accept(&self, rogue: &Rogue, terms: &Terms, open: &Open, seed: &SessionSeed) -> Accepted {
        let mut committer = InputCommitter::for_sender(terms, seed);
        committer.update(&self.elements, &self.labels);
        let incoming = Incoming::new::<Ristretto255>(terms.clone(), open.clone()).unwrap();
        incoming
            .accept(committer.finish(), seed, rogue.keys.signing_key())
            .unwrap()
    }
}

type Accepted = (Collecting<Ristretto255>, Tagging<Ristretto255>, Accept);

fn record(person: u64) -> AidRecord {
    let number = number(person);
    AidRecord {
        row: RowId {
            file: 1,
            sheet: 1,
            row: person + 2,
        },
        person: parse(Document::Resident, &number).unwrap().key,
        name: None,
        programme: ProgrammeCode::new("referral_received").unwrap(),
        period: Period::OneOff(date(2026, 8, 5)),
        amount: None,
        household: None,
        case: None,
        circumstances: Circumstances::default(),
        referral: Some(Referral {
            letter: LetterNo::new(&letter(person)).unwrap(),
            other: Some(AgencyRole::Procuratorate),
            state: Some(ReferralState::Helped),
            date: Some(date(2026, 9, 1)),
            reason: None,
        }),
        status: Status::Paid,
        protection: Protection::default(),
        disabled: Known::default(),
    }
}

/// The letter by which this person was referred.
pub(crate) fn letter(person: u64) -> String {
    format!("合检救助移〔2026〕{}号", person + 1)
}

/// Takes the next call, and keeps to the protocol but for the label that it spoils; to the end of the line.
pub(crate) async fn answer(
    rogue: &Rogue,
    agreement: &Agreement,
    people: std::ops::Range<u64>,
    seed: u8,
    spoilt: Option<Spoilt>,
) -> Sent {
    let seed = SessionSeed::from_bytes(Zeroizing::new([seed; 32]));
    let terms = terms(agreement);
    let mut entered = Entered::of(agreement, people);
    if let Some(Spoilt::State(person)) = spoilt {
        entered = entered.with_nonsense(agreement, person);
    }

    let connection: Connection = rogue.listener.accept().await.unwrap();
    let (mut writing, reading) = connection.split();
    let mut line = Noted {
        reading,
        seen: Seen::default(),
    };
    let open = Open::decode(&line.hear(Kind::Open).await).unwrap();
    let (mut collecting, tagging, accept) = entered.accept(rogue, &terms, &open, &seed);
    let mut tags = tagged(tagging, &entered);
    if let Some(Spoilt::Seal(person)) = spoilt {
        let element = Entered::of(agreement, std::iter::once(person)).elements;
        let key = sender_key(seed.as_bytes().as_slice(), &open.encode(), &accept.input);
        let tag = tag_of(&element, open.call(), &collecting.sid(), &key);
        tags = with_broken_seal(&tags, &tag, &terms);
    }
    send(&mut writing, Kind::Accept, &accept.encode()).await;
    let nothing = Have {
        chunks: 0,
        tags: false,
    };
    send(&mut writing, Kind::Have, &nothing.encode()).await;

    let blinded = line.hear(Kind::Blinded).await;
    let blinded = Blinded::decode(&blinded).unwrap();
    collecting.blinded(&blinded).unwrap();
    let commit = Commit::decode(&line.hear(Kind::Commit).await).unwrap();
    let mut replying = collecting.commit(&commit).unwrap();
    line.hear(Kind::Have).await;
    let mut evaluated = Vec::new();
    let mut randomness = hefu_node::runner::system_randomness();
    replying
        .evaluate(&POOL, blinded.elements, &mut *randomness, &mut evaluated)
        .unwrap();
    send(&mut writing, Kind::Evaluated, &evaluated).await;
    for chunk in tags.chunks() {
        send(
            &mut writing,
            Kind::Tags,
            &[&chunk.header(), chunk.entries].concat(),
        )
        .await;
    }
    let due = replying.finish(&tags).unwrap();
    let theirs = ReceiptMessage::decode(&line.hear(Kind::Receipt).await).unwrap();
    let (_, own) = due
        .receipt(&theirs, rogue.keys.signing_key(), LogHead::default())
        .unwrap();
    send(&mut writing, Kind::Receipt, &own.encode()).await;
    let seen = line.until_the_end().await;
    Sent { seen, theirs, own }
}

fn tagged(mut tagging: Tagging<Ristretto255>, entered: &Entered) -> TagSet {
    tagging.tag(&POOL, &entered.elements, &entered.labels).unwrap();
    tagging.finish().unwrap()
}

/// The tag of a packed element, from the session's key.
fn tag_of(element: &[u8], call: CallId, sid: &SessionId, key: &Scalar) -> Tag {
    let element = Packed {
        bytes: element,
        width: element.len(),
    };
    let mut token = [0; Ristretto255::ELEMENT];
    let hasher = Ristretto255::hasher(&call.0);
    Ristretto255::hash_multiply(&POOL, &hasher, element, &key.doubled(), &mut token);
    TagKeys::new(sid).tags(&POOL, element, &token, token.len())[0]
}

/// The same entries, and the seal behind this tag broken.
fn with_broken_seal(tags: &TagSet, tag: &Tag, terms: &Terms) -> TagSet {
    let mut entries = tags.as_bytes().to_vec();
    let mut each = entries.chunks_exact_mut(terms.entry_bytes());
    let entry = each.find(|entry| entry.starts_with(tag)).unwrap();
    entry[TAG_BYTES] ^= 1;
    let root = element_root(&entries, terms.entry_bytes());
    TagSet::from_spooled(terms, entries, &root).unwrap()
}

/// A reading half that notes what comes.
struct Noted {
    reading: Receiver,
    seen: Seen,
}

impl Noted {
    async fn hear(&mut self, kind: Kind) -> Vec<u8> {
        let mut payload = Vec::new();
        let frame = self.reading.recv(&mut payload).await.unwrap();
        assert_eq!(frame.kind, kind as u8);
        self.seen.frames.push((frame.kind, payload.len()));
        payload
    }

    async fn until_the_end(mut self) -> Seen {
        let mut payload = Vec::new();
        loop {
            match self.reading.recv(&mut payload).await {
                Ok(frame) => self.seen.frames.push((frame.kind, payload.len())),
                Err(error) => {
                    self.seen.ending = format!("{error:?}");
                    return self.seen;
                }
            }
        }
    }
}
