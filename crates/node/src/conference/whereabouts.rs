//! Where a conference stands, and what this node's people have to do in it.

use hefu_casework::Hex;
use hefu_casework::conference::{Edition, Head, LegState, PartyState, Round, State};
use jiff::Timestamp;

use crate::node::today;
use crate::{Node, Result};

/// Where a conference stands.
#[derive(Clone, Debug)]
pub struct Where {
    /// The conference.
    pub conference: Hex<32>,
    /// Its name.
    pub name: String,
    /// How far the record was read.
    pub head: Head,
    /// The framework that is in force today, or else the last that was drafted.
    pub framework: Option<FrameworkAt>,
    /// The last round's number and stage.
    pub round: Option<(u32, &'static str)>,
    /// What this node's people have to do.
    pub to_do: Vec<ToDo>,
}

/// Where a framework stands.
#[derive(Clone, Debug)]
pub struct FrameworkAt {
    /// Its digest.
    pub digest: Hex<32>,
    /// Its number in the office's files.
    pub number: String,
    /// Its edition.
    pub edition: u32,
    /// Whether it is in force today.
    pub in_force: bool,
    /// Who has signed, by name.
    pub signed: Vec<String>,
    /// Who has refused, by name.
    pub refused: Vec<String>,
    /// Who has said nothing, by name.
    pub awaited: Vec<String>,
}

/// Something to be done.
#[derive(Clone, Debug)]
pub struct ToDo {
    /// What.
    pub what: Task,
    /// Of which round.
    pub round: Option<u32>,
    /// Until when.
    pub until: Option<Timestamp>,
    /// Why it can't be done as it is: a code and its parameters.
    pub hindrance: Option<(&'static str, Vec<(&'static str, String)>)>,
}

/// What people decide, of what the record waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// To sign a framework, or refuse it.
    Sign,
    /// To join a round, or decline it.
    Join,
    /// To import what is entered, and freeze it.
    Freeze,
    /// To look at a leg that failed, or whose two ends differ.
    Rerun,
    /// To close a round.
    Close,
    /// To look at lines of the ledger that the record does not take.
    Lines,
}

impl Task {
    /// A stable name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Task::Sign => "to_do_sign",
            Task::Join => "to_do_join",
            Task::Freeze => "to_do_freeze",
            Task::Rerun => "to_do_rerun",
            Task::Close => "to_do_close",
            Task::Lines => "to_do_lines",
        }
    }

    fn of(self, round: u32, until: Option<Timestamp>) -> ToDo {
        ToDo {
            what: self,
            round: Some(round),
            until,
            hindrance: None,
        }
    }
}

impl Node {
    /// Where a conference stands, and what this node's people have to do in it.
    ///
    /// # Errors
    /// When there is no such conference; the store's.
    pub fn conference_standing(&self, conference: &Hex<32>) -> Result<Where> {
        let me = Hex(self.node_key());
        let mut at = self.with_conference_ahead(conference, |state| whereabouts(state, &me))?;
        for undecided in self.undecided_rounds(conference)? {
            let round = undecided.round;
            let until = self.round_of(conference, round)?.announced.freeze_by;
            at.to_do.push(ToDo {
                hindrance: undecided.hindrance,
                ..Task::Join.of(round, Some(until))
            });
        }
        for round in self.open_rounds(conference)? {
            // Where the framework admits it, whoever comes late still comes.
            if awaited(&round, &me).is_some_and(|party| party.absent)
                && self.is_open_to_all(conference, &round)?
            {
                let until = round.announced.run_until;
                at.to_do.push(Task::Freeze.of(round.announced.round, Some(until)));
            }
        }
        if self.has_lines_aside(conference)? {
            at.to_do.push(ToDo {
                what: Task::Lines,
                round: None,
                until: None,
                hindrance: None,
            });
        }
        Ok(at)
    }
}

fn whereabouts(state: &State, me: &Hex<32>) -> Where {
    let in_force = state.in_force(today());
    let framework = in_force.or_else(|| state.editions().last());
    let office = state.office() == Some(*me);
    let mut to_do = Vec::new();
    for edition in state.editions().filter(|_| !office) {
        let named = edition.framework.members.iter().any(|seat| seat.node_key == *me);
        let said = edition.signed.contains_key(me) || edition.refused.contains_key(me);
        let over = edition.framework.expires < today();
        if named && !said && !over && !is_replaced(state, edition) {
            to_do.push(ToDo {
                what: Task::Sign,
                round: None,
                until: None,
                hindrance: None,
            });
        }
    }
    for round in state.rounds().filter(|round| round.closed.is_none()) {
        to_do.extend(match office {
            true => tasks_of_office(round),
            false => tasks_of_member(round, me),
        });
    }
    Where {
        conference: state.conference(),
        name: state
            .founded()
            .map_or_else(String::new, |founded| founded.name.as_str().to_owned()),
        head: state.head(),
        framework: framework.map(|edition| framework_at(edition, in_force.is_some())),
        round: state
            .rounds()
            .last()
            .map(|round| (round.announced.round, round.stage().code())),
        to_do,
    }
}

/// Whether a later text amends this one, or the same as this one does: the office has thought better of it.
fn is_replaced(state: &State, edition: &Edition) -> bool {
    let later = state
        .editions()
        .skip_while(|each| each.digest != edition.digest)
        .skip(1);
    let amended = later.filter_map(|later| later.framework.amends);
    let of_same = edition.framework.amends;
    let mut amended = amended.filter(|amended| *amended == edition.digest || Some(*amended) == of_same);
    amended.next().is_some()
}

fn tasks_of_office(round: &Round) -> Vec<ToDo> {
    let number = round.announced.round;
    let in_vain = |state: &LegState| matches!(state, LegState::Differs(_) | LegState::Failed(_));
    let mut tasks = Vec::new();
    if round.announced.run_until > Timestamp::now() && round.legs.values().any(|run| in_vain(&run.state)) {
        tasks.push(Task::Rerun.of(number, Some(round.announced.run_until)));
    }
    let over = round.has_run() || round.announced.run_until < Timestamp::now();
    if round.begun.is_some() && round.closed.is_none() && over && round.all_reported() {
        tasks.push(Task::Close.of(number, None));
    }
    tasks
}

fn tasks_of_member(round: &Round, me: &Hex<32>) -> Vec<ToDo> {
    match awaited(round, me).is_some_and(|party| !party.absent) {
        true => vec![Task::Freeze.of(round.announced.round, Some(round.announced.freeze_by))],
        false => Vec::new(),
    }
}

/// This member, where it has joined and not frozen.
fn awaited<'a>(round: &'a Round, me: &Hex<32>) -> Option<&'a PartyState> {
    let party = round.parties.get(me)?;
    let awaited = party.joined.is_some() && party.left.is_none() && party.frozen.is_none();
    awaited.then_some(party)
}

fn framework_at(edition: &Edition, in_force: bool) -> FrameworkAt {
    let framework = &edition.framework;
    let names = |fits: &dyn Fn(&Hex<32>) -> bool| {
        let members = framework.members.iter();
        members
            .filter(|seat| fits(&seat.node_key))
            .map(|seat| seat.name.clone())
            .collect::<Vec<_>>()
    };
    let signed = |key: &Hex<32>| edition.signed.contains_key(key);
    let refused = |key: &Hex<32>| edition.refused.contains_key(key);
    FrameworkAt {
        digest: edition.digest,
        number: framework.number.as_str().to_owned(),
        edition: framework.edition,
        in_force,
        signed: names(&signed),
        refused: names(&refused),
        awaited: names(&|key| !signed(key) && !refused(key)),
    }
}
