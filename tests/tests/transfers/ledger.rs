//! The ledger of people who are sent on: what a wrong agency, or a clerk with an export, can put into it.

use hefu_casework::{
    AidRecord, Circumstances, Hex, Known, Month, MonthRange, Period, ProgrammeCode, Protection, RowId, Status,
};
use hefu_node::Export;
use hefu_node::matter::{REGISTER, Whose};
use hefu_store::DatasetInfo;
use hefu_tests::agency::{EXTREME_POVERTY, wording};

use super::*;

/// Sent to the county's civil affairs. Another county's, which has a round with the sender, says that it has helped.
#[tokio::test(flavor = "multi_thread")]
async fn an_agency_to_which_nothing_was_sent_answers_for_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let referrer = Bureau::start(
        dir.path(),
        PROCURATORATE,
        AgencyRole::Procuratorate,
        surroundings(),
    )
    .await;
    let other = Bureau::start(dir.path(), "邻县民政局", AgencyRole::CivilAffairs, surroundings()).await;
    let on = sent_on(1);
    referrer
        .node
        .open_matter(&person(1), Direction::Own, opening("移1", on), sent(1), "王科长")
        .unwrap();
    referrer.node.register_matters("王科长").unwrap();
    let register = format!(
        "函号,移送单位,姓名,公民身份号码,收函日期,办理结果,反馈日期,不予救助原因\n\
         {},{PROCURATORATE},某某某,{},2026-09-30,查无此人,2026-09-30,\n",
        letter(1),
        number(1),
    );
    other.import("移送接收台账", RECEIVED, &register);
    introduce(&referrer, &other);
    let parties = [referrer.party("referral_sent"), other.party("referral_received")];
    let agreement = agree(&referrer, &other, proposal(Purpose::Referrals, "1号", parties)).await;
    let learned = referrer.node.run_round(&agreement).await.unwrap();
    let confirmation = referrer
        .node
        .confirm_referrals(&learned.round, 5, "王科长")
        .unwrap();
    let recorded: Vec<_> = confirmation
        .recorded
        .iter()
        .map(|each| each.kept.matter.stage())
        .collect();
    assert!(
        recorded.is_empty(),
        "another county's word is recorded: {recorded:?}"
    );
    let why = BTreeMap::from([(Some("移1".to_owned()), "unfit_other_agency")]);
    assert_eq!(unfit(&confirmation), why);
}

/// Rounds enter the newest snapshot of each name, so an export under the ledger's name would take the ledger's place.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_imports_an_export_in_the_place_of_the_ledger() {
    let dir = tempfile::tempdir().unwrap();
    let at = Bureau::start(
        dir.path(),
        PROCURATORATE,
        AgencyRole::Procuratorate,
        surroundings(),
    )
    .await;
    let file = dir.path().join("forged.csv");
    let rows = format!(
        "移送函号,被救助人,身份证号码,移送日期,接收单位,状态\n合检救助移〔2026〕9号,某某某,{},2026-09-14,县民政局,已移送\n",
        number(3)
    );
    std::fs::write(&file, rows).unwrap();
    let forged = Export {
        name: REGISTER.to_owned(),
        files: vec![file],
        mapping: hefu_ingest::Mapping::parse(SENT).unwrap(),
        wording: wording(),
    };
    let refused = tokio::task::block_in_place(|| at.node.import(forged));
    assert_eq!(
        refused.err().map(|error| error.code()),
        Some("node_reserved_name")
    );
    assert!(at.node.store().datasets().unwrap().is_empty());
}

/// One row says that the person is not protected, and another that they are.
#[tokio::test(flavor = "multi_thread")]
async fn a_person_protected_in_any_row_is_protected_in_the_ledger() {
    let dir = tempfile::tempdir().unwrap();
    let at = Bureau::start(
        dir.path(),
        PROCURATORATE,
        AgencyRole::Procuratorate,
        surroundings(),
    )
    .await;
    let store = at.node.store();
    let first_file = store.next_file().unwrap();
    let mut import = store
        .begin_dataset(&DatasetInfo {
            name: "台账".to_owned(),
            files: vec!["台账".to_owned()],
            first_file,
            mapping_digest: Hex([0; 32]).0,
            kind: Kind::Resident,
            case_scheme: None,
        })
        .unwrap();
    for (row, protection) in [(2, Protection::No), (3, Protection::Yes)] {
        import
            .add(AidRecord {
                row: RowId {
                    file: first_file,
                    sheet: 1,
                    row,
                },
                person: person(1).key,
                name: None,
                protection,
                disabled: Known::No,
                programme: ProgrammeCode::new(EXTREME_POVERTY).unwrap(),
                period: Period::Months(MonthRange {
                    from: Month::new(2026, 7).unwrap(),
                    to: Month::new(2026, 9).unwrap(),
                }),
                amount: None,
                household: None,
                case: None,
                referral: None,
                circumstances: Circumstances::default(),
                status: Status::Paid,
            })
            .unwrap();
    }
    import.finish("{}").unwrap();
    let whose = |row| {
        at.node
            .whose(&Whose::Row {
                dataset: "台账".to_owned(),
                file: 1,
                sheet: 1,
                row,
            })
            .unwrap()
    };
    assert!(whose(3).care.protected);
    assert!(
        whose(2).care.protected,
        "the row that says no opens what the other one keeps"
    );
}
