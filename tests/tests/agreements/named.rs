//! What an agreement calls a party is what its card says. The policy, findings, reports and records for the person
//! concerned go by that name, and letters by that kind of agency: nobody stands there as another.

use hefu_casework::{AgencyRole, Agreement, Dossier, LocalPolicy, Party, Peers, Purpose};
use hefu_link::Card;
use hefu_node::Surroundings;
use hefu_tests::agency::{DISABLED_LIVING, EXTREME_POVERTY, party};
use hefu_tests::bureau::{Bureau, agree_with_rogue, proposal, surroundings};
use hefu_tests::rogue::Rogue;
use tempfile::TempDir;

/// Civil affairs, which runs rounds with the federation and the procuratorate only, and a pinned trade union.
async fn civil_and_union() -> (TempDir, Bureau, Rogue) {
    let dir = tempfile::tempdir().unwrap();
    let allowed = ["县残联", "县检察院"].map(str::to_owned);
    let surroundings = Surroundings {
        policy: LocalPolicy {
            peers: Peers::Named(allowed.into()),
            ..LocalPolicy::default()
        },
        ..surroundings()
    };
    let civil = Bureau::start(dir.path(), "县民政局", AgencyRole::CivilAffairs, surroundings).await;
    let union = Rogue::start("县工会", AgencyRole::TradeUnion, &[&civil.card]).await;
    civil.node.add_peer(&union.card).unwrap();
    (dir, civil, union)
}

fn between(civil: &Bureau, union: Party) -> Agreement {
    proposal(Purpose::Duplicates, "1号", [civil.party(EXTREME_POVERTY), union])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_does_not_stand_in_an_agreement_under_another_name() {
    let (_dir, civil, union) = civil_and_union().await;
    let own = party(&union.card, DISABLED_LIVING);
    // Under its own name the policy does not have it.
    let refused = civil.node.sign(&between(&civil, own.clone())).unwrap_err();
    assert!(refused.to_string().contains("peers"), "{refused}");
    let as_federation = Party {
        name: "县残联".to_owned(),
        role: AgencyRole::DisabledFederation,
        ..own
    };
    let claimed = between(&civil, as_federation);
    assert!(civil.node.draft(claimed.clone(), "经办").is_err(), "drafted");
    assert!(civil.node.sign(&claimed).is_err(), "signed");
}

/// The kind alone says whose letters are answered, and which decisions count as made together.
#[tokio::test(flavor = "multi_thread")]
async fn a_peer_does_not_stand_in_an_agreement_as_another_kind_of_agency() {
    let dir = tempfile::tempdir().unwrap();
    let civil = Bureau::start(dir.path(), "县民政局", AgencyRole::CivilAffairs, surroundings()).await;
    let union = Rogue::start("县工会", AgencyRole::TradeUnion, &[&civil.card]).await;
    civil.node.add_peer(&union.card).unwrap();
    let as_procuratorate = Party {
        role: AgencyRole::Procuratorate,
        ..party(&union.card, "referral_sent")
    };
    let answers = civil.party("referral_received");
    let claimed = proposal(Purpose::Referrals, "2号", [as_procuratorate, answers]);
    assert!(civil.node.draft(claimed.clone(), "经办").is_err(), "drafted");
    assert!(civil.node.sign(&claimed).is_err(), "signed");
}

/// A text that comes from elsewhere, and a name that changed after all had signed.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_and_what_is_used_name_the_parties_as_their_cards_do() {
    let dir = tempfile::tempdir().unwrap();
    let civil = Bureau::start(dir.path(), "县民政局", AgencyRole::CivilAffairs, surroundings()).await;
    let other = Rogue::start("县残联", AgencyRole::DisabledFederation, &[&civil.card]).await;
    civil.node.add_peer(&other.card).unwrap();
    civil.pays(EXTREME_POVERTY, 0..4);
    let parties = || [civil.party(EXTREME_POVERTY), party(&other.card, DISABLED_LIVING)];
    for index in [0, 1] {
        let mut named = parties();
        named[index].name = "县教育局".to_owned();
        let dossier = Dossier::draft(proposal(Purpose::Duplicates, "1号", named)).unwrap();
        let refused = civil.node.receive_dossier(&dossier.to_bytes()).unwrap_err();
        assert_eq!(refused.code(), "agreement_other_name");
    }
    let agreement = agree_with_rogue(&civil, &other, &proposal(Purpose::Duplicates, "2号", parties()));
    let address = other.card.address();
    let renamed = Card::new(
        &other.keys,
        "县残疾人联合会",
        AgencyRole::DisabledFederation,
        address,
    );
    civil.node.add_peer(&renamed.unwrap()).unwrap();
    let refused = civil.node.begin_round(&agreement, "经办").await.unwrap_err();
    assert_eq!(refused.code(), "agreement_other_name");
}
