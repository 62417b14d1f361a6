//! Rounds, from their announcement to their end.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, ToSpan};

use super::{Edition, Public, State, ensure, legs};
use crate::{
    Agreement, Hex, MonthRange, SignedAgreement, Text,
    conference::{
        Absent, Annex, Announced, Begun, Closing, Counts, DoneLeg, Entry, Fault, Frozen, Joined, Late, Leg,
        LegRun, LegState, NotRun, PartyState, Round, RoundEnd, RoundFigures, SetSize, Stage, Word,
        framework::beijing_day, narrow, private::MAX_CELLS,
    },
};

/// How many rounds can be open at a time.
const MAX_OPEN: usize = 12;
/// How many times a member can report on one round.
const MAX_REPORTS: u32 = 64;
/// An announcement can be an hour on its way to the record.
const GRACE: SignedDuration = SignedDuration::from_hours(1);
/// How long after its announcement a round can run.
const MAX_RUN: SignedDuration = SignedDuration::from_hours(24 * 92);
/// How long after that its findings can be in review, in days.
const MAX_REVIEW_DAYS: i32 = 366;

impl State {
    /// All rounds, in order.
    pub fn rounds(&self) -> impl Iterator<Item = &Round> {
        self.public.rounds.iter()
    }

    /// The round of this number.
    pub fn round(&self, number: u32) -> Option<&Round> {
        self.public.round(number).ok()
    }

    /// The figures of a round, where they were published.
    pub fn figures(&self, round: u32) -> Option<&RoundFigures> {
        self.round(round)?.figures.as_ref()
    }

    /// The agreement that an annex comes to in a round.
    pub fn narrowed(&self, round: u32, annex: &Hex<32>) -> Option<Agreement> {
        let round = self.round(round)?;
        let runs = round.announced.annexes.contains(annex);
        runs.then(|| self.public.narrowed(round, annex)).flatten()
    }

    /// That agreement with the signatures of both parties, while the pairs of its round may run and both are there.
    pub fn signed_agreement(&self, round: u32, annex: &Hex<32>) -> Option<SignedAgreement> {
        let agreement = self.narrowed(round, annex)?;
        let round = self.round(round)?;
        let open = round.begun.is_some() && round.closed.is_none();
        let signature = |node_key: &Hex<32>| {
            let party = round.parties.get(node_key)?;
            let consents = party.joined.as_ref().filter(|_| open && party.is_there())?;
            let consent = consents.iter().find(|consent| consent.annex == *annex)?;
            Some(consent.signature)
        };
        let signatures = agreement.parties.iter().map(|party| signature(&party.node_key));
        let signatures = signatures.collect::<Option<Vec<_>>>()?;
        SignedAgreement::new(agreement, signatures).ok()
    }

    /// What the office would announce at this time under a text: the next round, of all annexes whose two parties are
    /// bound, that have some of the months and a round left in this month, at the times that the schedule has.
    ///
    /// # Errors
    /// [`Fault::FrameworkUnknown`]; [`Fault::AnnouncementWrong`] where no annex could run.
    pub fn announcement(
        &self,
        framework: &Hex<32>,
        months: MonthRange,
        now: Timestamp,
    ) -> Result<Announced, Fault> {
        let edition = self.edition(framework).ok_or(Fault::FrameworkUnknown)?;
        let times = edition.framework.schedule.times(now);
        let times = times.ok_or(Fault::AnnouncementWrong)?;
        let mut announced = Announced {
            round: self.public.next_round(),
            framework: *framework,
            months,
            annexes: Vec::new(),
            freeze_by: times.freeze_by,
            run_until: times.run_until,
            review_until: times.review_until,
        };
        let bound = self.signers(framework, beijing_day(now));
        for annex in &edition.framework.annexes {
            let both = annex
                .agreement
                .parties
                .iter()
                .all(|party| bound.contains(&party.node_key));
            let runs = narrow(framework, annex, &announced, Hex([0; 32]), beijing_day(now)).is_ok();
            if both && runs && self.public.has_round_left(annex, now) {
                announced.annexes.push(annex.digest());
            }
        }
        announced.annexes.sort_unstable();
        ensure(!announced.annexes.is_empty(), Fault::AnnouncementWrong)?;
        Ok(announced)
    }
}

impl Public {
    fn next_round(&self) -> u32 {
        let last = self.rounds.last().map_or(0, |round| round.announced.round);
        last.saturating_add(1)
    }

    pub(super) fn round(&self, number: u32) -> Result<&Round, Fault> {
        let at = usize::try_from(number)
            .ok()
            .and_then(|number| number.checked_sub(1));
        at.and_then(|at| self.rounds.get(at)).ok_or(Fault::RoundUnknown)
    }

    pub(super) fn round_mut(&mut self, number: u32) -> Option<&mut Round> {
        let at = usize::try_from(number).ok()?.checked_sub(1)?;
        self.rounds.get_mut(at)
    }

    fn edition_of(&self, round: &Round) -> Option<&Edition> {
        self.edition(&round.announced.framework)
    }

    pub(super) fn narrowed(&self, round: &Round, annex: &Hex<32>) -> Option<Agreement> {
        let annex = self.edition_of(round)?.annex(annex)?;
        let on = beijing_day(round.announced_at);
        narrow(
            &round.announced.framework,
            annex,
            &round.announced,
            round.announced_by,
            on,
        )
        .ok()
    }

    pub(super) fn may_announce(&self, entry: &Entry, announced: &Announced) -> Result<(), Fault> {
        let edition = self
            .edition(&announced.framework)
            .ok_or(Fault::FrameworkUnknown)?;
        ensure(announced.round == self.next_round(), Fault::AnnouncementWrong)?;
        self.must_have_room(entry)?;
        must_be_timely(edition, announced, entry.at)?;
        let ordered = announced.annexes.is_sorted_by(|a, b| a < b) && !announced.annexes.is_empty();
        ensure(ordered, Fault::AnnouncementWrong)?;
        let bound = self.signers(&announced.framework, beijing_day(entry.at));
        let mut cells: BTreeMap<Hex<32>, usize> = BTreeMap::new();
        for digest in &announced.annexes {
            let annex = edition.annex(digest).ok_or(Fault::AnnouncementWrong)?;
            let mut parties = annex.agreement.parties.iter();
            let both = parties.all(|party| bound.contains(&party.node_key));
            let left = self.has_round_left(annex, entry.at);
            ensure(both && left, Fault::AnnouncementWrong)?;
            // Which entry announces it changes nothing of whether it can be narrowed.
            let on = beijing_day(entry.at);
            let narrowed = narrow(&announced.framework, annex, announced, Hex([0; 32]), on)
                .map_err(|_| Fault::AnnouncementWrong)?;
            for receiver in narrowed.receivers.iter().copied() {
                let party = narrowed
                    .party(receiver.into())
                    .map_err(|_| Fault::AnnouncementWrong)?;
                *cells.entry(party.node_key).or_default() += Counts::most_cells(&narrowed);
            }
        }
        // A member that could not report would keep all from being told figures.
        let reports = cells.values().all(|cells| *cells <= MAX_CELLS);
        ensure(reports, Fault::RoundTooLarge)
    }

    /// Whether an annex has not been announced yet as often as its agreement has it of a month, in Beijing.
    fn has_round_left(&self, annex: &Annex, at: Timestamp) -> bool {
        let month = beijing_day(at).first_of_month();
        let digest = annex.digest();
        let announced = self.rounds.iter().filter(|round| {
            let of_month = beijing_day(round.announced_at).first_of_month() == month;
            of_month && round.announced.annexes.contains(&digest)
        });
        u32::try_from(announced.count()).is_ok_and(|count| count < annex.agreement.rounds_a_month)
    }

    /// Whether no later round freezes or runs.
    pub(super) fn is_last_at_work(&self, round: &Round) -> bool {
        let later = |other: &&Round| round.announced.round < other.announced.round;
        !self.rounds.iter().filter(later).any(is_at_work)
    }

    /// One round at a time freezes and runs; those before it can be in review still.
    fn must_have_room(&self, entry: &Entry) -> Result<(), Fault> {
        let open = || self.rounds.iter().filter(|round| round.closed.is_none());
        let busy = open().any(|round| is_at_work(round) && entry.at <= round.announced.run_until);
        ensure(!busy, Fault::RoundElsewhere)?;
        ensure(open().count() < MAX_OPEN, Fault::TooMany)
    }

    pub(super) fn announce(&mut self, entry: &Entry, digest: Hex<32>, announced: &Announced) {
        let mut round = Round {
            announced: announced.clone(),
            announced_by: digest,
            announced_at: entry.at,
            parties: BTreeMap::new(),
            legs: BTreeMap::new(),
            begun: None,
            closed: None,
            figures: None,
        };
        let edition = self.edition(&announced.framework);
        let annexes = announced.annexes.iter();
        let annexes = annexes.filter_map(|annex| Some((*annex, edition?.annex(annex)?)));
        for (annex, agreement) in annexes.map(|(digest, annex)| (digest, &annex.agreement)) {
            for (index, party) in (0..).zip(&agreement.parties) {
                round.parties.insert(party.node_key, PartyState::default());
                let Ok(facing) = agreement.party(Agreement::facing(index)) else {
                    continue;
                };
                let (Ok(receiver), true) = (u8::try_from(index), agreement.may_receive(index)) else {
                    continue;
                };
                let run = LegRun {
                    state: LegState::Waiting,
                    receiver: party.node_key,
                    sender: facing.node_key,
                    run: 1,
                    since: self.head.seq,
                    said: BTreeMap::new(),
                    changed: self.head.seq,
                    changed_by: entry.author,
                };
                round.legs.insert(Leg { annex, receiver }, run);
            }
        }
        self.rounds.push(round);
    }

    /// A member's place in a round that is still open to those who are not there: until pairs begin, and then until their
    /// time is over or a later round freezes, where the framework admits who is late.
    fn open_place(&self, entry: &Entry, number: u32) -> Result<(&Round, &PartyState), Fault> {
        let round = self.round(number)?;
        ensure(round.closed.is_none(), Fault::RoundElsewhere)?;
        let party = round.parties.get(&entry.author).ok_or(Fault::RoundUnknown)?;
        ensure(party.left.is_none(), Fault::RoundElsewhere)?;
        // Figures are of what there was.
        ensure(round.figures.is_none(), Fault::RoundElsewhere)?;
        if round.begun.is_some() {
            let late = self.edition_of(round).map(|edition| edition.framework.late);
            ensure(late == Some(Late::Admitted), Fault::OutOfTime)?;
            let timely = self.latest(entry) <= round.announced.run_until;
            ensure(timely, Fault::OutOfTime)?;
            ensure(self.is_last_at_work(round), Fault::RoundElsewhere)?;
        }
        Ok((round, party))
    }

    pub(super) fn may_join(&self, entry: &Entry, joined: &Joined) -> Result<(), Fault> {
        let (round, party) = self.open_place(entry, joined.round)?;
        ensure(party.joined.is_none(), Fault::SaidBefore)?;
        let edition = self.edition_of(round).ok_or(Fault::FrameworkUnknown)?;
        let own = round.announced.annexes.iter().filter(|annex| {
            let agreement = edition.annex(annex).map(|annex| &annex.agreement);
            agreement.is_some_and(|agreement| agreement.index_of(&entry.author.0).is_some())
        });
        let signed = joined.consents.iter().map(|consent| &consent.annex);
        ensure(own.eq(signed), Fault::ConsentWrong)?;
        let holds = joined.consents.iter().all(|consent| {
            let narrowed = self.narrowed(round, &consent.annex);
            narrowed.is_some_and(|narrowed| narrowed.is_signed_by(&entry.author, &consent.signature))
        });
        ensure(holds, Fault::ConsentWrong)
    }

    pub(super) fn join(&mut self, entry: &Entry, joined: &Joined) {
        self.in_round(entry, joined.round, |party| {
            party.joined = Some(joined.consents.clone());
            party.declined = None;
        });
    }

    pub(super) fn may_decline(&self, entry: &Entry, round: u32) -> Result<(), Fault> {
        let (round, party) = self.open_place(entry, round)?;
        // From then on others count on it: it can only leave.
        let counted_on = round.begun.is_some() && party.is_there();
        ensure(!counted_on, Fault::RoundElsewhere)?;
        ensure(party.declined.is_none(), Fault::SaidBefore)
    }

    /// Whoever declines and comes back joins and freezes as if it had said nothing before, and is late by then if it is.
    pub(super) fn decline(&mut self, entry: &Entry, round: u32, reason: &Text<200>) {
        self.in_round(entry, round, |party| {
            (party.joined, party.frozen) = (None, None);
            party.declined = Some(reason.clone());
        });
    }

    pub(super) fn may_freeze(&self, entry: &Entry, frozen: &Frozen) -> Result<(), Fault> {
        let (round, party) = self.open_place(entry, frozen.round)?;
        ensure(party.joined.is_some(), Fault::RoundElsewhere)?;
        ensure(party.frozen.is_none(), Fault::SaidBefore)?;
        let own = round.legs_of(&entry.author).map(|(leg, _)| leg);
        let sets = frozen.sets.iter().map(|set| &set.leg);
        ensure(own.eq(sets), Fault::LegUnknown)?;
        let edition = self.edition_of(round).ok_or(Fault::FrameworkUnknown)?;
        let within = |set: &SetSize| {
            let agreement = edition.annex(&set.leg.annex).map(|annex| &annex.agreement);
            let party = agreement.and_then(|agreement| {
                let index = agreement.index_of(&entry.author.0)?;
                agreement.party(index).ok()
            });
            party.is_some_and(|party| set.elements <= party.max_elements)
        };
        ensure(frozen.sets.iter().all(within), Fault::TooMany)
    }

    pub(super) fn freeze(&mut self, entry: &Entry, frozen: &Frozen) {
        let begun = self.round(frozen.round).is_ok_and(|round| round.begun.is_some());
        self.in_round(entry, frozen.round, |party| {
            party.frozen = Some(frozen.clone());
            party.late = begun;
        });
    }

    /// Changes a member's place, and what follows for its legs.
    fn in_round(&mut self, entry: &Entry, round: u32, change: impl FnOnce(&mut PartyState)) {
        let seq = self.head.seq;
        if let Some(round) = self.round_mut(round) {
            if let Some(party) = round.parties.get_mut(&entry.author) {
                change(party);
            }
            legs::settle(round, seq, entry.author);
        }
    }

    pub(super) fn may_begin(&self, entry: &Entry, begun: &Begun) -> Result<(), Fault> {
        let round = self.round(begun.round)?;
        let waits = round.begun.is_none() && round.closed.is_none();
        ensure(waits, Fault::RoundElsewhere)?;
        let answered = round.parties.values().all(PartyState::has_answered);
        let time = answered || round.announced.freeze_by <= entry.at;
        ensure(time && entry.at <= round.announced.run_until, Fault::OutOfTime)?;
        let there = round.parties.iter().filter(|(_, party)| party.is_there());
        ensure(
            there.map(|(key, _)| key).eq(&begun.present),
            Fault::RoundElsewhere,
        )
    }

    pub(super) fn begin(&mut self, entry: &Entry, begun: &Begun) {
        let head = self.head;
        let absent = self
            .round(begun.round)
            .ok()
            .and_then(|round| self.edition_of(round))
            .map(|edition| edition.framework.absent);
        let Some(round) = self.round_mut(begun.round) else {
            return;
        };
        round.begun = Some(entry.at);
        for party in round.parties.values_mut() {
            party.absent = !party.has_answered();
        }
        let complete = round.parties.values().all(PartyState::is_there);
        for run in round.legs.values_mut() {
            run.since = head.seq;
        }
        if absent == Some(Absent::NotAtAll) && !complete {
            legs::end_all(round, NotRun::NotHeld, head.seq, entry.author);
            round.closed = Some(Closing {
                end: RoundEnd::NotHeld,
                at: entry.at,
                head,
            });
        } else {
            legs::settle(round, head.seq, entry.author);
        }
    }

    pub(super) fn may_report(&self, entry: &Entry, number: u32) -> Result<(), Fault> {
        let round = self.round(number)?;
        let open = round.begun.is_some() && round.closed.is_none();
        ensure(open, Fault::RoundElsewhere)?;
        let party = round.parties.get(&entry.author).ok_or(Fault::RoundUnknown)?;
        ensure(party.is_there(), Fault::RoundElsewhere)?;
        let over = round.announced.run_until < entry.at;
        let mut own = round.legs_of(&entry.author).map(|(_, run)| run);
        ensure(over || own.all(|run| run.state.has_ended()), Fault::OutOfTime)?;
        // Counts made before a leg changed are not of what there is now.
        let mut own = round.legs_of(&entry.author).map(|(_, run)| run);
        let read = own.all(|run| run.changed <= entry.seen.seq || run.changed_by == entry.author);
        ensure(read, Fault::OutOfTime)?;
        ensure(party.reports < MAX_REPORTS, Fault::TooMany)
    }

    pub(super) fn report(&mut self, entry: &Entry, round: u32) {
        let party = self
            .round_mut(round)
            .and_then(|round| round.parties.get_mut(&entry.author));
        if let Some(party) = party {
            party.reported = true;
            party.reports = party.reports.saturating_add(1);
        }
    }

    pub(super) fn may_close(&self, entry: &Entry, number: u32, end: RoundEnd) -> Result<(), Fault> {
        let round = self.round(number)?;
        ensure(round.closed.is_none(), Fault::SaidBefore)?;
        match end {
            RoundEnd::CalledOff => ensure(round.figures.is_none(), Fault::RoundElsewhere),
            // That follows from who is there when pairs begin.
            RoundEnd::NotHeld => Err(Fault::RoundElsewhere),
            RoundEnd::Completed => {
                ensure(round.begun.is_some(), Fault::RoundElsewhere)?;
                let reviewed = round.announced.review_until < beijing_day(entry.at);
                // Members may have reported by clocks that are ahead.
                let over = round.has_run() || round.announced.run_until < entry.at;
                let complete = over && round.all_reported();
                ensure(reviewed || complete, Fault::OutOfTime)
            }
        }
    }

    pub(super) fn close(&mut self, entry: &Entry, round: u32, end: RoundEnd) {
        let head = self.head;
        let reason = match end {
            RoundEnd::Completed => NotRun::TimeUp,
            RoundEnd::NotHeld => NotRun::NotHeld,
            RoundEnd::CalledOff => NotRun::CalledOff,
        };
        if let Some(round) = self.round_mut(round) {
            legs::end_all(round, reason, head.seq, entry.author);
            round.closed = Some(Closing {
                end,
                at: entry.at,
                head,
            });
        }
    }

    /// Two publications about one round would tell apart what changed between them: single people. So there is one, of legs
    /// of which nothing more comes.
    pub(super) fn may_publish(&self, number: u32) -> Result<(), Fault> {
        let round = self.round(number)?;
        let told = match &round.closed {
            Some(closing) => closing.end == RoundEnd::Completed,
            None => round.begun.is_some() && round.legs.values().all(|run| run.state.has_ended()),
        };
        let mut legs = round.legs.values();
        let any_done = legs.any(|run| matches!(run.state, LegState::Done(_)));
        ensure(told && any_done, Fault::RoundElsewhere)?;
        ensure(round.figures.is_none(), Fault::SaidBefore)
    }

    /// Whether the figures that are published with an entry, which may be published now, can be told.
    pub(super) fn can_be_told(&self, entry: &Entry) -> Result<(), Fault> {
        let Word::Figures { round, figures } = &entry.word else {
            return Ok(());
        };
        let round = self.round(*round)?;
        let edition = self.edition_of(round).ok_or(Fault::FrameworkUnknown)?;
        let mut done = Vec::new();
        for (leg, run) in &round.legs {
            if matches!(run.state, LegState::Done(_)) {
                let agreement = self.narrowed(round, &leg.annex).ok_or(Fault::RoundUnknown)?;
                done.push((*leg, agreement));
            }
        }
        let done = done
            .iter()
            .map(|(leg, agreement)| DoneLeg { leg: *leg, agreement });
        let done: Vec<_> = done.collect();
        let fits = figures.can_be_told(edition.framework.smallest, round.announced.months, &done);
        ensure(fits, Fault::FiguresWrong)
    }

    pub(super) fn publish(&mut self, round: u32, figures: &RoundFigures) {
        if let Some(round) = self.round_mut(round) {
            round.figures = Some(figures.clone());
        }
    }
}

/// Whether members freeze what they enter in it, or its pairs run.
fn is_at_work(round: &Round) -> bool {
    matches!(round.stage(), Stage::Announced | Stage::Frozen | Stage::Running)
}

/// Members have the time that they agreed to, and know when a round is over.
fn must_be_timely(edition: &Edition, announced: &Announced, at: Timestamp) -> Result<(), Fault> {
    let schedule = edition.framework.schedule;
    let wrong = Fault::AnnouncementWrong;
    let after = |from: Timestamp, hours: u32| {
        let least = SignedDuration::from_hours(hours.into()) - GRACE;
        from.checked_add(least).map_err(|_| wrong)
    };
    let Announced {
        freeze_by,
        run_until,
        review_until,
        ..
    } = announced;
    let timely = at < *freeze_by && freeze_by < run_until;
    ensure(timely, wrong)?;
    ensure(after(at, schedule.freeze_hours)? <= *freeze_by, wrong)?;
    ensure(after(*freeze_by, schedule.run_hours)? <= *run_until, wrong)?;
    ensure(run_until.duration_since(at) <= MAX_RUN, wrong)?;
    let ran = beijing_day(*run_until);
    let least = ran.checked_add(i64::from(schedule.review_days).days());
    let most = ran.checked_add(MAX_REVIEW_DAYS.days());
    let reviewed =
        least.is_ok_and(|least| least <= *review_until) && most.is_ok_and(|most| *review_until <= most);
    ensure(reviewed, wrong)
}
