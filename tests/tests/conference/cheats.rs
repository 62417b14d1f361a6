//! A member that keeps to no rules, and strangers. The papers are written here by the description of their form.

use hefu_casework::conference::{Enclosed, Entry, Head, Private, Recipient, SignedEntry, Word};
use hefu_casework::{AgencyRole, Hex, Text, canonical};
use hefu_link::ferry::enclose;
use hefu_link::{Limits, Receiver, Sender, dial};
use hefu_node::runner::system_randomness;
use hefu_tests::agency::Rogue;
use hefu_tests::bureau::{hand_over, sha256};
use hefu_tests::conference::{Table, head, line};
use hefu_tests::ferry::logged;
use jiff::Timestamp;
use serde_json::{Value, json};

const RECORD: u8 = 8;
const RECORDED: u8 = 9;
const ENCLOSURE: u8 = 10;

/// A member with keys and no node, and a table where it has a seat.
struct Cheat {
    table: Table,
    rogue: Rogue,
    line: (Sender, Receiver),
}

/// An entry and what is enclosed, by recipient.
type Parcel = (SignedEntry, Vec<(Hex<32>, Vec<u8>)>);

impl Cheat {
    async fn start() -> Self {
        let table = Table::start(2).await;
        let rogue = Rogue::start("县退役军人事务局", AgencyRole::Veterans, &[&table.office().card]).await;
        table.office().node.add_peer(&rogue.card).unwrap();
        let key = rogue.card.node_key();
        table.office().node.enrol(&table.id, &key, "主任").unwrap();
        let line = call(&rogue, &table).await;
        Self { table, rogue, line }
    }

    fn key(&self) -> Hex<32> {
        Hex(self.rogue.card.node_key())
    }

    fn office_head(&self) -> Head {
        self.table.head(self.table.office())
    }

    /// A line of the ledger, as an honest member would say it.
    fn says(&self, number: u64, letter: &str) -> Parcel {
        let office = &self.table.office().card;
        let other = &self.table.members[0].card;
        let mut said = line(&self.table.members[0], &self.table.members[1], letter);
        (said.from, said.to) = (self.key(), Hex(other.node_key()));
        let bytes = Private::Items(vec![said]).to_bytes(&[7; 16]);
        let commitment = Private::commitment(&bytes);
        let mut id = [0; 16];
        id.copy_from_slice(&commitment.0[..16]);
        let mut sealed: Vec<_> = [office, other, &self.rogue.card]
            .map(|card| {
                let sealed = enclose(
                    &self.rogue.keys,
                    card,
                    ENCLOSURE,
                    &id,
                    &bytes,
                    &mut *system_randomness(),
                )
                .unwrap();
                (Hex(card.node_key()), sealed)
            })
            .into();
        sealed.sort();
        let to = sealed.iter().map(|(node, sealed)| Recipient {
            node: *node,
            digest: sha256(sealed),
        });
        let enclosed = Some(Enclosed {
            commitment,
            to: to.collect(),
        });
        let word = Word::Items {};
        (self.signed(number, word, enclosed), sealed)
    }

    fn signed(&self, number: u64, word: Word, enclosed: Option<Enclosed>) -> SignedEntry {
        let entry = Entry {
            version: Entry::VERSION,
            conference: self.table.id,
            author: self.key(),
            number,
            seen: self.office_head(),
            at: Timestamp::now(),
            word,
            enclosed,
        };
        entry.sign(self.rogue.keys.signing_key()).unwrap()
    }

    /// Hands over a paper; gives what the answer says, or nothing where the line was ended.
    async fn hands(&mut self, paper: &[u8]) -> Option<Value> {
        let (sender, receiver) = &mut self.line;
        match hand_over(sender, receiver, RECORD, paper).await {
            Ok((kind, answer)) => {
                assert_eq!(kind, RECORDED);
                Some(listed(&answer))
            }
            Err(_) => {
                self.line = call(&self.rogue, &self.table).await;
                None
            }
        }
    }
}

async fn call(rogue: &Rogue, table: &Table) -> (Sender, Receiver) {
    let connection = dial(&rogue.keys, &table.office().card, &Limits::default(), None).await;
    connection.unwrap().split()
}

/// A paper: half of the conference's id, the length of its head, the head, and the enclosures one after another.
fn paper(conference: &Hex<32>, read: Head, entries: &[Parcel]) -> Vec<u8> {
    let listed = entries.iter().map(|(signed, sealed)| {
        let sealed = sealed
            .iter()
            .map(|(to, bytes)| json!({ "to": to, "bytes": bytes.len() }));
        json!({ "signed": signed, "sealed": sealed.collect::<Vec<_>>() })
    });
    let head = json!({
        "conference": conference, "head": read, "signed": null, "entries": listed.collect::<Vec<_>>(), "lost": [],
    });
    let head = canonical::to_vec(&head);
    let length = u32::try_from(head.len()).unwrap().to_be_bytes();
    let mut paper = [&conference.0[..16], length.as_slice(), &head].concat();
    for (_, bytes) in entries.iter().flat_map(|(_, sealed)| sealed) {
        paper.extend_from_slice(bytes);
    }
    paper
}

/// What the head of a paper says.
fn listed(paper: &[u8]) -> Value {
    let (length, rest) = paper[16..].split_at(4);
    let length = u32::from_be_bytes(length.try_into().unwrap()) as usize;
    serde_json::from_slice(&rest[..length]).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_again_or_out_of_turn_changes_nothing() {
    let mut cheat = Cheat::start().await;
    let read = cheat.office_head();
    let id = cheat.table.id;
    let one = cheat.says(1, "函一");
    let answer = cheat
        .hands(&paper(&id, read, std::slice::from_ref(&one)))
        .await
        .unwrap();
    assert_eq!(answer["of"], read.seq + 1);
    assert_eq!(
        answer["entries"][0]["signed"],
        serde_json::to_value(&one.0).unwrap()
    );
    // Its own enclosure comes with it, and nobody else's.
    let sealed = answer["entries"][0]["sealed"].as_array().unwrap();
    assert_eq!(sealed.len(), 1);
    assert_eq!(sealed[0]["to"], cheat.key().to_string());
    let head = cheat.office_head();

    let two = cheat.says(2, "函二");
    let three = cheat.says(3, "函三");
    let used = cheat.says(1, "编号已用");
    for again in [
        vec![one.clone()],
        vec![three.clone(), two.clone()],
        vec![used],
        vec![three.clone()],
    ] {
        let answer = cheat.hands(&paper(&id, read, &again)).await.unwrap();
        assert_eq!(answer["of"], head.seq);
        assert_eq!(cheat.office_head(), head);
    }
    // In turn they are taken, together and with one that is there already.
    let answer = cheat.hands(&paper(&id, read, &[one, two, three])).await.unwrap();
    assert_eq!(answer["of"], head.seq + 2);
    assert!(!logged(cheat.table.office(), "conference_entry_dropped").is_empty());
    cheat.table.sync().await;
    cheat.table.is_one();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_speaks_for_another() {
    let mut cheat = Cheat::start().await;
    let (id, head) = (cheat.table.id, cheat.office_head());
    // Another member's own word, which waits there.
    cheat.table.says(0, 1, "别人的话");
    let others = cheat.table.members[0].node.store().said_waiting(&id.0).unwrap();
    let others = SignedEntry::parse(&others[0].bytes).unwrap();
    let mut forged = cheat.says(1, "伪造签名");
    forged.0.signature.0[7] ^= 1;
    let mut named = cheat.says(1, "冒名");
    named.0.entry.author = Hex(cheat.table.members[0].node.node_key());
    let mut elsewhere = cheat.signed(1, Word::Items {}, None).entry;
    elsewhere.conference = Hex([9; 32]);
    let elsewhere = elsewhere.sign(cheat.rogue.keys.signing_key()).unwrap();
    for wrong in [(others, Vec::new()), forged, named, (elsewhere, Vec::new())] {
        let answer = cheat.hands(&paper(&id, head, &[wrong])).await.unwrap();
        assert_eq!(answer["of"], head.seq);
        assert_eq!(cheat.office_head(), head);
    }
    // Papers that are none, or claim what can't be.
    let further = Head {
        seq: head.seq + 1,
        hash: Hex([1; 32]),
    };
    let whole = paper(&id, head, &[]);
    let mut of_another = whole.clone();
    of_another[3] ^= 1;
    for wrong in [
        paper(&id, further, &[]),
        whole[..whole.len() - 1].to_vec(),
        [whole.as_slice(), &[0]].concat(),
        of_another,
        Vec::new(),
    ] {
        assert_eq!(cheat.hands(&wrong).await, None);
        assert_eq!(cheat.office_head(), head);
    }
    assert!(!logged(cheat.table.office(), "conference_entry_dropped").is_empty());
}

/// It stands on record why, and whoever said it goes on under the same number.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_against_the_rules_is_refused_on_record() {
    let mut cheat = Cheat::start().await;
    let (id, read) = (cheat.table.id, cheat.office_head());
    let mut lacks = cheat.says(1, "少一份");
    lacks.1.remove(0);
    let mut swapped = cheat.says(1, "换一份");
    swapped.1[0].1 = swapped.1[1].1.clone();
    let seat = Word::Left {
        member: Hex(cheat.table.members[0].node.node_key()),
        reason: Text::new("赶走别人").unwrap(),
    };
    let of_office = (cheat.signed(1, seat, None), Vec::new());
    let faults = [
        "conference_enclosed_wrong",
        "conference_enclosed_wrong",
        "conference_not_the_office",
    ];
    let wrong = [lacks, swapped, of_office];
    for (at, wrong) in wrong.iter().enumerate() {
        for _ in 0..2 {
            let answer = cheat
                .hands(&paper(&id, read, std::slice::from_ref(wrong)))
                .await
                .unwrap();
            assert_eq!(
                answer["of"],
                read.seq + 1 + at as u64,
                "once, however often it comes"
            );
        }
    }
    let rejected = cheat.table.office().node.with_conference(&id, |state| {
        let rejected = state
            .rejected()
            .map(|rejected| (rejected.entry, rejected.fault.code()));
        rejected.collect::<Vec<_>>()
    });
    let digests = wrong.iter().map(|(signed, _)| signed.digest());
    assert_eq!(rejected.unwrap(), digests.zip(faults).collect::<Vec<_>>());
    let right = cheat.says(1, "改正");
    let answer = cheat.hands(&paper(&id, read, &[right])).await.unwrap();
    assert_eq!(answer["of"], read.seq + 4);
    cheat.table.sync().await;
    cheat.table.is_one();
}

/// What a member that keeps to the rules can't open, it says.
#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_open_is_disputed() {
    let mut cheat = Cheat::start().await;
    let (id, read) = (cheat.table.id, cheat.office_head());
    let (signed, mut sealed) = cheat.says(1, "另封一份");
    let reader = Hex(cheat.table.members[0].node.node_key());
    // Sealed to the office in the place of the reader: the digest is right, and it opens for nobody who should.
    let mut entry = signed.entry;
    let office = Hex(cheat.table.office().node.node_key());
    let of_office = sealed.iter().find(|(to, _)| *to == office).unwrap().1.clone();
    for (to, bytes) in &mut sealed {
        if *to == reader {
            *bytes = of_office.clone();
        }
    }
    for to in &mut entry.enclosed.as_mut().unwrap().to {
        if to.node == reader {
            to.digest = sha256(&of_office);
        }
    }
    let signed = entry.sign(cheat.rogue.keys.signing_key()).unwrap();
    let digest = signed.digest();
    cheat.hands(&paper(&id, read, &[(signed, sealed)])).await.unwrap();
    let table = &cheat.table;
    table.sync().await;
    table.sync().await;
    table.sync().await;
    table.is_one();
    let disputes = table
        .office()
        .node
        .with_conference(&id, |state| state.disputes().to_vec())
        .unwrap();
    let [dispute] = &disputes[..] else {
        panic!("{disputes:?}")
    };
    assert_eq!((dispute.entry, dispute.by), (digest, reader));
    assert_eq!(dispute.fault.code(), "conference_enclosed_wrong");
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_learn_nothing_not_even_that_there_is_a_conference() {
    let table = Table::start(2).await;
    let rogue = Rogue::start("县总工会", AgencyRole::TradeUnion, &[&table.office().card]).await;
    table.office().node.add_peer(&rogue.card).unwrap();
    let before = table.head(table.office());
    let mut refusals = Vec::new();
    for id in [table.id, Hex([5; 32])] {
        let (mut sender, mut receiver) = call(&rogue, &table).await;
        let said = paper(&id, Head::NONE, &[]);
        let refused = hand_over(&mut sender, &mut receiver, RECORD, &said)
            .await
            .unwrap_err();
        refusals.push((refused.code(), refused.to_string()));
    }
    assert_eq!(refusals[0], refusals[1]);
    assert_eq!(refusals[0].0, "peer_aborted");
    assert_eq!(head(table.office(), &table.id), before);
}

/// Else it is on record, and fits in no answer to whom it is for.
#[tokio::test(flavor = "multi_thread")]
async fn an_enclosure_that_fits_in_no_paper_is_refused() {
    const MAX_PAPER_BYTES: usize = (1 << 20) - 256;
    let mut cheat = Cheat::start().await;
    cheat.table.sync().await;
    let (id, read) = (cheat.table.id, cheat.office_head());
    let reader = Hex(cheat.table.members[0].node.node_key());
    let (signed, mut sealed) = cheat.says(1, "塞满");
    let mut entry = signed.entry;
    let mut fills = |bytes: usize| {
        let garbage = vec![7; bytes];
        for to in &mut entry.enclosed.as_mut().unwrap().to {
            if to.node == reader {
                to.digest = sha256(&garbage);
            }
        }
        for (to, bytes) in &mut sealed {
            if *to == reader {
                bytes.clone_from(&garbage);
            }
        }
        (
            entry.clone().sign(cheat.rogue.keys.signing_key()).unwrap(),
            sealed.clone(),
        )
    };
    let rest = paper(&id, read, &[fills(1_000_000)]).len() - 1_000_000;
    let full = fills(MAX_PAPER_BYTES - rest);
    let whole = paper(&id, read, &[full]);
    assert!(whole.len() <= MAX_PAPER_BYTES);
    assert!(cheat.hands(&whole).await.is_some());
    let faults = cheat.table.office().node.with_conference(&id, |state| {
        let faults = state.rejected().map(|rejected| rejected.fault.code());
        faults.collect::<Vec<_>>()
    });
    assert_eq!(faults.unwrap(), ["conference_enclosed_wrong"]);
    // What comes after it.
    cheat.table.says(1, 0, "之后");
    for _ in 0..3 {
        cheat.table.sync().await;
    }
    let (office, member) = (cheat.office_head(), cheat.table.head(&cheat.table.members[0]));
    assert_eq!(office, member);
}

/// How far a member has read is what it says, where that is on record.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_has_read_what_is_not_on_record() {
    let mut cheat = Cheat::start().await;
    let (id, head) = (cheat.table.id, cheat.office_head());
    let read = |cheat: &Cheat| {
        let seats = cheat.table.office().node.conference_directory(&id).unwrap();
        let seat = seats.iter().find(|seat| seat.card.node_key() == cheat.key().0);
        seat.unwrap().read.map(|read| (read.seq, read.hash))
    };
    for seq in [head.seq, head.seq + 100] {
        let hash = Hex([1; 32]);
        cheat.hands(&paper(&id, Head { seq, hash }, &[])).await;
        assert_eq!(read(&cheat), None);
    }
    cheat.hands(&paper(&id, head, &[])).await;
    assert_eq!(read(&cheat), Some((head.seq, head.hash.0)));
}
