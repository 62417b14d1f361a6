//! The agreement under which two agencies compare records: nothing runs without one that both have signed.

mod check;
mod dossier;
mod label;
mod leakage;
mod signing;
mod template;

use hefu_identity::PersonKey;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{
    Error, Hex, MonthRange, Place, ProgrammeCode, RuleId, canonical, codes::codes, conference::Under,
    rule::sha256,
};

pub use dossier::{Dossier, DossierState, MAX_DOSSIER_BYTES, MAX_REASON_CHARS, Refusal, Word};
pub use label::{
    LabelField, LabelTerms, MAX_LABEL_BYTES, label_bytes, name_label_bytes, parse_label, parse_name_label,
};
pub use leakage::{Learning, learns};
pub use signing::{SignedAgreement, sign};
pub use template::{DraftRequest, Template};

/// What is agreed, and nothing else may be done. The signed bytes are its canonical JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    /// The version of this document's form: 2. Version 1 was never in use.
    pub version: u32,
    /// Its number in the parties' files.
    pub number: String,
    /// What the result is for.
    pub purpose: Purpose,
    /// The articles on which each party's processing rests (个人信息保护法 arts. 13, 34).
    pub legal_basis: Vec<String>,
    /// Who takes part; their order gives them their index. Two in this version.
    pub parties: Vec<Party>,
    /// The indices of the parties that may learn findings.
    pub receivers: Vec<u8>,
    /// Which records are entered.
    pub selection: Selection,
    /// The region for which the parties compare; the rules must hold there.
    pub place: Place,
    /// What an element of a set is.
    pub key_kind: KeyKind,
    /// What the protocol reveals.
    pub mode: Mode,
    /// The protocol's suite: group, hash, signature, AEAD. The node refuses one that it does not have.
    pub suite: String,
    /// The rules by which elements are made; empty for person keys.
    pub rules: Vec<RuleId>,
    /// The digest of the rule set that both sides must have, [`RuleSet::digest`](crate::RuleSet::digest).
    pub rules_digest: Hex<32>,
    /// What stands in the label that comes with each match; there if, and only if, the mode has labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<LabelTerms>,
    /// How many rounds one receiver may begin in a month of the calendar, in Beijing time.
    pub rounds_a_month: u32,
    /// How many checks the receiver may begin on a day of the calendar, in Beijing time; there if, and only if, the purpose
    /// is [`Purpose::Precheck`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checks_a_day: Option<u32>,
    /// How many hours a session that was cut off waits to be continued.
    pub resume_hours: u32,
    /// The first day on which it may be used.
    pub valid_from: Date,
    /// The last day on which it may be used.
    pub expires: Date,
    /// How many days findings may be kept (个人信息保护法 art. 19).
    pub retention_days: u32,
    /// Of one that was narrowed from an annex for a round of a conference: from which, for which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under: Option<Under>,
}

/// One agency in an agreement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// The agency's name.
    pub name: String,
    /// What kind of agency it is.
    pub role: AgencyRole,
    /// Its node's Ed25519 public key, by which it signs.
    pub node_key: Hex<32>,
    /// SHA-256 of the SubjectPublicKeyInfo of its TLS key.
    pub tls_key: Hex<32>,
    /// The programmes whose records it enters.
    pub programmes: Vec<ProgrammeCode>,
    /// The form of case number that its mapping declares; absent where it declares none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case_scheme: Option<String>,
    /// The most elements that it may enter. Of a receiver that checks before it pays, what it always enters: there
    /// every set has this size, whatever number of people is asked after.
    pub max_elements: u64,
}

/// Which records are entered: those paid in one of these months.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    /// Half-open.
    pub months: MonthRange,
}

codes! {
    /// What a round is for. This version runs all but statistics.
    Purpose {
        /// 重复救助: the receiver learns its own records that break a named rule.
        Duplicates = "duplicates",
        /// 救助遗漏: the receiver learns its own records that have no partner.
        Omissions = "omissions",
        /// 救助线索: the receiver learns its own cases whose person is on the other's list.
        Leads = "leads",
        /// 移送反馈: the referrer learns the state of each person it referred.
        Referrals = "referrals",
        /// 统计: counts and sums only.
        Statistics = "statistics",
        /// 受理查重: before it pays, the receiver learns of a few people whether to pay them would break a named rule.
        Precheck = "precheck",
    }
}

codes! {
    /// What an element of a set is.
    KeyKind {
        /// The person's document number.
        Person = "person",
        /// Rule, side, person, and month or case: two records meet only if together they break the rule.
        Rule = "rule",
        /// Letter and person: what the one agency sent meets what the other received.
        Referral = "referral",
    }
}

codes! {
    /// What the protocol reveals. This version runs members and labels.
    Mode {
        /// The receiver learns which of its elements match.
        Members = "members",
        /// Both learn.
        Mutual = "mutual",
        /// The receiver learns a sealed label with each match.
        Labels = "labels",
        /// The receiver learns how many match.
        Count = "count",
        /// The receiver learns a sum over the matches.
        Sum = "sum",
    }
}

codes! {
    /// What kind of agency a party is.
    AgencyRole {
        /// 检察院
        Procuratorate = "procuratorate",
        /// 法院
        Court = "court",
        /// 公安
        Police = "police",
        /// 司法行政
        Justice = "justice",
        /// 民政
        CivilAffairs = "civil_affairs",
        /// 残联
        DisabledFederation = "disabled_federation",
        /// 工会
        TradeUnion = "trade_union",
        /// 医保
        MedicalInsurance = "medical_insurance",
        /// 教育
        Education = "education",
        /// 住建
        Housing = "housing",
        /// 人社
        HumanResources = "human_resources",
        /// 退役军人事务
        Veterans = "veterans",
        /// 联席会议办公室
        ConferenceOffice = "conference_office",
    }
}

/// How a rule that counts by case can be matched between the two parties.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseMatching {
    /// Both declare the same form of case number: by person and case.
    ByCase,
    /// One or both declare none: by person alone. A meeting is a reason to look, not a suspicion.
    LookOnly,
    /// They declare different forms, which can never be equal: nothing is entered, and the outcome says "cannot find".
    CannotFind,
}

impl Agreement {
    /// The only version of this document's form.
    pub const VERSION: u32 = 2;

    /// By what the matters under it belong together over the rounds of a conference: the digest of the annex that it was
    /// narrowed from; its own where it was not.
    pub fn lineage(&self) -> Hex<32> {
        self.under
            .as_ref()
            .map_or_else(|| Hex(self.digest()), |under| under.annex)
    }

    /// The bytes that are signed.
    pub fn canonical_bytes(&self) -> Vec<u8> {
        canonical::to_vec(self)
    }

    /// SHA-256 of [`Agreement::canonical_bytes`].
    pub fn digest(&self) -> [u8; 32] {
        sha256(&self.canonical_bytes())
    }

    /// Reads canonical bytes and [validates](Agreement::validate) what they say.
    ///
    /// # Errors
    /// As [`canonical::from_slice`] and [`Agreement::validate`].
    pub fn parse(bytes: &[u8]) -> Result<Agreement, Error> {
        let agreement: Agreement = canonical::from_slice(bytes)?;
        agreement.validate()?;
        Ok(agreement)
    }

    /// The party at `index`.
    ///
    /// # Errors
    /// [`Error::NotAParty`].
    pub fn party(&self, index: usize) -> Result<&Party, Error> {
        self.parties.get(index).ok_or(Error::NotAParty)
    }

    /// The index of the party whose node has this key.
    pub fn index_of(&self, node_key: &[u8; 32]) -> Option<usize> {
        self.parties
            .iter()
            .position(|party| party.node_key.0 == *node_key)
    }

    /// Whether the party at `index` may learn findings.
    pub fn may_receive(&self, index: usize) -> bool {
        self.receivers
            .iter()
            .any(|receiver| usize::from(*receiver) == index)
    }

    /// The index of the party that faces the party at `index`.
    pub(crate) fn facing(index: usize) -> usize {
        1 - index.min(1)
    }

    /// How rules that count by case can be matched here.
    pub fn case_matching(&self) -> CaseMatching {
        let mut schemes = self.parties.iter().map(|party| party.case_scheme.as_deref());
        match (schemes.next().flatten(), schemes.next().flatten()) {
            (Some(a), Some(b)) if a == b => CaseMatching::ByCase,
            (Some(_), Some(_)) => CaseMatching::CannotFind,
            _ => CaseMatching::LookOnly,
        }
    }

    /// How many bytes each element has.
    pub fn element_width(&self) -> usize {
        match self.key_kind {
            KeyKind::Person => PERSON_WIDTH,
            KeyKind::Rule | KeyKind::Referral => RULE_WIDTH,
        }
    }

    /// Whether a receiver learns if both know a number under one name.
    pub fn compares_names(&self) -> bool {
        let names = |label: &LabelTerms| label.fields.contains(&LabelField::Name);
        self.label.as_ref().is_some_and(names)
    }

    /// How many bytes the label of each element has; 0 where there are none.
    pub fn label_width(&self) -> u16 {
        self.label.as_ref().map_or(0, |label| label.max_bytes)
    }
}

/// Bytes of an element where keys are persons: a length byte, then the person as stored, then zeros.
pub const PERSON_WIDTH: usize = 32;
/// A length byte, then rule, side, person, and month or case, or person and letter, each after its type and length, then
/// zeros.
const RULE_WIDTH: usize = 96;
const PERSON: usize = size_of::<PersonKey>();
const DIGEST: usize = 32;
const _: () = assert!(PERSON < PERSON_WIDTH);
const _: () = assert!((2 + RuleId::MAX_LEN) + (2 + 1) + (2 + PERSON) + (2 + DIGEST) < RULE_WIDTH);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_in_documents_are_the_codes_in_messages() {
        fn written<T: Serialize + Copy>(all: &[T], code: fn(T) -> &'static str) {
            for each in all {
                assert_eq!(
                    canonical::to_vec(each),
                    format!("\"{}\"", code(*each)).into_bytes()
                );
            }
        }
        written(Purpose::ALL, Purpose::code);
        written(KeyKind::ALL, KeyKind::code);
        written(Mode::ALL, Mode::code);
        written(AgencyRole::ALL, AgencyRole::code);
        written(LabelField::ALL, LabelField::code);
        assert_eq!(
            AgencyRole::from_code("civil_affairs"),
            Some(AgencyRole::CivilAffairs)
        );
        assert_eq!(Purpose::from_code("DUPLICATES"), None);
    }
}
