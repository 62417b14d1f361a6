//! The key under which one person meets, whichever document showed the number.

use std::fmt;
use std::hash::{Hash, Hasher};

use jiff::ToSpan;
use jiff::civil::Date;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::kind::KindClass;
use crate::{citizen, forms, mask};

/// The longest canonical number a key has room for.
pub(crate) const MAX_CANONICAL: usize = 20;
const STORED: usize = MAX_CANONICAL + 2;

/// Majority begins at eighteen (Civil Code 民法典 art. 17; Law on the Protection of Minors 未成年人保护法 art. 2).
const MAJORITY: i16 = 18;

/// A validated document number: its class and its canonical characters, inline, wiped when dropped.
///
/// Compared in constant time, hashed for tables inside the process, shown only masked; neither ordered nor
/// serialisable. What may hold a number at rest calls [`PersonKey::stored`] and seals the result.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct PersonKey([u8; STORED]);

impl PersonKey {
    /// The caller has validated `canonical`, which is at most [`MAX_CANONICAL`] long.
    pub(crate) fn new(class: KindClass, canonical: &[u8]) -> Self {
        let mut stored = [0; STORED];
        let [class_byte, length, room @ ..] = &mut stored;
        *class_byte = class as u8;
        for (place, byte) in room.iter_mut().zip(canonical) {
            *place = *byte;
            *length += 1;
        }
        Self(stored)
    }

    /// The class of the number.
    pub fn class(&self) -> KindClass {
        // Only `new` makes keys, so the first byte is always a class; the alternative is never taken.
        KindClass::from_stored(self.0[0]).unwrap_or(KindClass::Resident)
    }

    /// The canonical number in ASCII: 8 to 18 characters, 6 to 9 for a passport.
    pub fn canonical(&self) -> &[u8] {
        let [_, length, room @ ..] = &self.0;
        room.get(..usize::from(*length)).unwrap_or_default()
    }

    /// Class, length and canonical number, padded with zeros. To be sealed by whoever keeps it.
    pub fn stored(&self) -> [u8; 22] {
        self.0
    }

    /// Reads what [`PersonKey::stored`] wrote. `None` for anything that it could not have written: the number
    /// is validated again, so that a key is always a validated one.
    pub fn from_stored(stored: &[u8]) -> Option<Self> {
        let stored: &[u8; STORED] = stored.try_into().ok()?;
        let [class, length, room @ ..] = stored;
        let kind = KindClass::from_stored(*class)?.kind();
        let (key, _) = forms::read(kind, room.get(..usize::from(*length))?).ok()?;
        bool::from(key.0.ct_eq(stored)).then_some(key)
    }

    /// The number with at most its first and last two digits shown.
    pub fn masked(&self) -> String {
        mask::mask(self.canonical().iter().map(|byte| char::from(*byte)))
    }

    /// The date of birth that the number states. `None` for permits and passports, which state none, and for
    /// old foreigners' cards, which do not state the century.
    pub fn birth_date(&self) -> Option<Date> {
        match (self.class(), self.canonical()) {
            (KindClass::Resident | KindClass::ForeignResident, number @ [.., _]) if number.len() == 18 => {
                citizen::birth_date(number.get(6..14)?)
            }
            _ => None,
        }
    }

    /// 周岁 at `date`. The day of birth is not counted, and the last day of a period belongs to it whole (Civil Code
    /// 民法典 arts. 201, 203): a year is full when the birthday is over, from the day after it on, as criminal law says in
    /// so many words (法释〔2006〕1号 art. 2). Whoever is born on 29 February has the birthday on 28 February in other
    /// years (art. 202: where a month lacks the day, its last day). `None` where no birth date is known or `date` is
    /// before it.
    pub fn age_on(&self, date: Date) -> Option<i16> {
        let born = self.birth_date().filter(|born| *born <= date)?;
        let years = date.year() - born.year();
        // jiff keeps to the last day of a month that is too short, as art. 202 does.
        let birthday = born.checked_add(years.years()).ok()?;
        Some((years - i16::from(date <= birthday)).max(0))
    }

    /// Whether the person is under eighteen at `date`: the eighteenth birthday itself is the last day. `None` where
    /// [`PersonKey::age_on`] is, and for foreigners' cards: where in their number the date stands is not published.
    pub fn is_minor_on(&self, date: Date) -> Option<bool> {
        match self.class() {
            KindClass::Resident => self.age_on(date).map(|age| age < MAJORITY),
            _ => None,
        }
    }
}

impl ConstantTimeEq for PersonKey {
    fn ct_eq(&self, other: &Self) -> subtle::Choice {
        self.0.ct_eq(&other.0)
    }
}

impl PartialEq for PersonKey {
    fn eq(&self, other: &Self) -> bool {
        self.ct_eq(other).into()
    }
}

impl Eq for PersonKey {}

impl Hash for PersonKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(&self.0);
    }
}

impl fmt::Debug for PersonKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PersonKey({} {})", self.class().code(), self.masked())
    }
}
