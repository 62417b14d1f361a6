//! The county's exports, read by the product.

use std::collections::HashMap;
use std::fs;

use hefu_casework::{AgencyRole, AidRecord};
use hefu_fixtures::{Agency, County, PersonId};
use hefu_identity::AliasTable;
use hefu_ingest::{Mapping, read_records};

/// Files of an agency's exports are told apart by this much for each export.
const APART: u32 = 100;

/// An agency's exports, with who each row is about, which the fixtures know.
#[derive(Default)]
pub struct Register {
    /// Rows of all its exports. The number of a row's file is that of its export times a hundred and that of the file.
    pub records: Vec<(PersonId, AidRecord)>,
    /// By export, file, sheet and row.
    pub places: HashMap<(String, u32, u32, u64), PersonId>,
    /// Numbers of one person.
    pub aliases: AliasTable,
    /// The form of its case numbers.
    pub case_scheme: Option<String>,
    datasets: HashMap<u32, &'static str>,
}

impl Register {
    /// The export in which a row stands, and the number of its file within that.
    pub fn place(&self, file: u32) -> (&'static str, u32) {
        (self.datasets[&(file / APART)], file % APART)
    }
}

/// By agency. The files must still be there.
pub fn registers(county: &County) -> HashMap<Agency, Register> {
    let mut registers: HashMap<Agency, Register> = HashMap::new();
    for record in &county.records {
        let place = record.place;
        let places = &mut registers.entry(record.agency).or_default().places;
        places.insert(
            (place.dataset.to_owned(), place.file, place.sheet, place.row),
            record.claim.person,
        );
    }
    for (import, number) in county.imports.iter().zip(0_u32..) {
        let register = registers.get_mut(&import.agency).unwrap();
        register.datasets.insert(number, import.dataset);
        let mapping = Mapping::parse(&fs::read_to_string(&import.mapping).unwrap()).unwrap();
        let mut records = Vec::new();
        let reading = read_records(
            &import.files,
            &mapping,
            &mut |record| {
                records.push(record);
                Ok(())
            },
            None,
        )
        .unwrap();
        for mut record in records {
            let row = record.row;
            let person = register.places[&(import.dataset.to_owned(), row.file, row.sheet, row.row)];
            record.row.file += APART * number;
            register.records.push((person, record));
        }
        for group in reading.aliases.groups() {
            for other in &group[1..] {
                register.aliases.add(&group[0], other);
            }
        }
        let scheme = mapping.case.map(|case| case.scheme);
        register.case_scheme = register.case_scheme.take().or(scheme);
    }
    registers
}

/// What the agency is in an agreement.
pub fn role(agency: Agency) -> AgencyRole {
    match agency {
        Agency::Procuratorate => AgencyRole::Procuratorate,
        Agency::Court => AgencyRole::Court,
        Agency::CivilAffairs => AgencyRole::CivilAffairs,
        Agency::DisabledFederation => AgencyRole::DisabledFederation,
        Agency::Police => AgencyRole::Police,
    }
}
