//! Parties that hold keys and a card, and keep to no rules but when they like to.

use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use hefu_casework::{
    AgencyRole, Agreement, AidRecord, Amount, Circumstances, Fen, KeyKind, Known, Month, MonthRange, Per,
    Period, Protection, RowId, RuleSet, Status, elements,
};
use hefu_fixtures::number_at;
use hefu_identity::{AliasTable, Kind as Document, parse};
use hefu_link::{Card, Keys, Limits, Listener, PeerBook, Receiver, Sender, Tap, dial};
use hefu_node::runner::{
    Call, Chunks, Forgetful, Journal, Own, Received, Runner, Said, Sent, Spool, system_randomness,
};
use hefu_psi::wire::{Abort, Accept, Document as Paper, Kind, Open, ReceiptMessage};
use hefu_psi::{Elements, LogHead, Mode, Ristretto255, Root, SessionId, SessionSeed, SignedReceipt, Terms};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::agency::opening;
use crate::ends::POOL;

/// A party with keys and a card, and nothing that keeps it to the protocol.
pub struct Rogue {
    /// Its keys.
    pub keys: Arc<Keys>,
    /// Its card.
    pub card: Card,
    /// Where it listens.
    pub listener: Listener,
    spool: TempDir,
    log: Mutex<LogHead>,
}

impl Rogue {
    /// One that lets in whoever has one of these cards.
    pub async fn start(name: &str, role: AgencyRole, knows: &[&Card]) -> Self {
        let keys = Arc::new(Keys::generate().unwrap());
        let book = Arc::new(Cards(knows.iter().map(|card| (*card).clone()).collect()));
        let listener = Listener::bind("127.0.0.1:0", &keys, book, Limits::default(), None)
            .await
            .unwrap();
        let card = Card::new(&keys, name, role, &listener.local_addr().to_string()).unwrap();
        Self {
            keys,
            card,
            listener,
            spool: tempfile::tempdir().unwrap(),
            log: Mutex::default(),
        }
    }

    /// From now on it signs that its log ends here, true or not.
    pub fn claims(&self, head: LogHead) {
        *self.log.lock().unwrap_or_else(PoisonError::into_inner) = head;
    }

    /// Calls, and opens with this.
    pub async fn open(&self, peer: &Card, open: &Open) -> (Sender, Receiver) {
        self.say(peer, Kind::Open, &open.encode()).await
    }

    /// Calls, and hands over a paper.
    pub async fn hand(&self, peer: &Card, kind: u8, bytes: &[u8]) -> (Sender, Receiver) {
        let paper = [Paper { kind, bytes }.header().as_slice(), bytes].concat();
        self.say(peer, Kind::Document, &paper).await
    }

    async fn say(&self, peer: &Card, kind: Kind, payload: &[u8]) -> (Sender, Receiver) {
        let connection = dial(&self.keys, peer, &Limits::default(), None).await.unwrap();
        let (mut sender, receiver) = connection.split();
        send(&mut sender, kind, payload).await;
        (sender, receiver)
    }

    /// Keeps to the protocol as a receiver that remembers nothing but its seed.
    ///
    /// # Errors
    /// Whatever ended the session.
    pub async fn receive(
        &self,
        peer: &Card,
        agreement: &Agreement,
        own: Elements,
        seed: SessionSeed,
        tap: Option<Arc<dyn Tap>>,
    ) -> hefu_node::Result<Received> {
        let connection = dial(&self.keys, peer, &Limits::default(), tap).await?;
        self.runner()
            .receive::<Ristretto255>(connection, terms(agreement), own, seed, self.journal(), ())
            .await
    }

    /// Keeps to the protocol as a sender, for the next call that comes.
    ///
    /// # Errors
    /// Whatever ended the session.
    pub async fn answer(
        &self,
        agreement: &Agreement,
        own: Elements,
        seed: SessionSeed,
    ) -> hefu_node::Result<Sent> {
        let Said::Open(call) = Call::take(self.listener.accept().await.unwrap()).await? else {
            panic!("a paper, and no session")
        };
        let own = Own {
            elements: own,
            labels: zeroize::Zeroizing::default(),
        };
        let (randomness, journal) = (system_randomness(), self.journal());
        self.runner()
            .send::<Ristretto255>(call, terms(agreement), own, seed, randomness, journal, ())
            .await
    }

    fn journal(&self) -> Arc<Claiming> {
        let head = *self.log.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::new(Claiming::new(self.spool.path(), head))
    }

    fn runner(&self) -> Runner {
        Runner::new(
            POOL.clone(),
            self.spool.path().to_path_buf(),
            Arc::clone(&self.keys),
        )
    }
}

/// Remembers nothing but where the log is to end.
struct Claiming(Forgetful, LogHead);

impl Claiming {
    fn new(spool: &Path, head: LogHead) -> Self {
        Self(Forgetful::new(spool), head)
    }
}

impl Journal for Claiming {
    fn opened(&self, open: &[u8]) -> hefu_node::Result<()> {
        self.0.opened(open)
    }

    fn accepted(&self, accept: &[u8], fresh: Option<&[u8; 32]>) -> hefu_node::Result<()> {
        self.0.accepted(accept, fresh)
    }

    fn committed(&self, commit: &[u8]) -> hefu_node::Result<()> {
        self.0.committed(commit)
    }

    fn chunks(&self, of: Chunks) -> hefu_node::Result<Vec<Root>> {
        self.0.chunks(of)
    }

    fn chunk(&self, of: Chunks, number: u32, root: &Root) -> hefu_node::Result<()> {
        self.0.chunk(of, number, root)
    }

    fn tags(&self, root: &[u8; 32]) -> hefu_node::Result<()> {
        self.0.tags(root)
    }

    fn tags_noted(&self) -> hefu_node::Result<Option<[u8; 32]>> {
        self.0.tags_noted()
    }

    fn receipt(&self) -> hefu_node::Result<Option<Vec<u8>>> {
        self.0.receipt()
    }

    fn receipt_signed(&self, receipt: &[u8]) -> hefu_node::Result<()> {
        self.0.receipt_signed(receipt)
    }

    fn conclude(
        &self,
        signed: &SignedReceipt,
        theirs: &ReceiptMessage,
        own: &ReceiptMessage,
    ) -> hefu_node::Result<()> {
        self.0.conclude(signed, theirs, own)
    }

    fn head(&self) -> hefu_node::Result<LogHead> {
        Ok(self.1)
    }

    fn spool(&self, name: &'static str) -> hefu_node::Result<Spool> {
        self.0.spool(name)
    }
}

struct Cards(Vec<Card>);

impl PeerBook for Cards {
    fn by_tls_key(&self, key: &[u8; 32]) -> Option<Card> {
        self.0.iter().find(|card| card.tls_key() == *key).cloned()
    }
}

/// Says one thing, at once.
pub async fn send(sender: &mut Sender, kind: Kind, payload: &[u8]) {
    sender.send(kind as u8, payload).await.unwrap();
    sender.flush().await.unwrap();
}

/// What comes next, which is of this kind.
pub async fn hear(receiver: &mut Receiver, kind: Kind) -> Vec<u8> {
    let mut payload = Vec::new();
    assert_eq!(receiver.recv(&mut payload).await.unwrap().kind, kind as u8);
    payload
}

/// The reason that comes next.
pub async fn hear_abort(receiver: &mut Receiver) -> Abort {
    let mut payload = Vec::new();
    match receiver.recv(&mut payload).await {
        Err(hefu_link::Error::PeerAborted { abort, .. }) => abort,
        other => panic!("no reason, but {other:?}"),
    }
}

/// The terms of a session under this agreement.
#[must_use]
pub fn terms(agreement: &Agreement) -> Terms {
    let open = opening(agreement);
    let label = agreement.label.as_ref();
    Terms {
        agreement: open.agreement,
        receiver: open.receiver,
        sender: open.sender,
        mode: label.map_or(Mode::Members, |_| Mode::Labels),
        key_kind: match agreement.key_kind {
            KeyKind::Person => hefu_psi::KeyKind::Person,
            KeyKind::Rule => hefu_psi::KeyKind::Rule,
            KeyKind::Referral => hefu_psi::KeyKind::Referral,
        },
        width: open.width,
        label: label.map_or(0, |label| label.max_bytes),
        receiver_cap: open.receiver_cap,
        sender_cap: open.sender_cap,
    }
}

/// What the party at `me` enters that has these invented people on its register, as an agency of these tests has them.
#[must_use]
pub fn set(agreement: &Agreement, me: usize, people: Range<u64>) -> Elements {
    let month = |number| Month::new(2026, number).unwrap();
    let mut records = people.map(|person| AidRecord {
        row: RowId {
            file: 1,
            sheet: 1,
            row: person + 2,
        },
        person: parse(
            Document::Resident,
            std::str::from_utf8(&number_at(1, person)).unwrap(),
        )
        .unwrap()
        .key,
        name: None,
        programme: agreement.parties[me].programmes[0].clone(),
        period: Period::Months(MonthRange {
            from: month(7),
            to: month(10),
        }),
        amount: Some(Amount {
            fen: Fen(10_000),
            per: Per::Person,
        }),
        household: None,
        case: None,
        referral: None,
        circumstances: Circumstances::default(),
        status: Status::Paid,
        protection: Protection::default(),
        disabled: Known::default(),
    });
    let set = elements(
        agreement,
        &RuleSet::national(),
        me,
        agreement.receivers[0].into(),
        &AliasTable::new(),
        &mut records,
    )
    .unwrap();
    Elements::new(set.width(), set.bytes().to_vec()).unwrap()
}

/// The session's id over both opening messages, computed here anew.
#[must_use]
pub fn session_id(open: &Open, accept: &Accept) -> SessionId {
    let length = |bytes: &[u8]| (bytes.len() as u64).to_be_bytes();
    let mut hash = Sha256::new();
    hash.update(b"hefu/3 session\0");
    hash.update(open.version.to_be_bytes());
    hash.update(length(open.suite.as_bytes()));
    hash.update(&open.suite);
    for field in [&open.agreement, &open.receiver, &open.sender] {
        hash.update(field);
    }
    hash.update([open.mode, open.key_kind]);
    hash.update(open.width.to_be_bytes());
    hash.update(open.label.to_be_bytes());
    hash.update(open.receiver_cap.to_be_bytes());
    hash.update(open.sender_cap.to_be_bytes());
    hash.update(open.nonce);
    hash.update(open.elements.to_be_bytes());
    hash.update(open.input);
    hash.update(accept.nonce);
    hash.update(length(&accept.public));
    hash.update(&accept.public);
    hash.update(accept.elements.to_be_bytes());
    hash.update(accept.input);
    SessionId(hash.finalize().into())
}
