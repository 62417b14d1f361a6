//! A receipt goes before the result is looked at, so that when it comes tells nothing of the result.

use std::sync::Arc;

use hefu_casework::AgencyRole;
use hefu_link::ferry::{Cut, Form};
use hefu_node::Carrier;
use hefu_psi::wire::Kind;
use hefu_store::RoundState;
use hefu_tests::bureau::{Bureau, surroundings};
use hefu_tests::ferry::{Two, carry, forged, frame, logged, parts};
use hefu_tests::rogue::Rogue;

use crate::header;

/// By files the receipt leaves after the result was made, so that when it comes tells how much matched; over a
/// line it leaves before.
#[tokio::test(flavor = "multi_thread")]
async fn when_the_receipt_comes_does_not_tell_how_much_matched() {
    const MANY: u64 = 300;
    for first in [MANY, 0] {
        let two = Two::start().await;
        let Two { receiver, sender, .. } = &two;
        let parties = [
            receiver.party(hefu_tests::agency::EXTREME_POVERTY),
            sender.party(hefu_tests::agency::DISABLED_LIVING),
        ]
        .map(|party| hefu_casework::Party {
            max_elements: 50_000,
            ..party
        });
        let text = hefu_tests::bureau::proposal(hefu_casework::Purpose::Duplicates, "1号", parties);
        let agreement = receiver.node.draft(text, "经办").unwrap();
        receiver.node.sign_agreement(&agreement, "主任").unwrap();
        carry(receiver, sender).await;
        sender.node.sign_agreement(&agreement, "主任").unwrap();
        carry(sender, receiver).await;
        receiver.pays(hefu_tests::agency::EXTREME_POVERTY, 0..MANY);
        sender.pays(hefu_tests::agency::DISABLED_LIVING, first..first + MANY);
        receiver.node.begin_round(&agreement, "经办").await.unwrap();
        carry(receiver, sender).await;
        let cut = Cut::new(Form::Binary, None).unwrap();
        let peer = receiver.node.node_key();
        let set = sender.node.ferry_out(&peer, cut, "经办").await.unwrap().unwrap();
        for file in parts(sender, &set) {
            receiver.node.ferry_take(file.bytes).await.unwrap();
        }
        let peer = sender.node.node_key();
        receiver
            .node
            .ferry_out(&peer, cut, "经办")
            .await
            .unwrap()
            .unwrap();
        receiver.node.ferry_work().await.unwrap();
        goes_before_the_result(receiver);
        assert_eq!(two.rounds()[0].matched, Some(3 * (MANY - first)));
    }
}

/// The set that holds the receipt is on record before anything of the result is.
fn goes_before_the_result(at: &Bureau) {
    let newest = |kind| logged(at, kind).pop().unwrap();
    let made = newest("set_made");
    let mut letters = made.body["letters"].as_array().unwrap().iter();
    assert!(letters.any(|letter| letter["matter"] == "receipt"));
    assert!(made.seq < newest("round_done").seq);
}

/// A sender writes nonsense into the label of one person; by files the receipt comes sooner if that person is
/// on the receiver's list, for then nothing is found and nothing proven before it is made.
#[tokio::test(flavor = "multi_thread")]
async fn when_the_receipt_comes_does_not_tell_of_one_person() {
    // Person 7 was referred, and person MANY was not.
    for spoilt in [7, MANY] {
        answered_with_one_spoilt(spoilt).await;
    }
}

const MANY: u64 = 300;

/// A receiver is answered with nonsense in the label of one person, and sends its receipt.
async fn answered_with_one_spoilt(spoilt: u64) {
    use hefu_casework::{
        AidRecord, Known, LetterNo, Period, ProgrammeCode, Protection, Purpose, Referral, ReferralState,
        RowId, RuleSet, Status, elements,
    };
    use hefu_identity::{AliasTable, Kind as Paper, parse};
    use hefu_node::runner::{Forgetful, Own, Runner, system_randomness};
    use hefu_psi::wire::Open;
    use hefu_psi::{Elements, Ristretto255, SessionSeed};
    use hefu_tests::agency::party;
    use hefu_tests::bureau::{agree_with_rogue, number, proposal};
    use jiff::civil::date;

    const SENT: &str = include_str!("../../../fixtures/mappings/referrals.toml");
    let letter_no = |person: u64| format!("合检救助移〔2026〕{}号", person + 1);
    let dir = tempfile::tempdir().unwrap();
    let at = Bureau::start(
        dir.path(),
        "县人民检察院",
        AgencyRole::Procuratorate,
        surroundings(),
    )
    .await;
    let rows = (0..MANY).map(|person| {
        let (number, letter) = (number(person), letter_no(person));
        format!("{letter},某某某,{number},2026-08-03,县民政局,已移送\n")
    });
    let heading = std::iter::once("移送函号,被救助人,身份证号码,移送日期,接收单位,状态\n".to_owned());
    at.import("移送台账", SENT, &heading.chain(rows).collect::<String>());
    let rogue = Rogue::start("县民政局", AgencyRole::CivilAffairs, &[&at.card]).await;
    at.node.add_peer(&rogue.card).unwrap();
    let peer = rogue.card.node_key();
    at.node.set_carrier(&peer, Carrier::Files, "经办").unwrap();
    let parties = [at.party("referral_sent"), party(&rogue.card, "referral_received")].map(|party| {
        hefu_casework::Party {
            max_elements: 50_000,
            ..party
        }
    });
    let agreement = proposal(Purpose::Referrals, "1号", parties);
    let digest = agree_with_rogue(&at, &rogue, &agreement);
    at.node.begin_round(&digest, "经办").await.unwrap();
    let cut = Cut::new(Form::Binary, None).unwrap();
    at.node.ferry_out(&peer, cut, "经办").await.unwrap().unwrap();
    // The rogue need not open the set: what it holds lies beside.
    let frames = std::fs::read_dir(at.folder().join("ferry/letters"))
        .unwrap()
        .map(|entry| std::fs::read(entry.unwrap().path()).unwrap())
        .find(|frames| frames[0] == Kind::Open as u8)
        .unwrap();
    let length = u32::from_be_bytes(frames[1..5].try_into().unwrap()) as usize;
    let (open, behind) = (frames[5..5 + length].to_vec(), frames[5 + length..].to_vec());
    let call = hefu_tests::bureau::sha256(&open).0;

    let record = |person: u64| AidRecord {
        row: RowId {
            file: 1,
            sheet: 1,
            row: person + 2,
        },
        person: parse(Paper::Resident, &number(person)).unwrap().key,
        name: None,
        programme: ProgrammeCode::new("referral_received").unwrap(),
        period: Period::OneOff(date(2026, 8, 5)),
        amount: None,
        household: None,
        case: None,
        referral: Some(Referral {
            letter: LetterNo::new(&letter_no(person)).unwrap(),
            other: Some(AgencyRole::Procuratorate),
            state: Some(ReferralState::Helped),
            date: Some(date(2026, 9, 1)),
            reason: None,
        }),
        status: Status::Paid,
        protection: Protection::default(),
        disabled: Known::default(),
        circumstances: hefu_casework::Circumstances::default(),
    };
    let (rules, aliases) = (RuleSet::national(), AliasTable::new());
    let set = |people: std::ops::RangeInclusive<u64>| {
        elements(&agreement, &rules, 1, 0, &aliases, &mut people.map(record)).unwrap()
    };
    let (all, his) = (set(0..=MANY), set(spoilt..=spoilt));
    let mut labels = all.labels();
    let place = all
        .bytes()
        .chunks(all.width())
        .position(|element| element == &his.bytes()[..]);
    labels[place.unwrap() * usize::from(agreement.label.as_ref().unwrap().max_bytes)] = 99;
    let own = Own {
        elements: Elements::new(all.width(), all.bytes().to_vec()).unwrap(),
        labels,
    };
    let path = dir.path().join("answer");
    Runner::new(
        hefu_tests::ends::POOL.clone(),
        dir.path().to_owned(),
        Arc::clone(&rogue.keys),
    )
    .answer_by_file::<Ristretto255>(
        Open::decode(&open).unwrap(),
        std::io::Cursor::new(behind),
        hefu_tests::rogue::terms(&agreement),
        own,
        SessionSeed::from_bytes(zeroize::Zeroizing::new([3; 32])),
        system_randomness(),
        Arc::new(Forgetful::new(dir.path())),
        std::fs::File::create(&path).unwrap(),
        (),
    )
    .await
    .unwrap();
    let answer = [
        frame(0x81, b""),
        frame(0x80, header("answer", [6; 16], &call).as_bytes()),
        std::fs::read(&path).unwrap(),
    ]
    .concat();
    at.node
        .ferry_take(forged(&rogue, &at.card, &answer).bytes)
        .await
        .unwrap();
    at.node.ferry_out(&peer, cut, "经办").await.unwrap().unwrap();
    at.node.ferry_work().await.unwrap();
    goes_before_the_result(&at);
    let [round] = at.node.store().rounds().unwrap().try_into().unwrap();
    let state = if spoilt < MANY {
        RoundState::Failed
    } else {
        RoundState::Done
    };
    assert_eq!(round.state, state);
}
