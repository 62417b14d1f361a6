//! A case worker's day over a node as it is: an export is imported, a finding goes the way of the law, and the list says so.

use axum::http::StatusCode;
use hefu_casework::{
    AgencyRole, Agreement, Care, Fen, Finding, FindingKind, Hex, KeyKind, Known, Mode, MonthRange, Party,
    Place, Purpose, RowId, RuleSet, Selection,
};
use hefu_identity::Kind;
use hefu_store::{AgreementState, DatasetId, Role, Round, RoundState, Store};
use jiff::civil::date;

use crate::desk::Desk;
use crate::real::{Real, between, upload};

pub(crate) const ROUND: [u8; 32] = [7; 32];
pub(crate) const NUMBERS: [&str; 2] = ["29010119500101100X", "290101195001011018"];

pub(crate) fn finding(number: &str, row: u64, disabled: Known) -> Finding {
    Finding {
        kind: FindingKind::Duplicate,
        rule: Some("X3".parse().unwrap()),
        peer: Some("县残疾人联合会".to_owned()),
        person: hefu_identity::parse(Kind::Resident, number).unwrap().key,
        rows: vec![RowId {
            file: 1,
            sheet: 1,
            row,
        }],
        months: vec!["2026-07".parse().unwrap()],
        changeover: vec![],
        case: None,
        letter: None,
        feedback: None,
        name: None,
        programmes: vec!["minimum_living".parse().unwrap()],
        to_verify: Some(Fen(65_050)),
        payments: vec![],
        care: Care {
            protected: false,
            minor: Known::No,
            disabled,
        },
    }
}

/// As a round that ran on 2 March 2026 would have left it.
fn put(store: &Store) {
    let findings = [
        finding(NUMBERS[0], 2, Known::No),
        finding(NUMBERS[1], 3, Known::Yes),
    ];
    put_findings(store, b"{}", &findings);
}

/// What the round was run under.
pub(crate) fn agreement() -> Agreement {
    let party = |name: &str, role, key: u8, programme: &str| Party {
        name: name.to_owned(),
        role,
        node_key: Hex([key; 32]),
        tls_key: Hex([key + 100; 32]),
        programmes: vec![programme.parse().unwrap()],
        case_scheme: None,
        max_elements: 100_000,
    };
    Agreement {
        version: Agreement::VERSION,
        number: "某协〔2026〕1号".to_owned(),
        purpose: Purpose::Duplicates,
        legal_basis: vec!["《个人信息保护法》第十三条第一款第三项".to_owned()],
        parties: vec![
            party("县民政局", AgencyRole::CivilAffairs, 3, "extreme_poverty"),
            party(
                "县残疾人联合会",
                AgencyRole::DisabledFederation,
                2,
                "disabled_care",
            ),
        ],
        receivers: vec![0, 1],
        selection: Selection {
            months: MonthRange {
                from: "2026-01".parse().unwrap(),
                to: "2027-01".parse().unwrap(),
            },
        },
        place: Place::new("290101").unwrap(),
        key_kind: KeyKind::Rule,
        mode: Mode::Members,
        suite: "suite-1".to_owned(),
        rules: vec!["X3".parse().unwrap()],
        rules_digest: Hex(RuleSet::national().digest()),
        label: None,
        rounds_a_month: 4,
        checks_a_day: None,
        resume_hours: 72,
        valid_from: date(2026, 1, 1),
        expires: date(2026, 12, 31),
        retention_days: 1095,
        under: None,
    }
}

/// The same with other findings, under an agreement as it is kept.
pub(crate) fn put_findings(store: &Store, agreement: &[u8], findings: &[Finding]) {
    store
        .put_agreement(&[1; 32], agreement, &AgreementState::Signed)
        .unwrap();
    let round = Round {
        id: ROUND,
        agreement: [1; 32],
        peer: [2; 32],
        role: Role::Receiver,
        datasets: vec![DatasetId(1)],
        state: RoundState::Running,
        started_at: "2026-03-02T01:00:00Z".parse().unwrap(),
        ended_at: None,
        own_elements: Some(9),
        peer_elements: Some(8),
        matched: Some(2),
        bytes_out: 77,
        bytes_in: 88,
        error: None,
        reason: None,
    };
    store.put_round(&round).unwrap();
    let done = Round {
        state: RoundState::Done,
        ended_at: Some("2026-03-02T02:00:00Z".parse().unwrap()),
        ..round
    };
    store.end_round(&done, findings).unwrap();
}

/// A node with an export that a case worker imported, and a round over it.
pub(crate) async fn node() -> Real {
    imported().await.again(put).await
}

/// A node with an export that a case worker imported.
pub(crate) async fn imported() -> Real {
    let real = Real::start().await;
    let mut liu = real.desk("liu").await;
    let editor = upload(&mut liu).await;
    assert_eq!(editor.status, StatusCode::OK, "{}", editor.text);
    let uploads = between(&editor.text, "name=\"uploads\" value=\"", "\"").to_owned();
    let mapping = "[columns]\nnumber = \"身份证号\"\nkind = \"resident\"\n\
        [programme]\nconstant = \"minimum_living\"\n[period]\nconstant = \"2026-07\"\n";
    let fields = [
        ("uploads", uploads.as_str()),
        ("name", "minimum_living"),
        ("mapping", mapping),
        ("act", "import"),
    ];
    let imported = liu.submit("/it/imports/new", &fields).await;
    assert_eq!(imported.status, StatusCode::OK, "{}", imported.text);
    // From the account of the import on to what it shows, in one sitting.
    assert!(
        imported.text.contains("href=\"/case/local\""),
        "{}",
        imported.text
    );
    assert!(!imported.text.contains("href=\"/it/datasets\""));
    let rows = liu.get("/it/datasets/1/refused").await;
    assert!(rows.text.contains("wrong_check_digit"), "{}", rows.text);
    let local = liu
        .get("/case/local?place=290105&from=2026-07&until=2026-07")
        .await;
    assert_eq!(local.status, StatusCode::OK, "{}", local.text);
    let wrong = liu.get("/case/local?place=x").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let checks = liu.get("/case/checks").await;
    assert!(
        checks
            .text
            .contains("<option value=\"minimum_living\" selected>低保"),
        "{}",
        checks.text
    );
    // Without an agreement nobody is asked.
    let person = [
        ("kind", "resident"),
        ("number", NUMBERS[0]),
        ("programme", "minimum_living"),
        ("from", "2026-12"),
        ("ground", "duty"),
        ("law", "社会救助暂行办法"),
        ("article", "第五十八条"),
        ("document", "申1号"),
        ("case_file", "卷1号"),
    ];
    let refused = liu.submit("/case/checks", &person).await;
    assert_eq!(
        refused.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        refused.text
    );
    assert!(refused.text.contains("precheck_no_agreement"), "{}", refused.text);
    assert!(!refused.text.contains(NUMBERS[0]));
    // A desk holds the node open.
    drop(liu);
    real
}

async fn act(desk: &mut Desk, fields: &[(&str, &str)]) -> crate::desk::Answer {
    let path = format!("/case/findings/{}/1/acts", Hex(ROUND));
    desk.submit(&path, fields).await
}

async fn recorded(desk: &mut Desk, fields: &[(&str, &str)]) {
    let answer = act(desk, fields).await;
    assert_eq!(
        answer.status,
        StatusCode::SEE_OTHER,
        "{fields:?}: {}",
        answer.text
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finding_goes_the_way_of_the_law() {
    let real = node().await;
    let mut liu = real.desk("liu").await;
    let mut chen = real.desk("chen").await;
    assert_eq!(liu.get("/").await.location(), "/case/home");
    for page in [
        "/case/home",
        "/case/findings",
        "/case/inquiries",
        "/case/matters",
        "/case/matters/new",
        "/case/clues",
        "/case/letters/notice",
    ] {
        let answer = liu.get(page).await;
        assert_eq!(answer.status, StatusCode::OK, "{page}: {}", answer.text);
        for number in NUMBERS {
            assert!(!answer.text.contains(number), "{page}");
        }
    }
    // The key group comes first.
    let list = liu.get("/case/findings?stage=undecided").await.text;
    let place = |seq: u64| {
        list.find(&format!("/case/findings/{}/{seq}\"", Hex(ROUND)))
            .unwrap()
    };
    assert!(place(2) < place(1));

    recorded(&mut liu, &[("act", "taken"), ("taken_on", "2026-03-03")]).await;
    // Whoever is not in charge verifies nothing.
    let verified = [
        ("act", "verified"),
        ("verified_result", "verdict_confirmed"),
        ("verified_reason", "查阅发放流水，7月两项同时发放"),
        ("verified_on", "2026-03-04"),
    ];
    let refused = act(&mut chen, &verified).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("not_in_charge"), "{}", refused.text);
    recorded(&mut liu, &verified).await;
    let decided = |decision: &'static str| {
        [
            ("act", "decided"),
            ("decided_decision", decision),
            ("decided_yuan", "650.50"),
            ("decided_authority", "县民政局"),
            ("decided_document", "民决〔2026〕1号"),
            ("decided_reason", "核实属实"),
            ("decided_on", "2026-03-20"),
        ]
    };
    let unheard = act(&mut liu, &decided("decision_stopped")).await;
    assert_eq!(unheard.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unheard.text.contains("not_heard"), "{}", unheard.text);
    let told = [
        ("act", "told"),
        ("told_document", "民告〔2026〕1号"),
        ("told_on", "2026-03-05"),
        ("days", "5"),
        ("unit", "working"),
    ];
    recorded(&mut liu, &told).await;
    let heard = [
        ("act", "heard"),
        ("heard_document", "笔录1号"),
        ("heard_on", "2026-03-06"),
    ];
    recorded(&mut liu, &heard).await;
    recorded(&mut liu, &decided("decision_recovered")).await;
    let page = liu.get(&format!("/case/findings/{}/1", Hex(ROUND))).await.text;
    assert!(page.contains("民告〔2026〕1号") && page.contains("笔录1号") && page.contains("650.50"));
    let undecided = liu.get("/case/findings?stage=undecided").await.text;
    assert!(!undecided.contains(&format!("/case/findings/{}/1\"", Hex(ROUND))));

    // Nobody corrects what they decided.
    let corrected = [
        ("act", "corrected"),
        ("corrected_authority", "县民政局"),
        ("corrected_document", "民更〔2026〕1号"),
        ("corrected_reason", "两人一号"),
        ("corrected_on", "2026-03-21"),
    ];
    let same = act(&mut liu, &corrected).await;
    assert!(same.text.contains("same_person"), "{}", same.text);
    recorded(&mut chen, &corrected).await;
    let list = liu.get("/case/findings?stage=stage_corrected").await.text;
    assert!(list.contains(&format!("/case/findings/{}/1\"", Hex(ROUND))));

    let other = real.desk("wang").await.get("/case/home").await;
    assert_eq!(other.status, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_matter_of_a_finding_is_opened_and_sent_on() {
    let real = node().await;
    let mut liu = real.desk("liu").await;
    let round = Hex(ROUND).to_string();
    let new = liu.get(&format!("/case/matters/new?round={round}&seq=1")).await;
    assert!(new.text.contains("name=\"round\""), "{}", new.text);
    let open = [
        ("kind", "transfer"),
        ("number", "移〔2026〕1号"),
        ("round", round.as_str()),
        ("seq", "1"),
        ("on", "2026-03-03"),
        ("place", "290105"),
        ("other_name", "县人民检察院"),
        ("other_role", "procuratorate"),
        ("other_place", "290105"),
        ("received", "yes"),
        ("trigger", "still_poor"),
    ];
    let opened = liu.submit("/case/matters/new", &open).await;
    assert_eq!(opened.status, StatusCode::SEE_OTHER, "{}", opened.text);
    let path = opened.location().split('?').next().unwrap().to_owned();
    let page = liu.get(&path).await;
    assert!(page.text.contains("移〔2026〕1号"), "{}", page.text);
    let filed = [
        ("act", "filed"),
        ("paper", "case_facts"),
        ("document", "情〔2026〕1号"),
        ("on", "2026-03-04"),
    ];
    let done = liu.submit(&format!("{path}/acts"), &filed).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    // The letter leaves only with its papers.
    let sent = [
        ("act", "sent"),
        ("letter", "函〔2026〕1号"),
        ("days", "5"),
        ("unit", "working"),
        ("on", "2026-03-04"),
    ];
    let refused = liu.submit(&format!("{path}/acts"), &sent).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("value=\"函〔2026〕1号\""));
    let again = liu.submit("/case/matters/new", &open).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        again.text.contains("matter_exists") && again.text.contains("id=\"e-number\""),
        "{}",
        again.text
    );
    let found = liu.get("/case/matters?kind=transfer").await;
    assert!(found.text.contains("移〔2026〕1号"));
    assert!(
        !liu.get("/case/matters?kind=clue")
            .await
            .text
            .contains("移〔2026〕1号")
    );
}
