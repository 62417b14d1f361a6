//! What a round over letters tells, brought into the agency's own transfers.

use hefu_casework::calendar::Calendar;
use hefu_casework::matter::{Act, Direction, Event, Matter};
use hefu_casework::transfer::{Confirmed, Office, confirm};
use hefu_casework::{Finding, FindingKind, Hex, LetterNo, Purpose, Text};
use hefu_identity::AliasTable;
use hefu_link::Card;
use hefu_store::Round;
use jiff::Timestamp;

use super::Kept;
use crate::review::matched_on;
use crate::{Error, Node, Result};

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Confirmation {
    /// Acts that were recorded, by finding.
    pub recorded: Vec<Recorded>,
    /// How many transfers say as much already.
    pub unchanged: u64,
    /// What a person has to look at.
    pub unfit: Vec<Unfit>,
}

/// What was recorded of one finding.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The finding's number, from 1.
    pub seq: u64,
    /// The transfer, with the new acts.
    pub kept: Kept,
    /// How many acts are new.
    pub acts: usize,
}

/// What does not fit.
#[derive(Clone, Debug)]
pub struct Unfit {
    /// The finding's number, from 1.
    pub seq: u64,
    /// The letter.
    pub letter: Option<LetterNo>,
    /// The transfer's number in the ledger, where there is one.
    pub number: Option<String>,
    /// In what way, a code of the table of words.
    pub why: &'static str,
    /// What its words are filled with.
    pub params: Vec<(&'static str, String)>,
}

impl Node {
    /// Records in the agency's own transfers what a round's labels say of them: acknowledgement, answer, and what came
    /// of it, each on the day that the label tells, or on that of the match where none was agreed. What is due after
    /// them is due in `working_days`, as agreed. Nothing is forced: what does not fit, as a transfer to another agency
    /// than the round's by name or kind, is for a person to look at. Again, it records nothing more.
    ///
    /// # Errors
    /// [`Error::NotReferrals`] for a round of another purpose; [`Error::LegUnsettled`] where its two ends may differ; where the findings are deleted; the store's.
    pub fn confirm_referrals(
        &self,
        round: &[u8; 32],
        working_days: u16,
        actor: &str,
    ) -> Result<Confirmation> {
        let record = self.round_on_record(round)?;
        self.must_hold(round)?;
        if self.signed(&record.agreement)?.agreement.purpose != Purpose::Referrals {
            return Err(Error::NotReferrals);
        }
        let aliases = self.aliases(&record.datasets);
        let sitting = Sitting {
            record: &record,
            peers: self.peers(),
            working_days,
            actor: Text::new(actor)?,
            calendar: Calendar::national(),
            at: Text::new(format!(
                "轮次{}",
                Hex(record.id).to_string().get(..12).unwrap_or_default()
            ))?,
        };
        let mut confirmation = Confirmation::default();
        for (seq, finding) in (1..).zip(&self.store.findings(round)?) {
            let own = self.own_transfers(finding, &aliases)?;
            let unfit = |number: Option<&Kept>, why, params| Unfit {
                seq,
                letter: finding.letter.clone(),
                number: number.map(|kept| kept.opening.number().to_owned()),
                why,
                params,
            };
            if own.is_empty() {
                confirmation
                    .unfit
                    .push(unfit(None, "unfit_unknown_letter", Vec::new()));
            }
            for kept in own {
                match self.confirm_one(&sitting, finding, kept.clone()) {
                    Ok(Fit::Recorded(kept, acts)) => confirmation.recorded.push(Recorded {
                        seq,
                        kept: *kept,
                        acts,
                    }),
                    Ok(Fit::Unchanged) => confirmation.unchanged += 1,
                    Ok(Fit::Not(why)) => confirmation.unfit.push(unfit(Some(&kept), why, Vec::new())),
                    // The way of a transfer does not have it so: for a person, and no reason to stop at the others.
                    Err(Error::Casework(error)) => {
                        let params = error.params();
                        confirmation.unfit.push(unfit(Some(&kept), error.code(), params));
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(confirmation)
    }

    fn confirm_one(&self, sitting: &Sitting<'_>, finding: &Finding, kept: Kept) -> Result<Fit> {
        let Matter::Transfer(transfer) = &kept.matter else {
            return Err(Error::Internal {
                what: "an own transfer",
            });
        };
        // Letters are numbered in sequence, so that any agency can guess one.
        if !sitting.is_from(&transfer.opening().to) {
            return Ok(Fit::Not("unfit_other_agency"));
        }
        let (Some(feedback), FindingKind::Referral) = (&finding.feedback, finding.kind) else {
            return Ok(Fit::Not("unfit_no_feedback"));
        };
        let on = feedback.date.unwrap_or_else(|| matched_on(sitting.record));
        let days = sitting.working_days;
        let acts = match confirm(transfer, feedback, on, &sitting.at, days, &sitting.calendar)? {
            Confirmed::Acts(acts) => acts,
            Confirmed::Contradicts => return Ok(Fit::Not("unfit_contradicts")),
            Confirmed::NoReason => return Ok(Fit::Not("unfit_no_reason")),
        };
        if acts.is_empty() {
            return Ok(Fit::Unchanged);
        }
        let at = Timestamp::now();
        let event = |act| Event {
            at,
            by: sitting.actor.clone(),
            on,
            act: Act::Transfer(act),
        };
        let events: Vec<_> = acts.into_iter().map(event).collect();
        let recorded = self.record_all(kept, &events, sitting.actor.as_str())?;
        Ok(Fit::Recorded(Box::new(recorded), events.len()))
    }

    /// This agency's own transfers of the finding's person, whichever number they are under, by the finding's letter.
    fn own_transfers(&self, finding: &Finding, aliases: &AliasTable) -> Result<Vec<Kept>> {
        let mut own = Vec::new();
        for number in aliases.group(&finding.person) {
            for stored in self.store.matters_of(number)? {
                let kept = Kept::read(stored)?;
                let letter = match &kept.matter {
                    Matter::Transfer(transfer) => transfer.letter().and_then(LetterNo::new),
                    _ => None,
                };
                if kept.direction == Direction::Own && letter.is_some() && letter == finding.letter {
                    own.push(kept);
                }
            }
        }
        Ok(own)
    }
}

/// What stays the same for all findings of a round.
struct Sitting<'a> {
    record: &'a Round,
    peers: Vec<Card>,
    working_days: u16,
    actor: Text<64>,
    calendar: Calendar,
    /// Where it was said.
    at: Text<100>,
}

impl Sitting<'_> {
    /// Whether it is this office's word. Where two cards bear its name, nobody can tell whose.
    fn is_from(&self, office: &Office) -> bool {
        let mut its = self
            .peers
            .iter()
            .filter(|card| office.is(card.name(), card.role()));
        let one = its.next().filter(|_| its.next().is_none());
        one.is_some_and(|card| card.node_key() == self.record.peer)
    }
}

enum Fit {
    Recorded(Box<Kept>, usize),
    Unchanged,
    Not(&'static str),
}
