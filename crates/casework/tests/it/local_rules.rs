//! What a file of a place's own rules may say, and what it may not switch off.

use hefu_casework::{Error, RuleSet, Wrong};

/// They are printed on pages, in workbooks and on terminals, and two files that look alike are to have one digest.
#[test]
fn the_words_of_a_rule_look_like_what_they_are() {
    for unseen in ["\\u001b[2J", "\\n", "\\u202e", "\\u200b"] {
        let toml = format!(
            r#"
[[rule]]
id = "29-T"
name = "名{unseen}名"
text = "文"
kind = "lawful"
left = ["elderly_allowance"]
right = ["disabled_care"]
symmetric = false
basis = "month"
level = "county"
place = "290101"
from = "2026-01-01"
source = "某县文件"
evidence = "secondary"
"#
        );
        match RuleSet::parse(&toml) {
            Err(Error::Rule {
                line: 4,
                field: "name",
                wrong: Wrong::NotAllowed,
                ..
            }) => {}
            other => panic!("{unseen}: {other:?}"),
        }
    }
}
