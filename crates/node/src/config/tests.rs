use std::collections::BTreeSet;

use serde_json::Value;

use super::*;

const FULL: &str = include_str!("../../samples/full.toml");
const MINIMAL: &str = include_str!("../../samples/minimal.toml");

#[test]
fn every_sample_can_be_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let mut read = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        Config::load(&path).unwrap_or_else(|error| panic!("{error}"));
        read += 1;
    }
    assert_eq!(read, 3);
}

/// What agencies are handed is what the guide describes, and says nothing else than the defaults.
#[test]
fn the_packaged_settings_are_those_of_the_guide() {
    let text = include_str!("../../../../packaging/node.toml");
    let config = Config::parse(text).unwrap();
    assert_eq!(config, Config::new(config.node.clone(), config.unlock.clone()));
    let key_file = UnlockConfig::KeyFile("/etc/hefu/hefu.key".into());
    assert_eq!(config.unlock, key_file);
    assert_eq!(config.operators.listen.port(), 7601);
}

/// So that nobody has to look for a setting in the source.
#[test]
fn the_full_sample_has_every_setting_with_its_default() {
    let config = Config::parse(FULL).unwrap();
    // What has no default stands there as a comment.
    let setting = |line: &str| line.split(' ').nth(1) == Some("=");
    let line = |line: &str| {
        line.strip_prefix("# ")
            .filter(|rest| setting(rest))
            .map_or_else(|| line.to_owned(), str::to_owned)
    };
    let all: String = FULL.lines().map(|each| line(each) + "\n").collect();
    let written: Value = serde_json::to_value(toml::from_str::<toml::Table>(&all).unwrap()).unwrap();
    let read = Config::parse(&all).unwrap();
    assert_eq!(paths(&serde_json::to_value(&read).unwrap()), paths(&written));
    // Settings without a default stand in no JSON either: named one by one, so that none is forgotten.
    let FerryConfig {
        outbox,
        inbox,
        slips: _,
        form: _,
        max_file_bytes,
        max_incoming_bytes: _,
    } = read.ferry;
    assert!(outbox.is_some() && inbox.is_some() && max_file_bytes.is_some());
    // An assessment is the agency's own and has no default.
    let defaults = Config {
        assessment: config.assessment.clone(),
        ..Config::new(config.node.clone(), config.unlock.clone())
    };
    assert_eq!(config, defaults);
}

#[test]
fn the_minimal_sample_leaves_everything_else_as_it_is() {
    let config = Config::parse(MINIMAL).unwrap();
    assert_eq!(config, Config::new(config.node.clone(), config.unlock.clone()));
}

/// Each table of the full sample in turn is given a field that no version knows.
#[test]
fn an_unknown_field_is_refused_wherever_it_stands() {
    let tables: Vec<&str> = FULL.lines().filter(|line| line.starts_with('[')).collect();
    assert_eq!(tables.len(), 11);
    for line in tables {
        let table = line.split(']').next().unwrap().trim_start_matches('[');
        let text = FULL.replacen(line, &format!("{line}\ncolour = \"red\""), 1);
        let ConfigError::Syntax { field, line, .. } = Config::parse(&text).unwrap_err() else {
            panic!("{table}");
        };
        assert!(field.starts_with(table), "{table}: {field}");
        let marked = text.lines().position(|line| line.starts_with("colour")).unwrap() + 1;
        // Two ways to unlock are one too many, and then the table as a whole is at fault.
        assert!(
            line == marked || table == "unlock",
            "{table}: line {line}, not {marked}"
        );
    }
    for text in [
        format!("colour = 1\n{FULL}"),
        format!("{FULL}\n[colour]\nred = 1\n"),
    ] {
        assert!(matches!(Config::parse(&text), Err(ConfigError::Syntax { .. })));
    }
}

#[test]
fn a_mistake_is_named_by_line_and_field() {
    let text = FULL.replace("handshake_seconds = 15", "handshake_seconds = \"soon\"");
    let error = Config::parse(&text).unwrap_err().in_file(Path::new("node.toml"));
    let expected = text
        .lines()
        .position(|line| line.starts_with("handshake"))
        .unwrap()
        + 1;
    let params = error.params();
    let param = |name| params.iter().find(|(key, _)| *key == name).unwrap().1.as_str();
    assert_eq!(param("field"), "peers.handshake_seconds");
    assert_eq!(param("row"), expected.to_string());
    assert_eq!(param("file"), "node.toml");

    let without = MINIMAL.replace("role = \"court\"\n", "");
    let missing = Config::parse(&without).unwrap_err().to_string();
    assert!(missing.contains("node") && missing.contains("role"), "{missing}");
}

#[test]
fn operators_are_on_this_machine() {
    for outside in ["0.0.0.0:7601", "10.0.0.1:7601", "[::]:7601"] {
        let text = FULL.replace("127.0.0.1:7601", outside);
        assert!(
            matches!(Config::parse(&text), Err(ConfigError::NotLoopback { .. })),
            "{outside}"
        );
    }
    for inside in ["127.0.0.2:7601", "[::1]:7601"] {
        Config::parse(&FULL.replace("127.0.0.1:7601", inside)).unwrap();
    }
}

#[test]
fn operators_on_other_machines_need_tls() {
    let with = |lines: &str| {
        let text = format!("{MINIMAL}\n[operators]\nlisten = \"0.0.0.0:7601\"\n{lines}");
        Config::parse(&text).map(|config| config.operators)
    };
    let both = "certificate = \"a.pem\"\nkey = \"b.pem\"\nnames = [\"hefu.example\"]";
    assert!(with(both).unwrap().speaks_tls());
    for half in ["certificate = \"a.pem\"", "key = \"b.pem\""] {
        assert!(matches!(with(half), Err(ConfigError::HalfTls { .. })), "{half}");
    }
    for name in ["hefu.example:7601", "", "合符.example", "https://hefu"] {
        let named = both.replace("hefu.example", name);
        let refused = with(&named).unwrap_err();
        assert!(
            refused.to_string().contains("operators.names"),
            "{name}: {refused}"
        );
    }
}

#[test]
fn a_node_is_unlocked_in_one_way() {
    let with = |lines: &str| {
        Config::parse(&MINIMAL.replace("key_file = \"../court.key\"", lines)).map(|config| config.unlock)
    };
    assert!(with("").is_err());
    assert!(with("key_file = \"a\"\ncredential = \"b\"").is_err());
    assert_eq!(
        with("credential = \"b\"").unwrap(),
        UnlockConfig::Credential("b".to_owned())
    );
    for name in ["../b", "/etc/passwd", "a/b", "", "."] {
        let refused = UnlockConfig::Credential(name.to_owned()).fetch(Path::new("."));
        assert!(
            matches!(refused, Err(ConfigError::CredentialName { .. })),
            "{name}"
        );
    }
}

#[test]
fn key_groups_have_shorter_periods() {
    let with = |lines: &str| Config::parse(&format!("{MINIMAL}\n[deadlines]\n{lines}\n"));
    let config = with("take_days = 8\nkey_take_days = 3").unwrap();
    assert_eq!(
        (config.deadlines.take_days, config.deadlines.verify_days),
        (8, 20)
    );
    for (lines, wrong) in [
        ("take_days = 0", "deadlines.take_days"),
        ("take_days = 2", "deadlines.key_take_days"),
        ("key_decide_days = 60", "deadlines.key_decide_days"),
        ("verify_days = 367", "deadlines.verify_days"),
    ] {
        let Err(ConfigError::Syntax { field, .. }) = with(lines) else {
            panic!("{lines}");
        };
        assert_eq!(field, wrong);
    }
}

#[cfg(unix)]
#[test]
fn a_passphrase_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("passphrase");
    fs::write(&file, "合符 合符\n").unwrap();
    let unlock = UnlockConfig::PassphraseFile(PathBuf::from("passphrase"));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(
        unlock.fetch(folder.path()),
        Err(ConfigError::SecretExposed { .. })
    ));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let Ok(hefu_store::Unlock::Passphrase(text)) = unlock.fetch(folder.path()) else {
        panic!("no passphrase");
    };
    assert_eq!(text.as_str(), "合符 合符");
}

#[test]
fn what_is_written_is_read_again_and_the_digest_is_of_all_of_it() {
    let config = Config::parse(FULL).unwrap();
    let again = Config::parse(&config.to_toml().unwrap()).unwrap();
    assert_eq!(again, config);
    assert_eq!(again.digest(), config.digest());
    let mut other = config.clone();
    other.policy.max_rounds_a_month += 1;
    assert_ne!(other.digest(), config.digest());
}

fn paths(value: &Value) -> BTreeSet<String> {
    fn walk(prefix: &str, value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    walk(&format!("{prefix}.{name}"), value, found);
                }
            }
            _ => {
                found.insert(prefix.to_owned());
            }
        }
    }
    let mut found = BTreeSet::new();
    walk("", value, &mut found);
    found
}

#[test]
fn folders_for_files_stand_together_and_lie_in_the_nodes_folder() {
    let with = |lines: &str| {
        let line = FULL.lines().find(|line| line.starts_with("[ferry]")).unwrap();
        Config::parse(&FULL.replacen(line, &format!("[ferry]\n{lines}"), 1))
    };
    for half in ["outbox = \"out\"", "inbox = \"in\""] {
        assert!(matches!(with(half), Err(ConfigError::HalfFerry { .. })), "{half}");
    }
    let Err(ConfigError::Syntax { field, .. }) = with("max_file_bytes = 4095") else {
        panic!("no file is as small");
    };
    assert_eq!(field, "ferry.max_file_bytes");
    let node = Path::new("/var/lib/hefu");
    assert_eq!(with("").unwrap().ferry.folders(node).unwrap(), None);
    let config = with("outbox = \"out\"\ninbox = \"/srv/in\"\nmax_file_bytes = 4096").unwrap();
    let folders = config.ferry.folders(node).unwrap().unwrap();
    assert_eq!(folders.outbox, Path::new("/var/lib/hefu/out"));
    assert_eq!(folders.inbox, Path::new("/srv/in"));
    assert_eq!(folders.slips, Path::new("/var/lib/hefu/slips"));
    assert_eq!(folders.cut.max_file_bytes(), 4096);
    assert_eq!(Config::parse(&config.to_toml().unwrap()).unwrap(), config);
}
