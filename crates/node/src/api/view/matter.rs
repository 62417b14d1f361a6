use hefu_casework::matter::{Direction, Matter, Opening};
use hefu_casework::transfer::{Awaiting, Office};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ActView, BeforeView, CareView, FindingView, strings};
use crate::matter::{Confirmation, Kept, Late, Unfit};

/// Matters of the ledger, key groups first, then those of whom it must be asked; within, what is due first.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct MatterPage {
    /// The matters of this page.
    pub matters: Vec<MatterView>,
    /// How many there are in all.
    pub total: u64,
    /// Give this as `after` for the next page; nothing where there is none.
    pub next: Option<u64>,
}

/// One matter: a transfer, a notice, a lead or a clue.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct MatterView {
    /// Names it in paths.
    pub id: u64,
    /// Its number in the ledger.
    pub number: String,
    /// `transfer`, `notice`, `lead` or `clue`.
    pub kind: String,
    /// Whether it is another agency's, whose paper came here.
    pub received: bool,
    /// The person's number, masked.
    pub person: String,
    /// With how much care the person is to be dealt with, as known when it was opened.
    pub care: CareView,
    /// How far it is, a code of the table of words.
    pub stage: String,
    /// The day on which it began.
    #[schema(value_type = String, format = Date)]
    pub on: Date,
    /// The agencies at its two ends; nothing of a clue, which stays inside.
    pub from: Option<String>,
    /// Where it goes.
    pub to: Option<String>,
    /// The letter by which it went.
    pub letter: Option<String>,
    /// Who is in charge of a clue.
    pub owner: Option<String>,
    /// The finding that a clue is made of.
    pub finding: Option<BeforeView>,
    /// What is due.
    pub awaited: Vec<MatterDueView>,
}

/// Something that is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MatterDueView {
    /// What, a code of the table of words.
    pub code: String,
    /// The last day on which it is in time.
    #[schema(value_type = String, format = Date)]
    pub until: Date,
}

/// A matter with all that was done.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct MatterHistory {
    /// As in the list.
    pub matter: MatterView,
    /// Whether what officers wrote freely is kept from whoever asks: it is `*`.
    pub withheld: bool,
    /// The acts, in order.
    pub acts: Vec<ActView>,
}

/// What is late on a day.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LateList {
    /// The day.
    #[schema(value_type = String, format = Date)]
    pub on: Date,
    /// What is late: key groups first, then what is longest awaited.
    pub late: Vec<LateView>,
}

/// Something that is late.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LateView {
    /// The matter.
    pub matter: MatterView,
    /// What did not come.
    pub awaited: MatterDueView,
}

/// A snapshot of the ledger's letters.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RegisteredView {
    /// The snapshot.
    pub dataset: i64,
    /// Its rows: one for each letter and person.
    pub rows: u64,
}

/// What a round over letters told of the agency's own transfers.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ConfirmationView {
    /// What was recorded.
    pub recorded: Vec<ConfirmedView>,
    /// How many transfers say as much already.
    pub unchanged: u64,
    /// What a person has to look at.
    pub unfit: Vec<UnfitView>,
}

/// What was recorded of one finding.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ConfirmedView {
    /// The finding's number, from 1.
    pub seq: u64,
    /// The transfer's number in the ledger.
    pub number: String,
    /// How far it is now.
    pub stage: String,
    /// The acts, as codes of the table of words.
    pub acts: Vec<String>,
}

/// What does not fit.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct UnfitView {
    /// The finding's number, from 1.
    pub seq: u64,
    /// The letter.
    pub letter: Option<String>,
    /// The transfer's number in the ledger, where there is one.
    pub number: Option<String>,
    /// In what way, a code of the table of words.
    pub why: String,
    /// What its words are filled with.
    pub params: std::collections::BTreeMap<String, String>,
}

/// Leads or omissions of a round, and what was made of them.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CluePage {
    /// What stands over every list of findings.
    pub notice: String,
    /// Those of this page.
    pub clues: Vec<ClueView>,
    /// How many there are in all.
    pub total: u64,
    /// Give this as `after` for the next page; nothing where there is none.
    pub next: Option<u64>,
}

/// A lead or an omission.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ClueView {
    /// The finding.
    pub finding: FindingView,
    /// What was made of it, here or when an earlier round found the same; nothing where nobody has begun.
    pub clue: Option<MatterView>,
}

impl MatterView {
    pub(crate) fn of(kept: &Kept) -> Self {
        let ends = |from: &Office, to: &Office| {
            let name = |office: &Office| Some(office.name.as_str().to_owned());
            (name(from), name(to))
        };
        let (from, to) = match &kept.opening {
            Opening::Transfer(opening) => ends(&opening.from, &opening.to),
            Opening::Notice(opening) => ends(&opening.from, &opening.to),
            Opening::Lead(opening) => ends(&opening.from, &opening.to),
            Opening::Clue(_) => (None, None),
        };
        let (letter, owner, finding) = match &kept.matter {
            Matter::Transfer(transfer) => (transfer.letter().map(str::to_owned), None, None),
            Matter::Lead(lead) => (Some(lead.opening().letter.as_str().to_owned()), None, None),
            Matter::Notice(_) => (None, None, None),
            Matter::Clue(clue) => {
                let opening = clue.opening();
                let finding = BeforeView {
                    round: opening.round,
                    seq: opening.finding,
                };
                (None, clue.owner().map(str::to_owned), Some(finding))
            }
        };
        let awaited = kept.matter.awaited().into_iter();
        Self {
            id: kept.id,
            number: kept.opening.number().to_owned(),
            kind: kept.kind().code().to_owned(),
            received: kept.direction == Direction::Received,
            person: kept.person.masked(),
            care: (&kept.care).into(),
            stage: kept.matter.stage().to_owned(),
            on: kept.opening.on(),
            from,
            to,
            letter,
            owner,
            finding,
            awaited: awaited
                .map(|(awaited, until)| MatterDueView {
                    code: awaited.code().to_owned(),
                    until,
                })
                .collect(),
        }
    }
}

impl MatterHistory {
    /// As `asks` may see it.
    pub(crate) fn of(kept: &Kept, asks: Option<&str>) -> Self {
        let withheld = !kept.may_tell(asks);
        let act = |(number, event): (u64, &hefu_casework::matter::Event)| ActView {
            number,
            at: event.at,
            by: event.by.as_str().to_owned(),
            on: event.on,
            code: event.act.code().to_owned(),
            act: match withheld {
                true => serde_json::to_value(event.act.without_free_text()),
                false => serde_json::to_value(&event.act),
            }
            .unwrap_or_default(),
        };
        Self {
            matter: MatterView::of(kept),
            withheld,
            acts: (1..).zip(&kept.events).map(act).collect(),
        }
    }
}

impl LateList {
    pub(crate) fn of(on: Date, late: &[Late]) -> Self {
        let view = |late: &Late| LateView {
            matter: MatterView::of(&late.kept),
            awaited: MatterDueView {
                code: late.awaited.code().to_owned(),
                until: late.until,
            },
        };
        Self {
            on,
            late: late.iter().map(view).collect(),
        }
    }
}

impl From<Confirmation> for ConfirmationView {
    fn from(confirmation: Confirmation) -> Self {
        let recorded = confirmation.recorded.iter().map(|recorded| {
            let events = &recorded.kept.events;
            let new = events.len().saturating_sub(recorded.acts);
            ConfirmedView {
                seq: recorded.seq,
                number: recorded.kept.opening.number().to_owned(),
                stage: recorded.kept.matter.stage().to_owned(),
                acts: events
                    .iter()
                    .skip(new)
                    .map(|event| event.act.code().to_owned())
                    .collect(),
            }
        });
        Self {
            recorded: recorded.collect(),
            unchanged: confirmation.unchanged,
            unfit: confirmation.unfit.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Unfit> for UnfitView {
    fn from(unfit: Unfit) -> Self {
        Self {
            seq: unfit.seq,
            letter: unfit.letter.map(|letter| letter.as_str().to_owned()),
            number: unfit.number,
            why: unfit.why.to_owned(),
            params: strings(unfit.params),
        }
    }
}
