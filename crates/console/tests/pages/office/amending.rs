//! An amendment in which nobody changed anything: it says what the text says, term by term.

use axum::http::StatusCode;
use hefu_casework::conference::{Framework, FrameworkDraft, MAX_ANNEXES, Seat, Seated};
use hefu_casework::{AgencyRole, Hex, RuleSet};
use serde_json::{Value, json};

use super::texts::{detail, edition};
use super::{api, desk_at, key, page, seat, sent};
use crate::desk::Desk;

/// Every term that a purpose has a usual answer for is answered in another way by some annex.
const UNUSUAL: &str = r#"
number = "县联席〔2026〕1号"
title = "框架\"协议\""
members = ["县民政局", "县残联"]
valid_from = "2026-12-01"
expires = "2027-11-30"
smallest = 7
absent = "not_at_all"
late = "next_round"

[schedule]
day = 9
freeze_hours = 48
run_hours = 24
review_days = 0

[[annexes]]
code = "附件1"
number = "民残〔2026〕8号"
purpose = "duplicates"
key_kind = "person"
compare_names = false
place = "290101"
from = "2026-07"
until = "2026-12"
rounds_a_month = 2
resume_hours = 24
retention_days = 90
legal_basis = ["某条例第一条", "某办法第二条"]
parties = [
    { name = "县残联", programmes = ["disabled_living", "disabled_care"], case_scheme = "judicial_aid", max_elements = 5000 },
    { name = "县民政局", programmes = ["extreme_poverty"], max_elements = 100000 },
]

[[annexes]]
code = "附件2"
purpose = "leads"
compare_names = true
receivers = ["县民政局", "县残联"]
place = "290101"
from = "2026-01"
until = "2026-06"
parties = [
    { name = "县民政局", programmes = ["case_victim"], max_elements = 7 },
    { name = "县残联", programmes = ["disability_holder"], max_elements = 8 },
]

[[annexes]]
code = "附件3"
purpose = "duplicates"
rules = ["X3"]
receivers = ["县残联"]
place = "290101"
from = "2026-07"
until = "2027-06"
parties = [
    { name = "县民政局", programmes = ["extreme_poverty"], max_elements = 9 },
    { name = "县残联", programmes = ["disabled_care"], max_elements = 10 },
]
"#;

fn drafted(draft: &str, amends: Option<&Framework>) -> Framework {
    let of = |at: u8, name: &str, role| Seat {
        name: name.to_owned(),
        role,
        node_key: Hex([at; 32]),
    };
    let seated = [
        of(1, "县民政局", AgencyRole::CivilAffairs),
        of(2, "县残联", AgencyRole::DisabledFederation),
    ];
    let seated = seated.map(|seat| Seated {
        tls_key: Hex(seat.node_key.0.map(|byte| byte + 16)),
        seat,
    });
    let office = of(15, "县政法委", AgencyRole::ConferenceOffice);
    FrameworkDraft::parse(draft)
        .unwrap()
        .text(office, &seated, amends, "suite", &RuleSet::national())
        .unwrap()
}

/// The office before this text, where these have a seat. One programme of it is not in the node's catalogue.
async fn office(text: &Value, members: &[&str]) -> Desk {
    let desk = desk_at("office", true).await;
    let mut of_text = detail("open");
    of_text["summary"]["number"] = text["number"].clone();
    of_text["text"] = text.clone();
    desk.fake
        .answer(&api("GET", &format!("/texts/{}", key(3))), 200, of_text);
    desk.fake.answer(
        &api("GET", "/texts"),
        200,
        json!({ "editions": [edition("open")] }),
    );
    let seats = members.iter().zip(1..).map(|(name, of)| {
        let mut seat = seat(of, name, "member");
        seat["name"] = json!(name);
        seat
    });
    let seats: Vec<_> = seats.collect();
    desk.fake
        .answer(&api("GET", "/seats"), 200, json!({ "seats": seats }));
    let programmes = [
        "extreme_poverty",
        "disabled_living",
        "disabled_care",
        "case_victim",
    ];
    let programmes = programmes.map(|code| json!({ "code": code, "name": code }));
    desk.fake
        .answer("GET /api/v1/programmes", 200, json!({ "programmes": programmes }));
    desk.fake.answer(
        &api("POST", "/texts/preview"),
        200,
        json!({ "text": {}, "annexes": [] }),
    );
    desk
}

async fn form(desk: &mut Desk) -> Vec<(String, String)> {
    let address = page(&format!("/texts/draft?amends={}", key(3)));
    let shown = desk.get(&address).await;
    assert_eq!(shown.status, StatusCode::OK, "{}", shown.text);
    fields(&shown.text, &page("/texts/draft"))
}

async fn looked_at(desk: &mut Desk, fields: &[(String, String)]) -> crate::desk::Answer {
    let fields = fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let fields: Vec<_> = fields.chain([("act", "look")]).collect();
    desk.submit(&page("/texts/draft"), &fields).await
}

#[tokio::test]
async fn what_nobody_changed_stays_as_it_is() {
    let text = drafted(UNUSUAL, None);
    let mut desk = office(&serde_json::to_value(&text).unwrap(), &["县民政局", "县残联"]).await;
    let filled = form(&mut desk).await;
    let seen = looked_at(&mut desk, &filled).await;
    assert_eq!(seen.status, StatusCode::OK, "{}", seen.text);
    let request = sent(&desk, "/texts/preview");
    assert_eq!(request["amends"], key(3));
    let amended = drafted(request["draft"].as_str().unwrap(), Some(&text));
    assert_eq!((amended.edition, amended.amends), (2, Some(text.digest())));
    let [before, after] = [&text, &amended].map(|text| {
        let mut text = serde_json::to_value(text).unwrap();
        for own in ["edition", "amends"] {
            text.as_object_mut().unwrap().remove(own);
        }
        text
    });
    for (name, value) in before.as_object().unwrap() {
        assert_eq!(*value, after[name], "{name}");
    }
    assert_eq!(before, after);

    // What the purpose makes of it is one choice among others, and is taken back by choosing it.
    let usual: Vec<_> = filled
        .into_iter()
        .map(|(name, value)| match name.as_str() {
            "a1_receivers" | "a1_compare_names" | "a0_number" | "a0_rounds_a_month" => (name, String::new()),
            _ => (name, value),
        })
        .collect();
    looked_at(&mut desk, &usual).await;
    let request = sent(&desk, "/texts/preview");
    let amended = drafted(request["draft"].as_str().unwrap(), Some(&text));
    let leads = &amended.annexes[1].agreement;
    assert!(leads.label.is_none() && leads.receivers == [0]);
    let first = &amended.annexes[0].agreement;
    assert_eq!(
        (first.number.as_str(), first.rounds_a_month),
        ("县联席〔2026〕1号附件1", 4)
    );
}

#[tokio::test]
async fn nobody_takes_the_place_of_a_party_that_has_left() {
    let text = serde_json::to_value(drafted(UNUSUAL, None)).unwrap();
    let mut desk = office(&text, &["县民政局", "县法院"]).await;
    let filled = form(&mut desk).await;
    assert!(filled.contains(&("a0_p0_name".to_owned(), "县残联".to_owned())));
    let refused = looked_at(&mut desk, &filled).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("href=\"#f-a0_p0_name\""));
    assert!(desk.fake.bodies(&api("POST", "/texts/preview")).is_empty());
}

#[tokio::test]
async fn no_annex_is_lost_of_as_many_as_a_text_may_have() {
    let mut text = serde_json::to_value(drafted(UNUSUAL, None)).unwrap();
    let annex = text["annexes"][2].clone();
    let numbered = (1..=MAX_ANNEXES).map(|number| {
        let mut annex = annex.clone();
        annex["code"] = json!(format!("附件{number}"));
        annex
    });
    text["annexes"] = numbered.collect::<Vec<_>>().into();
    let mut desk = office(&text, &["县民政局", "县残联"]).await;
    let mut filled = form(&mut desk).await;
    let seen = looked_at(&mut desk, &filled).await;
    assert_eq!(seen.status, StatusCode::OK);
    let request = sent(&desk, "/texts/preview");
    let draft = FrameworkDraft::parse(request["draft"].as_str().unwrap()).unwrap();
    assert_eq!(draft.annexes.len(), MAX_ANNEXES);

    filled.push(("act".to_owned(), "add".to_owned()));
    let pairs: Vec<_> = filled
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let full = desk.submit(&page("/texts/draft"), &pairs).await;
    assert_eq!(full.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(full.text.contains("href=\"#f-annexes\"") && full.text.contains("120"));
    let beyond: Vec<_> = pairs
        .into_iter()
        .map(|(name, value)| {
            if name == "annexes" {
                (name, "121")
            } else {
                (name, value)
            }
        })
        .collect();
    let forged = desk.submit(&page("/texts/draft"), &beyond).await;
    assert_eq!(forged.status, StatusCode::BAD_REQUEST);
}

/// What a browser would send of the form with this address if nobody touched it, without its token and its buttons.
fn fields(text: &str, action: &str) -> Vec<(String, String)> {
    let start = text.find(&format!("action=\"{action}\"")).expect("the form");
    let form = text[start..].split("</form>").next().unwrap();
    let mut sent = Vec::new();
    for tag in form.split('<') {
        let (inside, after) = tag.split_once('>').unwrap_or((tag, ""));
        let name = attribute(inside, "name").unwrap_or_default();
        let value = attribute(inside, "value");
        let is = |word: &str| inside.split_whitespace().any(|part| part == word);
        match inside.split_whitespace().next() {
            Some("input") if name == "csrf" => {}
            // A box that is not ticked is not sent.
            Some("input") if attribute(inside, "type").as_deref() == Some("checkbox") && !is("checked") => {}
            Some("input") => sent.push((name, value.unwrap())),
            Some("textarea") => sent.push((name, read(after))),
            // Its options follow: the first, until one is chosen; of several to choose from, those that are.
            Some("select") => sent.push((name, if is("multiple") { "" } else { "?" }.to_owned())),
            Some("option") => {
                let (name, now) = sent.last().unwrap().clone();
                match (now.as_str(), is("selected")) {
                    ("", true) if name.ends_with("programmes") => sent.last_mut().unwrap().1 = value.unwrap(),
                    (_, true) if name.ends_with("programmes") => sent.push((name, value.unwrap())),
                    ("?", _) | (_, true) => sent.last_mut().unwrap().1 = value.unwrap(),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    sent
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let from = tag.split(&format!(" {name}=\"")).nth(1)?;
    Some(read(from.split('"').next().unwrap()))
}

fn read(text: &str) -> String {
    let marks = [
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#38;", "&"),
    ];
    marks.iter().fold(text.to_owned(), |text, (written, mark)| {
        text.replace(written, mark)
    })
}
