//! Finding N1 (high: an agency stands in an agreement under the name and kind of another). What an agreement calls a party is
//! "as on its card" (protocol-docs/agreements.md), and nobody compares: a peer that was pinned as a trade union drafts an
//! agreement in which its own key is that of the procuratorate. The officers read "县检察院", the policy allows it by that
//! name, findings, reports and records for the person concerned name it, and the letters that the procuratorate sent are
//! answered to it, since those are chosen by the kind of agency that the agreement claims.

use hefu_casework::{AgencyRole, Agreement, LocalPolicy, Party, Peers, Purpose};
use hefu_node::Surroundings;
use hefu_tests::agency::{DISABLED_LIVING, EXTREME_POVERTY, party};
use hefu_tests::bureau::{Bureau, proposal, surroundings};
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

/// Second part: the kind alone. It says whose letters are answered, and which decisions count as made together.
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
