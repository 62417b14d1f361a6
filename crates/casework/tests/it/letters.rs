//! Letters say what the law and the procedure need, and no more of a person than each kind must.

use hefu_casework::Error;
use hefu_casework::letter::{Block, Facts, Flaw, Letter, LetterKind, LocalWording, Mistake};

use LetterKind::{Acknowledgement, Feedback, Inquiry, Notice, Recommendation, Transfer, Visit};

fn sample(kind: LetterKind) -> &'static str {
    match kind {
        Transfer => include_str!("../../data/letters/samples/transfer.toml"),
        Recommendation => include_str!("../../data/letters/samples/recommendation.toml"),
        Inquiry => include_str!("../../data/letters/samples/inquiry.toml"),
        Acknowledgement => include_str!("../../data/letters/samples/acknowledgement.toml"),
        Feedback => include_str!("../../data/letters/samples/feedback.toml"),
        Notice => include_str!("../../data/letters/samples/notice.toml"),
        Visit => include_str!("../../data/letters/samples/visit.toml"),
    }
}

/// The sample with lines replaced: each is `name = …`, and takes the place of the line of that name.
fn changed(kind: LetterKind, lines: &[&str]) -> String {
    let name = |line: &str| line.split(" = ").next().unwrap().to_owned();
    let mut changed = String::new();
    for line in sample(kind).lines() {
        let instead = lines.iter().find(|each| name(each) == name(line));
        changed += instead.unwrap_or(&line);
        changed.push('\n');
    }
    changed
}

fn compose(kind: LetterKind, facts: &str) -> Letter {
    let facts = read(kind, facts).unwrap_or_else(|mistake| panic!("{}: {mistake}", kind.code()));
    Letter::compose(&facts, None).unwrap()
}

fn read(kind: LetterKind, facts: &str) -> Result<Facts, Mistake> {
    Facts::read(kind, "facts.toml", facts).map_err(mistake)
}

fn localised(kind: LetterKind, wording: &str) -> Result<Letter, Mistake> {
    let facts = read(kind, sample(kind)).unwrap();
    let local = LocalWording {
        file: "local.toml",
        text: wording,
    };
    Letter::compose(&facts, Some(local)).map_err(mistake)
}

fn mistake(error: Error) -> Mistake {
    match error {
        Error::Letter(mistake) => mistake,
        other => panic!("{other}"),
    }
}

/// Line, field and what is wrong.
fn of<T>(result: Result<T, Mistake>) -> (usize, String, Flaw) {
    let Err(mistake) = result else { panic!("accepted") };
    (mistake.line, mistake.field.clone(), mistake.flaw)
}

/// One line for each text, as somebody reads it.
fn text(letter: &Letter) -> Vec<String> {
    let mut lines = vec![letter.title.to_string()];
    for block in &letter.blocks {
        match block {
            Block::Number(text) | Block::Addressee(text) | Block::Paragraph(text) | Block::Note(text) => {
                lines.push(text.clone());
            }
            Block::Table(rows) => {
                lines.extend(rows.iter().map(|row| format!("{}｜{}", row.label, row.value)));
            }
            Block::Attachments(each) => {
                lines.extend(each.iter().map(|one| format!("{}{}", one.lead, one.name)));
            }
            Block::Grid(rows) => lines.extend(rows.concat()),
            Block::Signature(each) => lines.extend(each.iter().cloned()),
            Block::NewPage => {}
        }
    }
    lines
}

#[test]
fn the_national_wording_is_whole() {
    for kind in LetterKind::ALL {
        // As a local file it has to pass every check that local files have to pass.
        localised(*kind, kind.wording()).unwrap_or_else(|mistake| panic!("{}: {mistake}", kind.code()));
        let wording = kind.wording();
        for forbidden in ["风险金额", "重复人员", "重复救助人员", "命中", "未发现"] {
            assert!(!wording.contains(forbidden), "{} says {forbidden}", kind.code());
        }
        let states = wording.matches("重复").count() > wording.matches("疑似重复").count();
        assert!(!states, "{} states what is to be verified", kind.code());
    }
}

#[test]
fn each_kind_says_what_it_must() {
    // By hand: what a transfer, an inquiry and a notice consist of, and what the person may do.
    let musts: [(LetterKind, &[&str]); 7] = [
        (
            Transfer,
            &[
                "禾检救助移〔2026〕17号",
                "禾山县民政局：",
                "林样例（居民身份证号码：290101198001010019；联系方式：0290-5550101）",
                "“司法救助后仍有困难”",
                "《人民检察院开展国家司法救助工作细则》第五条",
                "司法救助情况：2026年6月12日发放国家司法救助金20000元。",
                "请于2026年7月8日前签收并退回签收回执，于2026年8月5日前书面反馈",
                "附件：1. 案件情况（禾检救助情〔2026〕17号）",
                "2. 司法救助情况（禾检救助决〔2026〕9号）",
                "3. 社会救助建议（禾检救助建〔2026〕17号）",
                "保密",
            ],
        ),
        (
            Recommendation,
            &[
                "林样例（居民身份证号码：29**************19）",
                "一、案件情况：",
                "二、司法救助情况：",
                "四、救助建议：最低生活保障、医疗救助、子女教育救助。",
                "由你单位依照有关规定审核决定",
                "2026年8月5日",
                "保密",
            ],
        ),
        (
            Inquiry,
            &[
                "禾对协〔2026〕2号",
                "疑点，事项编号为XC-2026-0005",
                "《中华人民共和国个人信息保护法》第十三条第一款第三项、第三十四条",
                "两人审批并登记（PL-2026-0012）",
                "姓名｜林样例",
                "证件号码｜290101198001010019",
                "核对该人姓名",
                "请于2026年7月15日前书面答复",
                "不得仅凭比对结果停发或追缴",
                "仅用于核实本事项",
                "保密",
            ],
        ),
        (
            Acknowledgement,
            &[
                "禾山县人民检察院：",
                "来文字号｜禾检救助移〔2026〕17号",
                "收到日期｜2026年7月3日",
                "收到的材料｜移送函；案件情况；司法救助情况；社会救助建议",
                "办理期限｜2026年8月5日",
                "签收不表示已经受理",
            ],
        ),
        (
            Feedback,
            &[
                "来文（禾检救助移〔2026〕17号）收悉",
                "禾救台2026-0031",
                "办理结果：已救助。",
                "金额：人民币620.00元。",
                "不得仅凭比对结果停发或追缴",
                "保密",
            ],
        ),
        (
            Notice,
            &[
                "林样例（居民身份证号码：29**************19）：",
                "比对了本单位的特困人员供养发放名单与县残疾人联合会的困难残疾人生活补贴发放名单",
                "疑点：疑似重复",
                "待核实金额：人民币240.00元",
                "人工核实情况",
                "拟作出的处理",
                "您可以在2026年7月30日前（含当日）向我单位陈述意见、进行申辩",
                "地点和方式：禾山县政务服务中心",
                "可以要求更正",
                "不得仅凭比对结果停发或追缴",
                "第二十四条",
            ],
        ),
        (
            Visit,
            &[
                "被回访人姓名｜林样例",
                "回访日期｜2026年10月12日",
                "回访人｜周样例、吴样例",
                "目前生活情况｜伤情好转",
                "本人意见｜",
                "被回访人签名｜",
            ],
        ),
    ];
    for (kind, musts) in musts {
        let lines = text(&compose(kind, sample(kind)));
        for must in musts {
            assert!(
                lines.iter().any(|line| line.contains(must)),
                "{} lacks {must}: {lines:#?}",
                kind.code()
            );
        }
        assert!(!lines.concat().contains(['{', '}', '|']), "{lines:#?}");
        assert!(!lines.concat().contains("。。"), "{lines:#?}");
    }
}

#[test]
fn no_letter_names_more_of_a_person_than_it_must() {
    let number = "290101198001010019";
    for kind in LetterKind::ALL {
        let whole = text(&compose(*kind, sample(*kind))).concat();
        assert_eq!(
            whole.contains(number),
            matches!(kind, Transfer | Inquiry),
            "{}",
            kind.code()
        );
        assert_eq!(
            whole.contains("林样例"),
            !matches!(kind, Acknowledgement | Feedback),
            "{}",
            kind.code()
        );
        let fields: Vec<_> = kind.fields().iter().map(|field| field.name).collect();
        let contact = fields.contains(&"person_contact");
        assert_eq!(contact, *kind == Transfer, "{}", kind.code());
    }
}

#[test]
fn a_part_without_facts_is_not_there() {
    let feedback = changed(Feedback, &["amount = \"\"", "next = \"\""]);
    let lines = text(&compose(Feedback, &feedback));
    assert!(
        !lines
            .iter()
            .any(|line| line.contains("金额") || line.contains("三、"))
    );
    assert!(!lines.iter().any(|line| line.trim().is_empty()));
    let lines = text(&compose(Acknowledgement, sample(Acknowledgement)));
    assert_eq!(lines[..2], ["签收回执", "禾山县人民检察院："]);
}

#[test]
fn a_transfer_has_its_three_papers_or_a_day_for_them() {
    let without = changed(Transfer, &["aid_given = \"\""]);
    assert_eq!(
        of(read(Transfer, &without)),
        (15, "aid_given".to_owned(), Flaw::Missing)
    );
    let day_alone = ["aid_given = \"\"", "papers_until = \"2026-07-10\""];
    let alone = changed(Transfer, &day_alone);
    assert_eq!(
        of(read(Transfer, &alone)),
        (12, "helped_first".to_owned(), Flaw::Missing)
    );
    let helped = [
        &day_alone[..],
        &["helped_first = \"7月1日先行发放临时救助金1000元\""],
    ]
    .concat();
    let lines = text(&compose(Transfer, &changed(Transfer, &helped)));
    let emergency = "因情况紧急，已先行救助：7月1日先行发放临时救助金1000元。所附材料尚未齐全，我院将在2026年7月10日前补送。";
    assert!(lines.iter().any(|line| line == emergency), "{lines:#?}");
    assert!(
        lines.iter().any(|line| line.starts_with("2. 社会救助建议")),
        "{lines:#?}"
    );

    let one = [
        "papers_until = \"2026-07-10\"",
        "helped_first = \"临时救助\"",
        "case_facts = \"\"",
        "aid_given = \"甲\"",
        "recommendation = \"\"",
    ];
    let lines = text(&compose(Transfer, &changed(Transfer, &one)));
    // The only attachment has no number.
    assert!(
        lines.iter().any(|line| line == "附件：司法救助情况（甲）"),
        "{lines:#?}"
    );
}

#[test]
fn facts_are_checked_where_they_stand() {
    let refused = |kind, line: &str| of(read(kind, &changed(kind, &[line])));
    let expect = |line, field: &str, flaw| (line, field.to_owned(), flaw);
    use hefu_casework::Wrong;
    use hefu_identity::Refusal;
    let number = "person_number";
    for (kind, line, expected) in [
        (
            Notice,
            "hearing_until = \"\"",
            expect(14, "hearing_until", Flaw::Missing),
        ),
        (
            Notice,
            "hearing_until = \"2026年7月30日\"",
            expect(14, "hearing_until", Flaw::Day),
        ),
        (
            Notice,
            "hearing_until = 2026-07-30",
            expect(14, "hearing_until", Flaw::Shape),
        ),
        (
            Notice,
            "hearing_until = \"2026-07-15\"",
            expect(14, "hearing_until", Flaw::TooEarly),
        ),
        (
            Notice,
            "hearing_until = \"20260730\"",
            expect(14, "hearing_until", Flaw::Day),
        ),
        (Notice, "amount = \"240.5\"", expect(10, "amount", Flaw::Yuan)),
        (Notice, "amount = \"-240.00\"", expect(10, "amount", Flaw::Yuan)),
        (Notice, "amount = 240.00", expect(10, "amount", Flaw::Shape)),
        (Transfer, "trigger = \"其他\"", expect(9, "trigger", Flaw::Choice)),
        (
            Transfer,
            "person_number = 290101198001010019",
            expect(7, number, Flaw::Shape),
        ),
        (
            Transfer,
            "person_number = \"290101198001010018\"",
            expect(7, number, Flaw::Number(Refusal::WrongCheckDigit)),
        ),
        (
            Inquiry,
            "person_name = \"林\\u202e样例\"",
            expect(8, "person_name", Flaw::Text(Wrong::NotAllowed)),
        ),
        (Inquiry, "due = \"2026-06-30\"", expect(14, "due", Flaw::TooEarly)),
        (
            Feedback,
            "answer = \"不予救助\"",
            expect(7, "reason", Flaw::Missing),
        ),
        (Acknowledgement, "papers = []", expect(7, "papers", Flaw::Missing)),
        (
            Acknowledgement,
            "papers = \"移送函\"",
            expect(7, "papers", Flaw::Shape),
        ),
        (Visit, "date = \"2026-10-11\"", expect(12, "date", Flaw::TooEarly)),
    ] {
        assert_eq!(refused(kind, line), expected, "{line}");
    }
    let more = sample(Visit).to_owned() + "person_number = \"290101198001010019\"\n";
    assert_eq!(
        of(read(Visit, &more)),
        (13, "person_number".to_owned(), Flaw::Unknown)
    );
    let without = sample(Notice).replace("hearing_place", "hearing_spot");
    assert_eq!(
        of(read(Notice, &without)),
        (0, "hearing_place".to_owned(), Flaw::Missing)
    );
}

#[test]
fn mistakes_show_nothing_that_a_file_holds() {
    let slips = [
        "林样例 = \"290101198001010019\"\n",
        "290101198001010019 = \"林样例\"\n",
        "person_name = 林样例\n",
        "person_name = \"林样例\nperson_number = \"290101198001010019\"\n",
        "from = \"a\"\nfrom = \"林样例\"\n",
        "from = 29010119800101001929010119800101001929010119800101001900\n",
        "[林样例]\nnumber = 290101198001010019\n",
    ];
    for slip in slips {
        for text in [
            slip.to_owned(),
            sample(Visit).to_owned() + slip,
            changed(Visit, &[slip]),
        ] {
            let Err(mistake) = read(Visit, &text) else {
                continue;
            };
            let shown = format!("{mistake} {mistake:?} {:?}", mistake.params());
            assert!(!shown.contains("林样例") && !shown.contains("290101"), "{shown}");
        }
        assert!(read(Visit, slip).is_err());
    }
    assert_eq!(
        of(read(Visit, "from = \"一\"\nitem = 二\n")),
        (2, String::new(), Flaw::Syntax)
    );
    let long = "#".repeat(256 << 10) + "\n";
    assert_eq!(of(read(Visit, &long)), (0, String::new(), Flaw::TooLong));
}

#[test]
fn local_wording_takes_the_place_of_a_part() {
    let letter = localised(Visit, "title = \"救助对象回访登记表\"\n").unwrap();
    assert_eq!(*letter.title, "救助对象回访登记表");
    let lines = text(&letter);
    assert!(lines.iter().any(|line| line == "回访方式｜入户"), "{lines:#?}");
    let order = "note = \"（经办：{contact}）\"\nnumber = \"{number||（代拟）}\"\n";
    let lines = text(&localised(Feedback, order).unwrap());
    // The order of a letter is not that of the file.
    assert_eq!(lines[1], "禾民函〔2026〕41号（代拟）");
    assert_eq!(lines.last().unwrap(), "（经办：社会救助股，0290-5550200）");
}

#[test]
fn local_wording_may_not_leave_out_what_must_stand() {
    let without = |kind: LetterKind, what: &str| {
        let wording = kind.wording();
        assert!(wording.contains(what), "{what}");
        of(localised(kind, &wording.replace(what, "")))
    };
    let line_of = |kind: LetterKind, start: &str| {
        let line = kind.wording().lines().position(|line| line.starts_with(start));
        line.unwrap() + 1
    };
    let in_body = |kind, field: &str| (line_of(kind, "body"), field.to_owned(), Flaw::Unsaid);
    assert_eq!(
        without(Notice, "{hearing_until}"),
        in_body(Notice, "hearing_until")
    );
    assert_eq!(
        without(Notice, "{hearing_place}"),
        in_body(Notice, "hearing_place")
    );
    assert_eq!(
        without(Notice, "{amount|待核实金额：人民币|元。}"),
        in_body(Notice, "amount")
    );
    let closing = line_of(Inquiry, "closing");
    assert_eq!(
        without(Inquiry, "{due}"),
        (closing, "due".to_owned(), Flaw::Unsaid)
    );
}

#[test]
fn local_wording_is_checked_where_it_stands() {
    let expect = |line, field: &str, flaw| (line, field.to_owned(), flaw);
    for (wording, expected) in [
        ("\nheading = \"一\"\n", expect(2, "heading", Flaw::Unknown)),
        ("title = [\"一\"]\n", expect(1, "title", Flaw::Shape)),
        ("body = [\n  \"一\",\n  2,\n]\n", expect(3, "body", Flaw::Shape)),
        ("rows = [\n  [\"一\"],\n]\n", expect(2, "rows", Flaw::Shape)),
        (
            "body = [\n  \"一\",\n  \"{persn_name}\",\n]\n",
            expect(3, "persn_name", Flaw::Unknown),
        ),
        ("body = [\"{needs}\"]\n", expect(1, "needs", Flaw::Hole)),
        ("body = [\"{needs|一}\"]\n", expect(1, "needs", Flaw::Brace)),
        ("body = [\"{item\"]\n", expect(1, "body", Flaw::Brace)),
        ("body = [\"item}\"]\n", expect(1, "body", Flaw::Brace)),
        (
            "body = [\"\"]\n",
            expect(1, "body", Flaw::Text(hefu_casework::Wrong::Missing)),
        ),
        ("title = \n", expect(1, "", Flaw::Syntax)),
    ] {
        assert_eq!(of(localised(Visit, wording)), expected, "{wording}");
    }
}

#[test]
fn the_empty_file_asks_for_each_field() {
    for kind in LetterKind::ALL {
        let empty = kind.template();
        let names: Vec<_> = empty
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty())
            .map(|line| line.split(" = ").next().unwrap())
            .collect();
        let fields: Vec<_> = kind.fields().iter().map(|field| field.name).collect();
        assert_eq!(names, fields, "{}", kind.code());
        let Err(mistake) = read(*kind, &empty) else {
            panic!("{} is accepted empty", kind.code());
        };
        assert_eq!((mistake.flaw, mistake.field.as_str()), (Flaw::Missing, "from"));
        // Filled in with the sample's values, it is read.
        let filled: String = empty
            .lines()
            .map(|line| {
                let name = line.split(" = ").next().unwrap();
                let value = sample(*kind)
                    .lines()
                    .find(|each| each.starts_with(&format!("{name} = ")));
                format!("{}\n", value.unwrap_or(line))
            })
            .collect();
        compose(*kind, &filled);
    }
}
