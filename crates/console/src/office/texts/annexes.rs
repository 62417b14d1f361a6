//! The annexes of a draft, as a form has them: each with names of its own in the form, and each as a draft writes it.

use serde::Serialize;
use serde_json::Value;

use crate::form::{Fields, Form};
use crate::page::Page;
use crate::terms::{self, whole};

/// One annex as it was typed: all that a draft can say of one, so that an amendment changes nothing that nobody changed.
#[derive(Clone, Debug, Default)]
pub(super) struct Annex {
    pub(super) code: String,
    /// Empty where it is the text's number with the code behind it.
    number: String,
    purpose: String,
    place: String,
    from: String,
    until: String,
    receivers: String,
    key_kind: String,
    compare_names: String,
    rules: String,
    legal_basis: String,
    rounds_a_month: String,
    resume_hours: String,
    retention_days: String,
    pub(super) parties: [Party; 2],
}

/// One party of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Party {
    pub(super) name: String,
    pub(super) programmes: Vec<String>,
    case_scheme: String,
    max_elements: String,
}

/// An annex as a draft writes it. TOML has no word for what is left out.
#[derive(Clone, Serialize)]
pub(super) struct AnnexDraft {
    code: String,
    number: Option<String>,
    purpose: String,
    place: String,
    from: String,
    until: String,
    receivers: Option<Vec<String>>,
    key_kind: Option<String>,
    compare_names: Option<bool>,
    rules: Option<Vec<String>>,
    legal_basis: Option<Vec<String>>,
    rounds_a_month: Option<u64>,
    resume_hours: Option<u64>,
    retention_days: Option<u64>,
    parties: Vec<PartyDraft>,
}

#[derive(Clone, Serialize)]
struct PartyDraft {
    name: String,
    programmes: Vec<String>,
    case_scheme: Option<String>,
    max_elements: u64,
}

impl Party {
    /// Whether it enters records of a programme.
    pub(super) fn has(&self, programme: &str) -> bool {
        self.programmes.iter().any(|code| code == programme)
    }
}

impl Annex {
    /// A new one, the number of which follows that of the last.
    pub(super) fn new(number: usize) -> Self {
        Self {
            code: format!("附件{number}"),
            purpose: "duplicates".to_owned(),
            ..Self::default()
        }
    }

    /// A new one is between the first two, until somebody chooses.
    pub(super) fn between<'a>(&mut self, members: impl Iterator<Item = &'a str>) {
        for (party, member) in self.parties.iter_mut().zip(members) {
            if party.name.is_empty() {
                member.clone_into(&mut party.name);
            }
        }
    }

    /// What was typed in the fields whose names begin with `a`, its place, and `_`.
    pub(super) fn typed(fields: &Fields, at: usize) -> Self {
        let text = |name: &str| fields.text(&format!("a{at}_{name}")).to_owned();
        let party = |of: usize| {
            let programmes = format!("a{at}_p{of}_programmes");
            Party {
                name: text(&format!("p{of}_name")),
                programmes: fields.all(&programmes).map(str::to_owned).collect(),
                case_scheme: text(&format!("p{of}_scheme")),
                max_elements: text(&format!("p{of}_max")),
            }
        };
        Self {
            code: text("code"),
            number: text("number"),
            purpose: text("purpose"),
            place: text("place"),
            from: text("from"),
            until: text("until"),
            receivers: text("receivers"),
            key_kind: text("key_kind"),
            compare_names: text("compare_names"),
            rules: text("rules"),
            legal_basis: text("legal_basis"),
            rounds_a_month: text("rounds_a_month"),
            resume_hours: text("resume_hours"),
            retention_days: text("retention_days"),
            parties: [party(0), party(1)],
        }
    }

    /// Puts what was typed back into its fields.
    pub(super) fn shown(&self, f: Form, at: usize) -> Form {
        let mut f = f;
        for (name, value) in [
            ("code", &self.code),
            ("number", &self.number),
            ("purpose", &self.purpose),
            ("place", &self.place),
            ("from", &self.from),
            ("until", &self.until),
            ("receivers", &self.receivers),
            ("key_kind", &self.key_kind),
            ("compare_names", &self.compare_names),
            ("rules", &self.rules),
            ("legal_basis", &self.legal_basis),
            ("rounds_a_month", &self.rounds_a_month),
            ("resume_hours", &self.resume_hours),
            ("retention_days", &self.retention_days),
        ] {
            f = f.with(format!("a{at}_{name}"), value);
        }
        for (of, party) in self.parties.iter().enumerate() {
            f = f
                .with(format!("a{at}_p{of}_name"), &party.name)
                .with(format!("a{at}_p{of}_scheme"), &party.case_scheme)
                .with(format!("a{at}_p{of}_max"), &party.max_elements);
        }
        f
    }

    /// As an annex of a text that is to be amended has it, where the text has this number.
    pub(super) fn of_text(annex: &Value, number: &str) -> Self {
        let agreement = &annex["agreement"];
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        let list =
            |value: &Value| -> Vec<String> { value.as_array().into_iter().flatten().map(text).collect() };
        let party = |at: usize| {
            let party = &agreement["parties"][at];
            Party {
                name: text(&party["name"]),
                programmes: list(&party["programmes"]),
                case_scheme: text(&party["case_scheme"]),
                max_elements: text(&party["max_elements"]),
            }
        };
        let receivers = match list(&agreement["receivers"]).as_slice() {
            [one] if one == "0" => "first",
            [one] if one == "1" => "second",
            _ => "both",
        };
        let of_label = list(&agreement["label"]["fields"]);
        let names = of_label.iter().any(|field| field == "name");
        let [from, until] = months(annex);
        let code = text(&annex["code"]);
        let own_number = text(&agreement["number"]);
        Self {
            number: match own_number == format!("{number}{code}") {
                true => String::new(),
                false => own_number,
            },
            code,
            purpose: text(&agreement["purpose"]),
            place: text(&agreement["place"]),
            from,
            until,
            receivers: receivers.to_owned(),
            key_kind: text(&agreement["key_kind"]),
            compare_names: if names { "yes" } else { "no" }.to_owned(),
            rules: list(&agreement["rules"]).join(" "),
            legal_basis: list(&agreement["legal_basis"]).join("\n"),
            rounds_a_month: text(&agreement["rounds_a_month"]),
            resume_hours: text(&agreement["resume_hours"]),
            retention_days: text(&agreement["retention_days"]),
            parties: [party(0), party(1)],
        }
    }

    /// As a draft writes it, with what is missing noted beside its fields. Its parties are `members` of the text.
    pub(super) fn draft(&self, p: &Page, f: &mut Form, at: usize, members: &[String]) -> AnnexDraft {
        for (name, value) in [
            ("code", &self.code),
            ("place", &self.place),
            ("from", &self.from),
            ("until", &self.until),
        ] {
            if value.is_empty() {
                f.wrong(&format!("a{at}_{name}"), p.w("shell.form_empty"));
            }
        }
        let field = |name: &str| format!("a{at}_{name}");
        terms::place(p, f, &field("place"), &self.place);
        for (name, month) in [("from", &self.from), ("until", &self.until)] {
            terms::month(p, f, &field(name), month);
        }
        if self.parties[0].name == self.parties[1].name {
            f.wrong(&format!("a{at}_p1_name"), p.w("office.party_same"));
        }
        let parties = (0..).zip(&self.parties).map(|(of, party)| {
            let place = |name: &str| format!("a{at}_p{of}_{name}");
            if !members.contains(&party.name) {
                f.wrong(&place("name"), p.w1("office.party_no_member", &party.name));
            }
            if party.programmes.is_empty() {
                f.wrong(&place("programmes"), p.w("office.programmes_none"));
            }
            PartyDraft {
                name: party.name.clone(),
                programmes: party.programmes.clone(),
                case_scheme: given(&party.case_scheme),
                max_elements: whole(p, f, &place("max"), &party.max_elements, 1),
            }
        });
        let parties: Vec<PartyDraft> = parties.collect();
        let [first, second] = self.parties.each_ref().map(|party| party.name.clone());
        let mut count =
            |name: &str, typed: &str| given(typed).map(|typed| whole(p, f, &field(name), &typed, 1));
        AnnexDraft {
            code: self.code.clone(),
            number: given(&self.number),
            purpose: self.purpose.clone(),
            place: self.place.clone(),
            from: self.from.clone(),
            until: self.until.clone(),
            receivers: match self.receivers.as_str() {
                "first" => Some(vec![first]),
                "second" => Some(vec![second]),
                "both" => Some(vec![first, second]),
                // What the purpose makes of it.
                _ => None,
            },
            key_kind: given(&self.key_kind),
            compare_names: given(&self.compare_names).map(|choice| choice == "yes"),
            rules: terms::rules(&self.rules),
            legal_basis: terms::articles(&self.legal_basis),
            rounds_a_month: count("rounds_a_month", &self.rounds_a_month),
            resume_hours: count("resume_hours", &self.resume_hours),
            retention_days: count("retention_days", &self.retention_days),
            parties,
        }
    }
}

/// What was typed; nothing where the field was left empty.
fn given(typed: &str) -> Option<String> {
    Some(typed).filter(|typed| !typed.is_empty()).map(str::to_owned)
}

/// The first month of an annex of a text, and the last.
pub(in crate::office) fn months(annex: &Value) -> [String; 2] {
    let months = &annex["agreement"]["selection"]["months"];
    let month = |name: &str| months[name].as_str().unwrap_or_default().to_owned();
    [month("from"), before(&month("to"))]
}

/// The month before a month: texts have the first one after the last.
fn before(month: &str) -> String {
    let Some((year, month)) = month.split_once('-') else {
        return String::new();
    };
    match (year.parse::<i32>(), month.parse::<u8>()) {
        (Ok(year), Ok(1)) => format!("{:04}-12", year - 1),
        (Ok(year), Ok(month)) => format!("{year:04}-{:02}", month.saturating_sub(1)),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn months_of_a_text_end_with_the_last() {
        assert_eq!(before("2027-07"), "2027-06");
        assert_eq!(before("2027-01"), "2026-12");
        assert_eq!(before("x"), "");
    }

    #[test]
    fn an_annex_of_a_text_fills_the_form() {
        let text = json!({ "code": "附件2", "agreement": {
            "number": "1号附件2", "purpose": "leads", "place": "290101", "receivers": [1], "rules": [], "legal_basis": ["甲", "乙"],
            "retention_days": 365, "selection": { "months": { "from": "2026-07", "to": "2027-07" } },
            "parties": [{ "name": "检察院", "programmes": ["judicial_aid"], "max_elements": 5000 }, { "name": "民政局", "programmes": [], "max_elements": 1 }],
        } });
        let annex = Annex::of_text(&text, "1号");
        assert_eq!(annex.number, "", "it follows the text's");
        assert_eq!(Annex::of_text(&text, "2号").number, "1号附件2");
        assert_eq!(
            (annex.receivers.as_str(), annex.until.as_str()),
            ("second", "2027-06")
        );
        assert_eq!(
            (annex.legal_basis.as_str(), annex.retention_days.as_str()),
            ("甲\n乙", "365")
        );
        assert_eq!(annex.parties[0].max_elements, "5000");
        assert_eq!(annex.parties[0].programmes, ["judicial_aid"]);
    }
}
