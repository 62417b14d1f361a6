//! The annexes of a draft, as a form has them: each with names of its own in the form, and each as a draft writes it.

use serde::Serialize;
use serde_json::Value;

use crate::form::{Fields, Form};
use crate::page::Page;

/// As many as a text may have.
pub(super) const MOST: usize = 64;

/// One annex as it was typed.
#[derive(Clone, Debug, Default)]
pub(super) struct Annex {
    pub(super) code: String,
    pub(super) purpose: String,
    pub(super) place: String,
    pub(super) from: String,
    pub(super) until: String,
    pub(super) receivers: String,
    pub(super) rules: String,
    pub(super) legal_basis: String,
    pub(super) retention_days: String,
    pub(super) parties: [Party; 2],
}

/// One party of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Party {
    pub(super) name: String,
    pub(super) programmes: Vec<String>,
    pub(super) max_elements: String,
}

/// An annex as a draft writes it.
#[derive(Serialize)]
pub(super) struct AnnexDraft {
    code: String,
    purpose: String,
    place: String,
    from: String,
    until: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    receivers: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rules: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    legal_basis: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retention_days: Option<u64>,
    parties: Vec<PartyDraft>,
}

#[derive(Serialize)]
struct PartyDraft {
    name: String,
    programmes: Vec<String>,
    max_elements: u64,
}

impl Annex {
    /// A new one, the number of which follows that of the last.
    pub(super) fn new(number: usize) -> Self {
        Self {
            code: format!("附件{number}"),
            purpose: "duplicates".to_owned(),
            receivers: "both".to_owned(),
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
                max_elements: text(&format!("p{of}_max")),
            }
        };
        Self {
            code: text("code"),
            purpose: text("purpose"),
            place: text("place"),
            from: text("from"),
            until: text("until"),
            receivers: text("receivers"),
            rules: text("rules"),
            legal_basis: text("legal_basis"),
            retention_days: text("retention_days"),
            parties: [party(0), party(1)],
        }
    }

    /// Puts what was typed back into its fields.
    pub(super) fn shown(&self, f: Form, at: usize) -> Form {
        let mut f = f;
        for (name, value) in [
            ("code", &self.code),
            ("purpose", &self.purpose),
            ("place", &self.place),
            ("from", &self.from),
            ("until", &self.until),
            ("receivers", &self.receivers),
            ("rules", &self.rules),
            ("legal_basis", &self.legal_basis),
            ("retention_days", &self.retention_days),
        ] {
            f = f.with(format!("a{at}_{name}"), value);
        }
        for (of, party) in self.parties.iter().enumerate() {
            f = f
                .with(format!("a{at}_p{of}_name"), &party.name)
                .with(format!("a{at}_p{of}_max"), &party.max_elements);
        }
        f
    }

    /// As an annex of a text that is to be amended has it.
    pub(super) fn of_text(annex: &Value) -> Self {
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
                max_elements: text(&party["max_elements"]),
            }
        };
        let receivers = match list(&agreement["receivers"]).as_slice() {
            [one] if one == "0" => "first",
            [one] if one == "1" => "second",
            _ => "both",
        };
        let months = &agreement["selection"]["months"];
        Self {
            code: text(&annex["code"]),
            purpose: text(&agreement["purpose"]),
            place: text(&agreement["place"]),
            from: text(&months["from"]),
            until: before(&text(&months["to"])),
            receivers: receivers.to_owned(),
            rules: list(&agreement["rules"]).join(" "),
            legal_basis: list(&agreement["legal_basis"]).join("\n"),
            retention_days: text(&agreement["retention_days"]),
            parties: [party(0), party(1)],
        }
    }

    /// As a draft writes it, with what is missing noted beside its fields.
    pub(super) fn draft(&self, p: &Page, f: &mut Form, at: usize) -> AnnexDraft {
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
        if self.parties[0].name == self.parties[1].name {
            f.wrong(&format!("a{at}_p1_name"), p.w("office.party_same"));
        }
        let parties = (0..).zip(&self.parties).map(|(of, party)| {
            let place = |name: &str| format!("a{at}_p{of}_{name}");
            if party.programmes.is_empty() {
                f.wrong(&place("programmes"), p.w("office.programmes_none"));
            }
            PartyDraft {
                name: party.name.clone(),
                programmes: party.programmes.clone(),
                max_elements: number(p, f, &place("max"), &party.max_elements),
            }
        });
        let parties: Vec<PartyDraft> = parties.collect();
        let words = |text: &str| {
            let words = text.split([' ', ',', '，', '、']).filter(|word| !word.is_empty());
            words.map(str::to_owned).collect::<Vec<_>>()
        };
        let lines = self
            .legal_basis
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty());
        let lines: Vec<String> = lines.map(str::to_owned).collect();
        let days = Some(self.retention_days.as_str()).filter(|days| !days.is_empty());
        AnnexDraft {
            code: self.code.clone(),
            purpose: self.purpose.clone(),
            place: self.place.clone(),
            from: self.from.clone(),
            until: self.until.clone(),
            receivers: match self.receivers.as_str() {
                "first" => Some(vec![self.parties[0].name.clone()]),
                "second" => Some(vec![self.parties[1].name.clone()]),
                // What the purpose makes of it.
                _ => None,
            },
            rules: Some(words(&self.rules)).filter(|rules| !rules.is_empty()),
            legal_basis: Some(lines).filter(|lines| !lines.is_empty()),
            retention_days: days.map(|days| number(p, f, &format!("a{at}_retention_days"), days)),
            parties,
        }
    }
}

/// A whole number above zero.
pub(super) fn number(p: &Page, f: &mut Form, place: &str, typed: &str) -> u64 {
    let number = typed.replace([',', '_'], "").parse().unwrap_or_default();
    if number == 0 {
        f.wrong(place, p.w("office.number_wrong"));
    }
    number
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
        let annex = Annex::of_text(&json!({ "code": "附件2", "agreement": {
            "purpose": "leads", "place": "290101", "receivers": [1], "rules": [], "legal_basis": ["甲", "乙"],
            "retention_days": 365, "selection": { "months": { "from": "2026-07", "to": "2027-07" } },
            "parties": [{ "name": "检察院", "programmes": ["judicial_aid"], "max_elements": 5000 }, { "name": "民政局", "programmes": [], "max_elements": 1 }],
        } }));
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
