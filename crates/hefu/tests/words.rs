//! Whatever the program can say has words, in Chinese and English.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use hefu_casework::clue::ClueReason;
use hefu_casework::conference::sheet::{Column, Unfit, Why};
use hefu_casework::conference::{Difference, Fault, NotRun, PartyCode, Stage};
use hefu_casework::matter::MatterKind;
use hefu_casework::note::Found;
use hefu_casework::precheck::Verdict;
use hefu_casework::{
    AgencyRole, CauseCode, FindingKind, KeyKind, Known, LabelField, Learning, Mode, PolicyBreach, Purpose,
    Reach, ReasonCode, ReferralState, RuleKind, RuleSet, Status,
};
use hefu_fixtures::Agency;
use hefu_identity::{Cleaning, Kind, Refusal, Warning};
use hefu_link::ferry::Matter;
use hefu_store::LOG_KINDS;

/// Codes that are part of another code's words, and the prefix under which they stand.
const PREFIXES: [(&str, &str); 16] = [
    ("AccountRole", "account_role_"),
    ("LegState", "leg_"),
    ("EndArg", "round_end_"),
    ("Kind", "kind_"),
    ("Gone", "paper_what_"),
    ("Carrier", "carrier_"),
    ("Matter", "matter_"),
    ("PartNews", "ferry_part_"),
    ("WaitStep", "wait_"),
    ("Wrong", "wrong_"),
    ("NameAgreement", "name_agreement_"),
    ("PeriodSource", "place_"),
    ("Role", "as_"),
    ("RoundState", "state_"),
    ("Step", "step_"),
    ("AgreementState", "agreement_state_"),
];

/// Codes of what is stored or written in documents; no command shows them.
const NEVER_SHOWN: [&str; 3] = ["Form", "LetterState", "Status"];

/// Where a report can have been changed.
const SECTIONS: [&str; 19] = [
    "",
    "head",
    "signature",
    "sections",
    "about",
    "round",
    "agreement",
    "assessment",
    "rules",
    "inputs",
    "protocol",
    "learns",
    "results",
    "findings",
    "receipt",
    "exports",
    "deleted",
    "log",
    "retention",
];

/// What of a report can fail though it is signed.
const PARTS: [&str; 6] = ["agreement", "about", "receipt", "deletion", "results", "counts"];

/// What entries say, by the names under which they are written.
const WORDS_OF_A_RECORD: [&str; 22] = [
    "founded",
    "enrolled",
    "drafted",
    "signed",
    "refused",
    "stamped",
    "left",
    "announced",
    "joined",
    "declined",
    "frozen",
    "begun",
    "leg",
    "rerun",
    "reported",
    "closed",
    "items",
    "planned",
    "decided",
    "figures",
    "disputed",
    "rejected",
];

/// Names of folders and files.
const FOLDERS: [&str; 5] = ["backups", "blinded", "evaluated", "half", "tags"];

/// Where else a code stands: crate, what is before it, prefix of its words.
const LITERALS: [(&str, &str, &str); 36] = [
    ("hefu", "word(\"", ""),
    ("hefu", "say(\"", ""),
    ("hefu", "code: \"", ""),
    ("hefu", "us(\"", ""),
    ("hefu", "Exit::Internal, \"", ""),
    ("hefu", "Exit::Input, \"", ""),
    ("hefu", "Exit::Policy, \"", ""),
    ("hefu", "Exit::Usage, \"", ""),
    ("hefu", "done(\"", ""),
    ("hefu", "carried(&refused, \"", ""),
    ("hefu", "carried(&drafted, \"", ""),
    ("hefu", "carried(&signed, \"", ""),
    ("hefu", "pick(\"", "thing_"),
    ("hefu", "true => \"", ""),
    ("hefu", "false => \"", ""),
    ("hefu", "Step::Blind => \"", ""),
    ("hefu", "Step::Tag => \"", ""),
    ("hefu", "Step::Evaluate => \"", ""),
    ("hefu", "Step::Unblind => \"", ""),
    ("hefu", "Step::Merge => \"", ""),
    ("hefu", "Purpose::Referrals) => \"", ""),
    ("hefu", "Purpose::Omissions) => \"", ""),
    ("ingest", "unknown(\"", "found_"),
    ("ingest", "found: \"", "found_"),
    ("node", "policy(\"", ""),
    ("node", ", \"doctor_", "doctor_"),
    ("node", "unfit(None, \"", ""),
    ("node", "Fit::Not(\"", ""),
    ("node", "Missing { what: \"", "thing_"),
    ("node", "refuse_empty(\"", "side_"),
    ("store", "damaged(\"", "thing_"),
    ("store", "unknown(\"", "thing_"),
    ("store", "deleted(\"", "thing_"),
    ("store", "changed(\"", "part_"),
    ("store", "note(connection, round, \"", "part_"),
    ("store", "expected: \"", "unlock_"),
];

#[test]
fn every_code_has_words() {
    let mut codes = BTreeSet::new();
    for (name, source) in sources() {
        codes.extend(code_functions(&source));
        codes.extend(constants(&source));
        for (of, before, prefix) in LITERALS.iter().filter(|(of, ..)| *of == name) {
            let found = literals_after(&source, before);
            codes.extend(found.map(|code| (format!("{prefix}{code}"), format!("{of}: {before}"))));
        }
        if name == "hefu" {
            // Lists of words, as of the headings of a table.
            let listed = ["read_", "demo_", "col_", "check_", "paper_"]
                .iter()
                .flat_map(|start| {
                    literals_after(&source, &format!("\"{start}")).map(move |rest| format!("{start}{rest}"))
                });
            // A beginning that a code is put behind is no code.
            let whole = listed.filter(|code| !code.contains('{'));
            codes.extend(whole.map(|code| (code, "hefu: a list".to_owned())));
        }
    }
    let agencies = Agency::ALL.iter().map(|each| format!("agency_{}", each.code()));
    let rules = RuleSet::national();
    let registers = hefu::county::expectation().unwrap().datasets.into_iter();
    let roles = AgencyRole::ALL.iter().map(|each| format!("role_{}", each.code()));
    let purposes = Purpose::ALL.iter().map(|each| format!("purpose_{}", each.code()));
    let matters = Matter::ALL.iter().flat_map(|each| {
        let came = (*each != Matter::Card).then_some("ferry_came_");
        let starts = ["slip_tells_", "slip_hides_"].into_iter().chain(came);
        starts.map(|start| format!("{start}{}", each.code()))
    });
    let stages = [
        "open",
        "taken",
        "verified",
        "excepted",
        "told",
        "heard",
        "decided",
        "reviewed",
        "corrected",
    ]
    .map(|each| format!("next_stage_{each}"));
    let inquiries = [
        "inquiry_side_asks",
        "inquiry_side_answers",
        "inquiry_line_asks",
        "inquiry_line_answers",
        "next_reply_stage_received",
        "next_reply_stage_taken",
        "next_reply_stage_answered",
        "next_reply_stage_sent",
        "next_inquiry_stage_drafted",
        "next_inquiry_stage_approved",
        "next_inquiry_stage_released",
        "next_inquiry_stage_sent",
        "next_inquiry_stage_answered",
        "next_inquiry_stage_closed",
        "next_inquiry_stage_refused",
        "next_inquiry_stage_withdrawn",
    ]
    .map(str::to_owned);
    let disclosed = ["number", "number_kind", "rule", "months", "document", "question"]
        .map(|each| format!("disclosed_{each}"));
    let reasons = ClueReason::ALL
        .iter()
        .map(|each| format!("clue_reason_{}", each.code()));
    let seats = ["office", "member", "left"].map(|each| format!("conference_seat_{each}"));
    let pinned = ["own", "same", "other", "none"].map(|each| format!("conference_pinned_{each}"));
    let spoken = WORDS_OF_A_RECORD.map(|each| format!("conference_word_{each}"));
    let came = ["missing", "not_allowed"].map(|each| format!("came_{each}"));
    let kinds = MatterKind::ALL
        .iter()
        .map(|each| format!("ledger_{}", each.code()));
    let columns = Column::ALL.iter().flat_map(|column| {
        let codes = column.codes().into_iter();
        let words = codes.map(move |code| format!("line_{}_{code}", column.code()));
        words.chain([format!("line_col_{}", column.code())])
    });
    let unfit = (Unfit::ALL.iter().map(|each| each.code())).chain(Why::ALL.iter().map(|each| each.code()));
    let unfit = unfit.map(|each| format!("sheet_{each}"));
    let carriers = ["line", "files", "files_out", "files_in"].map(|each| format!("carrier_next_{each}"));
    let faults = Fault::ALL.iter().map(|each| each.code().to_owned());
    let ends = (Difference::ALL.iter().map(|each| each.code()))
        .chain(NotRun::ALL.iter().map(|each| each.code()))
        .map(str::to_owned);
    let rounds = (Stage::ALL.iter().map(|each| format!("stage_{}", each.code())))
        .chain(PartyCode::ALL.iter().map(|each| format!("party_{}", each.code())));
    let listed = (Refusal::ALL.iter().map(|each| each.code().to_owned()))
        .chain(Warning::ALL.iter().map(|each| each.code().to_owned()))
        .chain(Cleaning::ALL.iter().map(|each| each.code().to_owned()))
        .chain(Kind::ALL.iter().map(|each| format!("kind_{}", each.code())))
        .chain(agencies)
        .chain(Learning::CODES.iter().map(|each| (*each).to_owned()))
        .chain(PolicyBreach::FIELDS.iter().map(|each| format!("policy_{each}")))
        .chain(
            LabelField::ALL
                .iter()
                .map(|each| format!("label_field_{}", each.code())),
        )
        .chain(
            ReferralState::ALL
                .iter()
                .map(|each| format!("feedback_{}", each.code())),
        )
        .chain(
            ReasonCode::ALL
                .iter()
                .map(|each| format!("feedback_reason_{}", each.code())),
        )
        .chain(Mode::ALL.iter().map(|each| format!("paper_mode_{}", each.code())))
        .chain(
            KeyKind::ALL
                .iter()
                .map(|each| format!("paper_key_kind_{}", each.code())),
        )
        .chain(
            FindingKind::ALL
                .iter()
                .map(|each| format!("paper_why_{}", each.code())),
        )
        .chain(SECTIONS.iter().map(|each| format!("section_{each}")))
        .chain(PARTS.iter().map(|each| format!("report_part_{each}")))
        .chain(
            RuleKind::ALL
                .iter()
                .map(|each| format!("rule_kind_{}", each.code())),
        )
        .chain(
            Verdict::ALL
                .iter()
                .map(|each| format!("precheck_verdict_{}", each.code())),
        )
        .chain(
            [
                "kind",
                "number",
                "programme",
                "from",
                "until",
                "day",
                "case",
                "cause",
            ]
            .map(|each| format!("precheck_field_{each}")),
        )
        .chain(["busy", "spent"].map(|each| format!("precheck_{each}")))
        .chain(["begun", "failed", "seen", "receipt_made"].map(|each| format!("log_precheck_{each}")))
        .chain(CauseCode::ALL.iter().map(|each| format!("cause_{}", each.code())))
        .chain(Reach::ALL.iter().map(|each| format!("reach_{}", each.code())))
        .chain(roles)
        .chain(matters)
        .chain(carriers)
        .chain(stages)
        .chain(inquiries)
        .chain(disclosed)
        .chain(Found::ALL.iter().map(|each| format!("answer_{}", each.code())))
        .chain(Status::ALL.iter().map(|each| format!("record_{}", each.code())))
        .chain(
            Known::ALL
                .iter()
                .map(|each| format!("inquiry_key_{}", each.code())),
        )
        .chain(faults)
        .chain(ends)
        .chain(rounds)
        .chain(kinds)
        .chain(columns)
        .chain(unfit)
        .chain(reasons)
        .chain(came)
        .chain(seats)
        .chain(pinned)
        .chain(spoken)
        .chain(purposes)
        .chain(rules.rules().iter().map(|each| format!("rule_{}", each.id)))
        .chain(registers.map(|each| format!("register_{}", each.dataset)))
        .chain(["file", "sheet", "row", "code", "reason", "number"].map(|each| format!("quarantine_{each}")));
    codes.extend(listed.map(|code| (code, "a list".to_owned())));

    // Were the search to break, it would find little: each crate has its say.
    for code in [
        "file_empty",
        "vault_wrong_key",
        "peer_cut",
        "abort_proof",
        "too_many_elements",
        "node_spool",
        "field_count",
        "thing_finding",
        "doctor_no_agreement",
        "found_a picture",
        "demo_count",
        "learn_cadence",
        "no_server",
        "col_fingerprint",
        "peer_removed",
        "api_actor",
        "config_syntax",
        "state_running",
        "role_court",
    ] {
        assert!(
            codes.iter().any(|(each, _)| each == code),
            "{code} is not found any more"
        );
    }
    let table = table();
    let without: Vec<_> = codes
        .iter()
        .filter(|(code, _)| !table.contains_key(code))
        .collect();
    assert!(without.is_empty(), "without words: {without:#?}");
}

/// The log is shown to people: whatever is written into it is listed where kinds are declared, and has words.
#[test]
fn every_kind_of_entry_in_the_log_has_words() {
    let sources = sources();
    let of_node = || {
        let of_node = |of: &str| of == "node" || of == "store";
        sources.iter().filter(move |(of, _)| of_node(of))
    };
    let written: BTreeSet<String> = of_node()
        .flat_map(|(_, source)| {
            let entries = source.split("Entry { actor").skip(1);
            let entries = entries.filter_map(|part| part.split('}').next());
            let named: Vec<_> = entries
                .flat_map(|entry| literals_after(entry, "kind: \""))
                .collect();
            named.into_iter().chain(literals_after(source, ".log(\""))
        })
        .collect();
    // Were the search to break, it would find little.
    for kind in ["round_done", "sign_in_failed", "peer_added", "ledger_merged"] {
        assert!(written.contains(kind), "{kind} is not found any more");
    }
    let listed: BTreeSet<String> = LOG_KINDS.map(str::to_owned).into();
    // Tests of the store write "test".
    let unlisted = written.difference(&listed).filter(|kind| *kind != "test");
    let unlisted: Vec<_> = unlisted.collect();
    assert!(unlisted.is_empty(), "written, and not listed: {unlisted:?}");
    // Once in the list, and where it is written.
    let times = |kind: &str| {
        let literal = format!("\"{kind}\"");
        of_node()
            .map(|(_, source)| source.matches(&literal).count())
            .sum::<usize>()
    };
    let idle: Vec<_> = LOG_KINDS.iter().filter(|kind| times(kind) < 2).collect();
    assert!(idle.is_empty(), "listed, and never written: {idle:?}");
    let table = table();
    let without: Vec<_> = LOG_KINDS
        .iter()
        .filter(|kind| !table.contains_key(&format!("log_{kind}")))
        .collect();
    assert!(without.is_empty(), "without words: {without:?}");
}

#[test]
fn blanks_are_filled_by_parameters_that_exist() {
    let names: BTreeSet<String> = sources()
        .iter()
        .flat_map(|(_, source)| literals_after(source, "(\"").collect::<Vec<_>>())
        .collect();
    for (code, words) in table() {
        for placeholder in words.iter().flat_map(|text| text.split('{').skip(1)) {
            let name = placeholder.split(['}', '@', '|']).next().unwrap();
            assert!(
                names.contains(name),
                "{code} has a blank {name} that nothing fills"
            );
        }
    }
}

/// Both languages by code.
fn table() -> BTreeMap<String, [String; 2]> {
    let table: BTreeMap<String, BTreeMap<String, String>> =
        toml::from_str(include_str!("../words.toml")).unwrap();
    table
        .into_iter()
        .map(|(code, words)| (code, ["zh", "en"].map(|lang| words[lang].clone())))
        .collect()
}

/// Every source file with the name of its crate, without its tests and with white space made one space or none.
fn sources() -> Vec<(String, String)> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = Vec::new();
    for entry in fs::read_dir(crates).unwrap() {
        let entry = entry.unwrap();
        let mut files = Vec::new();
        rust_files(&entry.path().join("src"), &mut files);
        for file in files {
            let source = fs::read_to_string(file).unwrap();
            let source = source.split("#[cfg(test)]").next().unwrap_or_default();
            let source = source
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
                .replace("( ", "(");
            found.push((entry.file_name().into_string().unwrap(), source));
        }
    }
    found
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn literals_after<'a>(source: &'a str, before: &str) -> impl Iterator<Item = String> + use<'a> {
    let parts: Vec<&str> = source.split(before).skip(1).collect();
    parts
        .into_iter()
        .filter_map(|part| part.split('"').next())
        .map(str::to_owned)
}

/// The codes of `fn code` bodies, with the type they belong to.
fn code_functions(source: &str) -> Vec<(String, String)> {
    let mut codes = Vec::new();
    for (at, _) in source.match_indices("fn code(") {
        let of = source[..at]
            .rsplit("impl ")
            .next()
            .unwrap()
            .split(' ')
            .next()
            .unwrap();
        if NEVER_SHOWN.contains(&of) {
            continue;
        }
        let prefix = PREFIXES
            .iter()
            .find(|(name, _)| *name == of)
            .map_or("", |(_, prefix)| prefix);
        let body = source[at..].split("} }").next().unwrap();
        let ends = literals_after(body, "=> \"").chain(literals_after(body, "str { \""));
        codes.extend(ends.map(|code| (format!("{prefix}{code}"), of.to_owned())));
    }
    codes
}

/// Reasons and warnings that are constants: `const FIELD_COUNT: &str = "field_count"`.
fn constants(source: &str) -> Vec<(String, String)> {
    source
        .split(" const ")
        .skip(1)
        .filter_map(|part| part.split_once(": &str = \""))
        .filter_map(|(name, rest)| Some((name, rest.split('"').next()?)))
        .filter(|(name, value)| name.to_lowercase() == *value && !FOLDERS.contains(value))
        .map(|(name, value)| (value.to_owned(), format!("constant {name}")))
        .collect()
}
