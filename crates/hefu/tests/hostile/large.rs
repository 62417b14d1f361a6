//! An upload that is larger than any may be: refused while it comes, and nothing of it stays.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::caller::{Answer, Target};

const GIB: u64 = 1 << 30;

/// The limit in these tests, far below what is sent.
const LIMIT: u64 = 32 << 20;

/// What may be under way between the two on one machine.
const UNDER_WAY: u64 = 48 << 20;

fn target(dir: &std::path::Path) -> Target {
    Target::start_with(dir, |settings| {
        let limit = toml::Value::Integer(LIMIT.try_into().unwrap());
        settings["operators"]
            .as_table_mut()
            .unwrap()
            .insert("max_upload_bytes".to_owned(), limit);
    })
}

/// Says `head` and then zeros, `total` of them if it comes to that, piece by piece as `framed` has it. Gives the answer
/// and how much had been sent when it was there.
fn pour(
    mut line: TcpStream,
    head: &[u8],
    total: u64,
    framed: impl Fn(&[u8]) -> Vec<u8> + Send + 'static,
) -> (Answer, u64) {
    line.write_all(head).unwrap();
    let mut hearing = line.try_clone().unwrap();
    let answered = Arc::new(AtomicBool::new(false));
    let enough = Arc::clone(&answered);
    let pouring = thread::spawn(move || {
        let piece = framed(&[b'0'; 64 << 10]);
        let mut sent = 0;
        while sent < total && !enough.load(Ordering::Relaxed) {
            match line.write_all(&piece) {
                Ok(()) => sent += 64 << 10,
                Err(error) => {
                    let cut = [ErrorKind::BrokenPipe, ErrorKind::ConnectionReset];
                    assert!(cut.contains(&error.kind()), "{error}");
                    break;
                }
            }
        }
        sent
    });
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    // Up to its last byte, which its length says.
    while !is_whole(&bytes) {
        match hearing.read(&mut buffer).unwrap() {
            0 => break,
            read => bytes.extend_from_slice(&buffer[..read]),
        }
    }
    answered.store(true, Ordering::Relaxed);
    let sent = pouring.join().unwrap();
    // And the line is at its end.
    let ended = Instant::now();
    while hearing.read(&mut buffer).is_ok_and(|read| read > 0) {}
    assert!(ended.elapsed() < Duration::from_secs(30), "{:?}", ended.elapsed());
    (Answer::of(&bytes), sent)
}

fn is_whole(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.to_lowercase();
    let length = length
        .split("content-length: ")
        .nth(1)
        .and_then(|rest| rest.lines().next());
    length.is_some_and(|length| body.len() >= length.trim().parse().unwrap())
}

fn plain(piece: &[u8]) -> Vec<u8> {
    piece.to_vec()
}

fn chunked(piece: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat()
}

#[test]
fn two_gibibytes_are_refused_while_they_come() {
    let dir = tempfile::tempdir().unwrap();
    let target = target(dir.path());
    let visitor = target.signed_in();
    let before = target.forget_peak();
    let form = visitor.files_head("/it/imports");
    let start = visitor.up_to_file("file", "低保.csv");
    let program = target.program_head("POST", "/api/v1/uploads?name=a.csv");
    let length = |head: &str| format!("{head}content-length: {}\r\n\r\n", 2 * GIB);
    let pieces = |head: &str| format!("{head}transfer-encoding: chunked\r\n\r\n");
    let in_piece = format!("{:x}\r\n{start}\r\n", start.len());

    for (what, head, framed) in [
        ("a form", length(&form) + &start, plain as fn(&[u8]) -> Vec<u8>),
        ("a form of no length", pieces(&form) + &in_piece, chunked),
    ] {
        let (answer, sent) = pour(target.line(), head.as_bytes(), 2 * GIB, framed);
        assert_eq!(answer.status, 422, "{what}: {}", answer.text);
        assert!(
            answer.text.contains("超过") && answer.text.contains("<h1"),
            "{what}: {}",
            answer.text
        );
        let taken = LIMIT / 2..LIMIT + UNDER_WAY;
        assert!(taken.contains(&sent), "{what}: {sent}");
        assert_eq!(target.uploads(), 0, "{what}");
        target.still_answers();
    }
    for (what, head, framed, least) in [
        // What says beforehand that it is too large is not taken at all.
        ("a file", length(&program), plain as fn(&[u8]) -> Vec<u8>, 0),
        ("a file of no length", pieces(&program), chunked, LIMIT / 2),
    ] {
        let (answer, sent) = pour(target.line(), head.as_bytes(), 2 * GIB, framed);
        assert_eq!(answer.status, 413, "{what}: {}", answer.text);
        assert!(answer.text.contains("api_too_large"), "{what}: {}", answer.text);
        let taken = least..least * 2 + UNDER_WAY;
        assert!(taken.contains(&sent), "{what}: {sent}");
        assert_eq!(target.uploads(), 0, "{what}");
        target.still_answers();
    }
    let grown = target.peak_mib() - before;
    assert!(grown < 40, "{grown} MiB more");
}

/// What comes after the length that was said is no part of the file, and no request either.
#[test]
fn a_length_that_is_a_lie_gains_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let target = target(dir.path());
    let head = target
        .program_head("POST", "/api/v1/uploads?name=a.csv")
        .replace("connection: close\r\n", "");
    let mut line = target.line();
    write!(
        line,
        "{head}content-length: 4\r\n\r\na,b\n{}\r\n\r\n",
        "x".repeat(1000)
    )
    .unwrap();
    let mut bytes = Vec::new();
    line.read_to_end(&mut bytes).unwrap();
    let answer = Answer::of(&bytes);
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert!(answer.text.contains("\"bytes\":4"), "{}", answer.text);
    assert_eq!(answer.text.matches("HTTP/1.1 400").count(), 1, "{}", answer.text);
    // Two lengths, or a length and pieces, could be understood in two ways.
    for lengths in [
        "content-length: 4\r\ncontent-length: 5\r\n",
        "content-length: -1\r\n",
        "content-length: 18446744073709551617\r\n",
        "transfer-encoding: chunked, identity\r\n",
    ] {
        let answer = target.ask(&format!("{head}{lengths}\r\n"), b"a,b\n");
        assert_eq!(answer.status, 400, "{lengths}: {}", answer.text);
    }
    target.still_answers();
    assert_eq!(target.uploads(), 1);
}
