//! The same county where no line connects anybody: each node has a folder for files that go out and one for files that
//! come, and somebody else carries what lies there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use hefu_casework::{Hex, elements};
use hefu_fixtures::Agency;
use hefu_fixtures::conference::{ANNEXES, Leg};
use hefu_ingest::Wording;
use hefu_link::ferry::Cut;
use hefu_node::ferry::Folders;
use hefu_node::{Carrier, Surroundings};
use hefu_store::RoundState;
use tokio::time::sleep;

use super::{Outcome, Running, Session, import_all, node, purpose, summarise};

/// The carrier looks this often.
const PACE: Duration = Duration::from_millis(200);
/// No round of this county takes longer, however badly it is carried.
const PATIENCE: Duration = Duration::from_secs(600);

/// The folders of each agency's node.
pub type Boxes = BTreeMap<Agency, Folders>;

/// Everything, by files that are carried at once from each outbox into the inbox of whom they are for.
///
/// # Errors
/// The first thing that fails, with where.
pub async fn run_by_files(
    dir: &Path,
    surroundings: &Surroundings,
    wording: &dyn Fn() -> Wording,
    cut: Cut,
) -> Result<Outcome> {
    let (running, boxes) = set_up_by_files(dir, surroundings, wording, cut)?;
    let inboxes = inboxes(&running, &boxes);
    running
        .all_rounds_by_files(&boxes, &mut || carry(&boxes, &inboxes))
        .await
}

/// Writes the exports, makes the nodes, imports, exchanges cards, and has everybody watch two folders of their own. There
/// is no line to anybody.
///
/// # Errors
/// The first thing that fails, with where.
pub fn set_up_by_files(
    dir: &Path,
    surroundings: &Surroundings,
    wording: &dyn Fn() -> Wording,
    cut: Cut,
) -> Result<(Running, Boxes)> {
    let mut running = import_all(dir, surroundings, wording)?;
    let mut boxes = Boxes::new();
    for (agency, node) in &running.nodes {
        for (_, peer) in running.nodes.iter().filter(|(other, _)| *other != agency) {
            // The address is nobody's: a node that is reached by files listens to none.
            node.add_peer(&peer.card("no-line.invalid:1")?)?;
            node.set_carrier(&peer.node_key(), Carrier::Files, "demo")?;
        }
        let place = dir.join("boxes").join(agency.code());
        let folders = Folders {
            outbox: place.join("outbox"),
            inbox: place.join("inbox"),
            slips: place.join("slips"),
            cut,
        };
        for folder in [&folders.outbox, &folders.inbox] {
            std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        }
        boxes.insert(*agency, folders.clone());
        running
            .servers
            .push(tokio::spawn(Arc::clone(node).watch_folders(folders, None)));
    }
    Ok((running, boxes))
}

impl Running {
    /// Every pair, without a conference and all at once: what their agreements say, and what each agency finds by itself. `carry` is called again and again until they have ended.
    ///
    /// # Errors
    /// The first round that fails, or the carrier.
    pub async fn all_rounds_by_files(
        self,
        boxes: &Boxes,
        carry: &mut dyn FnMut() -> Result<()>,
    ) -> Result<Outcome> {
        let started = Instant::now();
        let mut outcome = self.nothing_yet();
        let mut begun = Vec::new();
        for annex in &ANNEXES {
            let digest = self.agree(purpose(annex.purpose), annex)?;
            for leg in annex.legs() {
                let node = node(&self.nodes, leg.receiver)?;
                begun.push((leg, digest, node.begin_round(&digest, "demo").await?));
            }
        }
        while !self.all_ended()? {
            if started.elapsed() > PATIENCE {
                bail!("a round by files does not end");
            }
            carry()?;
            sleep(PACE).await;
        }
        for (leg, digest, id) in &begun {
            self.note_learned(*leg, digest, id, &mut outcome)?;
        }
        outcome.bytes_sent = boxes.keys().map(|agency| (agency.code(), 0)).collect();
        for node in self.nodes.iter() {
            let sent = node
                .1
                .ferry_status()?
                .out
                .iter()
                .map(|set| set.bytes)
                .sum::<u64>();
            outcome.bytes_sent.insert(node.0.code(), sent);
        }
        self.close(outcome, started)
    }

    /// Whether no session is open at anybody, and none failed.
    fn all_ended(&self) -> Result<bool> {
        for (agency, node) in &self.nodes {
            let rounds = node.store().rounds()?;
            if let Some(failed) = rounds
                .iter()
                .find(|round| !matches!(round.state, RoundState::Running | RoundState::Done))
            {
                bail!("{}: {:?}", agency.code(), failed.reason);
            }
            if rounds.iter().any(|round| round.state == RoundState::Running) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(super) fn note_learned(
        &self,
        leg: Leg,
        digest: &[u8; 32],
        id: &[u8; 32],
        outcome: &mut Outcome,
    ) -> Result<()> {
        let node = node(&self.nodes, leg.receiver)?;
        let dossier = node.agreement(digest)?;
        let agreement = dossier.agreement();
        let me = agreement
            .parties
            .iter()
            .position(|party| party.node_key == Hex(node.node_key()))
            .ok_or_else(|| anyhow!("no party"))?;
        let nobody = &mut std::iter::empty();
        let set = elements(agreement, node.rules(), me, me, &Default::default(), nobody)?;
        outcome.note_cannot_find(&leg.key(), set.cannot_find());
        outcome.sessions.push(Session::of(leg, *id));
        let findings = node.store().findings(id)?;
        outcome.add(leg.key(), leg.receiver, summarise(node, &findings)?);
        Ok(())
    }
}

/// Where files for each node go, by the digits that their names begin with.
fn inboxes(running: &Running, boxes: &Boxes) -> BTreeMap<String, PathBuf> {
    let short = |key: [u8; 32]| key.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    running
        .nodes
        .iter()
        .filter_map(|(agency, node)| Some((short(node.node_key()), boxes.get(agency)?.inbox.clone())))
        .collect()
}

/// As a gateway does: under a name that nobody reads, then under its own.
fn carry(boxes: &Boxes, inboxes: &BTreeMap<String, PathBuf>) -> Result<()> {
    for folders in boxes.values() {
        for entry in std::fs::read_dir(&folders.outbox)? {
            let path = entry?.path();
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            let to = name.split('-').nth(1).unwrap_or_default();
            let Some(inbox) = inboxes.get(to).filter(|_| !name.starts_with('.')) else {
                continue;
            };
            let half = inbox.join(format!(".{name}"));
            std::fs::copy(&path, &half)?;
            std::fs::rename(half, inbox.join(name))?;
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}
