//! Whether both agencies know the person of a finding under one name.

use std::collections::HashMap;

use super::{Hit, Key, each_label};
use crate::{ElementSet, Error, NameAgreement, parse_name_label};

/// By finding; nothing where names are not compared. One row whose name
/// is another outweighs all that agree: its payment may be another person's.
pub(super) fn by_finding(
    set: &ElementSet,
    matched: &[u32],
    labels: &[u8],
) -> Result<HashMap<Key, NameAgreement>, Error> {
    let mut names = HashMap::new();
    for labelled in each_label(set, matched, labels)? {
        let told = parse_name_label(labelled.terms, labelled.label)?;
        let element = &set.elements[labelled.position];
        let lines = set.lines(labelled.position).iter();
        for (line, own) in lines.zip(set.names(labelled.position)) {
            let finding = Hit::new(&set.ledger, element.rule, element.at, *line).finding();
            let known = names.entry(finding).or_insert(NameAgreement::Unknown);
            *known = own.agrees(told).max(*known);
        }
    }
    Ok(names)
}
