//! A round of the county's conference: an office leads it, members join and freeze, and the nodes do the rest by
//! themselves.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use hefu_casework::conference::{
    Absent, Annex as SignedAnnex, AnnexDraft, Decision, Escalation, FrameworkDraft, ItemKind, Late,
    PartyDraft, RoundEnd, Schedule, Stage, State,
};
use hefu_casework::{AgencyRole, Hex, ProgrammeCode, RuleId, Text};
use hefu_fixtures::Agency;
use hefu_fixtures::conference::{ANNEXES, Annex, Leg, Purpose};
use hefu_node::Node;
use hefu_node::conference::Announcement;
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use tokio::task::{JoinSet, block_in_place};
use tokio::time::sleep;

use super::{Outcome, Running, name, node, place, purpose, quarter, yesterday};

/// The office, in the county's own words.
pub const OFFICE: &str = "县联席会议办公室";
/// What kind of agency it is.
pub const OFFICE_ROLE: AgencyRole = AgencyRole::ConferenceOffice;

const ACTOR: &str = "demo";
/// k: no smaller count of findings is told.
const SMALLEST: u64 = 5;
const LOOK: Duration = Duration::from_millis(100);
/// No round of this county takes longer.
const PATIENCE: Duration = Duration::from_secs(600);

/// A round that was held.
pub struct Held {
    /// The office's node.
    pub office: Arc<Node>,
    /// Where it listened, as it stands on its card.
    pub address: String,
    /// The conference.
    pub id: Hex<32>,
    /// The framework, by digest.
    pub framework: Hex<32>,
    /// The round's number.
    pub round: u32,
    /// The number of the minutes of its consultation.
    pub minutes: Text<100>,
}

/// The office of a county whose nodes are within its reach.
pub(super) struct Office {
    pub(super) node: Arc<Node>,
    /// Where it listens.
    pub(super) address: String,
}

impl Running {
    /// Holds a round of the conference over all annexes, and looks for breaches inside each agency.
    ///
    /// # Errors
    /// The first thing that fails, with where.
    pub async fn conference(mut self) -> Result<Outcome> {
        let started = Instant::now();
        let office = self.office.take().context("no office")?;
        let mut keepers = JoinSet::new();
        for node in self.nodes.values().chain([&office.node]) {
            keepers.spawn(Arc::clone(node).keep());
        }
        let (id, framework) = self.found(&office).await?;
        let round = self.announce(&office.node, &id).await?;
        let mut outcome = self.nothing_yet();
        until(&office.node, &id, "not all legs end", |state| {
            let held = state.round(round);
            held.is_some_and(|held| held.stage() == Stage::Reported)
        })
        .await?;
        self.note_legs(&office.node, &id, round, &mut outcome)?;
        // What agencies look for inside themselves stands on no ledger.
        let lines: usize = outcome.rounds.values().map(|round| round.findings.len()).sum();
        until(&office.node, &id, "lines of the ledger are missing", |state| {
            state.lines().count() == lines
        })
        .await?;
        let minutes = block_in_place(|| sum_up(&office.node, &id, round))?;
        outcome.conference = Some(Held {
            office: office.node,
            address: office.address,
            id,
            framework,
            round,
            minutes,
        });
        keepers.shutdown().await;
        self.close(outcome, started)
    }

    /// The conference with a seat for each agency, and the text that all have signed.
    async fn found(&self, office: &Office) -> Result<(Hex<32>, Hex<32>)> {
        let (address, office) = (&office.address, &office.node);
        let id = office.found_conference("县司法救助与社会救助衔接联席会议", address, ACTOR)?;
        for node in self.nodes.values() {
            block_in_place(|| office.enrol(&id, &node.node_key(), ACTOR))?;
            block_in_place(|| node.follow(&id, &office.node_key(), ACTOR))?;
        }
        let framework = block_in_place(|| {
            office
                .draft_framework(&id, self.framework()?, None, ACTOR)
                .map_err(anyhow::Error::from)
        })?;
        for node in self.nodes.values() {
            node.sync_conference(&id).await?;
            block_in_place(|| node.sign_framework(&id, &framework, ACTOR))?;
        }
        let all = self.nodes.len();
        until(office, &id, "not all sign", |state| {
            state
                .edition(&framework)
                .is_some_and(|edition| edition.signed.len() == all)
        })
        .await?;
        Ok((id, framework))
    }

    /// A round that all have joined and frozen for; then the office begins it by itself.
    async fn announce(&self, office: &Node, id: &Hex<32>) -> Result<u32> {
        let announcement = Announcement {
            months: Some(quarter()?),
            ..Announcement::default()
        };
        let round = block_in_place(|| office.announce_round(id, announcement, ACTOR))?;
        for node in self.nodes.values() {
            node.sync_conference(id).await?;
            block_in_place(|| node.join_round(id, round, ACTOR))?;
            block_in_place(|| node.freeze_round(id, round, ACTOR))?;
        }
        Ok(round)
    }

    /// What each leg came to, in the order of the annexes.
    fn note_legs(&self, office: &Node, id: &Hex<32>, round: u32, outcome: &mut Outcome) -> Result<()> {
        let annexes: Vec<Hex<32>> = office.with_conference(id, |state| {
            let edition = state.editions().next();
            let annexes = edition.map(|edition| edition.framework.annexes.as_slice());
            annexes
                .unwrap_or_default()
                .iter()
                .map(SignedAnnex::digest)
                .collect()
        })?;
        for (annex, digest) in ANNEXES.iter().zip(&annexes) {
            for leg in annex.legs() {
                let node = node(&self.nodes, leg.receiver)?;
                let hold = node.legs_that_hold(id, round)?;
                let its = hold.iter().find(|(known, _)| known.annex == *digest);
                let (_, session) = its.ok_or_else(|| anyhow!("{} is not done", leg.key()))?;
                self.note_leg(leg, session, outcome)?;
            }
        }
        Ok(())
    }

    fn note_leg(&self, leg: Leg, session: &[u8; 32], outcome: &mut Outcome) -> Result<()> {
        let stored = node(&self.nodes, leg.receiver)?.store().round(session)?;
        let stored = stored.context("a session is missing")?;
        *outcome.bytes_sent.entry(leg.receiver.code()).or_default() += stored.bytes_out;
        *outcome.bytes_sent.entry(leg.sender.code()).or_default() += stored.bytes_in;
        self.note_learned(leg, &stored.agreement, session, outcome)
    }

    fn framework(&self) -> Result<FrameworkDraft> {
        let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
        let numbered = (1..).zip(&ANNEXES);
        Ok(FrameworkDraft {
            number: Text::new("县联席〔2026〕1号")?,
            title: Text::new("县司法救助与社会救助衔接联席会议框架协议")?,
            members: self.nodes.keys().map(|agency| name(*agency).to_owned()).collect(),
            // Clocks of the two may differ by a day; the demonstration must run on any day.
            valid_from: yesterday(today)?,
            expires: today.checked_add(1.year())?,
            smallest: SMALLEST,
            absent: Absent::WithoutThem,
            late: Late::Admitted,
            schedule: Schedule {
                day: 5,
                freeze_hours: 72,
                run_hours: 96,
                review_days: 30,
            },
            annexes: numbered
                .map(|(number, annex)| self.annex(number, annex))
                .collect::<Result<_>>()?,
        })
    }

    fn annex(&self, number: u32, annex: &Annex) -> Result<AnnexDraft> {
        let by_rules = annex.purpose == Purpose::Duplicates;
        let rules = annex.rules.iter().map(|id| RuleId::new(id));
        let months = quarter()?;
        let [receiver, sender] = [annex.receiver, annex.sender].map(|agency| self.party_of(annex, agency));
        Ok(AnnexDraft {
            code: Text::new(format!("附件{number}"))?,
            number: None,
            purpose: purpose(annex.purpose),
            parties: vec![receiver?, sender?],
            receivers: by_rules.then(|| annex.legs().map(|leg| name(leg.receiver).to_owned()).collect()),
            legal_basis: None,
            place: place()?,
            from: months.from,
            until: months.iter().last().context("no months")?,
            rules: by_rules.then(|| rules.collect::<Result<_, _>>()).transpose()?,
            compare_names: None,
            key_kind: None,
            rounds_a_month: None,
            resume_hours: None,
            retention_days: None,
        })
    }

    fn party_of(&self, annex: &Annex, agency: Agency) -> Result<PartyDraft> {
        let programmes = annex.programmes_of(agency).iter();
        Ok(PartyDraft {
            name: name(agency).to_owned(),
            programmes: programmes
                .map(|code| ProgrammeCode::new(code))
                .collect::<Result<_, _>>()?,
            case_scheme: self.case_scheme(agency)?,
            max_elements: super::MAX_ELEMENTS,
        })
    }
}

async fn until(office: &Node, id: &Hex<32>, otherwise: &str, fits: impl Fn(&State) -> bool) -> Result<()> {
    let begun = Instant::now();
    while !office.with_conference(id, &fits)? {
        if begun.elapsed() > PATIENCE {
            bail!("the conference does not go on: {otherwise}");
        }
        sleep(LOOK).await;
    }
    Ok(())
}

/// Figures for all, a consultation about one matter, and the round's end.
fn sum_up(office: &Node, id: &Hex<32>, round: u32) -> Result<Text<100>> {
    office.publish_figures(id, round, ACTOR)?;
    let line = office.with_conference(id, |state| {
        let mut lines = state.lines();
        lines.find(|line| line.kind == ItemKind::Finding).cloned()
    })?;
    let line = line.context("no line of a finding")?;
    office.escalate(id, &line.item, Escalation::Consultation, ACTOR)?;
    let minutes = Text::new("县联席纪〔2026〕1号")?;
    let decision = Decision {
        item: line.item,
        from: line.from,
        text: Text::new("由责任单位会同对方核实，书面反馈办公室。")?,
        by: line.from,
        due: None,
    };
    office.decide(id, minutes.clone(), decision, ACTOR)?;
    office.close_round(id, round, RoundEnd::Completed, ACTOR)?;
    Ok(minutes)
}
