//! Two bureaus that no line connects, and what is carried between them.

use std::path::Path;

use hefu_casework::{AgencyRole, Finding, Hex, Purpose};
use hefu_link::Card;
use hefu_link::ferry::{Cut, Form, Matter as SetMatter, SetHead, SetId, seal};
use hefu_node::ferry::{PartFile, PartNews, PartTaken, SetOut, Worked};
use hefu_node::runner::system_randomness;
use hefu_node::{Carrier, Surroundings};
use hefu_store::{LogEntry, Round};
use tempfile::TempDir;

use crate::agency::{DISABLED_LIVING, EXTREME_POVERTY};
use crate::bureau::{Bureau, introduce, proposal, surroundings};
use crate::rogue::Rogue;

/// People of each side, of whom half are on both registers.
pub const PEOPLE: u64 = 100;

/// Cuts a set into a few files, even a small one.
#[must_use]
pub fn small() -> Cut {
    Cut::new(Form::Binary, Some(4_096)).unwrap()
}

/// A receiver and a sender that reach each other by files, with no agreement yet.
pub struct Two {
    /// Who asks.
    pub receiver: Bureau,
    /// Who answers.
    pub sender: Bureau,
    /// Where both live.
    pub dir: TempDir,
}

impl Two {
    /// Both have their registers and each other's cards.
    pub async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let start = |name, role| Bureau::start(dir.path(), name, role, surroundings());
        let receiver = start("县民政局", AgencyRole::CivilAffairs).await;
        let sender = start("县残联", AgencyRole::DisabledFederation).await;
        receiver.pays(EXTREME_POVERTY, 0..PEOPLE);
        sender.pays(DISABLED_LIVING, PEOPLE / 2..PEOPLE / 2 + PEOPLE);
        introduce(&receiver, &sender);
        by_files(&receiver, &sender);
        Self {
            receiver,
            sender,
            dir,
        }
    }

    /// As [`Two::start`], and both have signed the agreement with this number, by letters.
    pub async fn agreed(number: &str) -> (Self, [u8; 32]) {
        let two = Self::start().await;
        let agreement = two.agree(number).await;
        (two, agreement)
    }

    /// Both sign an agreement under which the receiver learns; it goes there and back.
    pub async fn agree(&self, number: &str) -> [u8; 32] {
        let (receiver, sender) = (&self.receiver, &self.sender);
        let parties = [receiver.party(EXTREME_POVERTY), sender.party(DISABLED_LIVING)];
        let text = proposal(Purpose::Duplicates, number, parties);
        let digest = receiver.node.draft(text, "经办").unwrap();
        receiver.node.sign_agreement(&digest, "主任").unwrap();
        assert_eq!(carry(receiver, sender).await, 1);
        sender.node.sign_agreement(&digest, "主任").unwrap();
        assert_eq!(carry(sender, receiver).await, 1);
        digest
    }

    /// Both nodes are closed and opened again from their folders.
    pub async fn again(self) -> Self {
        Self {
            receiver: again(self.receiver).await,
            sender: again(self.sender).await,
            dir: self.dir,
        }
    }

    /// The only round of each side.
    #[must_use]
    pub fn rounds(&self) -> [Round; 2] {
        [&self.receiver, &self.sender].map(|at| {
            let [round] = at.node.store().rounds().unwrap().try_into().unwrap();
            round
        })
    }

    /// What the receiver's round has found, so that two rounds compare.
    #[must_use]
    pub fn found(&self) -> Vec<String> {
        let [round, _] = self.rounds();
        let findings = self.receiver.node.store().findings(&round.id).unwrap();
        findings.iter().map(shown).collect()
    }

    /// What the sender has debited to the receiver in all.
    #[must_use]
    pub fn debited(&self) -> u64 {
        let peer = self.receiver.node.node_key();
        let month = hefu_casework::Month::of(crate::agency::days_from_today(0));
        self.sender.node.store().debited(&peer, month).unwrap()
    }
}

/// Closes a node and opens it again from its folder.
pub async fn again(bureau: Bureau) -> Bureau {
    again_in(bureau, surroundings()).await
}

/// As [`again`], with other surroundings.
pub async fn again_in(bureau: Bureau, surroundings: Surroundings) -> Bureau {
    bureau.close().await.open(surroundings).await
}

/// From now on each reaches the other by files.
pub fn by_files(one: &Bureau, other: &Bureau) {
    for (at, peer) in [(one, other), (other, one)] {
        at.node
            .set_carrier(&peer.node.node_key(), Carrier::Files, "经办")
            .unwrap();
    }
}

/// All that tells a finding from another.
#[must_use]
pub fn shown(finding: &Finding) -> String {
    format!(
        "{:?} {:?} {} {:?} {:?} {:?} {:?}",
        finding.kind,
        finding.rule,
        finding.person.masked(),
        finding.rows,
        finding.months,
        finding.programmes,
        finding.to_verify
    )
}

/// Makes a set of what is due; none where nothing is new.
pub async fn out(from: &Bureau, to: &Bureau) -> Option<SetOut> {
    from.node
        .ferry_out(&to.node.node_key(), small(), "经办")
        .await
        .unwrap()
}

/// All files of a set.
#[must_use]
pub fn parts(from: &Bureau, set: &SetOut) -> Vec<PartFile> {
    (1..=set.parts)
        .map(|part| from.node.ferry_part(&set.set, part).unwrap())
        .collect()
}

/// Takes files, each of which must be good, and works through what is whole.
pub async fn take(at: &Bureau, files: &[PartFile]) -> Worked {
    for file in files {
        taken(at, file).await;
    }
    at.node.ferry_work().await.unwrap()
}

/// Takes one file, which must be good.
pub async fn taken(at: &Bureau, file: &PartFile) -> PartTaken {
    at.node.ferry_take(file.bytes.clone()).await.unwrap()
}

/// Carries a set of what is due, if anything is: says how many new letters came.
pub async fn carry(from: &Bureau, to: &Bureau) -> usize {
    let Some(set) = out(from, to).await else { return 0 };
    let files = parts(from, &set);
    let (last, first) = files.split_last().unwrap();
    for file in first {
        assert_eq!(taken(to, file).await.news, PartNews::New);
    }
    assert_eq!(taken(to, last).await.news, PartNews::Complete);
    let worked = to.node.ferry_work().await.unwrap();
    assert_eq!(worked.sets, 1);
    worked.letters
}

/// The entries of a log of one kind.
#[must_use]
pub fn logged(at: &Bureau, kind: &str) -> Vec<LogEntry> {
    let mut entries = at.log_after(0);
    entries.retain(|entry| entry.kind == kind);
    entries
}

/// Codes of the letters that were refused at a node, in order.
#[must_use]
pub fn refusals(at: &Bureau) -> Vec<String> {
    let store = at.node.store();
    let sets = store.sets_in().unwrap().into_iter().rev();
    let came = sets.flat_map(|set| {
        let mut letters = store.taken_in(&set.peer, &set.id).unwrap();
        letters.retain(|letter| letter.set == set.id);
        letters
    });
    came.filter_map(|letter| letter.refused).collect()
}

/// A letter's header.
#[must_use]
pub fn header(matter: &str, id: u8, about: &[u8; 32], agreement: &[u8; 32]) -> String {
    format!(
        r#"{{"about":"{}","agreement":"{}","id":"{}","matter":"{matter}"}}"#,
        Hex(*about),
        Hex(*agreement),
        Hex([id; 16])
    )
}

/// A letter's header frame, then its frames, as a set holds them.
#[must_use]
pub fn letter(header: &str, frames: &[(u8, &[u8])]) -> Vec<u8> {
    let header = frame(0x80, header.as_bytes());
    frames.iter().fold(header, |all, (kind, payload)| {
        [all, frame(*kind, payload)].concat()
    })
}

/// One frame.
#[must_use]
pub fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&[kind], length.as_slice(), payload].concat()
}

/// A set that holds whatever a rogue likes, in one file.
#[must_use]
pub fn forged(rogue: &Rogue, to: &Card, content: &[u8]) -> PartFile {
    let [file] = forged_in(rogue, to, content, Cut::new(Form::Binary, None).unwrap())
        .1
        .try_into()
        .unwrap_or_else(|_| panic!("one file"));
    file
}

/// As [`forged`], cut as it likes.
#[must_use]
pub fn forged_in(rogue: &Rogue, to: &Card, content: &[u8], cut: Cut) -> (SetHead, Vec<PartFile>) {
    let mut sealed = Vec::new();
    let mut randomness = system_randomness();
    let set = SetId::random(&mut *randomness);
    let head = seal(
        &rogue.keys,
        to,
        set,
        &[SetMatter::Agreement],
        &mut &*content,
        &mut sealed,
        &mut *randomness,
    )
    .unwrap();
    let cutting = cut.of(&head).unwrap();
    let files = (1..=cutting.parts()).map(|part| {
        let mut bytes = Vec::new();
        cutting
            .write(&rogue.keys, part, &mut std::io::Cursor::new(&sealed), &mut bytes)
            .unwrap();
        PartFile {
            name: cutting.file_name(part).unwrap(),
            bytes,
        }
    });
    (head, files.collect())
}

/// How many files lie in a node's folder of this name, and below it.
#[must_use]
pub fn files_under(folder: &Path, name: &str) -> usize {
    crate::bureau::files(&folder.join(name)).len()
}
