//! Findings as every role sees them: what a list of them is asked for, and how one of them is said.

use hefu_node::api::view::{ActView, AwaitedView, CareView, FindingList, FindingView, InquiryView};
use jiff::civil::Date;
use serde::Deserialize;

use crate::api::joined;
use crate::fault::{Fault, Result};
use crate::form::{Fields, Form};
use crate::guard::Who;
use crate::page::Page;
use crate::show;
use crate::table::Pager;

/// Who recorded an act; what the node does by itself, it records as its own.
pub(crate) fn by(p: &Page, act: &ActView) -> String {
    match act.by.as_str() {
        "node" => p.w("shell.by_node"),
        person => person.to_owned(),
    }
}

/// The stages in which something is still to be done.
pub(crate) const UNDECIDED: &str =
    "stage_open,stage_taken,stage_verified,stage_excepted,stage_told,stage_heard";

/// Every stage, in the order in which a finding comes to them.
pub(crate) const STAGES: [&str; 9] = [
    "stage_open",
    "stage_taken",
    "stage_verified",
    "stage_excepted",
    "stage_told",
    "stage_heard",
    "stage_decided",
    "stage_reviewed",
    "stage_corrected",
];

/// How many findings a page shows.
const SHOWN: u64 = 100;

/// What a list of findings is asked for, as the address of a page has it. What is not filled in is empty.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    what: String,
    round: String,
    pub(crate) rule: String,
    pub(crate) peer: String,
    stage: String,
    whose: String,
    from: String,
    until: String,
    least: String,
    most: String,
    key_group: String,
    late: String,
    objected: String,
    sort: String,
    descending: String,
    after: String,
}

/// What can be chosen. Where nothing could be listed, what was chosen can be chosen again.
pub(crate) fn choices(chosen: &str, known: Option<&Vec<String>>) -> Vec<String> {
    let known = known.cloned().unwrap_or_default();
    let missing = !chosen.is_empty() && !known.iter().any(|each| each == chosen);
    let missing = missing.then(|| chosen.to_owned());
    missing.into_iter().chain(known).collect()
}

impl Asked {
    /// All but the page.
    fn own(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("what", &self.what),
            ("round", &self.round),
            ("rule", &self.rule),
            ("peer", &self.peer),
            ("stage", &self.stage),
            ("whose", &self.whose),
            ("from", &self.from),
            ("until", &self.until),
            ("least", &self.least),
            ("most", &self.most),
            ("key_group", &self.key_group),
            ("late", &self.late),
            ("objected", &self.objected),
            ("sort", &self.sort),
            ("descending", &self.descending),
        ];
        all.into_iter()
            .map(|(name, value)| (name, value.trim()))
            .collect()
    }

    /// The beginning of the same list at this path.
    pub(crate) fn address(&self, path: &str) -> String {
        let filled = self.own().into_iter().filter(|(_, value)| !value.is_empty());
        let query = joined(filled.map(|(name, value)| (name, value.to_owned())));
        match query.is_empty() {
            true => path.to_owned(),
            false => format!("{path}?{query}"),
        }
    }

    /// The same list, sorted by this column; by what it is sorted already, the other way round.
    pub(crate) fn sorted_by(&self, path: &str, column: &str) -> String {
        let turns = self.sort_of(column) == "ascending";
        let other = Self {
            sort: column.to_owned(),
            descending: if turns { "true".to_owned() } else { String::new() },
            ..self.clone()
        };
        other.address(path)
    }

    /// How a column is sorted, as `aria-sort` has it; empty where it is not.
    pub(crate) fn sort_of(&self, column: &str) -> &'static str {
        let sorted = self.sort == column || self.sort.is_empty() && column == "first";
        match (sorted, self.descending.is_empty()) {
            (false, _) => "",
            (true, true) => "ascending",
            (true, false) => "descending",
        }
    }

    /// Whether something is left out.
    pub(crate) fn is_narrowed(&self) -> bool {
        let order = ["what", "sort", "descending"];
        self.own()
            .iter()
            .any(|(name, value)| !value.is_empty() && !order.contains(name))
    }

    /// Where the page begins.
    fn after(&self) -> u64 {
        self.after.trim().parse().unwrap_or_default()
    }

    /// The fields of the form, and what is wrong with them.
    pub(crate) fn form(&self, p: &Page) -> Form {
        let own = self.own().into_iter();
        let mut f = own.fold(Form::new(), |f, (name, value)| f.with(name, value));
        for (name, amount) in [("least", &self.least), ("most", &self.most)] {
            if !amount.trim().is_empty() && show::fen(amount.trim()).is_none() {
                f.wrong(name, p.w("shell.no_amount"));
            }
        }
        for (name, month) in [("from", &self.from), ("until", &self.until)] {
            if !month.trim().is_empty() && format!("{}-01", month.trim()).parse::<Date>().is_err() {
                f.wrong(name, p.w("shell.no_month"));
            }
        }
        f
    }

    /// A page of the list; nothing where what was asked for can't be read, which the form then says.
    pub(crate) async fn list(&self, who: &Who, f: &mut Form) -> Result<Option<FindingList>> {
        if !f.is_fine() {
            return Ok(None);
        }
        match self.fetch(who, self.after(), SHOWN).await {
            Ok(found) => Ok(Some(found)),
            Err(fault) => {
                f.refused(&who.visit, &*fault.of_the_form()?, &[]);
                Ok(None)
            }
        }
    }

    /// The ways from this page to the next.
    pub(crate) fn pager(&self, path: &str, list: Option<&FindingList>) -> Pager {
        Pager::new(&self.address(path), self.after(), list.and_then(|list| list.next))
    }

    /// Asks the interface for findings behind a number.
    pub(crate) async fn fetch(&self, who: &Who, after: u64, limit: u64) -> Result<FindingList> {
        let query = self.query(&who.seen.name, after, limit);
        who.api().get(&format!("/api/v1/findings?{query}")).await
    }

    fn query(&self, me: &str, after: u64, limit: u64) -> String {
        let fen = |amount: &str| show::fen(amount).map(|fen| fen.to_string());
        let filled = self.own().into_iter().filter(|(_, value)| !value.is_empty());
        let pairs = filled.filter_map(|(name, value)| match name {
            "what" => Some(("clues", (value == "clues").to_string())),
            "whose" => (value == "mine").then(|| ("owner", me.to_owned())),
            "stage" if value == "undecided" => Some(("stage", UNDECIDED.to_owned())),
            "least" => Some(("min_fen", fen(value)?)),
            "most" => Some(("max_fen", fen(value)?)),
            "late" | "objected" | "descending" => Some((name, "true".to_owned())),
            name => Some((name, value.to_owned())),
        });
        let page = [("after", after.to_string()), ("limit", limit.to_string())];
        joined(page.into_iter().chain(pairs))
    }
}

/// How far a finding is: the class of its badge, and words. What is on no way to a decision has none.
pub(crate) fn standing(p: &Page, finding: &FindingView) -> Option<(&'static str, String)> {
    let review = finding.review.as_ref()?;
    if review.corrected_before.is_some() {
        return Some(("good", p.said("", "stage_corrected_before")));
    }
    let class = match review.stage.as_str() {
        "stage_corrected" => "good",
        _ => "calm",
    };
    let stage = p.said("", &review.stage);
    let said = match &review.decision {
        Some(decision) if review.stage != "stage_corrected" => format!("{stage} · {}", p.said("", decision)),
        _ => stage,
    };
    Some((class, said))
}

/// Since when the person objects to what was decided: words for a badge.
pub(crate) fn objection(p: &Page, finding: &FindingView) -> Option<String> {
    let on = finding.review.as_ref()?.objected_on?;
    Some(p.w1("shell.objected_on", on))
}

/// How many acts whoever sent the form had seen.
pub(crate) fn after(fields: &Fields) -> Result<Option<u64>> {
    let seen = fields.maybe("after").map(str::parse).transpose();
    seen.map_err(|_| Fault::Form)
}

/// With how much care the person is to be dealt with; what is not known is a question.
pub(crate) fn care(p: &Page, care: &CareView) -> Vec<(&'static str, String)> {
    let said = [
        (care.minor == "yes", "key", "care_minor"),
        (care.disabled == "yes", "key", "care_disabled"),
        (care.key_group == "unknown", "calm", "care_ask_key_group"),
        (care.protected, "key", "care_protected"),
    ];
    said.into_iter()
        .filter(|(holds, ..)| *holds)
        .map(|(_, class, code)| (class, p.said("", code)))
        .collect()
}

/// What is awaited and until when: the class of the badge and words.
pub(crate) fn due(p: &Page, due: &AwaitedView) -> (&'static str, String) {
    let awaited = p.said("", &due.awaited);
    match due.until {
        Some(until) => {
            let (class, left) = p.deadline(&until, &show::today());
            (class, format!("{awaited} {until} {left}"))
        }
        None => {
            let params = [("days", due.days.to_string()), ("since", due.since.to_string())];
            let params = params.map(|(name, value)| (name.to_owned(), value));
            (
                "warn",
                format!("{awaited} {}", p.said_with("", "due_cannot_tell", &params.into())),
            )
        }
    }
}

/// Until when an answer is asked for: the class of the badge and words; nothing where none is awaited.
pub(crate) fn answer_due(p: &Page, inquiry: &InquiryView) -> Option<(&'static str, String)> {
    let until = inquiry.due?;
    let is_over = matches!(
        inquiry.stage.as_str(),
        "inquiry_stage_answered" | "inquiry_stage_closed" | "reply_stage_answered" | "reply_stage_sent"
    );
    match is_over {
        true => Some(("calm", until.to_string())),
        false => {
            let (class, left) = p.deadline(&until, &show::today());
            Some((class, format!("{until} {left}")))
        }
    }
}

/// What the row of an inquiry says in a list of them, with the side of it that this agency is on. The person's number, which
/// is masked there, is nothing to be looked for.
pub(crate) fn inquiry_text(p: &Page, side: &str, inquiry: &InquiryView) -> String {
    let answer = inquiry.answer.as_ref();
    [
        side,
        &inquiry.document,
        &inquiry.peer_name,
        &p.said("", &inquiry.stage),
        inquiry.rule.as_deref().unwrap_or_default(),
        &months(&inquiry.months),
        inquiry.owner.as_deref().unwrap_or_default(),
        &answer.map_or_else(String::new, |answer| p.said("answer_", &answer.answer)),
    ]
    .join(" ")
}

/// The first and the last of the months in question.
pub(crate) fn months(months: &[String]) -> String {
    match (months.first(), months.last()) {
        (Some(first), Some(last)) if first != last => format!("{first} – {last}"),
        (Some(only), _) => only.clone(),
        _ => String::new(),
    }
}
