//! The terms of an agreement as forms have them: how they are typed, in which field a refusal stands, and what it is called
//! there. Agreements of two agencies and annexes of a conference's text are drafted from the same.

use crate::form::Form;
use crate::page::Page;

/// Terms as the node names them, the field of a form in which each stands (of parties, that of the first), and the key of
/// what the form calls it.
pub(crate) const TERMS: [(&str, &str, &str); 17] = [
    ("number", "number", "office.annex_number"),
    ("purpose", "purpose", "office.purpose"),
    ("legal_basis", "legal_basis", "office.legal_basis"),
    ("place", "place", "office.place"),
    ("selection.months", "until", "office.month_until"),
    ("receivers", "receivers", "office.receivers"),
    ("annexes.receivers", "receivers", "office.receivers"),
    ("parties.programmes", "p0_programmes", "office.programmes"),
    ("parties.case_scheme", "p0_scheme", "office.case_scheme"),
    ("parties.max_elements", "p0_max", "office.max_elements"),
    ("key_kind", "key_kind", "office.key_kind"),
    ("mode", "compare_names", "office.compare_names"),
    ("label.fields", "compare_names", "office.compare_names"),
    ("rules", "rules", "office.rules"),
    ("rounds_a_month", "rounds_a_month", "office.rounds_a_month"),
    ("resume_hours", "resume_hours", "office.resume_hours"),
    ("retention_days", "retention_days", "office.retention_days"),
];

/// Notes what is wrong with a region that was typed.
pub(crate) fn place(p: &Page, f: &mut Form, field: &str, typed: &str) {
    let is_place = typed.len() == 6 && typed.bytes().all(|byte| byte.is_ascii_digit());
    if !typed.is_empty() && !is_place {
        f.wrong(field, p.w("office.place_wrong"));
    }
}

/// Notes what is wrong with a month that was typed: not every browser has a calendar for them.
pub(crate) fn month(p: &Page, f: &mut Form, field: &str, typed: &str) {
    if !typed.is_empty() && !is_month(typed) {
        f.wrong(field, p.w("office.month_wrong"));
    }
}

fn is_month(text: &str) -> bool {
    let digits = |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts = text.split_once('-');
    parts.is_some_and(|(year, month)| digits(year, 4) && digits(month, 2) && ("01"..="12").contains(&month))
}

/// A whole number, `least` (0 or 1) or more.
pub(crate) fn whole(p: &Page, f: &mut Form, field: &str, typed: &str, least: u64) -> u64 {
    let number = typed.replace([',', '_'], "").parse().ok();
    let number = number.filter(|number| *number >= least);
    number.unwrap_or_else(|| {
        let words = if least == 0 {
            "office.whole_wrong"
        } else {
            "office.number_wrong"
        };
        f.wrong(field, p.w(words));
        least
    })
}

/// Rules, in whatever way they are separated; nothing where none was typed.
pub(crate) fn rules(typed: &str) -> Option<Vec<String>> {
    several(typed.split([' ', ',', '，', '、']))
}

/// Articles of law, one a line; nothing where none was typed.
pub(crate) fn articles(typed: &str) -> Option<Vec<String>> {
    several(typed.lines())
}

fn several<'a>(parts: impl Iterator<Item = &'a str>) -> Option<Vec<String>> {
    let parts = parts.map(str::trim).filter(|part| !part.is_empty());
    let parts: Vec<_> = parts.map(str::to_owned).collect();
    Some(parts).filter(|parts| !parts.is_empty())
}
