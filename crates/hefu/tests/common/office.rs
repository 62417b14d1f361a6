//! Whether an office suite opens what is written, and what then stands on paper.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The text on the pages of each file, in order, without white space: an office suite makes PDFs of them, all in one
/// start, which takes long. Nothing where the suite is not installed; no text where `pdftotext` is not.
#[allow(clippy::print_stderr, reason = "a test that is skipped says so")]
pub(crate) fn printed(files: &[PathBuf]) -> Option<Vec<Option<String>>> {
    if let Some(missing) = files.iter().find_map(|file| missing_for(file)) {
        eprintln!("skipped: {missing} is not installed, so nothing was converted to PDF");
        return None;
    }
    let dir = tempfile::tempdir().unwrap();
    // All go into one folder, and several have one name.
    let copies: Vec<PathBuf> = files
        .iter()
        .enumerate()
        .map(|(index, file)| {
            let name = file.file_name().unwrap().to_str().unwrap();
            let copy = dir.path().join(format!("{index}-{name}"));
            std::fs::copy(file, &copy).unwrap();
            copy
        })
        .collect();
    // A profile of its own, so that an office that is open elsewhere does not answer instead.
    let profile = format!(
        "-env:UserInstallation=file://{}",
        dir.path().join("profile").display()
    );
    let run = Command::new("soffice")
        .args([&profile, "--headless", "--convert-to", "pdf", "--outdir"])
        .arg(dir.path())
        .args(&copies)
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let texts = Command::new("pdftotext").arg("-v").output().is_ok();
    let of = |(copy, file): (&PathBuf, &PathBuf)| {
        let pdf = copy.with_extension("pdf");
        let bytes = std::fs::read(&pdf).unwrap_or_else(|_| panic!("{} does not open", file.display()));
        assert!(bytes.starts_with(b"%PDF-"), "{}", file.display());
        texts.then(|| {
            let text = Command::new("pdftotext").arg(&pdf).arg("-").output().unwrap();
            squeezed(&String::from_utf8(text.stdout).unwrap())
        })
    };
    Some(copies.iter().zip(files).map(of).collect())
}

/// Lines are broken as the page has room.
pub(crate) fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

/// The part of the suite that such a file needs, where it is not there.
fn missing_for(file: &Path) -> Option<&'static str> {
    let (part, package) = match file.extension().and_then(|extension| extension.to_str()) {
        Some("xlsx") => ("libsclo.so", "libreoffice-calc"),
        _ => ("libswlo.so", "libreoffice-writer"),
    };
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = std::env::split_paths(&path);
    let suite = folders.find_map(|folder| folder.join("soffice").canonicalize().ok());
    let there = suite.is_some_and(|suite| suite.with_file_name(part).exists());
    (!there).then_some(package)
}
