//! The rules of a node's place, from its folder.

use std::path::Path;
use std::{fs, io};

use hefu_casework::RuleSet;

use crate::{Error, Result};

/// The name of the file in a node's folder where the rules of its place stand, if it has any.
pub(crate) const FILE_NAME: &str = "rules.toml";

/// The national rules, with those of the place.
///
/// # Errors
/// When the file can't be read, or its rules are not right in themselves or contradict wider ones.
pub(crate) fn of_folder(folder: &Path) -> Result<RuleSet> {
    match fs::read_to_string(folder.join(FILE_NAME)) {
        Ok(text) => Ok(RuleSet::national().with_local(&text)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(RuleSet::national()),
        Err(error) => Err(Error::folder(folder, error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_the_file_has_the_national_rules_and_a_wrong_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(of_folder(folder.path()).unwrap(), RuleSet::national());
        let local = r#"
[[rule]]
id = "29-1"
name = "名"
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
"#;
        fs::write(folder.path().join(FILE_NAME), local).unwrap();
        let rules = of_folder(folder.path()).unwrap();
        assert_eq!(rules.rules().len(), RuleSet::national().rules().len() + 1);
        fs::write(folder.path().join(FILE_NAME), local.replace("lawful", "unlawful")).unwrap();
        assert_eq!(of_folder(folder.path()).unwrap_err().code(), "data");
    }
}
