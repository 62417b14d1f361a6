//! With whom more care is needed: protected persons, whose place and contact are shown to nobody but whoever is in
//! charge, and key groups (重点人群), minors and disabled people, who come first. What is not known protects, and asks.

use hefu_identity::PersonKey;
use jiff::civil::Date;

use crate::codes::codes;

codes! {
    /// Whether something is so.
    #[derive(Default)]
    Known {
        /// It is.
        Yes = "yes",
        /// It is not.
        No = "no",
        /// Nobody has said.
        #[default]
        Unknown = "unknown",
    }
}

codes! {
    /// 受保护: whether a register says that a person's place and contact must not become known.
    #[derive(Default)]
    Protection {
        /// They may.
        No = "no",
        /// They must not.
        Yes = "yes",
        /// The register does not say.
        #[default]
        Unknown = "unknown",
    }
}

impl From<Known> for Protection {
    fn from(said: Known) -> Protection {
        match said {
            Known::Yes => Protection::Yes,
            Known::No => Protection::No,
            Known::Unknown => Protection::Unknown,
        }
    }
}

impl Known {
    /// Of several sayings: one "yes" is enough, and "no" needs all of them. Nothing said is unknown.
    pub fn of(said: impl IntoIterator<Item = Known>) -> Known {
        let either = |a, b| match (a, b) {
            (Known::Yes, _) | (_, Known::Yes) => Known::Yes,
            (Known::Unknown, _) | (_, Known::Unknown) => Known::Unknown,
            (Known::No, Known::No) => Known::No,
        };
        said.into_iter().reduce(either).unwrap_or_default()
    }

    /// Whether the person is under eighteen on `day`; unknown where the number states no certain date of birth.
    pub fn minor(person: &PersonKey, day: Date) -> Known {
        match person.is_minor_on(day) {
            Some(true) => Known::Yes,
            Some(false) => Known::No,
            None => Known::Unknown,
        }
    }
}

/// What a finding's own rows say of the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Care {
    /// Unless every row says that the person is not.
    pub protected: bool,
    /// 未成年人, on the day of the match.
    pub minor: Known,
    /// 残疾人
    pub disabled: Known,
}

/// What is known where nothing was said.
impl Default for Care {
    fn default() -> Care {
        Care {
            protected: true,
            minor: Known::Unknown,
            disabled: Known::Unknown,
        }
    }
}

impl Care {
    /// Whether place, contact, household, case number and free text may be told to others than whoever is in charge.
    pub fn may_tell_place(&self) -> bool {
        !self.protected
    }

    /// Whether the person is of a key group: a minor or disabled. Unknown is to be asked, and excludes nobody.
    pub fn key_group(&self) -> Known {
        Known::of([self.minor, self.disabled])
    }

    /// Its place in a list: key groups, then those of whom it must be asked, then the others.
    pub fn rank(&self) -> u8 {
        match self.key_group() {
            Known::Yes => 0,
            Known::Unknown => 1,
            Known::No => 2,
        }
    }

    /// One byte for each field; to be sealed by whoever keeps it.
    pub fn stored(&self) -> [u8; 3] {
        [u8::from(self.protected), self.minor as u8, self.disabled as u8]
    }

    /// Reads what [`Care::stored`] wrote; `None` for anything else.
    pub fn from_stored(stored: &[u8]) -> Option<Care> {
        let [protected @ (0 | 1), minor, disabled] = *stored else {
            return None;
        };
        let known = |number: u8| Known::ALL.get(usize::from(number)).copied();
        Some(Care {
            protected: protected == 1,
            minor: known(minor)?,
            disabled: known(disabled)?,
        })
    }
}

/// How many bytes [`people_stored`] has.
pub const PEOPLE_STORED: usize = 2;

/// What a record says of its person, a byte each; to be sealed by whoever keeps it.
pub fn people_stored(protection: Protection, disabled: Known) -> [u8; PEOPLE_STORED] {
    [protection as u8, disabled as u8]
}

/// Reads what [`people_stored`] wrote; `None` for anything else.
pub fn people_from_stored(stored: &[u8]) -> Option<(Protection, Known)> {
    let [protection, disabled] = *stored else {
        return None;
    };
    Some((
        *Protection::ALL.get(usize::from(protection))?,
        *Known::ALL.get(usize::from(disabled))?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_yes_is_enough_and_no_needs_all() {
        use Known::{No, Unknown, Yes};
        for (said, expected) in [
            (vec![], Unknown),
            (vec![No], No),
            (vec![No, No], No),
            (vec![No, Unknown], Unknown),
            (vec![Unknown, Yes], Yes),
            (vec![No, Yes, Unknown], Yes),
        ] {
            assert_eq!(Known::of(said.clone()), expected, "{said:?}");
        }
    }

    #[test]
    fn key_groups_come_first_and_unknown_before_the_others() {
        use Known::{No, Unknown, Yes};
        for (minor, disabled, group, rank) in [
            (Yes, No, Yes, 0),
            (No, Yes, Yes, 0),
            (Unknown, Yes, Yes, 0),
            (Unknown, No, Unknown, 1),
            (No, Unknown, Unknown, 1),
            (No, No, No, 2),
        ] {
            let care = Care {
                minor,
                disabled,
                ..Care::default()
            };
            assert_eq!((care.key_group(), care.rank()), (group, rank), "{care:?}");
        }
    }

    #[test]
    fn what_is_kept_is_read_back_and_nothing_else_is() {
        for protected in [false, true] {
            for minor in Known::ALL {
                for disabled in Known::ALL {
                    let care = Care {
                        protected,
                        minor: *minor,
                        disabled: *disabled,
                    };
                    assert_eq!(Care::from_stored(&care.stored()), Some(care));
                    assert_eq!(care.may_tell_place(), !protected);
                }
            }
        }
        for wrong in [&[2, 0, 0][..], &[0, 3, 0], &[0, 0, 3], &[0, 0], &[0, 0, 0, 0]] {
            assert!(Care::from_stored(wrong).is_none(), "{wrong:?}");
        }
        for protection in Protection::ALL {
            for disabled in Known::ALL {
                let stored = people_stored(*protection, *disabled);
                assert_eq!(people_from_stored(&stored), Some((*protection, *disabled)));
            }
        }
        for wrong in [&[3, 0][..], &[0, 3], &[0], &[0, 0, 0]] {
            assert!(people_from_stored(wrong).is_none(), "{wrong:?}");
        }
        // The bytes lie in stores.
        assert_eq!(people_stored(Protection::No, Known::Yes), [0, 0]);
        assert_eq!(people_stored(Protection::Yes, Known::No), [1, 1]);
        assert_eq!(people_stored(Protection::Unknown, Known::Unknown), [2, 2]);
        assert_eq!(Care::default().stored(), [1, 2, 2]);
    }
}
