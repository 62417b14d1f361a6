//! Single files: what one is like, and what may become of it on its way.

use std::io::Cursor;

use hefu_link::ferry::{Cut, Form, Part, SetId, enclose_card};
use hefu_link::{Card, Keys};

use crate::support::{ANY, Agency, CIVIL, COURT, Set, code, noise, payload};

const FORMS: [Form; 2] = [Form::Binary, Form::Text];

fn civil_and_court() -> (Agency, Agency, Set) {
    let (civil, court) = (Agency::new(CIVIL), Agency::new(COURT));
    let set = civil.seal(&court, 1, &noise(1500));
    (civil, court, set)
}

#[test]
fn a_file_says_what_it_is() {
    let (civil, court, set) = civil_and_court();
    for form in FORMS {
        let file = &set.files(&civil, form, 4096)[0];
        let part = Part::read(file.as_slice(), 1548).unwrap();
        assert_eq!(
            (part.form(), part.part(), part.parts(), part.payload_bytes()),
            (form, 1, 1, 1548)
        );
        assert_eq!(part.head(), &set.head);
        part.must_be_for(&court.keys.node_key()).unwrap();
        part.must_be_from(&civil.card).unwrap();
        assert_eq!(code(part.must_be_for(&civil.keys.node_key())), "ferry_recipient");
        assert_eq!(code(part.must_be_from(&court.card)), "ferry_sender");
        assert!(payload(file).unwrap() == set.sealed);
        assert_eq!(code(Part::read(file.as_slice(), 1547)), "ferry_too_large");
    }
}

/// Whatever bit of a file is changed, it is refused; and so is every change of a byte to what ends a line.
#[test]
fn no_changed_byte_passes() {
    let (civil, court) = (Agency::new(CIVIL), Agency::new(COURT));
    let set = civil.seal(&court, 1, &noise(100));
    for form in FORMS {
        let file = set.files(&civil, form, 4096).remove(0);
        let set_name = set.head.set().to_string();
        let from_header = position(&file, set_name.as_bytes());
        for position in 0..file.len() {
            let old = file[position];
            let bits = (0..8).map(|bit| old ^ 1 << bit);
            for new in bits.chain(*b"\r\n \0=").filter(|new| *new != old) {
                let mut changed = file.clone();
                changed[position] = new;
                let refused = code(payload(&changed));
                assert_ne!(refused, "ok", "{form:?}: byte {position} made {new}");
                if position == from_header && new.is_ascii_hexdigit() && !new.is_ascii_uppercase() {
                    assert_eq!(refused, "ferry_signature");
                }
            }
        }
        assert!(payload(&file).unwrap() == set.sealed);
    }
}

fn position(file: &[u8], what: &[u8]) -> usize {
    file.windows(what.len()).position(|at| at == what).unwrap()
}

#[test]
fn a_file_cut_anywhere_ends_early() {
    let (civil, _, set) = civil_and_court();
    for form in FORMS {
        let file = set.files(&civil, form, 4096).remove(0);
        for length in 0..file.len() {
            assert_eq!(
                code(payload(&file[..length])),
                "ferry_truncated",
                "{form:?}: {length}"
            );
        }
    }
}

#[test]
fn a_changed_payload_is_called_that() {
    let (civil, _, set) = civil_and_court();
    let mut file = set.files(&civil, Form::Binary, 4096).remove(0);
    *file.last_mut().unwrap() ^= 1;
    assert_eq!(code(payload(&file)), "ferry_payload");
    let text = String::from_utf8(set.files(&civil, Form::Text, 4096).remove(0)).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines.len(),
        7,
        "1,548 bytes: three lines of payload and four around them"
    );
    let with = |line: usize, new: &str| {
        let mut lines = lines.clone();
        lines[line - 1] = new;
        code(payload((lines.join("\n") + "\n").as_bytes()))
    };
    assert_eq!(
        with(4, lines[4]),
        "ferry_payload",
        "a line in the place of another"
    );
    assert_eq!(with(5, &lines[4][4..]), "ferry_text");
    assert_eq!(with(5, &format!("{} ", lines[4])), "ferry_text");
    assert_eq!(with(5, lines[4]), "ok");
    assert_eq!(with(5, ""), "ferry_text");
    assert_eq!(with(6, lines[6]), "ferry_text", "ended before its time");
    assert_eq!(with(7, "-----END HEFU FERRY----"), "ferry_text");
    assert_eq!(with(3, &lines[2].to_uppercase()), "ferry_signature");
    assert_eq!(with(2, &lines[1].replace(',', ", ")), "ferry_header");
    assert_eq!(
        with(2, &lines[1].replace("\"version\":1", "\"version\":2")),
        "ferry_version"
    );
    assert_eq!(
        with(2, &lines[1].replace("hefu-ferry", "hefu-barge")),
        "ferry_foreign"
    );
    assert_eq!(
        with(2, &lines[1].replace(":1,\"parts\":1", ":1,\"parts\":2")),
        "ferry_signature"
    );
    assert_eq!(
        with(2, &lines[1].replace(":1,\"parts\":1", ":2,\"parts\":1")),
        "ferry_header"
    );
    assert_eq!(
        with(2, &lines[1].replace(":1,\"parts\":1", ":1,\"parts\":0")),
        "ferry_header"
    );
    assert_eq!(
        with(2, &lines[1].replace(":1,\"parts\":1", ":1,\"parts\":100000")),
        "ferry_header"
    );
}

/// RFC 4648 section 3.5: bits behind the last byte are zero, or one payload has several spellings.
#[test]
fn base64_has_one_spelling() {
    let (civil, court) = (Agency::new(CIVIL), Agency::new(COURT));
    let set = civil.seal(&court, 1, b"xy");
    let text = String::from_utf8(set.files(&civil, Form::Text, 4096).remove(0)).unwrap();
    let last = text.lines().nth(3).unwrap();
    // 50 bytes: two characters of padding would be 49 or 52 - 2; the fourth of the last group is padding.
    assert_eq!((last.len(), &last[67..]), (68, "="));
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let value = alphabet.find(&last[66..67]).unwrap();
    assert_eq!(value % 4, 0);
    let other = format!("{}{}=", &last[..66], &alphabet[value + 1..value + 2]);
    assert_eq!(code(payload(text.replace(last, &other).as_bytes())), "ferry_text");
    let unpadded = text.replace(last, &last[..67]);
    assert_eq!(code(payload(unpadded.as_bytes())), "ferry_text");
}

#[test]
fn what_is_added_is_refused() {
    let (civil, _, set) = civil_and_court();
    let binary = set.files(&civil, Form::Binary, 4096).remove(0);
    assert_eq!(code(payload(&[&binary[..], b"\n"].concat())), "ferry_trailing");
    assert_eq!(
        code(payload(&[b"\xef\xbb\xbf", &binary[..]].concat())),
        "ferry_foreign"
    );
    let text = set.files(&civil, Form::Text, 4096).remove(0);
    for (added, expected) in [
        ("\n", "ok"),
        ("\r\n\n\r\n", "ok"),
        (" \n", "ferry_trailing"),
        ("\nsent from my office", "ferry_trailing"),
        ("\r", "ferry_trailing"),
    ] {
        let longer = [&text[..], added.as_bytes()].concat();
        assert_eq!(code(payload(&longer)), expected, "{added:?}");
    }
    let endless = [&text[..], &b"\n".repeat(17)].concat();
    assert_eq!(code(payload(&endless)), "ferry_trailing");
    assert_eq!(code(payload(&[b"\n", &text[..]].concat())), "ferry_foreign");
}

#[test]
fn other_files_are_called_foreign() {
    for bytes in [
        &b"PK\x03\x04 and more of a workbook"[..],
        b"{}\n",
        b"{\"card\":{\"version\":2}}\n",
        b"\n\n",
        &[b'a'; 5000],
    ] {
        assert_eq!(code(payload(bytes)), "ferry_foreign");
    }
    assert_eq!(code(payload(&[b'{'; 5000])), "ferry_foreign");
}

/// Gateways between networks rewrite line ends, and let through text only.
#[test]
fn the_text_form_passes_gateways() {
    let (civil, _, set) = civil_and_court();
    let text = set.files(&civil, Form::Text, 4096).remove(0);
    let text = String::from_utf8(text).unwrap();
    assert!(text.ends_with('\n') && !text.contains('\r'));
    for line in text.split_terminator('\n') {
        assert!(line.len() <= 1000, "{}", line.len());
        assert!(line.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{line}");
        assert!(!line.ends_with(' ') && !line.is_empty());
    }
    let converted = text.replace('\n', "\r\n");
    assert!(payload(converted.as_bytes()).unwrap() == set.sealed);
    for length in 0..converted.len() {
        assert_eq!(
            code(payload(&converted.as_bytes()[..length])),
            "ferry_truncated",
            "{length}"
        );
    }
    let twice = text.replace('\n', "\r\r\n");
    assert_ne!(code(payload(twice.as_bytes())), "ok");
    // Binary files are not converted, and a converted one is refused.
    let binary = set.files(&civil, Form::Binary, 4096).remove(0);
    let mut lines = binary.splitn(3, |byte| *byte == b'\n');
    let converted = [
        lines.next().unwrap(),
        b"\r\n",
        lines.next().unwrap(),
        b"\r\n",
        lines.next().unwrap(),
    ];
    assert_ne!(code(payload(&converted.concat())), "ok");
}

/// Payloads, headers and signatures belong together.
#[test]
fn what_belongs_to_another_file_is_refused() {
    let (civil, court, rogue) = (Agency::new(CIVIL), Agency::new(COURT), Agency::new("某县"));
    let one = civil.seal(&court, 1, &noise(6000));
    let two = civil.seal(&court, 2, &noise(6000));
    let forged = rogue.seal(&court, 1, &noise(6000));
    let split = |file: &[u8]| -> Vec<Vec<u8>> {
        file.splitn(3, |byte| *byte == b'\n')
            .map(<[u8]>::to_vec)
            .collect()
    };
    let own: Vec<_> = one
        .files(&civil, Form::Binary, 4096)
        .iter()
        .map(|file| split(file))
        .collect();
    let others = [
        own[1].clone(),
        split(&two.files(&civil, Form::Binary, 4096)[0]),
        split(&forged.files(&rogue, Form::Binary, 4096)[0]),
    ];
    for other in &others {
        for (place, expected) in [
            (0, "ferry_signature"),
            (1, "ferry_signature"),
            (2, "ferry_payload"),
        ] {
            let mut mixed = own[0].clone();
            mixed[place] = other[place].clone();
            let refused = code(payload(&mixed.join(&b'\n')));
            assert!(
                refused == expected || (place == 2 && refused == "ferry_truncated"),
                "{refused}"
            );
        }
    }
    // Signed by another, in the name of the first.
    let unsigned = Part::read(own[0].join(&b'\n').as_slice(), ANY).map(drop);
    assert_eq!(code(unsigned), "ok");
    let label = b"hefu/3 ferry part\0";
    let digest = ring::digest::digest(&ring::digest::SHA256, &own[0][0]);
    let mut mixed = own[0].clone();
    mixed[1] = hefu_casework::Hex(rogue.keys.sign(label, digest.as_ref()))
        .to_string()
        .into_bytes();
    assert_eq!(code(payload(&mixed.join(&b'\n'))), "ferry_signature");
}

#[test]
fn no_file_is_longer_than_allowed() {
    let (civil, court) = (Agency::new(CIVIL), Agency::new(COURT));
    let set = civil.seal(&court, 1, &noise(100_000));
    for form in FORMS {
        for max in [4096, 5000, 20_000, 99_999, 150_000] {
            let files = set.files(&civil, form, max);
            let mut gathered = Vec::new();
            let each = set.sealed.len().div_ceil(files.len());
            for file in &files {
                let line_ends = match form {
                    Form::Binary => 2,
                    Form::Text => file.iter().filter(|byte| **byte == b'\n').count(),
                };
                assert!(
                    (file.len() + line_ends) as u64 <= max,
                    "{form:?} {max}: {}",
                    file.len()
                );
                let slice = payload(file).unwrap();
                assert!(slice.len() == each || file == files.last().unwrap());
                gathered.extend(slice);
            }
            assert!(gathered == set.sealed);
            assert_eq!(files, set.files(&civil, form, max), "the same each time");
        }
    }
}

#[test]
fn cuts_have_their_bounds() {
    let (civil, court, set) = civil_and_court();
    for form in FORMS {
        assert_eq!(code(Cut::new(form, Some(4095))), "ferry_file_limit");
        assert_eq!(code(Cut::new(form, Some(4096))), "ok");
    }
    assert_eq!(
        Cut::new(Form::Binary, None).unwrap().max_file_bytes(),
        104_857_600
    );
    assert_eq!(Cut::new(Form::Text, None).unwrap().max_file_bytes(), 1_000_000);
    let cutting = Cut::new(Form::Text, None).unwrap().of(&set.head).unwrap();
    let mut out = Vec::new();
    let sealed = || Cursor::new(&set.sealed);
    for part in [0, 2, u32::MAX] {
        assert_eq!(code(cutting.file_name(part)), "ferry_no_part");
        assert_eq!(
            code(cutting.write(&civil.keys, part, &mut sealed(), &mut out)),
            "ferry_no_part"
        );
    }
    assert_eq!(
        code(cutting.write(&court.keys, 1, &mut sealed(), &mut out)),
        "link_keys"
    );
    let mut short = Cursor::new(&set.sealed[..1000]);
    assert_eq!(
        code(cutting.write(&civil.keys, 1, &mut short, &mut out)),
        "ferry_digest"
    );
    // In text 4,096 bytes hold three lines of 720; 99,999 parts of them and one byte are too many.
    let mut fields = serde_json::to_value(&set.head).unwrap();
    let smallest = Cut::new(Form::Text, Some(4096)).unwrap();
    for (bytes, parts) in [(2160_u64, 1), (2161, 2), (99_999 * 2160, 99_999)] {
        fields["bytes"] = bytes.into();
        let head = serde_json::from_value(fields.clone()).unwrap();
        assert_eq!(smallest.of(&head).unwrap().parts(), parts);
    }
    fields["bytes"] = (99_999_u64 * 2160 + 1).into();
    let head = serde_json::from_value(fields.clone()).unwrap();
    assert_eq!(code(smallest.of(&head)), "ferry_too_many_parts");
}

#[test]
fn names_show_who_and_what_and_which() {
    let (civil, court) = (Agency::new(CIVIL), Agency::new(COURT));
    let short = |keys: &Keys| hefu_casework::Hex(keys.node_key()).to_string()[..8].to_owned();
    let (from, to) = (short(&civil.keys), short(&court.keys));
    let set = civil.seal(&court, 0x1a, &noise(6000));
    let name = |form: Form, part: u32| {
        let cutting = Cut::new(form, Some(4096)).unwrap().of(&set.head).unwrap();
        cutting.file_name(part).unwrap()
    };
    assert_eq!(
        name(Form::Binary, 2),
        format!("hefu-{to}-{from}-1a1a1a1a-p00002of00002.hefu")
    );
    assert_eq!(
        name(Form::Text, 3),
        format!("hefu-{to}-{from}-1a1a1a1a-p00003of00003.txt")
    );
    let (head, _) = enclose_card(&civil.keys, SetId::from([1; 16]), &civil.card).unwrap();
    let card = Cut::new(Form::Text, None).unwrap().of(&head).unwrap();
    assert_eq!(
        card.file_name(1).unwrap(),
        format!("hefu-anyone-{from}-01010101-p00001of00001.txt")
    );
}

#[test]
fn a_card_in_a_file_is_for_anyone() {
    let (civil, court) = (Agency::new(CIVIL), Agency::new(COURT));
    let (head, bytes) = enclose_card(&civil.keys, SetId::from([1; 16]), &civil.card).unwrap();
    let set = Set { head, sealed: bytes };
    for form in FORMS {
        let file = set.files(&civil, form, 4096).remove(0);
        let part = Part::read(file.as_slice(), ANY).unwrap();
        part.must_be_for(&court.keys.node_key()).unwrap();
        part.must_be_for(&civil.keys.node_key()).unwrap();
        assert_eq!(Card::parse(&payload(&file).unwrap()).unwrap(), civil.card);
    }
}
