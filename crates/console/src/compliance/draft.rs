//! An agreement with another agency that is drafted: whom it is with, what each of the two enters, and who learns what.
//! What is left empty follows from the purpose. It binds nobody before both have signed.

use askama::Template;
use axum::response::Response;
use hefu_node::api::view::{Carried, ErrorView, PeerList};
use serde::Serialize;

use crate::catalogue::Catalogue;
use crate::fault::Result;
use crate::form::{Fields, Form, Sent, done};
use crate::guard::Who;
use crate::page::{Page, html, refused};
use crate::show::today;

const PURPOSES: [&str; 5] = ["duplicates", "omissions", "leads", "referrals", "precheck"];

const KEPT: [&str; 20] = [
    "number",
    "purpose",
    "peer",
    "receivers",
    "from",
    "until",
    "place",
    "valid_from",
    "expires",
    "max_own_elements",
    "max_peer_elements",
    "peer_case_scheme",
    "rules",
    "legal_basis",
    "key_kind",
    "compare_names",
    "rounds_a_month",
    "checks_a_day",
    "resume_hours",
    "retention_days",
];

/// Terms as the node names them, the field in which each stands, and the key of what the form calls it.
const TERMS: [(&str, &str, &str); 18] = [
    ("number", "number", "compliance.draft_number"),
    ("purpose", "purpose", "office.purpose"),
    ("peer", "peer", "compliance.draft_peer"),
    ("receivers", "receivers", "office.receivers"),
    ("place", "place", "office.place"),
    ("selection.months", "until", "office.month_until"),
    ("valid_from", "valid_from", "office.valid_from"),
    ("expires", "expires", "office.expires"),
    ("parties.programmes", "own_programmes", "office.programmes"),
    ("parties.max_elements", "max_own_elements", "office.max_elements"),
    ("parties.case_scheme", "peer_case_scheme", "office.case_scheme"),
    ("legal_basis", "legal_basis", "office.legal_basis"),
    ("key_kind", "key_kind", "office.key_kind"),
    ("mode", "compare_names", "office.compare_names"),
    ("label.fields", "compare_names", "office.compare_names"),
    ("rules", "rules", "office.rules"),
    ("checks_a_day", "checks_a_day", "compliance.draft_checks_a_day"),
    ("retention_days", "retention_days", "office.retention_days"),
];

#[derive(Template)]
#[template(path = "compliance/draft.html")]
struct Drafting {
    p: Page,
    f: Form,
    peers: Vec<(String, String)>,
    purposes: [(&'static str, String); 5],
    catalogue: Catalogue,
    /// The programmes of this agency that are chosen, and of the other.
    own: Vec<String>,
    other: Vec<String>,
}

impl Drafting {
    async fn of(who: &Who, f: Form, own: Vec<String>, other: Vec<String>) -> Result<Self> {
        let peers: PeerList = who.api().get("/api/v1/peers").await?;
        let met = |role: &str| role != "conference_office";
        let peers = peers.peers.into_iter().filter(|peer| met(&peer.role));
        let p = who.page("compliance.draft").wrong(f.problems());
        Ok(Self {
            peers: peers.map(|peer| (peer.node_key.to_string(), peer.name)).collect(),
            purposes: PURPOSES.map(|purpose| (purpose, p.said("purpose_", purpose))),
            catalogue: Catalogue::of(who).await?,
            p: p.at("/compliance/agreements/new"),
            f,
            own,
            other,
        })
    }

    fn options(&self, name: &str) -> Vec<(&'static str, String)> {
        let codes: &[&str] = match name {
            "receivers" => &["own", "peer", "both"],
            "key_kind" => &["", "rule", "person", "referral"],
            _ => &["", "true", "false"],
        };
        let words = |code: &&'static str| match (name, *code) {
            (_, "") => ("", self.p.w("office.choice_usual")),
            ("key_kind", code) => (code, self.p.said("paper_key_kind_", code)),
            ("receivers", "both") => ("both", self.p.w("office.choice_both")),
            (_, "true") => ("true", self.p.w("office.choice_yes")),
            (_, "false") => ("false", self.p.w("office.choice_no")),
            (_, code) => (code, self.p.wx("compliance.draft_learns_", code)),
        };
        codes.iter().map(words).collect()
    }

    fn has(&self, side: &str, code: &str) -> bool {
        let chosen = if side == "own_programmes" {
            &self.own
        } else {
            &self.other
        };
        chosen.iter().any(|each| each == code)
    }
}

pub(super) async fn drafting(who: Who) -> Result<Response> {
    let f = Form::new()
        .with("receivers", "own")
        .with("valid_from", today().to_string());
    html(&Drafting::of(&who, f, Vec::new(), Vec::new()).await?)
}

/// As the interface takes it; what is nothing follows from the purpose.
#[derive(Serialize)]
struct Draft<'a> {
    number: &'a str,
    purpose: &'a str,
    peer: &'a str,
    receivers: &'a str,
    own_programmes: &'a [String],
    peer_programmes: &'a [String],
    from: &'a str,
    until: &'a str,
    place: &'a str,
    valid_from: &'a str,
    expires: &'a str,
    max_own_elements: Option<u64>,
    max_peer_elements: Option<u64>,
    peer_case_scheme: Option<&'a str>,
    rules: Option<Vec<&'a str>>,
    legal_basis: Option<Vec<&'a str>>,
    key_kind: Option<&'a str>,
    compare_names: Option<bool>,
    rounds_a_month: Option<u64>,
    checks_a_day: Option<u64>,
    resume_hours: Option<u64>,
    retention_days: Option<u64>,
}

pub(super) async fn draft(Sent { who, fields }: Sent) -> Result<Response> {
    let chosen = |side: &str| fields.all(side).map(str::to_owned).collect::<Vec<_>>();
    let (own, other) = (chosen("own_programmes"), chosen("peer_programmes"));
    let mut f = Form::keeping(&fields, &KEPT);
    let request = written(&who, &fields, &mut f, &own, &other);
    if f.is_fine() {
        match who
            .api()
            .post::<Carried>("/api/v1/agreements/drafts", &request)
            .await
        {
            Ok(drafted) => {
                let path = format!("/compliance/agreements/{}", drafted.agreement);
                return Ok(done(&path, "compliance.done_drafted"));
            }
            Err(fault) => note(&who, &mut f, &*fault.of_the_form()?),
        }
    }
    refused(&Drafting::of(&who, f, own, other).await?)
}

fn written<'a>(
    who: &Who,
    fields: &'a Fields,
    f: &mut Form,
    own: &'a [String],
    other: &'a [String],
) -> Draft<'a> {
    let demanded = [
        "number",
        "purpose",
        "peer",
        "from",
        "until",
        "place",
        "valid_from",
        "expires",
    ];
    f.demand(&who.visit, fields, &demanded);
    let p = who.page("compliance.draft");
    for (side, chosen) in [("own_programmes", own), ("peer_programmes", other)] {
        if chosen.is_empty() {
            f.wrong(side, p.w("office.programmes_none"));
        }
    }
    let mut count = |name: &str| {
        let typed = fields.maybe(name)?;
        let number = typed.replace([',', '_'], "").parse().ok();
        let number = number.filter(|number| *number > 0);
        if number.is_none() {
            f.wrong(name, p.w("office.number_wrong"));
        }
        number
    };
    let parts = |name: &str, apart: &[char]| {
        let parts = fields.text(name).split(apart).map(str::trim);
        let parts: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
        Some(parts).filter(|parts| !parts.is_empty())
    };
    Draft {
        number: fields.text("number"),
        purpose: fields.text("purpose"),
        peer: fields.text("peer"),
        receivers: fields.text("receivers"),
        own_programmes: own,
        peer_programmes: other,
        from: fields.text("from"),
        until: fields.text("until"),
        place: fields.text("place"),
        valid_from: fields.text("valid_from"),
        expires: fields.text("expires"),
        max_own_elements: count("max_own_elements"),
        max_peer_elements: count("max_peer_elements"),
        peer_case_scheme: fields.maybe("peer_case_scheme"),
        rules: parts("rules", &[',', '，', '、', ' ']),
        legal_basis: parts("legal_basis", &['\n']),
        key_kind: fields.maybe("key_kind"),
        compare_names: fields.maybe("compare_names").map(|choice| choice == "true"),
        rounds_a_month: count("rounds_a_month"),
        checks_a_day: count("checks_a_day"),
        resume_hours: count("resume_hours"),
        retention_days: count("retention_days"),
    }
}

/// Notes why it is refused, beside the field in which that is and in the words of the form.
fn note(who: &Who, f: &mut Form, error: &ErrorView) {
    let p = who.page("compliance.draft");
    let named = error.field.as_deref().unwrap_or_default();
    let known = TERMS.iter().find(|(name, _, _)| *name == named);
    match (known, error.params.get("wrong")) {
        // Nobody typed any: the programmes break none together.
        (Some((_, "rules", _)), Some(wrong)) if wrong == "missing" && f.value("rules").is_empty() => {
            f.wrong("own_programmes", p.w("compliance.draft_no_rule"));
        }
        (Some((_, place, label)), Some(wrong)) => {
            f.wrong(
                place,
                p.w2("office.draft_wrong", p.w(label), p.said("wrong_", wrong)),
            );
        }
        _ => f.refused(&who.visit, error, &[("rule_unusable", "rules")]),
    }
}
