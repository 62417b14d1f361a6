//! What stands outside the acts on a finding and bears on what may be decided.

use crate::{Finding, NameAgreement};

/// As things stand when an act is recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// The two agencies know the number under different names: nothing may be decided against a person before it is
    /// known who that is.
    pub names_differ: bool,
}

impl Surroundings {
    /// What the finding itself says.
    pub fn of(finding: &Finding) -> Surroundings {
        Surroundings {
            names_differ: finding.name == Some(NameAgreement::Differs),
        }
    }
}
