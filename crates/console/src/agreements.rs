//! Agreements as every role sees them in lists.

use hefu_node::api::view::AgreementView;

use crate::page::Page;

/// What the row of an agreement says.
pub(crate) fn text(p: &Page, agreement: &AgreementView) -> String {
    let parties = agreement.parties.iter().map(|party| party.name.as_str());
    [
        agreement.number.clone(),
        p.said("purpose_", &agreement.purpose),
        parties.collect::<Vec<_>>().join(" "),
        p.said("agreement_state_", &agreement.state),
        agreement.valid_from.to_string(),
        agreement.expires.to_string(),
    ]
    .join(" ")
}
