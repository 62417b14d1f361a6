//! Why a draft can't be signed, said beside the field in which that is, and in the words of the form: the node names terms
//! as a draft writes them.

use hefu_node::api::view::ErrorView;

use crate::form::Form;
use crate::page::Page;
use crate::terms::TERMS;

/// Terms of the whole text: as the node names them, the field, and the key of what the form calls it.
const OF_WHOLE: [(&str, &str, &str); 11] = [
    ("number", "number", "office.col_number"),
    ("title", "title", "office.col_title"),
    ("members", "members", "office.seats"),
    ("smallest", "smallest", "office.smallest"),
    ("expires", "expires", "office.expires"),
    ("schedule.day", "day", "office.day"),
    ("schedule.freeze_hours", "freeze_hours", "office.freeze_hours"),
    ("schedule.run_hours", "run_hours", "office.run_hours"),
    ("schedule.review_days", "review_days", "office.review_days"),
    ("annexes", "annexes", "office.annexes_of_text"),
    ("annexes.code", "annexes", "office.annex_code"),
];

/// Whether it is a term of an annex that is refused, without a word of which.
pub(super) fn is_of_an_annex(error: &ErrorView) -> bool {
    matches!(error.code.as_str(), "agreement" | "rule_unusable")
}

/// Notes why a draft is refused; `annex` is the place of the one whose term it is.
pub(super) fn note(p: &Page, f: &mut Form, error: &ErrorView, annex: Option<usize>) {
    let field = error.field.as_deref().unwrap_or_default();
    let whole = OF_WHOLE.iter().filter(|_| error.code == "framework");
    let of_annex = TERMS.iter().filter(|_| annex.is_some());
    let known = whole.chain(of_annex).find(|(name, _, _)| *name == field);
    let plain = || p.said_with("", &error.code, &error.params);
    let (place, words) = match (known, error.params.get("wrong")) {
        (Some((_, place, label)), Some(wrong)) => (
            *place,
            p.w2("office.draft_wrong", p.w(label), p.said("wrong_", wrong)),
        ),
        _ if error.code == "rule_unusable" => ("rules", plain()),
        _ => ("", plain()),
    };
    match annex {
        Some(at) if !place.is_empty() => f.wrong(&format!("a{at}_{place}"), words),
        _ => f.wrong(place, words),
    }
}
