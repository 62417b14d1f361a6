//! Callers who take their time: each is cut after the node's, and nobody waits for them meanwhile.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use crate::caller::{Answer, Target};

/// As the node has it: for a request's head, and for what stands still.
const HEAD: Duration = Duration::from_secs(15);
const STALLED: Duration = Duration::from_secs(30);

/// What a machine under load may need beyond that.
const MORE: Duration = Duration::from_secs(10);

/// Reads to the end of the line: what came, and how long it took.
fn heard(mut line: &TcpStream) -> (Vec<u8>, Duration) {
    let begun = Instant::now();
    let mut bytes = Vec::new();
    // A line that is cut while something was under way ends with an error.
    let _ = line.read_to_end(&mut bytes);
    (bytes, begun.elapsed())
}

/// Says the text byte by byte for as long as the line takes it.
fn drip(mut line: TcpStream, text: String) {
    thread::spawn(move || {
        for byte in text.into_bytes() {
            if line.write_all(&[byte]).is_err() {
                return;
            }
            thread::sleep(Duration::from_millis(500));
        }
    });
}

#[test]
fn who_takes_their_time_is_cut_and_keeps_nobody_waiting() {
    let dir = tempfile::tempdir().unwrap();
    let target = Target::start(dir.path());
    let visitor = target.signed_in();
    let host = &target.address;
    thread::scope(|scope| {
        let mut waiting = Vec::new();
        let mut waits = |what: &'static str, line: TcpStream, at_most: Duration, status: Option<u16>| {
            waiting.push(scope.spawn(move || {
                let (bytes, took) = heard(&line);
                assert!(took < at_most + MORE, "{what}: {took:?}");
                match status {
                    None => assert!(bytes.is_empty(), "{what}: {}", String::from_utf8_lossy(&bytes)),
                    Some(status) => {
                        let answer = Answer::of(&bytes);
                        assert_eq!(answer.status, status, "{what}: {}", answer.text);
                    }
                }
            }));
        };

        waits("says nothing", target.line(), HEAD, None);
        let line = target.line();
        drip(
            line.try_clone().unwrap(),
            format!(
                "GET /health HTTP/1.1\r\nhost: {host}\r\nx-long: {}",
                "x".repeat(600)
            ),
        );
        waits("a head byte by byte", line, HEAD, None);

        // Of a form nothing more comes, or next to nothing.
        let mut line = target.line();
        let head = visitor.form_head("/password", "application/x-www-form-urlencoded");
        write!(line, "{head}content-length: 1000\r\n\r\ncsrf=").unwrap();
        drip(line.try_clone().unwrap(), "a".repeat(990));
        waits("a form byte by byte", line, STALLED, Some(400));

        let mut line = target.line();
        let (head, start) = (
            visitor.files_head("/it/imports"),
            visitor.up_to_file("file", "低保.csv"),
        );
        write!(line, "{head}content-length: 1000000\r\n\r\n{start}身份证号\r\n").unwrap();
        waits("a file that stops", line, STALLED, Some(422));

        let mut line = target.line();
        let program = target.program_head("POST", "/api/v1/uploads?name=a.csv");
        write!(line, "{program}content-length: 1000000\r\n\r\nabc").unwrap();
        waits("a program's file that stops", line, STALLED, Some(408));

        let mut line = target.line();
        let program = target.program_head("POST", "/api/v1/accounts");
        write!(
            line,
            "{program}content-type: application/json\r\ncontent-length: 1000\r\n\r\n{{"
        )
        .unwrap();
        drip(line.try_clone().unwrap(), " ".repeat(990));
        waits("a program's request byte by byte", line, STALLED, Some(408));

        // Asks for more than the system keeps under way, and reads nothing until it was cut.
        let mut deaf = target.line();
        let asks = target
            .program_head("GET", "/api/v1/openapi.json")
            .replace("connection: close\r\n", "");
        let asked = 200;
        waiting.push(scope.spawn(move || {
            for _ in 0..asked {
                // The node reads no further requests while it can't answer.
                if write!(deaf, "{asks}\r\n").is_err() {
                    break;
                }
            }
            thread::sleep(STALLED + MORE);
            let (bytes, _) = heard(&deaf);
            let whole = String::from_utf8_lossy(&bytes).matches("HTTP/1.1 200").count();
            assert!(
                whole < asked,
                "a caller who reads nothing was answered {whole} times"
            );
        }));

        // Everybody else is served meanwhile.
        let begun = Instant::now();
        while waiting.iter().any(|waits| !waits.is_finished()) {
            target.still_answers();
            assert_eq!(visitor.get("/it/imports").status, 200);
            assert!(begun.elapsed() < 3 * STALLED, "somebody is never cut");
            thread::sleep(Duration::from_millis(200));
        }
        for waits in waiting {
            waits.join().unwrap();
        }
    });
    assert_eq!(target.uploads(), 0, "nothing of them stays");
}

/// More lines than the node has places for: they lose theirs after a while, and whoever came after them is served.
#[test]
fn idle_lines_lose_their_places() {
    let dir = tempfile::tempdir().unwrap();
    let target = Target::start(dir.path());
    let before = target.forget_peak();
    let idle: Vec<TcpStream> = (0..400).map(|_| target.line()).collect();
    let begun = Instant::now();
    let answer = target.ask(
        &format!(
            "GET /health HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
            target.address
        ),
        b"",
    );
    assert_eq!(answer.status, 200);
    // Two turns of those who say nothing come before it.
    assert!(begun.elapsed() < 2 * HEAD + MORE, "{:?}", begun.elapsed());
    let grown = target.peak_mib() - before;
    assert!(grown < 40, "{grown} MiB more");
    drop(idle);
    target.still_answers();
}
