//! Agreements as they are drafted: for each purpose what the law and the protocol make of it, so that a person fills
//! in only who, where and when.

use jiff::civil::Date;

use super::{Agreement, KeyKind, LabelField, LabelTerms, Mode, Party, Purpose, Selection, check::ensure};
use crate::{Error, Hex, MonthRange, NameCheck, Place, RuleId, RuleKind, RuleSet, Wrong};

/// The processing that a public body needs for a duty that the law gives it.
const DUTY: &str = "个人信息保护法第十三条第一款第三项、第三十四条";
/// Civil affairs may check what an applicant and the family have, with the help of the departments concerned.
const VERIFICATION: &str = "社会救助暂行办法第五十八条";

const LABEL_BYTES: u16 = 32;
const NAME_LABEL: u16 = NameCheck::BYTES as u16;
const ROUNDS_A_MONTH: u32 = 4;
const CHECKS_A_DAY: u32 = 20;
/// Twenty people, with a dozen of rules and months each.
const BATCH: u64 = 256;
/// In the longest month.
const DAYS_A_MONTH: u32 = 31;
/// A long weekend.
const RESUME_HOURS: u32 = 72;
const RETENTION_DAYS: u32 = 365;

/// What follows from a purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// The purpose.
    pub purpose: Purpose,
    /// What an element of a set is.
    pub key_kind: KeyKind,
    /// What the protocol reveals.
    pub mode: Mode,
    /// On what the processing rests.
    pub legal_basis: Vec<String>,
    /// What labels hold.
    pub label: Option<LabelTerms>,
    /// The parties that learn, where the request names none.
    pub receivers: Vec<u8>,
    /// How many rounds a month; of checks it is what a month of such days comes to.
    pub rounds_a_month: u32,
    /// How many checks a day, for the purpose that has them.
    pub checks_a_day: Option<u32>,
    /// How many elements whoever checks always enters.
    pub batch: Option<u64>,
    /// How long a session that was cut off waits.
    pub resume_hours: u32,
    /// How long findings are kept.
    pub retention_days: u32,
}

/// What a person says of a new agreement. What is `None` follows from the purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftRequest {
    /// Its number in the parties' files.
    pub number: String,
    /// The parties; the first one learns.
    pub parties: Vec<Party>,
    /// The indices of the parties that learn.
    pub receivers: Option<Vec<u8>>,
    /// Where.
    pub place: Place,
    /// Records of which months.
    pub months: MonthRange,
    /// What an element of a set is.
    pub key_kind: Option<KeyKind>,
    /// The protocol's suite.
    pub suite: String,
    /// The rules; without them, all that the parties' programmes can break at the place in these months. Rules that are
    /// no more than a reason to look show lawful cases too, and are only there where they are asked for.
    pub rules: Option<Vec<RuleId>>,
    /// Whether labels tell if both know a number under one name. Without it they do where something may be taken from
    /// people: for duplicates, and for nothing else.
    pub name_label: Option<bool>,
    /// Articles beside or instead of those of the purpose.
    pub legal_basis: Option<Vec<String>>,
    /// How many rounds a month.
    pub rounds_a_month: Option<u32>,
    /// How many checks a day.
    pub checks_a_day: Option<u32>,
    /// How long a session that was cut off waits.
    pub resume_hours: Option<u32>,
    /// The first day of use.
    pub valid_from: Date,
    /// The last day of use.
    pub expires: Date,
    /// How long findings are kept.
    pub retention_days: Option<u32>,
}

impl Template {
    /// What follows from this purpose.
    ///
    /// # Errors
    /// [`Error::Agreement`] for a purpose that this version does not run.
    pub fn for_purpose(purpose: Purpose) -> Result<Template, Error> {
        ensure(purpose != Purpose::Statistics, "purpose", Wrong::Unsupported)?;
        let label = match purpose {
            Purpose::Referrals => Some(LabelTerms {
                fields: vec![LabelField::State, LabelField::Date, LabelField::Reason],
                max_bytes: LABEL_BYTES,
            }),
            // Who may take something from a person on the ground of a match must take care that it is of that person
            // (个人信息保护法 art. 8). Elsewhere less is told (art. 6).
            Purpose::Duplicates => Some(name_terms()),
            _ => None,
        };
        let checks_a_day = (purpose == Purpose::Precheck).then_some(CHECKS_A_DAY);
        Ok(Template {
            purpose,
            // Under rule keys lawful overlaps do not show.
            key_kind: match purpose {
                Purpose::Duplicates | Purpose::Precheck => KeyKind::Rule,
                Purpose::Referrals => KeyKind::Referral,
                _ => KeyKind::Person,
            },
            mode: mode_of(label.as_ref()),
            legal_basis: [DUTY, VERIFICATION].map(str::to_owned).to_vec(),
            label,
            // Both pay, so both have to look; otherwise only the first one asks.
            receivers: if purpose == Purpose::Duplicates {
                vec![0, 1]
            } else {
                vec![0]
            },
            rounds_a_month: checks_a_day.map_or(ROUNDS_A_MONTH, |checks| checks * DAYS_A_MONTH),
            checks_a_day,
            batch: checks_a_day.map(|_| BATCH),
            resume_hours: RESUME_HOURS,
            retention_days: RETENTION_DAYS,
        })
    }

    /// An agreement that can be signed.
    ///
    /// # Errors
    /// As [`Agreement::check_against`] on its first day; [`Error::Agreement`] with the field `rules` where there is no
    /// rule that the parties' programmes could break.
    pub fn draft(self, request: DraftRequest, rules: &RuleSet) -> Result<Agreement, Error> {
        let label = match request.name_label {
            None => self.label,
            Some(true) => Some(name_terms()),
            Some(false) => self
                .label
                .filter(|label| !label.fields.contains(&LabelField::Name)),
        };
        let checks_a_day = request.checks_a_day.or(self.checks_a_day);
        // What bounds checks is the day.
        let rounds_a_month =
            checks_a_day.map_or(self.rounds_a_month, |checks| checks.saturating_mul(DAYS_A_MONTH));
        let mut agreement = Agreement {
            version: Agreement::VERSION,
            number: request.number,
            purpose: self.purpose,
            legal_basis: request.legal_basis.unwrap_or(self.legal_basis),
            parties: request.parties,
            receivers: request.receivers.unwrap_or(self.receivers),
            selection: Selection {
                months: request.months,
            },
            place: request.place,
            key_kind: request.key_kind.unwrap_or(self.key_kind),
            mode: mode_of(label.as_ref()),
            suite: request.suite,
            rules: request.rules.unwrap_or_default(),
            rules_digest: Hex(rules.digest()),
            label,
            rounds_a_month: request.rounds_a_month.unwrap_or(rounds_a_month),
            checks_a_day,
            resume_hours: request.resume_hours.unwrap_or(self.resume_hours),
            valid_from: request.valid_from,
            expires: request.expires,
            retention_days: request.retention_days.unwrap_or(self.retention_days),
            under: None,
        };
        if agreement.rules.is_empty() && agreement.key_kind == KeyKind::Rule {
            let fitting = rules
                .rules()
                .iter()
                .filter(|rule| rule.kind != RuleKind::LookOnly && agreement.fits(rules, rule));
            agreement.rules = fitting.map(|rule| rule.id.clone()).collect();
        }
        agreement.check_against(rules, agreement.valid_from)?;
        Ok(agreement)
    }
}

fn name_terms() -> LabelTerms {
    LabelTerms {
        fields: vec![LabelField::Name],
        max_bytes: NAME_LABEL,
    }
}

fn mode_of(label: Option<&LabelTerms>) -> Mode {
    match label {
        Some(_) => Mode::Labels,
        None => Mode::Members,
    }
}
