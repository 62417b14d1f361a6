use hefu_casework::Hex;
use hefu_store::{Letter, Matter};
use jiff::Timestamp;

use super::*;

fn letter(id: u8, about: Option<[u8; 32]>) -> Letter {
    Letter {
        id: [id; 16],
        peer: [1; 32],
        matter: Matter::Receipt,
        about,
        agreement: None,
        detail: None,
        body: None,
        made_at: Timestamp::UNIX_EPOCH,
        sent_at: None,
        acknowledged_at: None,
        overtaken_at: None,
    }
}

fn scanned(content: &[u8]) -> (tempfile::NamedTempFile, Scanned) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), content).unwrap();
    let scanned = scan(file.path()).unwrap();
    (file, scanned)
}

/// By hand, from the description of the format.
fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    [&[kind], &(payload.len() as u32).to_be_bytes()[..], payload].concat()
}

#[test]
fn what_a_set_holds_is_as_it_is_described() {
    let acknowledged = acknowledgement(&[[1; 16], [2; 16]]).unwrap();
    assert_eq!(acknowledged, frame(0x81, &[[1; 16], [2; 16]].concat()));
    let header = format!(
        r#"{{"about":"{}","id":"{}","matter":"receipt"}}"#,
        Hex([7; 32]),
        Hex([3; 16])
    );
    assert_eq!(
        header_of(&letter(3, Some([7; 32]))).unwrap(),
        frame(0x80, header.as_bytes())
    );
    assert_eq!(paper(4, b"ended").unwrap(), frame(9, b"\x04ended"));
}

#[test]
fn letters_are_found_with_their_frames() {
    let content = [
        acknowledgement(&[[9; 16]]).unwrap(),
        header_of(&letter(1, None)).unwrap(),
        frame(7, b"receipt"),
        header_of(&letter(2, None)).unwrap(),
        header_of(&letter(3, None)).unwrap(),
        frame(1, b"one"),
        frame(2, b"two"),
    ];
    let (file, scanned) = scanned(&content.concat());
    assert_eq!(scanned.acknowledged, [[9; 16]]);
    let ids: Vec<_> = scanned
        .letters
        .iter()
        .map(|piece| piece.header.unwrap().id[0])
        .collect();
    assert_eq!(ids, [1, 2, 3]);
    assert!(scanned.letters.iter().all(|piece| piece.whole));
    let lengths: Vec<_> = scanned.letters.iter().map(Piece::bytes).collect();
    assert_eq!(lengths, [12, 0, 16]);
    assert_eq!(
        scanned.letters[0].only(file.path(), Kind::Receipt).unwrap(),
        b"receipt"
    );
    for piece in &scanned.letters[1..] {
        assert!(piece.only(file.path(), Kind::Open).is_err(), "none, and two");
    }
}

#[test]
fn what_is_wrong_is_wrong_in_its_letter_alone() {
    let good = [header_of(&letter(1, None)).unwrap(), frame(7, b"receipt")].concat();
    let taken = acknowledgement(&[]).unwrap();
    // A header that can't be read, frames before any header, and an acknowledgement that is none.
    let bad = [frame(0x80, b"{}"), frame(7, b"orphan")].concat();
    let (_file, found) = scanned(&[taken.clone(), bad, good.clone()].concat());
    assert_eq!(
        found
            .letters
            .iter()
            .map(|piece| piece.header.is_some())
            .collect::<Vec<_>>(),
        [false, true]
    );
    let (_file, found) = scanned(&[taken.clone(), frame(7, b"orphan"), good.clone()].concat());
    assert_eq!(found.letters.len(), 2);
    assert!(found.letters[0].header.is_none() && found.letters[1].whole);
    for wrong in [vec![0; 15], vec![0; 16 * 1025]] {
        let (_file, found) = scanned(&[frame(0x81, &wrong), good.clone()].concat());
        assert_eq!(found.acknowledged, [[0; 16]; 0]);
        assert_eq!(found.letters.len(), 2);
    }
    // A frame longer than any may be.
    let long = [&[7][..], &(1_u32 << 21).to_be_bytes()].concat();
    let (_file, found) = scanned(&[taken, good.clone(), good, long].concat());
    assert_eq!(
        found.letters.iter().map(|piece| piece.whole).collect::<Vec<_>>(),
        [true, false]
    );
}

#[test]
fn a_set_of_more_letters_than_any_may_have_ends_there() {
    let one = header_of(&letter(1, None)).unwrap();
    let (_file, found) = scanned(&one.repeat(MANY_LETTERS + 7));
    assert_eq!(found.letters.len(), MANY_LETTERS + 1);
    assert!(!found.letters[MANY_LETTERS].whole);
}
