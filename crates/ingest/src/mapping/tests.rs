use super::*;

const COLUMNS: &str = "[columns]\nnumber = \"身份证号\"\nkind = \"resident\"\n";

fn problem(text: &str) -> String {
    match Mapping::parse(text).unwrap_err() {
        Error::Mapping { field, .. } => field.to_owned(),
        Error::MappingSyntax(_) => "syntax".to_owned(),
        other => panic!("{other}"),
    }
}

#[test]
fn the_sample_in_the_documentation_is_one() {
    let source = include_str!("../mapping.rs");
    let sample = source
        .split("/// ```toml")
        .nth(1)
        .unwrap()
        .split("/// ```")
        .next()
        .unwrap();
    let sample: String = sample
        .lines()
        .map(|line| format!("{}\n", line.trim_start_matches("///")))
        .collect();
    let mapping = Mapping::parse(&sample).unwrap();
    assert_eq!(mapping.amount.map(|amount| amount.per), Some(Per::Household));
}

#[test]
fn a_register_of_letters_says_what_it_holds() {
    let base = |programme: &str| {
        format!("{COLUMNS}period = \"收函日期\"\n[programme]\nconstant = \"{programme}\"\n")
    };
    let (sent, received) = (base("referral_sent"), base("referral_received"));
    let letter = "[referral]\nletter = \"函号\"\n";
    let state = "state = \"结果\"\nstates = { \"已救助\" = \"helped\" }\n";
    Mapping::parse(&format!("{sent}{letter}")).unwrap();
    Mapping::parse(&format!(
        "{received}{letter}{state}date = \"日期\"\nempty = \"accepted\"\n"
    ))
    .unwrap();
    let by_column = format!(
        "{COLUMNS}programme = \"类别\"\nperiod = \"日期\"\n[programme.values]\n\"函\" = \"referral_sent\"\n"
    );
    let reasons = "reason = \"原因\"\nreasons = { \"其他\" = \"other\" }\n";
    let refuses = "state = \"结果\"\nstates = { \"不予\" = \"refused\" }\n";
    Mapping::parse(&format!("{received}{letter}{refuses}{reasons}")).unwrap();
    for (text, field) in [
        (sent.clone(), "referral"),
        (received.clone(), "referral"),
        (by_column, "referral"),
        (format!("{received}{letter}"), "referral.state"),
        (format!("{received}{letter}state = \"结果\"\n"), "referral.states"),
        (
            format!("{sent}{letter}states = {{ \"已救助\" = \"helped\" }}\n"),
            "referral.states",
        ),
        (format!("{sent}{letter}other = \"单位\"\n"), "referral.others"),
        (
            format!("{sent}{letter}others = {{ \"县法院\" = \"court\" }}\n"),
            "referral.others",
        ),
        (
            format!("{received}{letter}{state}reason = \"原因\"\n"),
            "referral.reasons",
        ),
        (format!("{received}{letter}{state}{reasons}"), "referral.reason"),
        (format!("{received}{letter}{refuses}"), "referral.reason"),
        (
            format!("{received}{letter}{state}empty = \"refused\"\n"),
            "referral.reason",
        ),
        (format!("{sent}{letter}empty = \"accepted\"\n"), "referral.empty"),
        (format!("{sent}{letter}date = \"日期\"\n"), "referral.date"),
        (format!("{received}{letter}{state}colour = \"red\"\n"), "syntax"),
        (
            format!("{received}{letter}state = \"结果\"\nstates = {{ \"已办\" = \"done\" }}\n"),
            "syntax",
        ),
        (format!("{sent}[referral]\n"), "syntax"),
    ] {
        assert_eq!(problem(&text), field, "{text}");
    }
}

#[test]
fn a_mapping_says_each_thing_once() {
    let programme = "[programme]\nconstant = \"minimum_living\"\n";
    let period = "[period]\nconstant = \"2026-07\"\n";
    Mapping::parse(&format!("{COLUMNS}{programme}{period}")).unwrap();
    for (text, field) in [
        (format!("{COLUMNS}{programme}"), "period"),
        (format!("{COLUMNS}{period}"), "programme"),
        (
            format!("{COLUMNS}programme = \"项目\"\n{programme}{period}"),
            "programme",
        ),
        (
            format!("{COLUMNS}[programme]\nconstant = \"no_such\"\n{period}"),
            "programme",
        ),
        (
            format!("{COLUMNS}period = \"月份\"\n{programme}{period}"),
            "period",
        ),
        (format!("{COLUMNS}from = \"起\"\n{programme}"), "period.until"),
        (
            format!("{COLUMNS}amount = \"金额\"\n{programme}{period}"),
            "amount",
        ),
        (
            format!("{COLUMNS}status = \"状态\"\n{programme}{period}"),
            "status",
        ),
        (
            format!("{COLUMNS}{programme}[period]\nconstant = \"七月\"\n"),
            "period.constant",
        ),
        (
            format!("{COLUMNS}{programme}{period}[case]\nscheme = \"a\"\n"),
            "columns.case",
        ),
        (
            format!(
                "{COLUMNS}amount = \"金额\"\n{programme}{period}[amount]\nunit = \"yuan\"\nper = \"household\"\n"
            ),
            "columns.household",
        ),
        (
            format!("{COLUMNS}colour = \"red\"\n{programme}{period}"),
            "syntax",
        ),
        (format!("{COLUMNS}{programme}{period}[colour]\n"), "syntax"),
    ] {
        assert_eq!(problem(&text), field, "{text}");
    }
}
