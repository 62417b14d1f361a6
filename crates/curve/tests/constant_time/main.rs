//! The kernel's machine code, read by a lint: what works on secrets has no branch, address or variable-time instruction
//! that depends on them.
//!
//! The lint follows general registers and the stack along every way through each function: bytes of a register are
//! tainted when they are loaded through a pointer or taken from a vector or mask register. A branch on, or an
//! address from, a tainted register is a failure, and so is a way to code that is not read. Secrets live in vector
//! registers and in what pointers lead to, so pointers and lengths, which come as arguments, stay clean, and so does
//! what is compiled in. Of the stack only those bytes are clean that a clean register was spilled to, until something
//! else is stored over them. An index into the stack leads upwards from the address that it is added to, and a pointer
//! to the stack that was itself kept elsewhere in memory is not followed: compilers spill to slots of their own.
//!
//! Nothing of what is read is run, so any x86-64 will do. The binary is the test itself, or the one that
//! `HEFU_CURVE_BINARY` names.
#![cfg(target_arch = "x86_64")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]
#![allow(clippy::print_stdout, reason = "a test says what it could not check")]

#[path = "../common/mod.rs"]
mod common;
mod instruction;
mod lint;
mod listings;
mod state;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use common::TestBlinds;
use hefu_curve::batch::{hash_blind_encode, hash_multiply_encode};
use hefu_curve::{Backend, Hasher, Points, Pool, Scalar, Table};

use instruction::Instruction;
use lint::{SECRET, lint};

#[test]
fn nothing_branches_on_a_secret() {
    let Some(functions) = disassembly() else { return };
    for (part, public) in SECRET {
        let found: Vec<_> = functions.iter().filter(|(name, _)| name.contains(part)).collect();
        assert!(!found.is_empty(), "no function is called like {part}");
        for (name, code) in found {
            let complaints = lint(code, public);
            assert!(complaints.is_empty(), "{name}:\n{}", complaints.join("\n"));
            println!("{part}: {} instructions", code.len());
        }
    }
}

/// Else the lint could pass on anything: decoding branches on public elements, and sums on public weights.
#[test]
fn the_lint_finds_branches_on_data() {
    let Some(functions) = disassembly() else { return };
    for part in ["Entries$GT$6decode5entry", "Entries$GT$12weighted_sum5entry"] {
        let (_, code) = functions.iter().find(|(name, _)| name.contains(part)).unwrap();
        let complaints = lint(code, &[]);
        assert!(
            complaints.iter().any(|what| what.starts_with("a branch")),
            "{part}"
        );
    }
}

/// The functions of a binary, by mangled name; `None`, and says so, where it can't be read.
fn disassembly() -> Option<Vec<(String, Vec<Instruction>)>> {
    link_the_kernel();
    let binary =
        std::env::var_os("HEFU_CURVE_BINARY").map_or_else(|| std::env::current_exe().unwrap(), Into::into);
    let Some(listing) = objdump(&binary, &["--disassemble", "--no-show-raw-insn", "-M", "intel"]) else {
        println!("not checked: there is no objdump here");
        return None;
    };
    let names: BTreeMap<u64, &str> = listing.lines().filter_map(header).collect();
    let functions_behind = pointers(&binary, &names);
    let mut functions = Vec::new();
    for line in listing.lines() {
        if let Some((_, name)) = header(line) {
            functions.push((name.to_string(), Vec::new()));
        } else if let (Some((address, code)), Some((_, function))) =
            (line.split_once(":\t"), functions.last_mut())
        {
            // objdump says behind a `#` which address `[rip+…]` is: of a function, or of a pointer to one.
            let (code, comment) = code.split_once('#').unwrap_or((code, ""));
            let meant = comment.split_whitespace().next().and_then(hexadecimal);
            let named = meant.and_then(|meant| match code.starts_with("lea ") {
                true => names.get(&meant).copied(),
                false => functions_behind.get(&meant).map(String::as_str),
            });
            let code = match named {
                Some(name) => code.replace(']', &format!("] <{name}>")),
                None => code.to_string(),
            };
            function.push(Instruction::new(hexadecimal(address).unwrap(), &code));
        }
    }
    Some(functions)
}

/// A line that begins a function: where it is, and its name.
fn header(line: &str) -> Option<(u64, &str)> {
    let (address, name) = line.strip_suffix(">:")?.split_once(" <")?;
    Some((hexadecimal(address)?, name))
}

/// The functions that pointers in memory lead to once the binary is loaded, by where the pointers are: those of other
/// libraries have a name, its own an address.
fn pointers(binary: &Path, names: &BTreeMap<u64, &str>) -> BTreeMap<u64, String> {
    let relocations = objdump(binary, &["--dynamic-reloc"]).unwrap();
    let pointer = |line: &str| {
        let mut words = line.split_whitespace();
        let (place, _, value) = (hexadecimal(words.next()?)?, words.next()?, words.next()?);
        let name = match value.strip_prefix("*ABS*+0x") {
            Some(address) => names.get(&hexadecimal(address)?)?,
            None => value,
        };
        Some((place, name.to_string()))
    };
    relocations.lines().filter_map(pointer).collect()
}

fn hexadecimal(text: &str) -> Option<u64> {
    u64::from_str_radix(text.trim(), 16).ok()
}

/// What objdump says; `None` where there is none.
fn objdump(binary: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("objdump")
        .args(arguments)
        .arg(binary)
        .output()
        .ok()?;
    assert!(output.status.success(), "objdump {}", binary.display());
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Calls what is to be checked, or the linker would leave it out.
fn link_the_kernel() {
    for backend in Backend::all() {
        let pool = Pool::with_backend(1, backend).unwrap();
        let hasher = Hasher::new(b"constant time", b"");
        let scalar = Scalar::from_u128(3);
        let mut out = [0; 32];
        hash_multiply_encode(&pool, &hasher, &[1; 8], 8, &scalar, &mut out);
        hash_blind_encode(&pool, &hasher, &[1; 8], 8, &TestBlinds(0), 0, &mut out);
        let mut points = Points::default();
        points.decode(&pool, &out).unwrap();
        points.multiply_encode(&pool, &scalar, &mut out);
        let sum = points.vartime_weighted_sum(&pool, &[1]).unwrap();
        points.unblind_encode(&pool, &Table::new(&sum), &TestBlinds(0), 0, &mut out);
    }
}
