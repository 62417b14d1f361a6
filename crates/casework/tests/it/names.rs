//! Whether two agencies know a number under one name: what is compared, what is told, and what it forbids.

use hefu_casework::{
    Agreement, AidRecord, Circumstances, DraftRequest, ElementSet, Error, Finding, LabelField, LabelTerms,
    Mode, NameAgreement, NameCheck, NameDigest, Purpose, RuleSet, Template, Wrong, elements, findings,
    name_label_bytes, parse_name_label,
    review::{Surroundings, basis},
};
use hefu_identity::AliasTable;

use crate::common::*;

fn digest(written: &str) -> NameDigest {
    NameDigest::of(written).unwrap()
}

fn bytes(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// What SHA-256 gives for the bytes that protocol-docs/agreements.md writes down, reckoned apart from this program.
#[test]
fn digests_and_checks_are_those_of_the_protocol() {
    assert_eq!(
        digest("张三").stored().to_vec(),
        bytes("f10a1c9f215d93f5c0348e851bcf0390")
    );
    for (name, who, check) in [
        ("张三", 1, "8dc9"),
        // The same name beside another number.
        ("张三", 2, "e571"),
        ("李四", 1, "ec58"),
        ("阿依古丽·买买提", 1, "8ce4"),
        // SHA-256 begins with two zeros here, which say that a name is not known.
        ("赵安和", 228, "0001"),
        ("赵星丁", 256, "0001"),
    ] {
        let said = digest(name).check(&person(who));
        assert_eq!(said.bytes().to_vec(), bytes(check), "{name} {who}");
    }
    // One name of 65,535 others passes for the same.
    let [one, other] = ["张三", "赵丙顺"].map(|name| digest(name).check(&person(310)));
    assert_eq!(one.agrees(other), NameAgreement::Same);
    assert!(digest("张三") != digest("赵丙顺"));
    let kept = digest("张三").stored();
    assert!(NameDigest::from_stored(&*kept) == Some(digest("张三")));
    assert!(NameDigest::from_stored(&kept[1..]).is_none());
}

#[test]
fn spellings_of_one_name_are_one_and_different_names_stay_different() {
    for (one, other) in [
        ("张三", " 张　三\u{200B}\u{FEFF}"),
        ("张三", "张\u{00A0}三\t"),
        ("阿依古丽·买买提", "阿依古丽•买买提"),
        ("阿依古丽·买买提", "阿依古丽・买买提"),
        ("阿依古丽·买买提", "阿依古丽･买买提"),
        ("阿依古丽·买买提", "阿依古丽‧买买提"),
        ("阿依古丽·买买提", "阿依古丽∙买买提"),
        ("阿依古丽·买买提", "阿依古丽买买提"),
        ("Anna Li", "ＡＮＮＡ　ＬＩ"),
        // A compatibility ideograph and a radical, as they come out of other systems, and a variation selector.
        ("凉", "\u{F979}"),
        ("王玉", "王\u{2F5F}"),
        ("葛平", "葛\u{E0100}平"),
    ] {
        assert!(digest(one) == digest(other), "{other:?}");
    }
    for (one, other) in [
        ("张三", "张四"),
        ("张三", "三张"),
        ("张三", "张三丰"),
        // A person looks at these.
        ("张国华", "張國華"),
        ("Émile", "Emile"),
    ] {
        assert!(digest(one) != digest(other), "{other:?}");
    }
}

fn terms(max_bytes: u16) -> LabelTerms {
    LabelTerms {
        fields: vec![LabelField::Name],
        max_bytes,
    }
}

#[test]
fn labels_have_one_width_and_one_spelling() {
    let names = [
        NameCheck::UNKNOWN,
        digest("张三").check(&person(1)),
        digest("阿依古丽·买买提").check(&person(1)),
    ];
    for (name, written) in names.into_iter().zip([[0, 0], [0x8D, 0xC9], [0x8C, 0xE4]]) {
        assert_eq!(name_label_bytes(&terms(2), name), written);
        let wide = name_label_bytes(&terms(4), name);
        assert_eq!(wide, [&written[..], &[0, 0]].concat());
        assert!(parse_name_label(&terms(4), &wide).unwrap() == name);
    }
    for (width, label) in [
        (2, &[][..]),
        (2, &[1]),
        (2, &[1, 2, 0]),
        (4, &[1, 2]),
        (4, &[1, 2, 0, 3]),
        (4, &[0, 0, 1, 0]),
    ] {
        let read = parse_name_label(&terms(width), label);
        assert!(matches!(read, Err(Error::Label)), "{label:?}");
    }
}

/// With labels on names where the agreement is given.
fn named(agreement: Agreement) -> Agreement {
    Agreement {
        mode: Mode::Labels,
        label: Some(terms(2)),
        ..agreement
    }
}

fn duplicates() -> Agreement {
    named(agreement(&["minimum_living"], &["extreme_poverty"], &["X1"]))
}

fn leads() -> Agreement {
    named(by_person(
        Purpose::Leads,
        &["case_victim"],
        &["disability_holder"],
    ))
}

#[test]
fn names_are_compared_where_a_match_is_shown_and_beside_nothing_else() {
    type Change = fn(&mut Agreement);
    fn fields(agreement: &mut Agreement) -> &mut Vec<LabelField> {
        &mut agreement.label.as_mut().unwrap().fields
    }
    for right in [
        duplicates(),
        leads(),
        named(by_person(Purpose::Duplicates, &["orphan"], &["orphan"])),
    ] {
        right.validate().unwrap();
        assert!(right.compares_names());
        assert_eq!(right.label_width(), 2);
        let changes: [(&str, Wrong, Change); 9] = [
            ("label.fields", Wrong::Missing, |a| fields(a).clear()),
            ("label.fields", Wrong::NotAllowed, |a| {
                fields(a).push(LabelField::State)
            }),
            ("label.fields", Wrong::NotAllowed, |a| {
                *fields(a) = vec![LabelField::State]
            }),
            ("label.fields", Wrong::NotAllowed, |a| {
                *fields(a) = vec![LabelField::Date]
            }),
            ("label.fields", Wrong::Repeated, |a| {
                fields(a).push(LabelField::Name)
            }),
            ("label.max_bytes", Wrong::OutOfRange, |a| a.label = Some(terms(1))),
            ("label.max_bytes", Wrong::OutOfRange, |a| {
                a.label = Some(terms(257))
            }),
            ("label", Wrong::NotAllowed, |a| a.mode = Mode::Members),
            // What is shown there has no match.
            ("mode", Wrong::NotAllowed, |a| a.purpose = Purpose::Omissions),
        ];
        for (field, wrong, change) in changes {
            let mut agreement = right.clone();
            change(&mut agreement);
            match agreement.validate().unwrap_err() {
                Error::Agreement { field: f, wrong: w } => assert_eq!((f, w), (field, wrong)),
                other => panic!("{other}"),
            }
        }
    }
    // The letter has the name.
    let mut letters = referrals();
    letters.label.as_mut().unwrap().fields.push(LabelField::Name);
    assert!(matches!(
        letters.validate(),
        Err(Error::Agreement {
            field: "label.fields",
            wrong: Wrong::NotAllowed
        })
    ));
}

#[test]
fn a_draft_compares_names_where_something_may_be_taken_or_where_it_is_asked_for() {
    let draft = |purpose, left: &str, right: &str, name_label| {
        let from = agreement(&[left], &[right], &["X1"]);
        let request = DraftRequest {
            checks_a_day: None,
            key_kind: None,
            number: "某协〔2026〕2号".into(),
            parties: from.parties,
            receivers: None,
            place: from.place,
            months: from.selection.months,
            suite: from.suite,
            rules: None,
            name_label,
            legal_basis: None,
            rounds_a_month: None,
            resume_hours: None,
            valid_from: from.valid_from,
            expires: from.expires,
            retention_days: None,
        };
        let draft = Template::for_purpose(purpose)?.draft(request, &RuleSet::national());
        draft.map(|draft| draft.compares_names())
    };
    let duplicates = |asked| draft(Purpose::Duplicates, "minimum_living", "extreme_poverty", asked);
    let leads = |asked| draft(Purpose::Leads, "case_victim", "disability_holder", asked);
    let referrals = |asked| draft(Purpose::Referrals, "referral_sent", "referral_received", asked);
    let omissions = |asked| draft(Purpose::Omissions, "judicial_court", "minimum_living", asked);
    for (asked, in_duplicates) in [(None, true), (Some(true), true), (Some(false), false)] {
        assert_eq!(duplicates(asked).unwrap(), in_duplicates);
        assert_eq!(leads(asked).unwrap(), asked == Some(true));
    }
    for asked in [None, Some(false)] {
        assert!(!referrals(asked).unwrap());
        assert!(!omissions(asked).unwrap());
    }
    assert!(referrals(Some(true)).is_err());
    assert!(omissions(Some(true)).is_err());
}

fn with_name(record: AidRecord, written: &str) -> AidRecord {
    AidRecord {
        name: NameDigest::of(written),
        ..record
    }
}

fn sets(agreement: &Agreement, aliases: [&AliasTable; 2], records: [&[AidRecord]; 2]) -> [ElementSet; 2] {
    [0, 1].map(|me| {
        let records = &mut records[me].iter().cloned();
        elements(agreement, &RuleSet::national(), me, 0, aliases[me], records).unwrap()
    })
}

/// The labels that the receiver opens: those of the sender's elements that it has too.
fn opened(own: &ElementSet, other: &ElementSet, width: usize) -> Vec<u8> {
    let (mine, theirs, labels) = (own.bytes(), other.bytes(), other.labels());
    assert_eq!(labels.len(), other.len() * width);
    matched(own, other)
        .into_iter()
        .flat_map(|position| {
            let element = mine.chunks(own.width()).nth(position as usize).unwrap();
            let at = theirs.chunks(other.width()).position(|their| their == element);
            let at = at.unwrap() * width;
            labels[at..at + width].to_vec()
        })
        .collect()
}

fn found(agreement: &Agreement, aliases: [&AliasTable; 2], records: [&[AidRecord]; 2]) -> Vec<Finding> {
    let [own, other] = sets(agreement, aliases, records);
    assert!(own.labels().is_empty(), "the receiver tells nothing");
    let labels = opened(&own, &other, usize::from(agreement.label_width()));
    findings(agreement, 0, &own, &matched(&own, &other), &labels, MATCHED)
        .unwrap()
        .findings
}

fn name_of(agreement: &Agreement, own: &[AidRecord], theirs: &[AidRecord]) -> Option<NameAgreement> {
    let none = AliasTable::new();
    let found = found(agreement, [&none, &none], [own, theirs]);
    assert_eq!(found.len(), 1);
    found[0].name
}

#[test]
fn a_finding_says_whether_the_names_agree() {
    use NameAgreement::{Differs, Same, Unknown};
    for (agreement, left, right) in [
        (duplicates(), "minimum_living", "extreme_poverty"),
        (leads(), "case_victim", "disability_holder"),
    ] {
        let rows = |programme: &str, names: &[&str]| -> Vec<_> {
            let rows = (1..).zip(names);
            rows.map(|(row, name)| with_name(record(row, 1, programme, "2026-07"), name))
                .collect()
        };
        for (own, theirs, expected) in [
            (&["张三"][..], &["张 三"][..], Same),
            (&["张三"], &["李四"], Differs),
            (&["张三"], &[""], Unknown),
            (&["无"], &["李四"], Unknown),
            (&[""], &[""], Unknown),
            // Of several rows each may be another person's.
            (&["张三", "李四"], &["张三"], Differs),
            (&["张三", ""], &["张三"], Same),
            (&["", "李四"], &["张三"], Differs),
            // The sender can tell one name or none.
            (&["张三"], &["张三", "李四"], Unknown),
            (&["张三"], &["张三", ""], Same),
        ] {
            let told = name_of(&agreement, &rows(left, own), &rows(right, theirs));
            assert_eq!(told, Some(expected), "{own:?} {theirs:?}");
        }
        let silent = Agreement {
            mode: Mode::Members,
            label: None,
            ..agreement
        };
        let told = name_of(&silent, &rows(left, &["张三"]), &rows(right, &["李四"]));
        assert_eq!(told, None);
    }
}

/// One month is enough.
#[test]
fn one_difference_outweighs_what_agrees() {
    let own = [with_name(
        record(1, 1, "minimum_living", "2026-07..2026-10"),
        "张三",
    )];
    let theirs = |august: &str| {
        [("2026-07", "张三"), ("2026-08", august), ("2026-09", "")]
            .map(|(when, name)| with_name(record(9, 1, "extreme_poverty", when), name))
    };
    let told = |august| name_of(&duplicates(), &own, &theirs(august));
    assert_eq!(told("张三"), Some(NameAgreement::Same));
    assert_eq!(told("李四"), Some(NameAgreement::Differs));
}

/// A check belongs to one number, and a person who changed the number has another row's name beside each.
#[test]
fn names_are_compared_beside_each_number_of_a_person() {
    let mut known = AliasTable::new();
    known.add(&person(1), &person(2));
    let none = AliasTable::new();
    // Paid here under the old number; the other agency has the new one alone.
    for (agreement, left, right) in [
        (duplicates(), "minimum_living", "extreme_poverty"),
        (leads(), "case_victim", "disability_holder"),
    ] {
        let told = |aliases: [&AliasTable; 2], mine: u32, theirs: u32, name: &str| {
            let own = [with_name(record(1, mine, left, "2026-07"), "张三")];
            let other = [with_name(record(2, theirs, right, "2026-07"), name)];
            let found = found(&agreement, aliases, [&own, &other]);
            found.first().map(|finding| finding.name.unwrap())
        };
        assert_eq!(told([&none, &none], 1, 2, "张三"), None);
        for aliases in [[&known, &none], [&none, &known], [&known, &known]] {
            assert_eq!(told(aliases, 1, 2, "张三"), Some(NameAgreement::Same));
            assert_eq!(told(aliases, 1, 2, "李四"), Some(NameAgreement::Differs));
        }
    }
}

/// 法发〔2019〕2号 art. 4: relatives of one victim are one case, and their names are their own.
#[test]
fn a_relative_in_the_victims_place_has_another_name_and_that_is_no_difference() {
    let agreement = named(judicial([Some("a"), Some("a")]));
    let aided = |row, who, programme, name, victim: Option<u32>| {
        let record = record(row, who, programme, "2026-07-15").case("（2026）合2901刑初1号");
        AidRecord {
            circumstances: Circumstances {
                victim: victim.map(person),
                ..Circumstances::default()
            },
            ..with_name(record, name)
        }
    };
    let here = |who, name, victim| [aided(1, who, "judicial_procuratorate", name, victim)];
    let there = |who, name, victim| [aided(2, who, "judicial_court", name, victim)];
    let told = |own: [AidRecord; 1], theirs: [AidRecord; 1]| name_of(&agreement, &own, &theirs).unwrap();
    assert_eq!(
        told(here(1, "张三", Some(3)), there(2, "李四", Some(3))),
        NameAgreement::Unknown
    );
    assert_eq!(
        told(here(1, "张三", Some(3)), there(3, "李四", None)),
        NameAgreement::Unknown
    );
    // Who is the victim, also where the row says so twice.
    assert_eq!(
        told(here(3, "王五", None), there(3, "李四", Some(3))),
        NameAgreement::Differs
    );
}

/// What is entered does not depend on names, so neither does what the sender sees; and the labels have one width.
#[test]
fn elements_are_the_same_whatever_the_names_are() {
    let none = AliasTable::new();
    let entered = |names: [&str; 2]| {
        let own = [with_name(record(1, 1, "minimum_living", "2026-07"), names[0])];
        let theirs = [with_name(record(9, 1, "extreme_poverty", "2026-07"), names[1])];
        let [own, other] = sets(&duplicates(), [&none, &none], [&own, &theirs]);
        (own.bytes().to_vec(), other.bytes().to_vec(), other.labels().len())
    };
    let plain = entered(["", ""]);
    for names in [
        ["张三", "张三"],
        ["张三", "李四"],
        ["", "阿依古丽·买买提江·吐尔逊"],
    ] {
        assert!(entered(names) == plain, "{names:?}");
    }
}

#[test]
fn hostile_labels_are_refused_whole() {
    let none = AliasTable::new();
    let own = [with_name(record(1, 1, "minimum_living", "2026-07"), "张三")];
    let theirs = [with_name(record(9, 1, "extreme_poverty", "2026-07"), "张三")];
    let wide = Agreement {
        label: Some(terms(4)),
        ..duplicates()
    };
    let [set, other] = sets(&wide, [&none, &none], [&own, &theirs]);
    let matched = matched(&set, &other);
    let learn = |labels: &[u8]| findings(&wide, 0, &set, &matched, labels, MATCHED);
    assert_eq!(
        learn(&other.labels()).unwrap().findings[0].name,
        Some(NameAgreement::Same)
    );
    for labels in [&[0x8D, 0xC9, 0, 1][..], &[0x8D, 0xC9, 1, 0], &[0, 0, 0, 0xFF]] {
        assert!(matches!(learn(labels), Err(Error::Label)), "{labels:?}");
    }
    for labels in [&[][..], &[0x8D, 0xC9], &[0; 8]] {
        assert!(
            matches!(learn(labels), Err(Error::LabelCount { .. })),
            "{labels:?}"
        );
    }
    // Without an agreed label there is none.
    let silent = agreement(&["minimum_living"], &["extreme_poverty"], &["X1"]);
    let [set, _] = sets(&silent, [&none, &none], [&own, &theirs]);
    assert!(matches!(
        findings(&silent, 0, &set, &[0], &[0, 0], MATCHED),
        Err(Error::LabelCount { .. })
    ));
}

/// What is put right comes back as another finding; that nothing is known of a name changes nothing.
#[test]
fn whether_names_agree_is_part_of_what_a_finding_rests_on() {
    let person = hefu_casework::Hex([1; 16]);
    let finding = |name| {
        let none = AliasTable::new();
        let own = [with_name(record(1, 1, "minimum_living", "2026-07"), "张三")];
        let theirs = [with_name(record(9, 1, "extreme_poverty", "2026-07"), "张三")];
        let mut found = found(&duplicates(), [&none, &none], [&own, &theirs]).remove(0);
        found.name = name;
        found
    };
    let of = |name| basis(&finding(name), &person);
    let [same, differs] = [NameAgreement::Same, NameAgreement::Differs].map(|name| of(Some(name)));
    assert_ne!(same, differs);
    assert_ne!(same, of(None));
    assert_ne!(differs, of(None));
    assert_eq!(of(Some(NameAgreement::Unknown)), of(None));
    let blocks = |name| Surroundings::of(&finding(name)).names_differ;
    assert!(blocks(Some(NameAgreement::Differs)));
    for name in [None, Some(NameAgreement::Same), Some(NameAgreement::Unknown)] {
        assert!(!blocks(name));
    }
}
