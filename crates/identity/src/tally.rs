//! Telling a column that a spreadsheet rounded from one that has a rare number in it.

/// Whether so many of a column's `rows` lost their last digits, or are suspected to have, that the whole file
/// must be exported again.
///
/// A valid number ends in 000 about nine times in ten thousand: a sequence number ending in 00 (1 in 100) and
/// a check digit of 0 (1 in 11). Ten rows and 2 % of the file are more than twenty times that; chance alone
/// gives it to fewer than one file in a billion. A short file is judged by three rows and 20 %.
pub fn many_digits_lost(suspected_or_lost: u64, rows: u64) -> bool {
    let at_least = |count: u64, one_in: u64| {
        suspected_or_lost >= count && suspected_or_lost.saturating_mul(one_in) >= rows
    };
    at_least(10, 50) || at_least(3, 5)
}
