//! Whether both agencies know the person of a finding under one name.

use std::collections::HashMap;

use super::{Hit, each_label};
use crate::{ElementSet, Error, NameAgreement, parse_name_label};

/// By rule, person and case, as [`Hit::finding`] gives them; nothing where names are not compared. One row whose name
/// is another outweighs all that agree: its payment may be another person's.
pub(super) fn by_finding(
    set: &ElementSet,
    matched: &[u32],
    labels: &[u8],
) -> Result<HashMap<(u16, u32, Option<u32>), NameAgreement>, Error> {
    let mut names = HashMap::new();
    for labelled in each_label(set, matched, labels)? {
        let (position, terms, label) = labelled?;
        let told = parse_name_label(terms, label)?;
        let element = &set.elements[position];
        for (line, own) in set.lines(position).iter().zip(set.names(position)) {
            let finding = Hit::new(&set.ledger, element.rule, element.at, *line).finding();
            let known = names.entry(finding).or_insert(NameAgreement::Unknown);
            *known = own.agrees(told).max(*known);
        }
    }
    Ok(names)
}
