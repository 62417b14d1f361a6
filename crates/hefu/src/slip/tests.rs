use std::collections::BTreeSet;

use hefu_casework::Hex;
use hefu_node::api::view::Learns;
use hefu_node::ferry::slip::SlipParty;

use super::*;

const MATTERS: [&str; 7] = [
    "opening",
    "answer",
    "receipt",
    "agreement",
    "ended",
    "heard",
    "wanted",
];

/// A set with one letter of each kind; names with what a page must not take for its own.
fn facts() -> SlipFacts {
    let agreement = Hex([0xa5; 32]);
    let party = |name: &str, byte| SlipParty {
        name: name.to_owned(),
        node_key: Hex([byte; 32]),
    };
    let letter = |matter: &&str| SlipLetter {
        matter: (*matter).to_owned(),
        agreement: Some(agreement),
    };
    let learns = |code: &str, params: &[(&str, &str)]| Learns {
        party: "县残疾人联合会".to_owned(),
        code: code.to_owned(),
        params: params
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    };
    SlipFacts {
        set: Hex(*b"\x00\x01\x86\xa0\x00\x00\x00\x07\xff\xff\xff\xff\x00\x00\x30\x39"),
        from: party("县民政局<救助科>&\"甲\"", 0x11),
        to: Some(party("县残疾人联合会", 0x22)),
        letters: MATTERS.iter().chain(["opening"].iter()).map(letter).collect(),
        agreements: vec![SlipAgreement {
            digest: agreement,
            number: "县联席协〔2026〕1号".to_owned(),
            purpose: "duplicates".to_owned(),
            learns: vec![
                learns("learn_receiver_size", &[("max", "20000")]),
                learns("learn_nothing_of_persons", &[]),
                learns("learn_cadence", &[("rounds", "2")]),
                learns("learn_receipt", &[]),
            ],
        }],
        files: 3,
        names: [1, 3]
            .map(|part| format!("hefu-22222222-11111111-000186a0-p{part:05}of00003"))
            .into(),
        bytes: 1_234_567,
        digest: Hex([0x3c; 32]),
    }
}

fn card() -> SlipFacts {
    let letter = SlipLetter {
        matter: "card".to_owned(),
        agreement: None,
    };
    SlipFacts {
        to: None,
        letters: vec![letter],
        agreements: vec![],
        ..facts()
    }
}

/// The words of a text, whatever its lines are broken at and however it is marked up.
fn bare(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn without_marks(html: &str) -> String {
    let body = html.split_once("<body>").unwrap().1;
    let text: String = body
        .split('<')
        .map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text))
        .collect();
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

/// Every fact in both forms and both languages, and every statement for each kind of letter.
#[test]
fn both_forms_say_all() {
    for (facts, lang) in [facts(), card()]
        .iter()
        .flat_map(|facts| [(facts, Lang::Zh), (facts, Lang::En)])
    {
        let SlipPages { html, text } = pages(facts, lang);
        let mut wanted = vec![
            // 100000 mod 100000, 7, 4294967295 mod 100000, 12345.
            "00000 00007 67295 12345".to_owned(),
            facts.from.name.clone(),
            "1,234,567".to_owned(),
            "3c".repeat(4),
            facts.names[0].clone(),
            facts.names[1].clone(),
            lang.word("not_a_decision"),
        ];
        for agreement in &facts.agreements {
            wanted.extend([
                agreement.number.clone(),
                lang.word("purpose_duplicates"),
                lang.say("learn_receiver_size", &[("max", "20000".to_owned())]),
            ]);
        }
        if let Some(to) = &facts.to {
            wanted.push(to.name.clone());
        }
        for letter in &facts.letters {
            for what in ["tells", "hides"] {
                wanted.push(lang.word(&format!("slip_{what}_{}", letter.matter)));
            }
        }
        let said = [bare(&without_marks(&html)), bare(&text)];
        for each in &wanted {
            for said in &said {
                assert!(said.contains(&bare(each)), "{each}\n{said}");
            }
        }
    }
}

/// Two requests under one agreement are one line.
#[test]
fn letters_are_counted() {
    let lines = contents(&facts(), Lang::Zh);
    assert_eq!(lines.len(), MATTERS.len());
    assert!(
        lines[0].contains(" 2 件（协议 县联席协〔2026〕1号）"),
        "{}",
        lines[0]
    );
    assert!(lines[1].contains(" 1 件"), "{}", lines[1]);
}

/// Whoever opens it needs no network, and no browser runs anything of it.
#[test]
fn a_page_has_everything_in_it() {
    let html = pages(&facts(), Lang::Zh).html;
    for outside in [
        "http:", "https:", "//", "url(", "@import", "src=", "href=", "<script", "<link", "<img", "<iframe",
        "on",
    ] {
        let found = match outside {
            "on" => html
                .split('<')
                .any(|mark| mark.split('>').next().unwrap().contains(" on")),
            outside => html.contains(outside),
        };
        assert!(!found, "{outside}");
    }
    assert!(html.contains("size:A4") && html.contains("charset=\"utf-8\""));
    // A name is text, whatever is in it.
    assert!(html.contains("县民政局&lt;救助科&gt;&amp;&quot;甲&quot;") && !html.contains("<救助科>"));
}

/// Printed as it is, no line runs over.
#[test]
fn text_keeps_to_eighty_columns() {
    for (facts, lang) in [facts(), card()]
        .iter()
        .flat_map(|facts| [(facts, Lang::Zh), (facts, Lang::En)])
    {
        let text = pages(facts, lang).text;
        let widths: BTreeSet<usize> = text.lines().map(crate::printer::width).collect();
        let widest = widths.last().copied().unwrap();
        assert_eq!(widest, 80, "{text}");
        for line in text.lines() {
            let begins = line.trim_start().chars().next();
            assert!(!begins.is_some_and(|c| "，。；：、）”".contains(c)), "{line}");
        }
    }
}

/// The receiving side's slip is the sending side's: nothing on it depends on where or when it is made.
#[test]
fn pages_follow_from_the_facts_alone() {
    let sent = facts();
    let came: SlipFacts = serde_json::from_str(&serde_json::to_string(&sent).unwrap()).unwrap();
    assert_eq!(came, sent);
    assert_eq!(pages(&came, Lang::Zh), pages(&sent, Lang::Zh));
    assert_eq!(
        sent.page_names(),
        [
            "hefu-22222222-11111111-000186a0.slip.html",
            "hefu-22222222-11111111-000186a0.slip.txt"
        ]
    );
}
