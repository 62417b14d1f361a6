//! Agreements between two nodes over real sockets: drafted, carried, signed or refused, and the same on both sides.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

mod named;

use std::sync::Arc;

use hefu_casework::{
    AgencyRole, Agreement, Dossier, DossierState, Hex, LabelField, LocalPolicy, Peers, Purpose, RuleSet,
    learns,
};
use hefu_link::{Limits, dial};
use hefu_node::{Error, Surroundings};
use hefu_psi::wire::Kind;
use hefu_tests::agency::{DISABLED_LIVING, EXTREME_POVERTY};
use hefu_tests::bureau::{Bureau, agree, agree_with_rogue, hand_over, introduce, proposal, surroundings};
use hefu_tests::rogue::Rogue;
use hefu_tests::watch::Frames;
use tempfile::TempDir;

/// Nobody listens there.
const NOWHERE: &str = "127.0.0.1:1";

/// What a paper is, as its first byte says.
const GREETING: u8 = 1;
const AGREEMENT: u8 = 2;
const WANTED: u8 = 3;

/// Two bureaus, of which only the first can reach the second.
struct Two {
    civil: Bureau,
    disabled: Bureau,
    frames: Arc<Frames>,
    dir: TempDir,
}

impl Two {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let frames = Arc::new(Frames::default());
        let tapped = Surroundings {
            tap: Some(frames.clone()),
            ..surroundings()
        };
        let start = |name, role| Bureau::start(dir.path(), name, role, tapped.clone());
        let civil = start("县民政局", AgencyRole::CivilAffairs).await;
        let disabled = start("县残联", AgencyRole::DisabledFederation).await;
        civil.pays(EXTREME_POVERTY, 0..4);
        disabled.pays(DISABLED_LIVING, 2..6);
        civil.node.add_peer(&disabled.card).unwrap();
        disabled.node.add_peer(&civil.card_at(NOWHERE)).unwrap();
        Self {
            civil,
            disabled,
            frames,
            dir,
        }
    }

    fn proposal(&self, number: &str) -> Agreement {
        let parties = [
            self.civil.party(EXTREME_POVERTY),
            self.disabled.party(DISABLED_LIVING),
        ];
        proposal(Purpose::Duplicates, number, parties)
    }

    async fn exchange(&self) {
        self.civil
            .node
            .exchange(&self.disabled.node.node_key())
            .await
            .unwrap();
    }

    /// The agreement on both sides, which must be the same byte for byte.
    fn both(&self, digest: &[u8; 32]) -> Dossier {
        let [one, other] = [&self.civil, &self.disabled].map(|bureau| bureau.node.agreement(digest).unwrap());
        assert_eq!(one.to_bytes(), other.to_bytes());
        one
    }

    /// How often a session was asked for, by either.
    fn openings(&self) -> usize {
        let frames = self.frames.taken();
        frames
            .iter()
            .filter(|(kind, _)| *kind == Kind::Open as u8)
            .count()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_arrives_as_it_was_written() {
    let two = Two::start().await;
    let text = two.proposal("1号");
    let digest = two.civil.node.draft(text.clone(), "经办").unwrap();
    assert_eq!(digest, text.digest());
    assert!(two.disabled.node.agreement(&digest).is_err());
    two.exchange().await;
    let there = two.both(&digest);
    assert_eq!(there.agreement(), &text);
    assert_eq!(there.agreement().canonical_bytes(), text.canonical_bytes());
    assert_eq!(
        there.state(),
        DossierState::Draft {
            signed: vec![false, false]
        }
    );
    // Nothing is said twice.
    let before = two.frames.taken().len();
    two.exchange().await;
    let said = &two.frames.taken()[before..];
    let papers = said.iter().filter(|(kind, _)| *kind == Kind::Document as u8);
    assert_eq!(papers.count(), 2, "two greetings");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_shown_with_its_reason_on_both_sides() {
    let two = Two::start().await;
    let digest = two.civil.node.draft(two.proposal("1号"), "经办").unwrap();
    two.exchange().await;
    let reason = "缺少本局法制审核意见";
    two.disabled
        .node
        .refuse_agreement(&digest, reason, "主任")
        .unwrap();
    two.exchange().await;
    let refused = DossierState::Refused {
        by: 1,
        reason: reason.to_owned(),
    };
    assert_eq!(two.both(&digest).state(), refused);
    // It can't be signed any more, and nothing runs under it.
    let error = two.civil.node.sign_agreement(&digest, "主任").unwrap_err();
    assert_eq!(error.code(), "agreement_refused");
    let error = two.civil.node.run_round(&digest).await.err().unwrap();
    assert_eq!(error.code(), "agreement_unknown");
    assert_eq!(two.openings(), 0);
}

/// Whatever either side did before it heard of the other, both hold the same in the end.
#[tokio::test(flavor = "multi_thread")]
async fn what_crosses_on_the_way_comes_to_the_same_on_both_sides() {
    let two = Two::start().await;
    let drafted = |number| {
        let text = two.proposal(number);
        two.civil.node.draft(text, "经办").unwrap()
    };
    let [both_refuse, signed_and_refused, refused_and_signed] = ["1号", "2号", "3号"].map(drafted);
    two.exchange().await;
    let (here, there) = (&two.civil.node, &two.disabled.node);
    here.refuse_agreement(&both_refuse, "本局先说", "主任").unwrap();
    there.refuse_agreement(&both_refuse, "彼局后说", "主任").unwrap();
    here.sign_agreement(&signed_and_refused, "主任").unwrap();
    there
        .refuse_agreement(&signed_and_refused, "范围过宽", "主任")
        .unwrap();
    here.refuse_agreement(&refused_and_signed, "期限过长", "主任")
        .unwrap();
    there.sign_agreement(&refused_and_signed, "主任").unwrap();
    two.exchange().await;
    let refused = |by, reason: &str| DossierState::Refused {
        by,
        reason: reason.to_owned(),
    };
    assert_eq!(two.both(&both_refuse).state(), refused(0, "本局先说"));
    assert_eq!(two.both(&signed_and_refused).state(), refused(1, "范围过宽"));
    assert_eq!(two.both(&refused_and_signed).state(), refused(0, "期限过长"));
    // Nor does one that went wrong stand in another's way.
    let later = drafted("4号");
    two.exchange().await;
    two.both(&later);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_is_drafted_again_keeps_its_signatures() {
    let two = Two::start().await;
    let text = two.proposal("1号");
    let digest = two.civil.node.draft(text.clone(), "经办").unwrap();
    two.civil.node.sign_agreement(&digest, "主任").unwrap();
    // The log says who did it, and not that the node did.
    let log = two.civil.node.store().entries(0, 100).unwrap();
    let signed = log.iter().find(|entry| entry.kind == "agreement_signed").unwrap();
    assert_eq!(signed.actor, "主任");
    assert_eq!(two.civil.node.draft(text.clone(), "经办").unwrap(), digest);
    assert_eq!(
        two.civil.node.agreement(&digest).unwrap().state(),
        DossierState::Draft {
            signed: vec![true, false]
        }
    );
    two.exchange().await;
    two.disabled.node.sign_agreement(&digest, "主任").unwrap();
    two.exchange().await;
    assert_eq!(two.civil.node.draft(text, "经办").unwrap(), digest);
    assert_eq!(two.both(&digest).state(), DossierState::Signed);
}

/// Whoever drafts, whoever signs first, and although only one of the two can call.
#[tokio::test(flavor = "multi_thread")]
async fn an_agreement_is_in_force_once_both_have_signed() {
    let two = Two::start().await;
    let mut number = 0;
    for drafter in [&two.civil, &two.disabled] {
        for first in [&two.civil, &two.disabled] {
            number += 1;
            let digest = drafter
                .node
                .draft(two.proposal(&format!("{number}号")), "经办")
                .unwrap();
            two.exchange().await;
            assert_nothing_runs(&two, &digest).await;
            first.node.sign_agreement(&digest, "主任").unwrap();
            two.exchange().await;
            assert_nothing_runs(&two, &digest).await;
            let second = if std::ptr::eq(first, &two.civil) {
                &two.disabled
            } else {
                &two.civil
            };
            second.node.sign_agreement(&digest, "主任").unwrap();
            two.exchange().await;
            assert_eq!(two.both(&digest).state(), DossierState::Signed);
            let learned = two.civil.node.run_round(&digest).await.unwrap();
            assert_eq!(
                learned.outcome.findings.len(),
                2,
                "people 2 and 3 are on both registers"
            );
            two.disabled
                .newest_round(|round| round.state == hefu_store::RoundState::Done)
                .await;
        }
    }
    assert_eq!(two.openings(), number, "one for each that was in force");
}

async fn assert_nothing_runs(two: &Two, digest: &[u8; 32]) {
    let before = (two.openings(), two.civil.node.store().rounds().unwrap().len());
    let refused = two.civil.node.run_round(digest).await.err().unwrap();
    assert!(
        matches!(
            refused,
            Error::Policy {
                reason: "agreement_unknown",
                ..
            }
        ),
        "{refused}"
    );
    // Only the first party may learn under it, signed or not.
    assert!(two.disabled.node.run_round(digest).await.is_err());
    let after = (two.openings(), two.civil.node.store().rounds().unwrap().len());
    assert_eq!(after, before, "nothing was exchanged, and no round is on record");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_own_policy_forbids_is_not_signed_and_does_not_run() {
    let two = Two::start().await;
    let duplicates = two.civil.node.draft(two.proposal("1号"), "经办").unwrap();
    let parties = [
        two.civil.party("referral_sent"),
        two.disabled.party("referral_received"),
    ];
    let referrals = proposal(Purpose::Referrals, "2号", parties);
    let referrals = two.civil.node.draft(referrals, "经办").unwrap();
    two.exchange().await;

    let open = LocalPolicy::default();
    type Change = fn(&mut LocalPolicy);
    let forbidding: [(&str, [u8; 32], Change); 8] = [
        ("purposes", duplicates, |p| p.purposes = vec![Purpose::Leads]),
        ("peers", duplicates, |p| {
            p.peers = Peers::Named(vec!["县法院".into()])
        }),
        ("label_fields", referrals, |p| {
            p.label_fields = vec![LabelField::State]
        }),
        ("max_own_elements", duplicates, |p| p.max_own_elements = 999),
        ("max_peer_elements", duplicates, |p| p.max_peer_elements = 999),
        ("max_rounds_a_month", duplicates, |p| p.max_rounds_a_month = 3),
        ("max_retention_days", duplicates, |p| p.max_retention_days = 364),
        ("max_elements_a_month_from_peer", duplicates, |p| {
            p.max_elements_a_month_from_peer = 3_999
        }),
    ];
    let Two {
        civil,
        disabled,
        dir: _dir,
        ..
    } = two;
    let mut closed = disabled.close().await;
    for (field, digest, change) in &forbidding {
        let mut policy = open.clone();
        change(&mut policy);
        let strict = closed.open(under(policy)).await;
        let refused = strict.node.sign_agreement(digest, "主任").unwrap_err();
        assert_eq!(refused.code(), "policy_breach");
        assert!(
            refused.params().contains(&("field", (*field).to_owned())),
            "{field}: {refused}"
        );
        let unsigned = DossierState::Draft {
            signed: vec![false, false],
        };
        assert_eq!(strict.node.agreement(digest).unwrap().state(), unsigned);
        closed = strict.close().await;
    }

    // What was signed under a wider policy does not run under a narrower one.
    let wide = closed.open(under(open.clone())).await;
    civil.node.add_peer(&wide.card).unwrap();
    wide.node.sign_agreement(&duplicates, "主任").unwrap();
    civil.node.sign_agreement(&duplicates, "主任").unwrap();
    civil.node.exchange(&wide.node.node_key()).await.unwrap();
    civil.node.run_round(&duplicates).await.unwrap();
    wide.ended_round().await;
    let mut narrow = open;
    narrow.purposes = vec![Purpose::Leads];
    let strict = wide.close().await.open(under(narrow)).await;
    civil.node.add_peer(&strict.card).unwrap();
    let refused = civil.node.run_round(&duplicates).await.err().unwrap();
    assert_eq!(refused.code(), "peer_aborted");
    assert_eq!(civil.ended_round().await.reason.as_deref(), Some("abort_policy"));
    assert_eq!(strict.node.store().rounds().unwrap().len(), 1, "only the first");
}

fn under(policy: LocalPolicy) -> Surroundings {
    Surroundings {
        policy,
        ..surroundings()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dossier_that_was_changed_is_refused() {
    let two = Two::start().await;
    let digest = agree(&two.civil, &two.disabled, two.proposal("1号")).await;
    let bytes = two.both(&digest).to_bytes();
    let before = two.disabled.log_after(0);
    assert_eq!(two.disabled.node.receive_dossier(&bytes).unwrap(), digest);
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let received = two.disabled.node.receive_dossier(&changed);
        assert!(received.is_err(), "byte {at} was changed");
    }
    // Before anybody has signed, another text is another agreement, and nothing that anybody has seen changes.
    assert_eq!(two.disabled.node.agreement(&digest).unwrap().to_bytes(), bytes);
    assert_eq!(two.disabled.node.agreements().unwrap().len(), 1);
    assert!(two.disabled.log_after(0) == before, "nothing of it is on record");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_is_shown_its_own_agreements_alone() {
    let two = Two::start().await;
    let theirs = agree(&two.civil, &two.disabled, two.proposal("1号")).await;
    let third = Rogue::start("县法院", AgencyRole::Court, &[&two.civil.card]).await;
    two.civil.node.add_peer(&third.card).unwrap();
    let parties = [
        two.civil.party(EXTREME_POVERTY),
        hefu_tests::agency::party(&third.card, DISABLED_LIVING),
    ];
    let own = two
        .civil
        .node
        .draft(proposal(Purpose::Duplicates, "2号", parties), "经办")
        .unwrap();

    let greeting = serde_json::json!({
        "program": "0", "protocol": 2, "at": jiff::Timestamp::now(), "agreements": {},
    });
    let greeting = hefu_casework::canonical::to_vec(&greeting);
    let call = || async {
        let line = dial(&third.keys, &two.civil.card, &Limits::default(), None)
            .await
            .unwrap();
        line.split()
    };
    let (mut sender, mut receiver) = call().await;
    let (kind, heard) = hand_over(&mut sender, &mut receiver, GREETING, &greeting)
        .await
        .unwrap();
    let heard: serde_json::Value = serde_json::from_slice(&heard).unwrap();
    let shown: Vec<&String> = heard["agreements"].as_object().unwrap().keys().collect();
    assert_eq!((kind, shown), (GREETING, vec![&Hex(own).to_string()]));
    hand_over(&mut sender, &mut receiver, WANTED, &own).await.unwrap();

    // To ask for another's is to be told what one that does not exist is told.
    let mut answers = Vec::new();
    for digest in [theirs, [7; 32]] {
        let (mut sender, mut receiver) = call().await;
        let answer = hand_over(&mut sender, &mut receiver, WANTED, &digest).await;
        let Err(hefu_link::Error::PeerAborted { abort, .. }) = answer else {
            panic!("{answer:?}")
        };
        answers.push(abort);
    }
    assert_eq!(answers[0], answers[1]);

    // Nor can it hand over one that is not its own.
    let bytes = two.civil.node.agreement(&theirs).unwrap().to_bytes();
    let before = two.civil.node.agreements().unwrap();
    let (mut sender, mut receiver) = call().await;
    let answer = hand_over(&mut sender, &mut receiver, AGREEMENT, &bytes).await;
    let Err(hefu_link::Error::PeerAborted { abort, .. }) = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(abort.code(), "abort_agreement_mismatch");
    assert!(two.civil.node.agreements().unwrap() == before);
}

/// A dossier that a peer has changed on the way changes nothing here.
#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_changes_a_dossier_is_told_off() {
    let dir = tempfile::tempdir().unwrap();
    let civil = Bureau::start(dir.path(), "县民政局", AgencyRole::CivilAffairs, surroundings()).await;
    let rogue = Rogue::start("县残联", AgencyRole::DisabledFederation, &[&civil.card]).await;
    civil.node.add_peer(&rogue.card).unwrap();
    let parties = [
        civil.party(EXTREME_POVERTY),
        hefu_tests::agency::party(&rogue.card, DISABLED_LIVING),
    ];
    let text = proposal(Purpose::Duplicates, "1号", parties);
    let digest = agree_with_rogue(&civil, &rogue, &text);
    let bytes = civil.node.agreement(&digest).unwrap().to_bytes();
    for at in [0, bytes.len() / 3, bytes.len() / 2, bytes.len() - 10] {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let line = dial(&rogue.keys, &civil.card, &Limits::default(), None)
            .await
            .unwrap();
        let (mut sender, mut receiver) = line.split();
        let answer = hand_over(&mut sender, &mut receiver, AGREEMENT, &changed).await;
        assert!(
            matches!(answer, Err(hefu_link::Error::PeerAborted { .. })),
            "{answer:?}"
        );
    }
    assert_eq!(civil.node.agreement(&digest).unwrap().to_bytes(), bytes);
    assert_eq!(civil.node.agreements().unwrap().len(), 1);
}

/// Before a person signs, the node shows what each side will learn; each statement has words in both languages.
#[tokio::test(flavor = "multi_thread")]
async fn what_each_party_learns_has_words() {
    let dir = tempfile::tempdir().unwrap();
    let start = |name, role| Bureau::start(dir.path(), name, role, surroundings());
    let civil = start("县民政局", AgencyRole::CivilAffairs).await;
    let court = start("县法院", AgencyRole::Court).await;
    introduce(&civil, &court);
    let words = include_str!("../../../crates/hefu/words.toml");
    for (purpose, programmes) in [
        (Purpose::Duplicates, [EXTREME_POVERTY, DISABLED_LIVING]),
        (Purpose::Omissions, ["judicial_court", EXTREME_POVERTY]),
        (Purpose::Leads, ["case_victim", "disability_holder"]),
        (Purpose::Referrals, ["referral_sent", "referral_received"]),
    ] {
        let parties = [civil.party(programmes[0]), court.party(programmes[1])];
        let digest = civil
            .node
            .draft(proposal(purpose, purpose.code(), parties), "经办")
            .unwrap();
        civil.node.exchange(&court.node.node_key()).await.unwrap();
        // Each reads of both parties, from its own copy.
        let read = [&civil, &court].map(|bureau| {
            let dossier = bureau.node.agreement(&digest).unwrap();
            [0, 1].map(|party| learns(dossier.agreement(), &RuleSet::national(), party))
        });
        assert_eq!(read[0], read[1]);
        let [receiver, sender] = &read[0];
        assert!(!receiver.is_empty() && !sender.is_empty() && receiver != sender);
        for learning in receiver.iter().chain(sender) {
            let entry = words
                .split(&format!("\n[{}]\n", learning.code))
                .nth(1)
                .unwrap_or_else(|| panic!("no words for {}", learning.code));
            let entry = entry.split("\n[").next().unwrap();
            for language in ["zh = \"", "en = \""] {
                let said = entry.split(language).nth(1).unwrap();
                assert!(!said.starts_with('"'), "{}", learning.code);
            }
            for (name, _) in &learning.params {
                assert!(
                    entry.contains(&format!("{{{name}")),
                    "{} does not say its {name}",
                    learning.code
                );
            }
        }
    }
}
