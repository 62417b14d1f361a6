//! What an annex comes to in one round: an agreement like any other, of which both parties have the same bytes.

use jiff::civil::Date;

use super::{Annex, Under, beijing_day};
use crate::{Agreement, Error, Hex, Selection, Wrong, conference::Announced};

/// The longest number of an annex's agreement: with the round behind it, it is still one that agreements can have.
pub(super) const MAX_NUMBER_CHARS: usize = 240;

/// The agreement of an annex for a round of the framework with this digest, which was announced in the entry
/// `announced_by` on the day `on` in Beijing: of the announced months those that the annex has, valid until the day on
/// which the pairs' time is over.
///
/// # Errors
/// [`Error::Agreement`] where no month is left, where the round lies outside the annex's days, and as
/// [`Agreement::validate`].
pub fn narrow(
    framework: &Hex<32>,
    annex: &Annex,
    announced: &Announced,
    announced_by: Hex<32>,
    on: Date,
) -> Result<Agreement, Error> {
    let wide = &annex.agreement;
    let expires = beijing_day(announced.run_until);
    if on < wide.valid_from || wide.expires < expires {
        return Err(Error::Agreement {
            field: "expires",
            wrong: Wrong::OutOfRange,
        });
    }
    let narrowed = Agreement {
        number: format!("{}·第{}轮", wide.number, announced.round),
        selection: Selection {
            months: wide.selection.months.intersect(announced.months),
        },
        valid_from: on,
        expires,
        under: Some(Under {
            framework: *framework,
            annex: annex.digest(),
            round: announced.round,
            announced: announced_by,
            run_until: announced.run_until,
        }),
        ..wide.clone()
    };
    narrowed.validate()?;
    Ok(narrowed)
}
