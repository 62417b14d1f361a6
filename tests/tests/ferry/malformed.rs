//! Sets that open, and hold what no node writes: each letter is judged by itself.

use hefu_casework::AgencyRole;
use hefu_node::Carrier;
use hefu_psi::wire::Kind;
use hefu_store::RoundState;
use hefu_tests::agency::{DISABLED_LIVING, EXTREME_POVERTY, draft, party};
use hefu_tests::bureau::{Bureau, agree_with_rogue, surroundings};
use hefu_tests::ferry::{PEOPLE, forged, header, letter, logged, refusals, take};
use hefu_tests::rogue::Rogue;

/// A node whose other party may send whatever it likes.
struct Facing {
    at: Bureau,
    rogue: Rogue,
    agreement: hefu_casework::Agreement,
    _dir: tempfile::TempDir,
}

impl Facing {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let at = Bureau::start(
            dir.path(),
            "县残联",
            AgencyRole::DisabledFederation,
            surroundings(),
        )
        .await;
        at.pays(DISABLED_LIVING, 0..PEOPLE);
        let rogue = Rogue::start("县民政局", AgencyRole::CivilAffairs, &[&at.card]).await;
        at.node.add_peer(&rogue.card).unwrap();
        at.node
            .set_carrier(&rogue.card.node_key(), Carrier::Files, "经办")
            .unwrap();
        let agreement = draft(party(&rogue.card, EXTREME_POVERTY), at.party(DISABLED_LIVING));
        agree_with_rogue(&at, &rogue, &agreement);
        Self {
            at,
            rogue,
            agreement,
            _dir: dir,
        }
    }

    /// Works through a set with this content.
    async fn sends(&self, letters: &[Vec<u8>]) {
        let taken = hefu_tests::ferry::frame(0x81, &[]);
        let content = [taken, letters.concat()].concat();
        let file = forged(&self.rogue, &self.at.card, &content);
        take(&self.at, &[file]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_is_wrong_in_any_way_is_refused_and_the_others_count() {
    let facing = Facing::start().await;
    let digest = facing.agreement.digest();
    let dossier = facing.at.node.agreement(&digest).unwrap().to_bytes();
    let paper = [[2].as_slice(), &dossier].concat();
    let good = |id| {
        letter(
            &header("agreement", id, &digest, &digest),
            &[(Kind::Document as u8, &paper)],
        )
    };
    let open = hefu_tests::agency::opening(&facing.agreement);
    let call = open.call().0;
    let open = open.encode();
    let opening = |id, frames: &[(u8, &[u8])]| letter(&header("opening", id, &call, &digest), frames);
    let other = [9; 32];
    let document = Kind::Document as u8;
    let bad: Vec<(&str, Vec<u8>)> = vec![
        ("no JSON", letter("{", &[(document, &paper)])),
        (
            "a space",
            letter(&header("agreement", 10, &digest, &digest).replace(":", ": "), &[]),
        ),
        (
            "another field",
            letter(
                &header("agreement", 11, &digest, &digest).replace("}", ",\"z\":1}"),
                &[],
            ),
        ),
        (
            "another matter",
            letter(&header("pigeon", 12, &digest, &digest), &[]),
        ),
        (
            "no frame",
            letter(&header("agreement", 13, &digest, &digest), &[]),
        ),
        (
            "two frames",
            letter(
                &header("agreement", 14, &digest, &digest),
                &[(document, paper.as_slice()); 2],
            ),
        ),
        (
            "another frame",
            letter(&header("agreement", 15, &digest, &digest), &[(7, &paper)]),
        ),
        (
            "about another",
            letter(&header("agreement", 16, &other, &digest), &[(document, &paper)]),
        ),
        (
            "under another",
            letter(&header("agreement", 17, &digest, &other), &[(document, &paper)]),
        ),
        (
            "no dossier",
            letter(
                &header("agreement", 18, &digest, &digest),
                &[(document, b"\x02{}")],
            ),
        ),
        (
            "an ended paper",
            letter(&header("agreement", 19, &digest, &digest), &[(document, b"\x04")]),
        ),
        (
            "taken in a letter",
            letter(&header("agreement", 20, &digest, &digest), &[(0x81, b"")]),
        ),
        ("no opening", opening(21, &[])),
        ("half an opening", opening(22, &[(Kind::Open as u8, &open[..20])])),
        (
            "an opening of another call",
            letter(
                &header("opening", 23, &other, &digest),
                &[(Kind::Open as u8, &open)],
            ),
        ),
        (
            "an answer to nobody",
            letter(
                &header("answer", 24, &other, &digest),
                &[(Kind::Accept as u8, b"")],
            ),
        ),
        (
            "a receipt to nobody",
            letter(
                &header("receipt", 25, &other, &digest),
                &[(Kind::Receipt as u8, b"")],
            ),
        ),
        (
            "an unsigned end",
            letter(
                &header("ended", 26, &other, &digest),
                &[(document, &[[4].as_slice(), &other, &[0; 65]].concat())],
            ),
        ),
        (
            "heard of nothing",
            letter(
                &header("heard", 27, &other, &digest),
                &[(document, &[[5].as_slice(), &other, &[0; 65]].concat())],
            ),
        ),
    ];
    for (number, (what, bad)) in (1_u8..).zip(&bad) {
        let before = refusals(&facing.at).len();
        let taken = logged(&facing.at, "letter_taken").len();
        facing
            .sends(&[good(100 + number), bad.clone(), good(200 + number)])
            .await;
        assert_eq!(refusals(&facing.at).len() - before, 1, "{what}");
        assert_eq!(logged(&facing.at, "letter_taken").len() - taken, 2, "{what}");
    }
    // A whole opening whose elements are not there: the session begins, and ends for a reason that the peer is told.
    facing
        .sends(&[opening(50, &[(Kind::Open as u8, &open)]), good(150)])
        .await;
    let round = facing.at.node.store().rounds().unwrap().remove(0);
    assert_eq!(round.state, RoundState::Failed);
    assert_eq!(round.reason.as_deref(), Some("abort_unexpected"));
    assert_eq!(hefu_tests::ferry::files_under(facing.at.folder(), "spool"), 0);
    assert_eq!(
        hefu_tests::ferry::files_under(facing.at.folder(), "ferry/opened"),
        0
    );
    facing.at.node.store().verify().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_cut_short_at_any_frame_keeps_the_letters_before() {
    let facing = Facing::start().await;
    let digest = facing.agreement.digest();
    let dossier = facing.at.node.agreement(&digest).unwrap().to_bytes();
    let paper = [[2].as_slice(), &dossier].concat();
    let good = |id| {
        letter(
            &header("agreement", id, &digest, &digest),
            &[(Kind::Document as u8, &paper)],
        )
    };
    for (number, cut) in (1_u8..).zip([1, 4, 5, 6, 40, 200, 230, 400]) {
        let taken = logged(&facing.at, "letter_taken").len();
        let second = good(200 + number);
        facing.sends(&[good(100 + number), second[..cut].to_vec()]).await;
        assert_eq!(refusals(&facing.at).len(), usize::from(number), "cut at {cut}");
        // A frame that is cut short before its letter's header is whole spoils the letter it follows on.
        let whole = usize::from(cut > second.iter().position(|byte| *byte == b'}').unwrap());
        assert_eq!(
            logged(&facing.at, "letter_taken").len() - taken,
            whole,
            "cut at {cut}"
        );
    }
    // Not even the first frame.
    let file = forged(&facing.rogue, &facing.at.card, b"\x81\0");
    take(&facing.at, &[file]).await;
    let file = forged(&facing.rogue, &facing.at.card, b"");
    assert_eq!(take(&facing.at, &[file]).await.letters, 0);
}
