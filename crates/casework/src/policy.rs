//! What one agency allows itself to agree to, whatever it is asked for.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Agreement, LabelField, Purpose};

/// The bounds of one node, as its officers wrote them down: a table of its settings. An agreement that asks for more
/// is not signed here, and no session is run under it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LocalPolicy {
    /// For what it takes part in rounds.
    pub purposes: Vec<Purpose>,
    /// With whom: `"any_pinned"`, or a list of names.
    pub peers: Peers,
    /// What it tells in labels: of people who were referred to it, and whether names agree.
    pub label_fields: Vec<LabelField>,
    /// The most elements that it enters in one round.
    pub max_own_elements: u64,
    /// The most elements that the other party may enter in one round.
    pub max_peer_elements: u64,
    /// How many rounds a month one agreement may give each receiver. Of checks it is the day that bounds them.
    pub max_rounds_a_month: u32,
    /// How many checks a day one agreement may give its receiver.
    pub max_checks_a_day: u32,
    /// How long the other party may keep what it learns, in days.
    pub max_retention_days: u32,
    /// The most elements that one peer may ask after in a month, over all rounds of all agreements. This is what
    /// bounds a peer that enters people who are not on its lists.
    pub max_elements_a_month_from_peer: u64,
}

/// With whom rounds may be run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Peers {
    /// Every agency whose card was compared and pinned.
    Pinned(AnyPinned),
    /// The agencies of these names, if they are pinned.
    Named(Vec<String>),
}

/// The word for every pinned peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AnyPinned {
    /// `"any_pinned"`
    #[serde(rename = "any_pinned")]
    AnyPinned,
}

/// Cautious, and wide enough for a county: rolls of up to 200,000 elements, each asked after four times a month.
impl Default for LocalPolicy {
    fn default() -> LocalPolicy {
        LocalPolicy {
            purposes: vec![
                Purpose::Duplicates,
                Purpose::Omissions,
                Purpose::Leads,
                Purpose::Referrals,
                Purpose::Precheck,
            ],
            peers: Peers::Pinned(AnyPinned::AnyPinned),
            label_fields: LabelField::ALL.to_vec(),
            max_own_elements: 200_000,
            max_peer_elements: 200_000,
            max_rounds_a_month: 4,
            max_checks_a_day: 50,
            max_retention_days: 365,
            max_elements_a_month_from_peer: 800_000,
        }
    }
}

impl LocalPolicy {
    /// Whether party `me` may agree to this. Only bounds are looked at here, not whether the text holds together.
    ///
    /// # Errors
    /// [`PolicyBreach`] with the first field of the policy that the agreement goes beyond.
    pub fn check(&self, agreement: &Agreement, me: usize) -> Result<(), PolicyBreach> {
        let (Ok(own), Ok(peer)) = (agreement.party(me), agreement.party(Agreement::facing(me))) else {
            return Err(PolicyBreach::new("party", me, "0, 1"));
        };
        one_of("purposes", &[agreement.purpose], &self.purposes, Purpose::code)?;
        if let Peers::Named(names) = &self.peers
            && !names.contains(&peer.name)
        {
            return Err(PolicyBreach::new("peers", &peer.name, names.join(", ")));
        }
        let peer_asks = agreement.may_receive(Agreement::facing(me));
        if let Some(label) = agreement.label.as_ref().filter(|_| peer_asks) {
            one_of(
                "label_fields",
                &label.fields,
                &self.label_fields,
                LabelField::code,
            )?;
        }
        at_most("max_own_elements", own.max_elements, self.max_own_elements)?;
        at_most("max_peer_elements", peer.max_elements, self.max_peer_elements)?;
        let rounds = agreement.rounds_a_month;
        match agreement.checks_a_day {
            Some(checks) => at_most("max_checks_a_day", checks.into(), self.max_checks_a_day.into())?,
            None => at_most(
                "max_rounds_a_month",
                rounds.into(),
                self.max_rounds_a_month.into(),
            )?,
        }
        let days = agreement.retention_days;
        at_most("max_retention_days", days.into(), self.max_retention_days.into())?;
        let asked = if peer_asks {
            peer.max_elements.saturating_mul(rounds.into())
        } else {
            0
        };
        let budget = self.max_elements_a_month_from_peer;
        at_most("max_elements_a_month_from_peer", asked, budget)
    }
}

/// An agreement asks for more than the agency allows itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyBreach {
    /// The field of [`LocalPolicy`].
    pub field: &'static str,
    /// What the agreement asks for.
    pub asked: String,
    /// What the policy allows.
    pub allowed: String,
}

impl PolicyBreach {
    /// Every value of `field`.
    pub const FIELDS: &[&str] = &[
        "party",
        "purposes",
        "peers",
        "label_fields",
        "max_own_elements",
        "max_peer_elements",
        "max_rounds_a_month",
        "max_checks_a_day",
        "max_retention_days",
        "max_elements_a_month_from_peer",
    ];

    fn new(field: &'static str, asked: impl ToString, allowed: impl ToString) -> PolicyBreach {
        PolicyBreach {
            field,
            asked: asked.to_string(),
            allowed: allowed.to_string(),
        }
    }

    /// A stable name.
    pub fn code(&self) -> &'static str {
        "policy_breach"
    }

    /// What the message is about, by name.
    pub fn params(&self) -> Vec<(&'static str, String)> {
        vec![
            ("field", self.field.to_owned()),
            ("asked", self.asked.clone()),
            ("allowed", self.allowed.clone()),
        ]
    }
}

impl fmt::Display for PolicyBreach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PolicyBreach {
            field,
            asked,
            allowed,
        } = self;
        write!(
            f,
            "this agency's own policy, {field}: the agreement asks for {asked}, and {allowed} is allowed; agree on less or change the policy"
        )
    }
}

impl std::error::Error for PolicyBreach {}

fn at_most(field: &'static str, asked: u64, allowed: u64) -> Result<(), PolicyBreach> {
    if asked > allowed {
        return Err(PolicyBreach::new(field, asked, allowed));
    }
    Ok(())
}

fn one_of<T: Copy + PartialEq>(
    field: &'static str,
    asked: &[T],
    allowed: &[T],
    code: fn(T) -> &'static str,
) -> Result<(), PolicyBreach> {
    match asked.iter().find(|each| !allowed.contains(each)) {
        None => Ok(()),
        Some(beyond) => {
            let allowed: Vec<_> = allowed.iter().map(|each| code(*each)).collect();
            Err(PolicyBreach::new(field, code(*beyond), allowed.join(", ")))
        }
    }
}
