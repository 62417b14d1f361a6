//! 受理查重: checks of a few people before they are paid. To a peer a check is a round like any other, of one size; here it
//! is one matter over all the peers that are asked, with an authority, a case file, and no finding.

mod not_asked;
mod receipt;

use std::sync::Arc;

use hefu_casework::precheck::{About, Checked, Request, check_elements, checked};
use hefu_casework::{ElementSet, Hex, KeyKind, RuleId};
use hefu_psi::wire::Abort;
use hefu_psi::{Blinding, Ristretto255, SessionSeed};
use hefu_store::{AgreementState, CheckedAt, Entry, NewCheck, NewSession, Role, Round, RoundState};
use jiff::Timestamp;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::agreement::{InForce, policy};
use crate::node::today;
use crate::round::{Turn, opened, packed};
use crate::{Error, Node, Result};
use not_asked::{Kept, why_not};

pub use not_asked::NotAsked;
pub use receipt::{AtPeerFacts, Body, FORMAT, NOTICES, Outcome, PersonFacts, Receipt, VERSION, read};

/// The log's entry about a check that was begun.
const BEGUN: &str = "precheck_begun";
/// Somebody has looked at what a check says.
const SEEN: &str = "precheck_seen";

/// A check over all its peers.
#[derive(Clone, Debug)]
pub struct Precheck {
    /// Its id.
    pub id: Hex<16>,
    /// When it was begun.
    pub begun_at: Timestamp,
    /// Who had it begun.
    pub actor: String,
    /// How many people it is of.
    pub people: u64,
    /// On what it rests and who was asked after, masked; `None` once that was deleted.
    pub about: Option<About>,
    /// By the names of the peers.
    pub peers: Vec<AtPeer>,
    /// Who could not be asked then; no more is known of that once it was deleted.
    pub not_asked: Vec<NotAsked>,
}

/// A check at one peer.
#[derive(Clone, Debug)]
pub struct AtPeer {
    /// The peer's name in the agreement.
    pub peer: String,
    /// The peer's node key.
    pub node_key: Hex<32>,
    /// The agreement's number.
    pub number: String,
    /// The agreement's digest.
    pub agreement: Hex<32>,
    /// What was compared.
    pub key_kind: KeyKind,
    /// By which rules.
    pub rules: Vec<RuleId>,
    /// The round.
    pub round: Hex<32>,
    /// Whether it goes by files.
    pub by_files: bool,
    /// How far it is.
    pub answer: Answer,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Why there is no answer, or not yet: a code of the table of words.
    pub reason: Option<String>,
    /// What was learned of each person; only where that was asked for.
    pub results: Option<Vec<Checked>>,
}

/// How far a check is at a peer. Without an answer nothing is said of anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is under way.
    Waiting,
    /// The peer has answered.
    Answered,
    /// The peer has not answered, and will not.
    NotAnswered,
    /// Its time was over, and what it said was deleted.
    Deleted,
}

impl Answer {
    /// A stable name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Answer::Waiting => "precheck_waiting",
            Answer::Answered => "precheck_answered",
            Answer::NotAnswered => "precheck_not_answered",
            Answer::Deleted => "precheck_deleted",
        }
    }
}

impl Precheck {
    /// Whether an answer is still awaited.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.peers.iter().any(|peer| peer.answer == Answer::Waiting)
    }
}

/// What is left of a day's checks under one agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayBudget {
    /// The agreement's digest.
    pub agreement: Hex<32>,
    /// Its number.
    pub number: String,
    /// The other party.
    pub peer: String,
    /// Whether this node asks; otherwise it answers.
    pub asks: bool,
    /// How many elements every check enters.
    pub batch: u64,
    /// Checks a day.
    pub limit: u64,
    /// Checks of this day, in Beijing time.
    pub used: u64,
}

/// One round of a check, before it is on record.
struct Begun {
    round: Round,
    open: Vec<u8>,
    seed: SessionSeed,
    expires_at: Timestamp,
    by_files: bool,
    entry: Value,
    turn: Turn,
}

/// The right to run each of a check's rounds.
type Turns = Vec<([u8; 32], Turn)>;

impl Node {
    /// Begins a check under these agreements; under none, under all in force by which this node may check one of the
    /// people. All of it is on record, or nothing: what does not fit, or is used up today, is refused before any peer is
    /// called. Among agreements that nobody named, one under which a check is still under way, or whose day is used up,
    /// holds up none at the others: it is on record as not asked.
    ///
    /// # Errors
    /// When an agreement, this node's policy or the day's budget does not allow it, or nobody is left to be asked; when
    /// the people make more elements than one check takes.
    pub async fn begin_check(
        self: &Arc<Self>,
        agreements: &[[u8; 32]],
        request: Request,
        actor: &str,
    ) -> Result<Hex<16>> {
        let (id, turns) = self.put_check_on_record(agreements, request, actor).await?;
        drop(turns);
        self.active.begin();
        self.ferry.notify();
        Ok(id)
    }

    /// As [`Node::begin_check`], and follows the check at each peer that a line leads to. How that ended is on record.
    ///
    /// # Errors
    /// As [`Node::begin_check`].
    pub async fn run_check(
        self: &Arc<Self>,
        agreements: &[[u8; 32]],
        request: Request,
        actor: &str,
    ) -> Result<Hex<16>> {
        let (id, turns) = self.put_check_on_record(agreements, request, actor).await?;
        for (round, turn) in turns {
            if let Err(error) = self.go_on_in(turn, &round).await {
                tracing::info!(node = self.name(), code = error.code(), "no answer to a check");
            }
        }
        Ok(id)
    }

    async fn put_check_on_record(
        self: &Arc<Self>,
        agreements: &[[u8; 32]],
        request: Request,
        actor: &str,
    ) -> Result<(Hex<16>, Turns)> {
        let begun = async {
            let named = !agreements.is_empty();
            let agreements = self.chosen(agreements, &request)?;
            // Two that begin at once would each think that it is the only one. In order, so that none waits for the other.
            let mut admissions = Vec::with_capacity(agreements.len());
            for agreement in &agreements {
                admissions.push(self.active.admission(agreement).await);
            }
            let known = match self.current_datasets() {
                // Whoever has no registers has nobody with two numbers in them.
                Err(Error::Missing { .. }) => Vec::new(),
                known => known?,
            };
            let entered = request.to_bytes(&self.aliases(&known));
            let id = self.put_all(&agreements, named, &request, &entered, actor)?;
            drop(admissions);
            Ok(id)
        };
        begun
            .await
            .inspect_err(|error| self.note_failure("precheck_failed", "", error))
    }

    fn put_all(
        &self,
        agreements: &[[u8; 32]],
        named: bool,
        request: &Request,
        entered: &[u8],
        actor: &str,
    ) -> Result<(Hex<16>, Turns)> {
        let mut id = [0; 16];
        crate::runner::system_randomness().fill_bytes(&mut id);
        let (mut begun, mut not_asked, mut first) = (Vec::new(), Vec::new(), None);
        for agreement in agreements {
            match self.opened_check(agreement, entered, &id) {
                Ok(opened) => begun.push(opened),
                Err(error) => match why_not(&error).filter(|_| !named) {
                    Some(reason) => {
                        not_asked.push(self.not_asked(agreement, reason)?);
                        first.get_or_insert(error);
                    }
                    None => return Err(error),
                },
            }
        }
        if let Some(error) = first.filter(|_| begun.is_empty()) {
            return Err(error);
        }
        let log_not_asked: Vec<_> = not_asked
            .iter()
            .map(|not| json!({ "agreement": not.digest, "reason": not.reason }))
            .collect();
        let kept = Kept {
            about: request.about(),
            not_asked,
        };
        let about = serde_json::to_vec(&kept).map_err(|_| damaged())?;
        let sessions: Vec<_> = begun
            .iter()
            .map(|begun| NewSession {
                round: &begun.round,
                open: &begun.open,
                seed: begun.seed.as_bytes(),
                expires_at: begun.expires_at,
                by_files: begun.by_files,
                entered: Some(entered),
                debit: None,
                entry: Entry {
                    actor,
                    kind: "session_opened",
                    body: &begun.entry,
                },
            })
            .collect();
        let asked: Vec<_> = begun.iter().map(|begun| Hex(begun.round.agreement)).collect();
        let body = json!({
            "check": Hex(id),
            "people": request.people(),
            "agreements": asked,
            "not_asked": log_not_asked,
        });
        self.store.begin_check(&NewCheck {
            id: &id,
            actor,
            people: request.people() as u64,
            about: &about,
            sessions: &sessions,
            entry: Entry {
                actor,
                kind: BEGUN,
                body: &body,
            },
        })?;
        let turns = begun.into_iter().map(|begun| (begun.round.id, begun.turn));
        Ok((Hex(id), turns.collect()))
    }

    /// The agreements to check under, in order.
    fn chosen(&self, named: &[[u8; 32]], request: &Request) -> Result<Vec<[u8; 32]>> {
        let mut chosen = named.to_vec();
        if chosen.is_empty() {
            for signed in self.of_checks()? {
                let own = signed.agreement.party(signed.me)?;
                let concerned = request.programmes().any(|code| own.programmes.contains(code));
                if !signed.agreement.may_receive(signed.me) || !concerned {
                    continue;
                }
                match self.in_force(&signed.digest) {
                    Ok(_) => chosen.push(signed.digest),
                    // Its time is over, or has not come.
                    Err(Error::Policy { .. }) => {}
                    // One that this node can't use any more is not passed over in silence.
                    Err(error) => return Err(error),
                }
            }
        }
        chosen.sort_unstable();
        chosen.dedup();
        if chosen.is_empty() {
            return Err(policy("precheck_no_agreement", Abort::Policy));
        }
        Ok(chosen)
    }

    /// Every agreement on checks that both have signed, whether or not it is in force.
    fn of_checks(&self) -> Result<Vec<InForce>> {
        let stored = self.store.agreements()?.into_iter();
        let signed = stored.filter(|stored| stored.state == AgreementState::Signed);
        let mut found = signed
            .map(|stored| self.signed(&stored.digest))
            .collect::<Result<Vec<_>>>()?;
        found.retain(InForce::is_of_checks);
        Ok(found)
    }

    fn opened_check(&self, agreement: &[u8; 32], entered: &[u8], id: &[u8; 16]) -> Result<Begun> {
        let in_force = self.may_ask(agreement)?;
        let limit = in_force.agreement.checks_a_day;
        let limit = limit.ok_or_else(|| policy("precheck_other_agreement", Abort::Policy))?;
        if self.store.checks_begun(agreement, today())? >= limit.into() {
            return Err(hefu_store::Error::ChecksSpent { limit }.into());
        }
        let card = self.card_of(&in_force)?;
        let mut round = self.begin_with(&in_force, Role::Receiver, Vec::new())?;
        let seed = SessionSeed::generate(&mut *(self.surroundings.randomness)());
        let set = self.check_set(&in_force, entered, &seed)?;
        round.own_elements = Some(set.len() as u64);
        let terms = in_force.terms(in_force.me)?;
        let (_, opening) = Blinding::<Ristretto255>::open(terms, packed(&set)?, &seed)?;
        let mut entry = opened(&round, &in_force)?;
        entry["check"] = json!(Hex(*id));
        Ok(Begun {
            open: opening.message().encode(),
            seed,
            expires_at: in_force.expiry(),
            by_files: self.store.carrier(&card.node_key())?.by_files(),
            entry,
            turn: self.turn(&round.id)?,
            round,
        })
    }

    /// What a check enters, the same each time it is made.
    fn check_set(&self, in_force: &InForce, entered: &[u8], seed: &SessionSeed) -> Result<ElementSet> {
        let (request, aliases) = Request::from_bytes(entered).ok_or_else(damaged)?;
        let filling = |bytes: &mut [u8]| seed.filling(bytes);
        let (agreement, me) = (&in_force.agreement, in_force.me);
        Ok(check_elements(
            agreement,
            &self.rules,
            me,
            &aliases,
            &request,
            filling,
        )?)
    }

    /// As [`Node::check_set`], of a session under way.
    pub(crate) fn entered_in_check(&self, in_force: &InForce, round: &[u8; 32]) -> Result<ElementSet> {
        let entered = self.store.session_set(round)?.ok_or_else(damaged)?;
        self.check_set(in_force, &entered, &self.seed(round)?)
    }

    /// What a check says of each person, in bytes to be kept.
    pub(crate) fn checked_people(
        &self,
        round: &[u8; 32],
        in_force: &InForce,
        set: &ElementSet,
        matched: &[u32],
    ) -> Result<Zeroizing<Vec<u8>>> {
        let entered = self.store.session_set(round)?.ok_or_else(damaged)?;
        let (request, aliases) = Request::from_bytes(&entered).ok_or_else(damaged)?;
        let (agreement, me) = (&in_force.agreement, in_force.me);
        let checked = checked(agreement, &self.rules, me, &aliases, &request, set, matched)?;
        let bytes = serde_json::to_vec(&checked).map_err(|_| damaged())?;
        Ok(Zeroizing::new(bytes))
    }

    /// Every check, the one begun last first, without what they say.
    ///
    /// # Errors
    /// The store's.
    pub fn prechecks(&self) -> Result<Vec<Precheck>> {
        let ids = self.store.checks()?.into_iter();
        ids.map(|id| self.precheck(&Hex(id))).collect()
    }

    /// One check, without what it says.
    ///
    /// # Errors
    /// When there is no such check; the store's.
    pub fn precheck(&self, id: &Hex<16>) -> Result<Precheck> {
        let mut check = self.gathered(id)?;
        for peer in &mut check.peers {
            peer.results = None;
        }
        Ok(check)
    }

    /// One check with what it says of each person at each peer that has answered; what is awaited says nothing yet. One
    /// entry in the log says who looked.
    ///
    /// # Errors
    /// When there is no such check, or an answer is still awaited and none is there; the store's.
    pub fn precheck_results(&self, id: &Hex<16>, actor: &str) -> Result<Precheck> {
        let check = self.gathered(id)?;
        let answered = |peer: &AtPeer| peer.results.is_some();
        if check.is_waiting() && !check.peers.iter().any(answered) {
            return Err(policy("precheck_under_way", Abort::Policy));
        }
        self.log_by(actor, SEEN, &json!({ "check": id }))?;
        Ok(check)
    }

    /// What is left today under each agreement on checks that is in force.
    ///
    /// # Errors
    /// The store's.
    pub fn checks_of_today(&self) -> Result<Vec<DayBudget>> {
        let budget = |in_force: InForce| {
            let InForce {
                agreement,
                digest,
                me,
                peer,
            } = in_force;
            let asks = agreement.may_receive(me);
            Ok(DayBudget {
                agreement: Hex(digest),
                number: agreement.number.clone(),
                peer: agreement.party(peer)?.name.clone(),
                asks,
                batch: agreement.party(if asks { me } else { peer })?.max_elements,
                limit: agreement.checks_a_day.unwrap_or_default().into(),
                used: match asks {
                    true => self.store.checks_begun(&digest, today())?,
                    false => self.store.checks_let(&digest, today())?,
                },
            })
        };
        let signed = self.of_checks()?.into_iter();
        let in_force = signed.filter(|signed| self.in_force(&signed.digest).is_ok());
        in_force.map(budget).collect()
    }

    /// Refuses what is asked of a round's findings where the round is a check: that it has none is not to be read as
    /// "nothing found".
    pub(crate) fn must_have_findings(&self, round: &[u8; 32]) -> Result<()> {
        match self.store.check_of(round)? {
            Some(_) => Err(policy("precheck_has_no_findings", Abort::Policy)),
            None => Ok(()),
        }
    }

    /// A check that nobody has to be waited for.
    fn ended_check(&self, id: &Hex<16>) -> Result<Precheck> {
        let check = self.gathered(id)?;
        if check.is_waiting() {
            return Err(policy("precheck_under_way", Abort::Policy));
        }
        Ok(check)
    }

    fn gathered(&self, id: &Hex<16>) -> Result<Precheck> {
        let stored = self.store.check(&id.0)?;
        let missing = || Error::Missing {
            what: "precheck",
            name: id.to_string(),
        };
        let first = stored.first().ok_or_else(missing)?;
        let (actor, people) = (first.actor.clone(), first.people);
        let about = stored.iter().find_map(|at| at.about.as_ref());
        let kept = about.map(|kept| serde_json::from_slice::<Kept>(kept).map_err(|_| damaged()));
        let (about, not_asked) = match kept.transpose()? {
            Some(kept) => (Some(kept.about), kept.not_asked),
            None => (None, Vec::new()),
        };
        let mut begun_at = Timestamp::MAX;
        let mut peers = Vec::with_capacity(stored.len());
        for at in &stored {
            let round = self.round_on_record(&at.round)?;
            begun_at = begun_at.min(round.started_at);
            peers.push(self.at_peer(at, &round)?);
        }
        peers.sort_by(|a, b| (&a.peer, &a.number).cmp(&(&b.peer, &b.number)));
        Ok(Precheck {
            id: *id,
            begun_at,
            actor,
            people,
            about,
            peers,
            not_asked,
        })
    }

    fn at_peer(&self, at: &CheckedAt, round: &Round) -> Result<AtPeer> {
        let signed = self.signed_agreement(&round.agreement)?;
        let agreement = signed.agreement();
        let peer = agreement.index_of(&round.peer).unwrap_or_default();
        let peer = agreement.party(peer)?;
        let results = at
            .results
            .as_ref()
            .map(|results| serde_json::from_slice(results).map_err(|_| damaged()))
            .transpose()?;
        let running = round.state == RoundState::Running;
        let interrupted = || self.interruption(&round.id).map(str::to_owned);
        Ok(AtPeer {
            peer: peer.name.clone(),
            node_key: peer.node_key,
            number: agreement.number.clone(),
            agreement: Hex(round.agreement),
            key_kind: agreement.key_kind,
            rules: agreement.rules.clone(),
            round: Hex(round.id),
            by_files: self
                .store
                .session(&round.id)?
                .is_some_and(|session| session.by_files),
            answer: match (&at.about, &results) {
                (None, _) => Answer::Deleted,
                _ if running => Answer::Waiting,
                (Some(_), Some(_)) => Answer::Answered,
                (Some(_), None) => Answer::NotAnswered,
            },
            ended_at: round.ended_at,
            reason: match running {
                true => interrupted(),
                false => round.reason.clone().or_else(|| round.error.clone()),
            },
            results,
        })
    }
}

fn damaged() -> Error {
    Error::Internal {
        what: "a check's record",
    }
}
