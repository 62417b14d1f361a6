//! The conference that a page is of, with the tabs that lead to its other pages.

use hefu_node::api::view::{ConferenceList, ConferenceView, Hex32};

use crate::fault::{Fault, Result};
use crate::guard::Who;
use crate::session::Role;

const IT: Role = Role::It;
const CASE: Role = Role::CaseWorker;
const COMPLIANCE: Role = Role::Compliance;
const OFFICE: Role = Role::Office;

/// The pages of a conference: where, the key of what they are called, and whose they are.
const TABS: [(&str, &str, &[Role]); 11] = [
    ("", "office.overview", &Role::ALL),
    ("/seats", "office.seats", &Role::ALL),
    ("/texts", "office.texts", &Role::ALL),
    ("/rounds", "office.rounds", &Role::ALL),
    ("/ledger", "office.ledger", &[CASE, COMPLIANCE, OFFICE]),
    ("/own", "office.own", &[CASE, COMPLIANCE]),
    ("/figures", "office.figures", &Role::ALL),
    ("/agenda", "office.agenda", &[COMPLIANCE, OFFICE]),
    ("/minutes", "office.minutes", &[COMPLIANCE, OFFICE]),
    ("/monitor", "office.monitor", &[COMPLIANCE, OFFICE]),
    ("/record", "office.record", &Role::ALL),
];

/// A conference, as somebody looks at it. Templates know it as `at`.
pub(super) struct At {
    pub(super) view: ConferenceView,
    role: Role,
    here: &'static str,
}

impl At {
    /// The conference whose id stands in the address, on the page of the tab `here`.
    pub(super) async fn find(who: &Who, id: &str, here: &'static str) -> Result<Self> {
        let id = Hex32::parse(id).ok_or(Fault::NoPage)?;
        let list: ConferenceList = who.api().get("/api/v1/conferences").await?;
        let mut found = list.conferences.into_iter();
        Ok(Self {
            view: found.find(|view| view.conference == id).ok_or(Fault::NoPage)?,
            role: who.seen.role,
            here,
        })
    }

    /// What it is called; its id before the record has come.
    pub(super) fn name(&self) -> String {
        let name = self.view.name.clone();
        name.unwrap_or_else(|| self.view.conference.to_string().chars().take(12).collect())
    }

    /// The address of one of its pages.
    pub(super) fn page(&self, rest: &str) -> String {
        format!("/conferences/{}{rest}", self.view.conference)
    }

    /// The path of the interface for a part of it.
    pub(super) fn api(&self, rest: &str) -> String {
        format!("/api/v1/conferences/{}{rest}", self.view.conference)
    }

    /// Address, key of the words, and whether it is the page that one is on.
    pub(super) fn tabs(&self) -> Vec<(String, &'static str, bool)> {
        let own = TABS.iter().filter(|(_, _, roles)| roles.contains(&self.role));
        own.map(|(rest, key, _)| (self.page(rest), *key, *rest == self.here))
            .collect()
    }

    /// Whether this is the office's own node, and somebody of the office looks: whoever else does leads nothing.
    pub(super) fn leads(&self) -> bool {
        self.role == OFFICE && self.view.is_office
    }

    /// Whether whoever looks binds the agency: signs, joins, leaves.
    pub(super) fn binds(&self) -> bool {
        matches!(self.role, COMPLIANCE | OFFICE)
    }

    /// The same, where this node has a seat of a member.
    pub(super) fn binds_a_member(&self) -> bool {
        self.binds() && !self.view.is_office
    }

    /// Whether whoever looks moves things along: visits the office, freezes, reports.
    pub(super) fn moves(&self) -> bool {
        matches!(self.role, IT | OFFICE)
    }

    /// Whether whoever looks works on people's matters.
    pub(super) fn works(&self) -> bool {
        self.role == CASE
    }
}

/// The path of the interface for a part of a conference, of the id in an address.
pub(super) fn api(id: &str, rest: &str) -> Result<String> {
    let id = Hex32::parse(id).ok_or(Fault::NoPage)?;
    Ok(format!("/api/v1/conferences/{id}{rest}"))
}

/// The address of one of its pages.
pub(super) fn page(id: &str, rest: &str) -> Result<String> {
    let id = Hex32::parse(id).ok_or(Fault::NoPage)?;
    Ok(format!("/conferences/{id}{rest}"))
}
