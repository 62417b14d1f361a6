use hefu_casework::{Agreement, Basis, Level, Rule};
use hefu_store::Dataset;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ActView, AwaitedView, FindingDetail, Hex32, may_tell};
use crate::explain::Explanation;
pub use crate::explain::{Derived, Noted, Proof};

/// One finding derived once more from what was kept.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ExplanationView {
    /// The agency that explains.
    pub by: String,
    /// The number by which officers speak of the finding; it says nothing of the person.
    pub item: String,
    /// The round.
    #[schema(value_type = String)]
    pub round: Hex32,
    /// When the round ended.
    pub ended_at: Option<Timestamp>,
    /// The finding, with what the agency itself paid.
    pub detail: FindingDetail,
    /// The agreement behind it.
    pub agreement: GroundView,
    /// The rule word for word; nothing where none was asked, or the node's rules are others by now.
    pub rule: Option<RuleView>,
    /// Elements that both sides had entered.
    pub sizes: SizesView,
    /// What both signed at the end.
    pub receipt: ReceiptView,
    /// Whether the match is proven.
    pub proof: Proof,
    /// Whether the same finding comes out of the agency's own rows.
    pub derived: Derived,
    /// Whether every entry of the node's log follows from the one before.
    pub log_intact: bool,
    /// The log's entries about the round.
    pub entries: Vec<Noted>,
    /// Who has looked at the finding.
    pub looked: Vec<Noted>,
    /// What was done about it, in order.
    pub acts: Vec<ActView>,
}

/// What a comparison rested on: an agreement that all parties have signed.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct GroundView {
    /// Its digest.
    #[schema(value_type = String)]
    pub digest: Hex32,
    /// Its number in the parties' files.
    pub number: String,
    /// What the result is for.
    pub purpose: String,
    /// The articles on which the processing rests.
    pub legal_basis: Vec<String>,
    /// The first day on which it may be used.
    #[schema(value_type = String, format = Date)]
    pub valid_from: Date,
    /// The last day.
    #[schema(value_type = String, format = Date)]
    pub expires: Date,
    /// The first month that was compared.
    pub first_month: String,
    /// The month after the last.
    pub end_month: String,
    /// The region.
    pub place: String,
    /// What an element was: `person`, `rule` or `referral`.
    pub key_kind: String,
    /// The other party.
    pub peer: String,
    /// The programmes whose records this agency entered.
    pub own_programmes: Vec<String>,
    /// The programmes whose records the other party entered.
    pub peer_programmes: Vec<String>,
    /// How many days findings are kept.
    pub retention_days: u32,
}

/// A rule word for word.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RuleView {
    /// Its short name.
    pub id: String,
    /// Its title.
    pub name: String,
    /// What it forbids.
    pub text: String,
    /// The document that says so, with its article where that is known.
    pub source: String,
    /// Whose it is: `national`, `province`, `city` or `county`.
    pub level: String,
    /// In what two records must coincide: `month` or `case`.
    pub basis: String,
    /// The first day of its force.
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    /// The day on which it ceased.
    #[schema(value_type = Option<String>, format = Date)]
    pub until: Option<Date>,
}

/// Elements that both sides had entered.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SizesView {
    /// Here.
    pub own: Option<u64>,
    /// There.
    pub peer: Option<u64>,
}

/// What both signed at the end.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ReceiptView {
    /// The session.
    #[schema(value_type = String)]
    pub session: Hex32,
    /// The digest that was signed.
    #[schema(value_type = String)]
    pub digest: Hex32,
    /// Whether both signatures hold, checked just now.
    pub holds: bool,
}

impl ExplanationView {
    pub(crate) fn of(
        by: &str,
        seq: u64,
        explanation: Explanation,
        due: Option<AwaitedView>,
        datasets: &[Dataset],
        asks: &str,
    ) -> Self {
        let Explanation {
            round,
            item,
            finding,
            standing,
            signed,
            me,
            rule,
            receipt,
            proof,
            derived,
            log_intact,
            entries,
            looked,
        } = explanation;
        Self {
            by: by.to_owned(),
            item: item.to_string(),
            round: hefu_casework::Hex(round.id),
            ended_at: round.ended_at,
            acts: ActView::all(
                &standing,
                !may_tell(&finding, standing.review.owner(), Some(asks)),
                Some(asks),
            ),
            detail: FindingDetail::of(seq, &finding, (&standing).into(), due, datasets, Some(asks)),
            agreement: GroundView::of(signed.agreement(), me),
            rule: rule.map(RuleView::of),
            sizes: SizesView {
                own: round.own_elements,
                peer: round.peer_elements,
            },
            receipt: ReceiptView {
                session: receipt.session,
                digest: receipt.digest,
                holds: receipt.holds,
            },
            proof,
            derived,
            log_intact,
            entries,
            looked,
        }
    }
}

impl GroundView {
    fn of(agreement: &Agreement, me: usize) -> Self {
        let party = |index: usize| agreement.parties.get(index);
        let programmes = |index: usize| {
            let codes = party(index).into_iter().flat_map(|party| &party.programmes);
            codes.map(ToString::to_string).collect()
        };
        let other = 1 - me.min(1);
        Self {
            digest: hefu_casework::Hex(agreement.digest()),
            number: agreement.number.clone(),
            purpose: agreement.purpose.code().to_owned(),
            legal_basis: agreement.legal_basis.clone(),
            valid_from: agreement.valid_from,
            expires: agreement.expires,
            first_month: agreement.selection.months.from.to_string(),
            end_month: agreement.selection.months.to.to_string(),
            place: agreement.place.to_string(),
            key_kind: agreement.key_kind.code().to_owned(),
            peer: party(other).map(|party| party.name.clone()).unwrap_or_default(),
            own_programmes: programmes(me),
            peer_programmes: programmes(other),
            retention_days: agreement.retention_days,
        }
    }
}

impl RuleView {
    fn of(rule: Rule) -> Self {
        let level = match rule.level {
            Level::National => "national",
            Level::Province => "province",
            Level::City => "city",
            Level::County => "county",
        };
        let basis = match rule.basis {
            Basis::Month => "month",
            Basis::Case => "case",
        };
        Self {
            id: rule.id.to_string(),
            name: rule.name,
            text: rule.text,
            source: [Some(rule.source), rule.article]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(" "),
            level: level.to_owned(),
            basis: basis.to_owned(),
            from: rule.from,
            until: rule.until,
        }
    }
}
