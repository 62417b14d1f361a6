//! Legs: what their two parties say of them, and what that comes to.

use std::collections::{BTreeMap, BTreeSet};

use super::{Public, ensure};
use crate::{
    Hex,
    conference::{
        Difference, Entry, Fault, Leg, LegNews, LegReceipt, LegRun, LegState, NotRun, PartyState, Round,
    },
};

/// How many times a leg can run in a round.
const MAX_RUNS: u32 = 4;
const MAX_CODE_CHARS: usize = 64;

impl Public {
    /// A leg of a round in which pairs run.
    fn open_leg(&self, number: u32, leg: &Leg) -> Result<(&Round, &LegRun), Fault> {
        let round = self.round(number)?;
        let open = round.begun.is_some() && round.closed.is_none();
        ensure(open, Fault::RoundElsewhere)?;
        let run = round.legs.get(leg).ok_or(Fault::LegUnknown)?;
        Ok((round, run))
    }

    pub(super) fn may_tell(
        &self,
        entry: &Entry,
        number: u32,
        leg: &Leg,
        news: &LegNews,
    ) -> Result<(), Fault> {
        let (round, run) = self.open_leg(number, leg)?;
        let has_part = run.receiver == entry.author || run.sender == entry.author;
        ensure(has_part, Fault::LegUnknown)?;
        let party = round.parties.get(&entry.author);
        ensure(
            party.is_some_and(|party| party.left.is_none()),
            Fault::RoundElsewhere,
        )?;
        let runs = !matches!(run.state, LegState::NotRun(_));
        ensure(runs, Fault::RoundElsewhere)?;
        ensure(run.since <= entry.seen.seq, Fault::OutOfTime)?;
        let said = run.said.get(&entry.author);
        ensure(said.is_none_or(|said| said.end.is_none()), Fault::SaidBefore)?;
        match news {
            LegNews::Began {} => {
                ensure(said.is_none_or(|said| !said.began), Fault::SaidBefore)?;
                let timely = self.latest(entry) <= round.announced.run_until;
                ensure(timely, Fault::OutOfTime)
            }
            LegNews::Done(_) => Ok(()),
            LegNews::Failed { code } => ensure(is_code(code), Fault::Malformed),
        }
    }

    pub(super) fn tell(&mut self, entry: &Entry, number: u32, leg: &Leg, news: &LegNews) {
        let seq = self.head.seq;
        let index = usize::try_from(number).unwrap_or(0).saturating_sub(1);
        let (Some(round), sessions) = (self.rounds.get_mut(index), &mut self.sessions) else {
            return;
        };
        let Some(run) = round.legs.get_mut(leg) else {
            return;
        };
        let said = run.said.entry(entry.author).or_default();
        match news {
            LegNews::Began {} => said.began = true,
            LegNews::Done(_) | LegNews::Failed { .. } => said.end = Some(news.clone()),
        }
        let state = come_to(run, leg, &round.parties, sessions);
        if let LegState::Done(receipt) = &state {
            sessions.insert((parties_of(run), receipt.session));
        }
        change(run, &mut round.parties, state, seq, entry.author);
    }

    pub(super) fn may_rerun(&self, entry: &Entry, number: u32, leg: &Leg) -> Result<(), Fault> {
        let (round, run) = self.open_leg(number, leg)?;
        // Figures are of what there was.
        let again = round.figures.is_none()
            && matches!(
                run.state,
                LegState::Failed(_) | LegState::Differs(_) | LegState::OneSided
            );
        let there = |key: &Hex<32>| round.parties.get(key).is_some_and(PartyState::is_there);
        let both = there(&run.receiver) && there(&run.sender);
        ensure(again && both, Fault::RoundElsewhere)?;
        ensure(self.is_last_at_work(round), Fault::RoundElsewhere)?;
        ensure(entry.at <= round.announced.run_until, Fault::OutOfTime)?;
        ensure(run.run < MAX_RUNS, Fault::TooMany)
    }

    pub(super) fn rerun(&mut self, entry: &Entry, number: u32, leg: &Leg) {
        let seq = self.head.seq;
        let Some(round) = self.round_mut(number) else {
            return;
        };
        if let Some(run) = round.legs.get_mut(leg) {
            run.run = run.run.saturating_add(1);
            run.since = seq;
            run.said.clear();
            change(run, &mut round.parties, LegState::Waiting, seq, entry.author);
        }
    }
}

/// What follows for legs from who is there: before pairs begin only who has said that it does not take part is missing.
pub(super) fn settle(round: &mut Round, seq: u64, by: Hex<32>) {
    let begun = round.begun.is_some();
    for run in round.legs.values_mut() {
        let missing = |key: &Hex<32>| {
            let party = round.parties.get(key)?;
            party
                .missing()
                .filter(|reason| begun || matches!(reason, NotRun::Declined | NotRun::Left))
        };
        let missing = missing(&run.receiver).or_else(|| missing(&run.sender));
        match (&run.state, missing) {
            (LegState::Waiting | LegState::Running | LegState::OneSided, Some(reason)) => {
                change(run, &mut round.parties, LegState::NotRun(reason), seq, by);
            }
            (LegState::NotRun(_), Some(reason)) => run.state = LegState::NotRun(reason),
            (LegState::NotRun(_), None) => {
                run.since = seq;
                change(run, &mut round.parties, LegState::Waiting, seq, by);
            }
            _ => {}
        }
    }
}

/// Legs that nothing more comes of. What one party alone has said stays as it is: no result.
pub(super) fn end_all(round: &mut Round, reason: NotRun, seq: u64, by: Hex<32>) {
    for run in round.legs.values_mut() {
        if matches!(run.state, LegState::Waiting | LegState::Running) {
            change(run, &mut round.parties, LegState::NotRun(reason), seq, by);
        }
    }
}

/// Whoever has reported on a leg that comes to something else has to report again.
fn change(
    run: &mut LegRun,
    parties: &mut BTreeMap<Hex<32>, PartyState>,
    state: LegState,
    seq: u64,
    by: Hex<32>,
) {
    if run.state == state {
        return;
    }
    let counts = matches!(state, LegState::Done(_) | LegState::Waiting);
    for key in [run.receiver, run.sender] {
        if let Some(party) = parties.get_mut(&key).filter(|_| counts) {
            party.reported = false;
        }
    }
    (run.state, run.changed, run.changed_by) = (state, seq, by);
}

/// What a leg has come to by what its two parties say.
fn come_to(
    run: &LegRun,
    leg: &Leg,
    parties: &BTreeMap<Hex<32>, PartyState>,
    sessions: &BTreeSet<([Hex<32>; 2], Hex<32>)>,
) -> LegState {
    let of = |key: &Hex<32>| run.said.get(key);
    let end = |key: &Hex<32>| of(key).and_then(|said| said.end.as_ref());
    let began = |key: &Hex<32>| of(key).is_some_and(|said| said.began);
    match (end(&run.receiver), end(&run.sender)) {
        (Some(LegNews::Done(a)), Some(LegNews::Done(b))) => {
            let frozen = |key: &Hex<32>| {
                let frozen = parties.get(key)?.frozen.as_ref()?;
                let set = frozen.sets.iter().find(|set| set.leg == *leg)?;
                Some(set.elements)
            };
            let sizes = [frozen(&run.receiver), frozen(&run.sender)];
            let used = sessions.contains(&(parties_of(run), a.session));
            match differ(a, b, sizes, used) {
                Some(difference) => LegState::Differs(difference),
                None => LegState::Done(*a),
            }
        }
        (Some(LegNews::Done(_)), Some(_)) | (Some(_), Some(LegNews::Done(_))) => {
            LegState::Differs(Difference::End)
        }
        // Of two reasons the first that was said stays.
        (Some(_), Some(_)) => run.state.clone(),
        (Some(LegNews::Failed { code }), None) | (None, Some(LegNews::Failed { code })) => {
            LegState::Failed(code.clone())
        }
        (Some(_), None) | (None, Some(_)) => LegState::OneSided,
        (None, None) if began(&run.receiver) || began(&run.sender) => LegState::Running,
        (None, None) => LegState::Waiting,
    }
}

fn differ(a: &LegReceipt, b: &LegReceipt, frozen: [Option<u64>; 2], used: bool) -> Option<Difference> {
    let sizes = |receipt: &LegReceipt| [receipt.receiver_elements, receipt.sender_elements];
    if a.session != b.session || used {
        Some(Difference::Session)
    } else if sizes(a) != sizes(b) {
        Some(Difference::Sizes)
    } else if a.receipt != b.receipt {
        Some(Difference::Receipt)
    } else if sizes(a).map(Some) != frozen {
        Some(Difference::Frozen)
    } else {
        None
    }
}

/// A session is used up by the two that had it, and by nobody else: others see its number before it has ended.
fn parties_of(run: &LegRun) -> [Hex<32>; 2] {
    [run.receiver.min(run.sender), run.receiver.max(run.sender)]
}

fn is_code(code: &str) -> bool {
    let fits = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_';
    (1..=MAX_CODE_CHARS).contains(&code.len()) && code.bytes().all(fits)
}
