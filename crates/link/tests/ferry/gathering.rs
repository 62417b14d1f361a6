//! Parts that come in any order, twice, in part, or from who contradicts itself.

use std::fs;
use std::path::Path;

use hefu_link::Error;
use hefu_link::ferry::{Assembly, Form, Part, Taken, open};
use tempfile::TempDir;

use crate::support::{ANY, Agency, CIVIL, COURT, Set, code, noise};

fn three_parts() -> (Agency, Agency, Set, Vec<Vec<u8>>) {
    let (civil, court) = (Agency::new(CIVIL), Agency::new(COURT));
    let set = civil.seal(&court, 1, &noise(5000));
    let files = set.files(&civil, Form::Text, 4096);
    assert_eq!(files.len(), 3);
    (civil, court, set, files)
}

fn take(assembly: &mut Assembly, file: &[u8]) -> Result<Taken, Error> {
    assembly.take(Part::read(file, ANY)?)
}

fn opened(assembly: &Assembly, by: &Agency) -> Result<Vec<u8>, Error> {
    let mut content = Vec::new();
    let mut sealed = assembly.sealed().unwrap();
    open(&by.keys, assembly.head().unwrap(), &mut sealed, &mut content)?;
    Ok(content)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn parts_come_in_any_order_and_any_number_of_times() {
    let (_, court, set, files) = three_parts();
    let content = noise(5000);
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let dir = TempDir::new().unwrap();
        let folder = dir.path().join(set.head.folder_name());
        let mut assembly = Assembly::open(&folder).unwrap();
        assert_eq!((assembly.parts(), assembly.missing()), (0, vec![]));
        assert!(assembly.head().is_none() && !assembly.is_complete());
        let mut missing = vec![1, 2, 3];
        for (turn, place) in order.into_iter().enumerate() {
            let taken = take(&mut assembly, &files[place]).unwrap();
            missing.retain(|part| *part as usize != place + 1);
            assert_eq!(taken, if turn == 2 { Taken::Complete } else { Taken::New });
            let again = take(&mut assembly, &files[place]).unwrap();
            assert_eq!(
                again,
                if turn == 2 {
                    Taken::Complete
                } else {
                    Taken::Already
                }
            );
            let lie = names(&folder)
                .iter()
                .map(|name| std::fs::metadata(folder.join(name)).unwrap().len())
                .sum::<u64>();
            assert_eq!(assembly.bytes(), lie);
            // As after a crash.
            assembly = Assembly::open(&folder).unwrap();
            assert_eq!(assembly.bytes(), lie);
            assert_eq!((assembly.parts(), assembly.missing()), (3, missing.clone()));
            assert_eq!(assembly.head(), Some(&set.head));
            assert_eq!(assembly.sealed().is_some(), turn == 2);
        }
        assert!(opened(&assembly, &court).unwrap() == content);
        assembly.discard().unwrap();
        assert!(!folder.exists());
    }
}

#[test]
fn forms_mix_and_cuts_do_not() {
    let (civil, court, set, text) = three_parts();
    let binary = set.files(&civil, Form::Binary, 4096);
    assert_eq!(binary.len(), 2);
    let dir = TempDir::new().unwrap();
    let mut assembly = Assembly::open(dir.path()).unwrap();
    assert_eq!(take(&mut assembly, &text[0]).unwrap(), Taken::New);
    assert_eq!(take(&mut assembly, &text[1]).unwrap(), Taken::New);
    assert_eq!(take(&mut assembly, &binary[0]).unwrap(), Taken::New);
    assert!(!assembly.is_complete());
    assert_eq!(take(&mut assembly, &binary[1]).unwrap(), Taken::Complete);
    assert_eq!((assembly.parts(), assembly.missing()), (2, vec![]));
    assert!(opened(&assembly, &court).unwrap() == noise(5000));
}

/// The payload of a part is refused before anything of it is kept.
#[test]
fn a_damaged_part_leaves_nothing_and_the_right_one_still_fits() {
    let (_, _, _, files) = three_parts();
    let dir = TempDir::new().unwrap();
    let mut assembly = Assembly::open(dir.path()).unwrap();
    let mut damaged = files[0].clone();
    let at = damaged.len() - 100;
    damaged[at] ^= 1;
    assert_ne!(code(take(&mut assembly, &damaged)), "ok");
    assert_eq!(code(take(&mut assembly, &files[0][..at])), "ferry_truncated");
    assert_eq!(names(dir.path()), [""; 0]);
    assert!(assembly.head().is_none());
    assert_eq!(take(&mut assembly, &files[0]).unwrap(), Taken::New);
    let kept = names(dir.path());
    assert_ne!(code(take(&mut assembly, &damaged)), "ok");
    assert_eq!(names(dir.path()), kept);
}

#[test]
fn whoever_contradicts_itself_is_refused() {
    let (civil, court, set, files) = three_parts();
    let dir = TempDir::new().unwrap();
    let mut assembly = Assembly::open(dir.path()).unwrap();
    take(&mut assembly, &files[0]).unwrap();
    // Another content under the same number.
    let other = civil.seal(&court, 1, &[7; 5000]);
    assert_eq!(other.head.set(), set.head.set());
    for file in other.files(&civil, Form::Text, 4096) {
        assert_eq!(code(take(&mut assembly, &file)), "ferry_contradiction");
    }
    // Another sender under the same number.
    let rogue = Agency::new("某县");
    let forged = rogue.seal(&court, 1, &noise(5000));
    let file = &forged.files(&rogue, Form::Text, 4096)[1];
    assert_eq!(code(take(&mut assembly, file)), "ferry_contradiction");
    assert_ne!(forged.head.folder_name(), set.head.folder_name());
    // The same head over another payload: the sender signs both.
    let lying = Set {
        head: set.head.clone(),
        sealed: other.sealed.clone(),
    };
    let lies = lying.files(&civil, Form::Text, 4096);
    assert_eq!(code(take(&mut assembly, &lies[0])), "ferry_contradiction");
    // A lie about a part that has not come yet shows when the set is opened.
    take(&mut assembly, &lies[1]).unwrap();
    assert_eq!(take(&mut assembly, &files[2]).unwrap(), Taken::Complete);
    assert_eq!(code(opened(&assembly, &court)), "ferry_digest");
}

/// What a crash may leave: a half-written part, and a head without any.
#[test]
fn a_crash_between_two_writes_loses_nothing() {
    let (_, court, _, files) = three_parts();
    let dir = TempDir::new().unwrap();
    let mut assembly = Assembly::open(dir.path()).unwrap();
    take(&mut assembly, &files[0]).unwrap();
    fs::remove_file(dir.path().join(&names(dir.path())[1])).unwrap();
    fs::write(dir.path().join(".tmpAbc"), b"half").unwrap();
    let mut assembly = Assembly::open(dir.path()).unwrap();
    assert_eq!(names(dir.path()), ["head.json"]);
    assert!(assembly.head().is_some());
    for file in &files {
        take(&mut assembly, file).unwrap();
    }
    assert!(opened(&assembly, &court).unwrap() == noise(5000));
    // Should the disk have lost a bit, the file sent again mends it.
    let path = dir.path().join(&names(dir.path())[2]);
    let mut bytes = fs::read(&path).unwrap();
    bytes[9] ^= 1;
    fs::write(&path, &bytes).unwrap();
    assert_eq!(code(opened(&assembly, &court)), "ferry_digest");
    take(&mut assembly, &files[1]).unwrap();
    assert_eq!(code(opened(&assembly, &court)), "ok");
}

/// A discard that a crash cut short leaves parts without their head.
#[test]
fn what_is_left_of_a_discarded_set_counts_for_nothing() {
    let (_, _, _, files) = three_parts();
    let dir = TempDir::new().unwrap();
    let mut assembly = Assembly::open(dir.path()).unwrap();
    for file in &files {
        take(&mut assembly, file).unwrap();
    }
    fs::remove_file(dir.path().join("head.json")).unwrap();
    let assembly = Assembly::open(dir.path()).unwrap();
    assert!(!assembly.is_complete() && assembly.sealed().is_none());
    assert_eq!(names(dir.path()), [""; 0]);
}

#[cfg(unix)]
#[test]
fn nobody_else_reads_what_was_taken() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_, _, set, files) = three_parts();
    let dir = TempDir::new().unwrap();
    let folder = dir.path().join(set.head.folder_name());
    let mut assembly = Assembly::open(&folder).unwrap();
    take(&mut assembly, &files[0]).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for name in names(&folder) {
        assert_eq!(mode(&folder.join(name)), 0o600);
    }
}
