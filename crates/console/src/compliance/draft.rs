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
use crate::terms::{self, TERMS};

const PURPOSES: [&str; 5] = ["duplicates", "omissions", "leads", "referrals", "precheck"];

const DEMANDED: [&str; 8] = [
    "number",
    "purpose",
    "peer",
    "from",
    "until",
    "place",
    "valid_from",
    "expires",
];

/// The terms that only an agreement of two agencies has by itself, as [`TERMS`] has the others.
const OF_TWO: [(&str, &str, &str); 3] = [
    ("peer", "peer", "compliance.draft_peer"),
    ("expires", "expires", "office.expires"),
    ("checks_a_day", "checks_a_day", "compliance.draft_checks_a_day"),
];

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
    "p0_max",
    "p1_max",
    "p1_scheme",
    "rules",
    "legal_basis",
    "key_kind",
    "compare_names",
    "rounds_a_month",
    "checks_a_day",
    "resume_hours",
    "retention_days",
];

#[derive(Template)]
#[template(path = "compliance/draft.html")]
struct Drafting {
    p: Page,
    f: Form,
    peers: Vec<(String, String)>,
    purposes: [(&'static str, String); 5],
    catalogue: Catalogue,
    /// The programmes that are chosen: of this agency, and of the other.
    programmes: [Vec<String>; 2],
}

impl Drafting {
    async fn of(who: &Who, f: Form, programmes: [Vec<String>; 2]) -> Result<Self> {
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
            programmes,
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

    fn has(&self, party: &usize, code: &str) -> bool {
        self.programmes[*party].iter().any(|each| each == code)
    }
}

pub(super) async fn drafting(who: Who) -> Result<Response> {
    let f = Form::new()
        .with("receivers", "own")
        .with("valid_from", today().to_string());
    html(&Drafting::of(&who, f, Default::default()).await?)
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
    rules: Option<Vec<String>>,
    legal_basis: Option<Vec<String>>,
    key_kind: Option<&'a str>,
    compare_names: Option<bool>,
    rounds_a_month: Option<u64>,
    checks_a_day: Option<u64>,
    resume_hours: Option<u64>,
    retention_days: Option<u64>,
}

pub(super) async fn draft(Sent { who, fields }: Sent) -> Result<Response> {
    let programmes = ["p0_programmes", "p1_programmes"]
        .map(|side| fields.all(side).map(str::to_owned).collect::<Vec<_>>());
    let mut f = Form::keeping(&fields, &KEPT);
    let request = written(&who, &fields, &mut f, &programmes);
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
    refused(&Drafting::of(&who, f, programmes).await?)
}

fn written<'a>(who: &Who, fields: &'a Fields, f: &mut Form, [own, other]: &'a [Vec<String>; 2]) -> Draft<'a> {
    f.demand(&who.visit, fields, &DEMANDED);
    let p = who.page("compliance.draft");
    terms::place(&p, f, "place", fields.text("place"));
    for name in ["from", "until"] {
        terms::month(&p, f, name, fields.text(name));
    }
    for (field, chosen) in [("p0_programmes", own), ("p1_programmes", other)] {
        if chosen.is_empty() {
            f.wrong(field, p.w("office.programmes_none"));
        }
    }
    let mut count = |name| Some(terms::whole(&p, f, name, fields.maybe(name)?, 1));
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
        max_own_elements: count("p0_max"),
        max_peer_elements: count("p1_max"),
        peer_case_scheme: fields.maybe("p1_scheme"),
        rules: terms::rules(fields.text("rules")),
        legal_basis: terms::articles(fields.text("legal_basis")),
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
    let known = TERMS.iter().chain(&OF_TWO).find(|(name, ..)| *name == named);
    let (Some((_, field, label)), Some(wrong)) = (known, error.params.get("wrong")) else {
        return f.refused(&who.visit, error, &[("rule_unusable", "rules")]);
    };
    let field = match *field {
        // Nobody typed any: the programmes break none together.
        "rules" if wrong == "missing" && f.value("rules").is_empty() => {
            return f.wrong("p0_programmes", p.w("compliance.draft_no_rule"));
        }
        "p0_max" if !f.value("p0_max").is_empty() => "p1_max",
        // This agency's own is that of its data.
        "p0_scheme" => "p1_scheme",
        field => field,
    };
    let words = p.w2("office.draft_wrong", p.w(label), p.said("wrong_", wrong));
    f.wrong(field, words);
}
