//! A conference of small agencies.

use std::sync::atomic::{AtomicU64, Ordering};

use hefu_casework::conference::{Escalation, Head, ItemKind, ItemState, Line, Private, Word};
use hefu_casework::{AgencyRole, Hex, Text};
use hefu_link::Keys;
use hefu_node::Surroundings;
use hefu_store::Vault;
use tempfile::TempDir;

use crate::agency::days_from_today;
use crate::bureau::{Bureau, Closed, introduce, surroundings};

/// Whom [`Table::start`] brings together, in this order.
pub const MEMBERS: [(&str, AgencyRole); 4] = [
    ("县法院", AgencyRole::Court),
    ("县检察院", AgencyRole::Procuratorate),
    ("县民政局", AgencyRole::CivilAffairs),
    ("县残联", AgencyRole::DisabledFederation),
];

static ITEMS: AtomicU64 = AtomicU64::new(1);

/// An office and the members of its conference, each of which has the cards of all others.
pub struct Table {
    /// Where all live.
    pub dir: TempDir,
    /// The office, while its node runs.
    office: Option<Bureau>,
    /// The members.
    pub members: Vec<Bureau>,
    /// The conference.
    pub id: Hex<32>,
}

impl Table {
    /// An office and the first so many of [`MEMBERS`], all of whom have read the record up to the last seat.
    pub async fn start(members: usize) -> Self {
        Self::start_in(members, surroundings()).await
    }

    /// As [`Table::start`], the office in these surroundings.
    pub async fn start_in(members: usize, of_office: Surroundings) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let role = AgencyRole::ConferenceOffice;
        let office = Bureau::start(dir.path(), "联席会议办公室", role, of_office).await;
        let mut all = Vec::new();
        for (name, role) in &MEMBERS[..members] {
            all.push(Bureau::start(dir.path(), name, *role, surroundings()).await);
        }
        let id = {
            let (node, card) = (&office.node, &office.card);
            node.found_conference("社会救助联席会议", card.address(), "主任")
                .unwrap()
        };
        let table = Self {
            dir,
            office: Some(office),
            members: all,
            id,
        };
        table.introduce();
        for member in &table.members {
            table.enrol(member);
            member
                .node
                .follow(&id, &table.office().node.node_key(), "经办")
                .unwrap();
        }
        table.sync().await;
        table
    }

    /// The office, whose node must run.
    #[must_use]
    pub fn office(&self) -> &Bureau {
        self.office.as_ref().expect("the office is closed")
    }

    /// Closes the office's node.
    pub async fn closes_office(&mut self) -> Closed {
        self.office.take().expect("the office is closed").close().await
    }

    /// Opens it again; all take its new card.
    pub async fn opens_office(&mut self, closed: Closed) {
        self.office = Some(closed.open(surroundings()).await);
        self.introduce();
    }

    /// Closes a member's node, and opens it again after something was done to its folder.
    pub async fn reopens(&mut self, member: usize, meanwhile: impl FnOnce(&Closed)) {
        let closed = self.members.remove(member).close().await;
        meanwhile(&closed);
        self.members.insert(member, closed.open(surroundings()).await);
        self.introduce();
    }

    /// All take each other's cards, as they are now.
    pub fn introduce(&self) {
        for (at, member) in self.members.iter().enumerate() {
            introduce(self.office(), member);
            for other in &self.members[..at] {
                introduce(member, other);
            }
        }
    }

    /// Gives a seat to somebody whose card the office has.
    pub fn enrol(&self, member: &Bureau) {
        let key = member.node.node_key();
        self.office().node.enrol(&self.id, &key, "主任").unwrap();
    }

    /// Every member visits the office.
    pub async fn sync(&self) {
        for member in &self.members {
            member.node.sync_conference(&self.id).await.unwrap();
        }
    }

    /// A line of the ledger from one member to another, said by the first.
    pub fn says(&self, from: usize, to: usize, letter: &str) -> (Hex<32>, Line) {
        let (from, to) = (&self.members[from], &self.members[to]);
        let line = line(from, to, letter);
        (say(from, &self.id, line.clone()), line)
    }

    /// How far the record goes at a node.
    #[must_use]
    pub fn head(&self, at: &Bureau) -> Head {
        head(at, &self.id)
    }

    /// Everybody has the same record and derives the same from it.
    pub fn is_one(&self) -> Head {
        let digest = |at: &Bureau| {
            let derived = at
                .node
                .with_conference(&self.id, |state| (state.head(), state.public_digest()));
            let derived = derived.unwrap();
            let (head, state) = at.node.verify_conference(&self.id).unwrap();
            assert_eq!(derived, (head, state), "what is stored says the same");
            derived
        };
        let office = digest(self.office());
        for member in &self.members {
            assert_eq!(digest(member), office);
        }
        office.0
    }
}

/// How far a record goes at a node.
#[must_use]
pub fn head(at: &Bureau, id: &Hex<32>) -> Head {
    at.node.with_conference(id, |state| state.head()).unwrap()
}

/// A new referral, open.
#[must_use]
pub fn line(from: &Bureau, to: &Bureau, letter: &str) -> Line {
    let mut item = [0; 16];
    item[..8].copy_from_slice(&ITEMS.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    Line {
        item: Hex(item),
        kind: ItemKind::Referral,
        from: Hex(from.node.node_key()),
        to: Hex(to.node.node_key()),
        letter: Some(Text::new(letter).unwrap()),
        round: None,
        opened: days_from_today(0),
        due: None,
        state: ItemState::Open,
        outcome: None,
        closed: None,
        escalation: Escalation::None,
        revisit: None,
        revision: 1,
    }
}

/// Puts a line on the ledger.
pub fn say(at: &Bureau, id: &Hex<32>, line: Line) -> Hex<32> {
    let to = readers(at, id, &line);
    let private = Some((Private::Items(vec![line]), to));
    at.node.say(id, Word::Items {}, private, "经办").unwrap()
}

/// Who reads a line.
#[must_use]
pub fn readers(at: &Bureau, id: &Hex<32>, line: &Line) -> Vec<Hex<32>> {
    vec![at.node.conference(id).unwrap().office, line.from, line.to]
}

/// The keys of a node that does not run.
#[must_use]
pub fn keys_of(closed: &Closed) -> Keys {
    let vault = Vault::open(&closed.folder.join("vault.json"), &closed.unlock).unwrap();
    let [node, tls, seal] = ["node", "tls", "seal"].map(|name| {
        let file = closed.folder.join(format!("keys/{name}.sealed"));
        vault.open_file(&file, &format!("{name} key")).unwrap()
    });
    Keys::from_parts(node, tls, seal).unwrap()
}
