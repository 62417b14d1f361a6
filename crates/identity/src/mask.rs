//! Showing that a value is there without showing the value.

/// Values shorter than this are masked whole: with four characters shown, too few would be left to guess.
const SHORTEST_SHOWN: usize = 12;
const SHOWN_AT_AN_END: usize = 2;
/// A cell can hold pages of text; its mask need not.
const MOST_STARS: usize = 60;

/// Masks what stood in a refused cell: at most the first two and the last two characters, and of these only
/// digits and X, so that a name in the cell shows nothing. Values under 12 characters are masked whole.
pub fn mask_raw(raw: &str) -> String {
    mask(raw.trim().chars())
}

pub(crate) fn mask(chars: impl Iterator<Item = char> + Clone) -> String {
    let length = chars.clone().count();
    if length < SHORTEST_SHOWN {
        return "*".repeat(length);
    }
    let show = |c: char| {
        if c.is_ascii_digit() || matches!(c, 'X' | 'x') {
            c
        } else {
            '*'
        }
    };
    let hidden = length - 2 * SHOWN_AT_AN_END;
    let front = chars.clone().take(SHOWN_AT_AN_END).map(show);
    let back = chars.skip(SHOWN_AT_AN_END + hidden).map(show);
    front
        .chain(std::iter::repeat_n('*', hidden.min(MOST_STARS)))
        .chain(back)
        .collect()
}
