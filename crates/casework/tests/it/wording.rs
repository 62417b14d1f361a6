//! Local wording that says the opposite of what must stand.

use hefu_casework::{
    Error,
    letter::{Facts, Flaw, Letter, LetterKind, LocalWording},
};

/// Whether a notice is written with the national wording in which `from` was replaced.
fn notice_with(from: &str, to: &str) -> bool {
    let facts = include_str!("../../data/letters/samples/notice.toml");
    let wording = LetterKind::Notice.wording();
    assert!(wording.contains(from));
    let local = wording.replace(from, to);
    let facts = Facts::read(LetterKind::Notice, "facts.toml", facts).unwrap();
    let local = LocalWording {
        file: "local.toml",
        text: &local,
    };
    Letter::compose(&facts, Some(local)).is_ok()
}

/// The notice is quoted and denied.
#[test]
fn a_wording_that_denies_the_notice_is_refused() {
    assert!(notice_with("告知书", "告知书"));
    assert!(!notice_with(
        "六、不得仅凭比对结果停发或追缴。",
        "六、“不得仅凭比对结果停发或追缴”的规定不适用于本案，自即日起停发。"
    ));
}

/// The words stand, and the rights do not.
#[test]
fn a_wording_that_takes_the_persons_rights_away_is_refused() {
    assert!(!notice_with(
        "您可以在{hearing_until}前（含当日）向我单位陈述意见、进行申辩，并可以提交有关材料。地点和方式：{hearing_place}。认为所用资料有误的，可以要求更正；",
        "{hearing_until}、{hearing_place}。您无权陈述、申辩，也不得要求更正；"
    ));
}

/// What is to be kept confidential is declared free.
#[test]
fn a_wording_that_lifts_confidentiality_is_refused() {
    let facts = include_str!("../../data/letters/samples/inquiry.toml");
    let wording = LetterKind::Inquiry.wording();
    let from = "本函所含个人信息仅用于核实本事项，请按照《中华人民共和国数据安全法》第三十八条的规定，在履行法定职责的范围内使用，并依法予以保密。";
    assert!(wording.contains(from));
    let local = wording.replace(from, "本函内容无须保密，可以公布。");
    let facts = Facts::read(LetterKind::Inquiry, "facts.toml", facts).unwrap();
    let local = LocalWording {
        file: "local.toml",
        text: &local,
    };
    assert!(Letter::compose(&facts, Some(local)).is_err());
}

/// By hand: what a comparison alone does not bear, what the person may do, and what is confidential.
const MUST: [(LetterKind, &str, &str, &[&str]); 6] = [
    (LetterKind::Transfer, "body", "本函及附件", &["保密"]),
    (LetterKind::Recommendation, "body", "本函所含", &["保密"]),
    (
        LetterKind::Inquiry,
        "closing",
        "比对结果",
        &["不得仅凭比对结果停发或追缴", "保密"],
    ),
    (
        LetterKind::Feedback,
        "body",
        "来文涉及",
        &["不得仅凭比对结果停发或追缴", "保密"],
    ),
    (
        LetterKind::Notice,
        "body",
        "五、",
        &["{hearing_until}", "陈述意见、进行申辩", "可以要求更正"],
    ),
    (
        LetterKind::Notice,
        "body",
        "六、",
        &["不得仅凭比对结果停发或追缴"],
    ),
];

/// The paragraph in brackets of its own that begins so.
fn paragraph(kind: LetterKind, start: &str) -> &'static str {
    let begins = |line: &&str| line.starts_with(&format!("    [\"{start}"));
    let line = kind.wording().lines().find(begins).unwrap();
    line.trim_start()
        .strip_prefix("[\"")
        .and_then(|line| line.strip_suffix("\"],"))
        .unwrap()
}

/// Word for word, as a paragraph of its own: not one word less or more, not only where a fact is filled in, not in
/// another part.
#[test]
fn what_must_stand_stands_word_for_word() {
    for (kind, part, start, says) in MUST {
        let must = paragraph(kind, start);
        for says in says {
            assert!(must.contains(says), "{must}");
        }
        let wording = kind.wording();
        let line = wording.lines().position(|line| line.starts_with(part)).unwrap() + 1;
        let facts = match kind {
            LetterKind::Transfer => include_str!("../../data/letters/samples/transfer.toml"),
            LetterKind::Recommendation => include_str!("../../data/letters/samples/recommendation.toml"),
            LetterKind::Inquiry => include_str!("../../data/letters/samples/inquiry.toml"),
            LetterKind::Feedback => include_str!("../../data/letters/samples/feedback.toml"),
            _ => include_str!("../../data/letters/samples/notice.toml"),
        };
        let facts = Facts::read(kind, "facts.toml", facts).unwrap();
        let compose = |local: &str| {
            let local = LocalWording {
                file: "local.toml",
                text: local,
            };
            Letter::compose(&facts, Some(local)).map(|_| ())
        };
        let bracketed = format!("[\"{must}\"]");
        // The brackets say what must stand, and are of no use where it does.
        compose(&wording.replace(&bracketed, &format!("\"{must}\""))).unwrap();
        let left_out = wording.replace(&bracketed, &format!("\"另行说明{}。\"", facts_of(must)));
        let note = format!("note = \"{must}{{contact}}\"");
        let in_the_note = |line| {
            if str::starts_with(line, "note = ") {
                &note
            } else {
                line
            }
        };
        let elsewhere: Vec<_> = left_out.lines().map(in_the_note).collect();
        for changed in [
            elsewhere.join("\n"),
            left_out,
            wording.replace(must, &format!("{must}但本案除外。")),
            wording.replace(must, &format!("下列各项不适用：{must}")),
        ] {
            assert_ne!(changed, wording);
            let Err(Error::Letter(mistake)) = compose(&changed) else {
                panic!("accepted: {changed}");
            };
            assert_eq!(
                (mistake.line, mistake.field.as_str(), mistake.flaw),
                (line, must, Flaw::Unsaid),
                "{changed}"
            );
        }
    }
    // A paragraph that stands only where a fact is filled in does not always stand.
    let must = paragraph(LetterKind::Notice, "六、");
    assert!(!notice_with(must, &format!("{{amount|{must}|}}")));
}

/// The facts of a paragraph, without what it says of them.
fn facts_of(must: &str) -> String {
    let blanks = must.split('{').skip(1);
    let names = blanks.filter_map(|blank| blank.split_once('}'));
    names.map(|(name, _)| format!("{{{name}}}")).collect()
}

#[test]
fn local_wording_may_change_what_need_not_stand() {
    assert!(notice_with(
        "我单位正在核实救助发放情况，其中一项与您有关。",
        "有一件事请您说明。"
    ));
    // A bracket of one's own binds nobody.
    assert!(notice_with(
        "\"三、人工核实情况：{verified}。\"",
        "[\"三、经核实：{verified}。\"]"
    ));
}
