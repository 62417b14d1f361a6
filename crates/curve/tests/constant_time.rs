//! The kernel's machine code, read by a lint: what works on secrets has no branch, address or variable-time instruction
//! that depends on them.
//!
//! The lint follows general registers and stack slots along every way through each function: a register
//! is tainted when it is loaded through a pointer or takes something from a vector or mask register. A branch on, or an
//! address from, a tainted register is a failure. Secrets live in vector registers and in what pointers lead to, so
//! pointers and lengths, which come as arguments, stay clean, and so does what is compiled in. Of the stack only what a
//! clean register was spilled to is clean. The binary read is the test itself, or the one that
//! `HEFU_CURVE_BINARY` names.
#![cfg(target_arch = "x86_64")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]
#![allow(clippy::print_stdout, reason = "a test says what it could not check")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use common::{TestBlinds, pools};
use hefu_curve::batch::{hash_blind_encode, hash_multiply_encode};
use hefu_curve::{Hasher, Points, Scalar, Table};

/// What works on messages, secret scalars, their digits and points: parts of the mangled names, and the arguments that
/// point to what is public, by their registers (System V ABI). A layout says how long messages are.
const SECRET: [(&str, &[&str]); 7] = [
    ("Entries$GT$4hash5entry", &["rdi"]),
    ("Entries$GT$8multiply5entry", &[]),
    ("Entries$GT$13add_multiples5entry", &[]),
    ("Entries$GT$14encode_doubled5entry", &[]),
    ("ifma8multiply7Windows3new", &[]),
    ("ifma6digits3Odd3new", &[]),
    ("ifma5fixed6Digits4fill", &[]),
];

/// Instructions whose time depends on their operands, or whose addresses are in vectors.
const FORBIDDEN: [&str; 7] = [
    "vdiv",
    "vsqrt",
    "vpgather",
    "vgather",
    "vpscatter",
    "vscatter",
    "rep",
];

/// What a function that is called may leave anything in (System V ABI).
const CALL_CHANGES: [&str; 9] = ["rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11"];

/// Instructions that leave something of their result in the flags.
const SETS_FLAGS: [&str; 30] = [
    "add", "sub", "and", "or", "xor", "inc", "dec", "neg", "shl", "shr", "sar", "adc", "sbb", "bt", "bts",
    "btr", "andn", "blsr", "blsi", "blsmsk", "bzhi", "bextr", "tzcnt", "lzcnt", "popcnt", "rol", "ror",
    "mul", "imul", "shld",
];

struct Instruction {
    address: u64,
    name: String,
    operands: Vec<String>,
}

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
        assert!(!lint(code, &[]).is_empty(), "{part}");
    }
    for (listing, expected) in [
        ("mov rax,QWORD PTR [rdi]\ntest al,0x1\njne 10", 1),
        ("mov rax,QWORD PTR [rdi]\nmov rcx,QWORD PTR [rsi+rax*8]", 1),
        (
            "kmovb eax,k1\nmov DWORD PTR [rsp+0x8],eax\ncmp DWORD PTR [rsp+0x8],0x0\nje 10",
            1,
        ),
        ("vmovq rax,xmm0\nlea rcx,[rax+0x1]\ntest rcx,rcx\nje 10", 1),
        ("kortestb k1,k1\nje 10", 1),
        ("vpgatherqq zmm1{k1},QWORD PTR [rdi+zmm2*1]", 1),
        // A length may be divided, a secret may not.
        ("div rcx", 0),
        ("mov rcx,QWORD PTR [rdi]\ndiv rcx", 1),
        ("mov rax,QWORD PTR [rdi]\ndiv rcx", 1),
        ("mov edx,DWORD PTR [rdi]\nidiv ecx", 1),
        ("div QWORD PTR [rdi]", 1),
        (
            "mov rax,QWORD PTR [rdi]\nxor edx,edx\nxor eax,eax\ndiv rcx\ntest rax,rax\nje 9",
            0,
        ),
        // What is public, through any of its names; and what it points to is not.
        ("mov rax,QWORD PTR [rbx+0x8]\ntest rax,rax\nje 9", 0),
        (
            "mov r12,rbx\nadd r12,0x8\nmov rax,QWORD PTR [r12]\ntest rax,rax\nje 9",
            0,
        ),
        (
            "mov QWORD PTR [rsp+0x8],rbx\nmov rcx,QWORD PTR [rsp+0x8]\nmov rax,QWORD PTR [rcx]\ntest rax,rax\nje 9",
            0,
        ),
        (
            "mov QWORD PTR [rsp+0x8],rbx\nmov QWORD PTR [rsp+0x8],rdi\nmov rcx,QWORD PTR [rsp+0x8]\n\
             mov rax,QWORD PTR [rcx]\ntest rax,rax\nje 9",
            1,
        ),
        (
            "mov rax,QWORD PTR [rbx+0x8]\nmov rcx,QWORD PTR [rax]\ntest rcx,rcx\nje 9",
            1,
        ),
        ("mov rbx,rdi\nmov rax,QWORD PTR [rbx]\ntest rax,rax\nje 9", 1),
        ("add rbx,rdi\nmov rax,QWORD PTR [rbx]\ntest rax,rax\nje 9", 1),
        // A byte of what a clean comparison said, where a secret was.
        (
            "mov rcx,QWORD PTR [rdi]\ncmp rsi,rdx\nseta cl\nmov BYTE PTR [rsp+0x8],cl\ncmp BYTE PTR [rsp+0x8],0x0\njne 9",
            0,
        ),
        (
            "cmp QWORD PTR [rdi],rdx\nseta cl\nmov BYTE PTR [rsp+0x8],cl\ncmp BYTE PTR [rsp+0x8],0x0\njne 9",
            1,
        ),
        (
            "mov rcx,QWORD PTR [rdi]\nimul rcx,rsi,0x780\ntest rcx,rcx\nje 9",
            0,
        ),
        ("mov rcx,QWORD PTR [rdi]\nshld rcx,rsi,0x7\ntest rcx,rcx\nje 9", 1),
        ("mov rcx,QWORD PTR [rdi]\nandn rax,rsi,rcx\ntest rax,rax\nje 9", 1),
        // What a call leaves is not known.
        ("xor eax,eax\ncall 50 <f>\ntest rax,rax\nje 9", 1),
        (
            "call QWORD PTR [rip+0x50]\nmov BYTE PTR [rax],0x1\ntest rax,rax\nje 9",
            0,
        ),
        ("call 50 <_ZN10hefu_curve4ifma6digits3Odd3new17h88E>", 0),
        ("call 50 <_ZN10hefu_curve4ifma6digits3Odd3odd17h88E>", 1),
        ("xor ebx,ebx\ncall 50 <f>\ntest rbx,rbx\nje 9", 0),
        (
            "mov rax,QWORD PTR [rdi]\nxor eax,eax\ninc rax\ncmp rax,rsi\njne 10",
            0,
        ),
        (
            "mov rax,QWORD PTR [rdi]\nadd rax,rcx\nadd rdi,0x8\ncmp rdi,rsi\njne 10",
            0,
        ),
        // Around a loop, and past what a jump leaves out: lines have their number as address.
        (
            "xor ecx,ecx\ntest rcx,rcx\nje 9\nmov rcx,QWORD PTR [rdi]\njmp 1 <f>",
            1,
        ),
        (
            "mov rcx,QWORD PTR [rdi]\ntest rsi,rsi\nje 4 <f>\nxor ecx,ecx\ntest rcx,rcx\nje 9",
            1,
        ),
        ("mov rcx,QWORD PTR [rdi]\njmp 3 <f>\ntest rcx,rcx\nret", 0),
        ("xor ecx,ecx\nblsr rax,QWORD PTR [rdi]\njne 9", 1),
    ] {
        let code: Vec<_> = (0..)
            .zip(listing.lines())
            .map(|(i, line)| instruction(i, line))
            .collect();
        assert_eq!(lint(&code, &["rbx"]).len(), expected, "{listing}");
    }
}

/// The functions of a binary, by mangled name; `None`, and says so, where it can't be read.
fn disassembly() -> Option<BTreeMap<String, Vec<Instruction>>> {
    if pools().next().is_none_or(|pool| pool.backend().name() != "ifma") {
        println!("not checked: this processor does not run the kernel");
        return None;
    }
    link_the_kernel();
    let binary =
        std::env::var_os("HEFU_CURVE_BINARY").unwrap_or_else(|| std::env::current_exe().unwrap().into());
    let Ok(output) = Command::new("objdump")
        .args(["--disassemble", "--no-show-raw-insn", "-M", "intel"])
        .arg(&binary)
        .output()
    else {
        println!("not checked: there is no objdump here");
        return None;
    };
    assert!(output.status.success(), "objdump {}", binary.display());
    let listing = String::from_utf8(output.stdout).unwrap();
    let mut functions = BTreeMap::new();
    let mut name = String::new();
    for line in listing.lines() {
        if let Some((_, rest)) = line.split_once(" <").filter(|_| line.ends_with(">:")) {
            name = rest.trim_end_matches(">:").to_string();
        } else if let Some((address, code)) = line.split_once(":\t") {
            let address = u64::from_str_radix(address.trim(), 16).unwrap();
            let code = instruction(address, code.split(" #").next().unwrap());
            functions.entry(name.clone()).or_insert_with(Vec::new).push(code);
        }
    }
    Some(functions)
}

/// Calls what is to be checked, or the linker would leave it out.
fn link_the_kernel() {
    for pool in pools() {
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

fn instruction(address: u64, code: &str) -> Instruction {
    let mut code = code.trim();
    while let Some(rest) = ["data16 ", "cs "]
        .iter()
        .find_map(|prefix| code.strip_prefix(prefix))
    {
        code = rest;
    }
    let (name, operands) = code.split_once(' ').unwrap_or((code, ""));
    Instruction {
        address,
        name: name.to_string(),
        operands: operands
            .split(',')
            .map(|o| o.trim().to_string())
            .filter(|o| !o.is_empty())
            .collect(),
    }
}

/// What is known before an instruction, whichever way led to it.
#[derive(Clone, PartialEq, Default)]
struct State<'a> {
    tainted: BTreeSet<&'static str>,
    /// Registers and slots that point to what is public: what was compiled in, such as the chain of a power, or an argument.
    public: BTreeSet<&'a str>,
    /// Slots of the stack that a clean register was spilled to. Others may be reached by another name.
    clean: BTreeSet<&'a str>,
    flags: bool,
}

impl State<'_> {
    fn join(&mut self, other: &Self) {
        self.tainted.extend(&other.tainted);
        self.public.retain(|place| other.public.contains(place));
        self.clean.retain(|slot| other.clean.contains(slot));
        self.flags |= other.flags;
    }
}

/// What is wrong with a function, of which these registers point to what is public when it begins.
fn lint<'a>(code: &'a [Instruction], public: &[&'a str]) -> Vec<String> {
    let places: BTreeMap<u64, usize> = (0..).zip(code).map(|(i, code)| (code.address, i)).collect();
    let begin = State {
        public: public.iter().copied().collect(),
        ..State::default()
    };
    let mut before: Vec<Option<State<'_>>> = vec![None; code.len()];
    let mut complaints = BTreeSet::new();
    let mut waiting = vec![(0, begin)];
    while let Some((place, state)) = waiting.pop() {
        let Some(Instruction { name, operands, .. }) = code.get(place) else {
            continue;
        };
        let joined = match &before[place] {
            None => state,
            Some(known) => {
                let mut joined = known.clone();
                joined.join(&state);
                if joined == *known {
                    continue;
                }
                joined
            }
        };
        before[place] = Some(joined.clone());
        let mut after = joined;
        for what in step(&mut after, name, operands) {
            complaints.insert((place, what));
        }
        if name.starts_with('j') {
            // A target in brackets is a table of what is compiled in, and there is none.
            let target = operands[0].split(' ').next().unwrap();
            let target = u64::from_str_radix(target, 16).ok().and_then(|a| places.get(&a));
            match target {
                Some(target) => waiting.push((*target, after.clone())),
                None if name == "jmp" && operands[0].contains('[') => {
                    complaints.insert((place, "an indirect jump"));
                }
                None => {}
            }
        }
        if !["jmp", "ret", "ud2", "hlt"].contains(&name.as_str()) {
            waiting.push((place + 1, after));
        }
    }
    complaints
        .into_iter()
        .map(|(place, what)| format!("{what}: {} {}", code[place].name, code[place].operands.join(",")))
        .collect()
}

/// Takes an instruction into the state; what is wrong with it.
fn step<'a>(state: &mut State<'a>, name: &str, operands: &'a [String]) -> Vec<&'static str> {
    let State {
        tainted,
        public,
        clean,
        flags,
    } = state;
    let mut complaints = Vec::new();
    if FORBIDDEN.iter().any(|forbidden| name.starts_with(forbidden)) {
        complaints.push("a variable time");
    }
    if name.starts_with('j') && name != "jmp" && *flags {
        complaints.push("a branch");
    }
    if !["lea", "nop"].contains(&name)
        && operands
            .iter()
            .any(|o| address(o).is_some_and(|a| registers(a).any(|r| tainted.contains(r))))
    {
        complaints.push("an address");
    }
    let dirty = |operand: &String| match (address(operand), name == "lea") {
        (Some(a), true) => registers(a).any(|r| tainted.contains(r)),
        // What a pointer leads to may be secret.
        (Some(a), false) if a.contains("rsp") => !clean.contains(a),
        (Some(a), false) => !a.contains("rip") && !registers(a).any(|r| public.contains(r)),
        (None, _) => is_vector(operand) || registers(operand).any(|r| tainted.contains(r)),
    };
    let any_dirty = operands.iter().any(dirty);
    if ["div", "idiv"].contains(&name) {
        let divided = ["rax", "rdx"];
        if any_dirty || divided.iter().any(|r| tainted.contains(r)) {
            complaints.push("a variable time");
            tainted.extend(divided);
        }
        return complaints;
    }
    if ["cmp", "test", "kortest", "ktest", "vptest", "ptest"]
        .iter()
        .any(|f| name.starts_with(f))
    {
        *flags = any_dirty;
        return complaints;
    }
    let Some((to, from)) = operands.split_first() else {
        return complaints;
    };
    if name == "call" {
        tainted.extend(CALL_CHANGES);
        let called = operands.first().map_or("", String::as_str);
        if !called.contains('<') {
            // Of another library, by a pointer: it allocates, copies or panics, and knows nothing of secrets.
            tainted.remove("rax");
        }
        if called.contains("hefu_curve4ifma") && !SECRET.iter().any(|(part, _)| called.contains(part)) {
            complaints.push("a call of what is not read");
        }
        public.retain(|place| !CALL_CHANGES.contains(place));
        *flags = true;
        return complaints;
    }
    if name.starts_with('j') {
        return complaints;
    }
    // A copy is as its source is, and so is what is made zero; all else also as what was there.
    let zero = ["xor", "sub"].contains(&name) && from.first() == Some(to);
    let copies = ["mov", "kmov", "vmov", "lea", "set"]
        .iter()
        .any(|copy| name.starts_with(copy))
        // With three operands the first is written and not read.
        || operands.len() == 3 && !["shld", "shrd"].contains(&name);
    let depends = (name.starts_with("set") || name.starts_with("cmov")) && *flags;
    let result = depends || !zero && if copies { from.iter().any(dirty) } else { any_dirty };
    if SETS_FLAGS.contains(&name) {
        *flags = result;
    }
    let spilled = name.starts_with("set") || from.iter().any(|o| registers(o).next().is_some());
    let points = match from {
        [one] if name == "mov" => place(one).is_some_and(|place| public.contains(place)),
        [one] if name == "lea" => one.contains("rip") || address(one).is_some_and(|a| is_near(a, public)),
        [by] if ["add", "sub"].contains(&name) => {
            by.starts_with("0x") && place(to).is_some_and(|place| public.contains(place))
        }
        _ => false,
    };
    match place(to) {
        Some(place) if points => drop(public.insert(place)),
        Some(place) => drop(public.remove(place)),
        None => {}
    }
    match (address(to), registers(to).next()) {
        // A number begins an array that is filled by another name.
        (Some(slot), _) if slot.contains("rsp") && (result || !spilled) => drop(clean.remove(slot)),
        (Some(slot), _) if slot.contains("rsp") => drop(clean.insert(slot)),
        (None, Some(register)) if result => drop(tainted.insert(register)),
        (None, Some(register)) => drop(tainted.remove(register)),
        _ => {}
    }
    complaints
}

/// The slot of the stack or the general register that an operand is.
fn place(operand: &str) -> Option<&str> {
    match address(operand) {
        Some(slot) => slot.contains("rsp").then_some(slot),
        None => registers(operand).next(),
    }
}

/// Whether an address is a public pointer's, or a fixed way behind it.
fn is_near(address: &str, public: &BTreeSet<&str>) -> bool {
    let (pointer, behind) = address.split_once('+').unwrap_or((address, "0x0"));
    public.contains(pointer) && behind.starts_with("0x")
}

/// What stands in an operand's brackets.
fn address(operand: &str) -> Option<&str> {
    operand.split_once('[')?.1.split(']').next()
}

fn is_vector(operand: &str) -> bool {
    let rest = operand.trim_start_matches(['x', 'y', 'z']);
    rest.starts_with("mm") || (operand.starts_with('k') && operand.len() == 2)
}

/// The general registers in a text, each by the name of its 64 bits.
fn registers(text: &str) -> impl Iterator<Item = &'static str> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .filter_map(|word| {
            REGISTERS
                .iter()
                .find(|names| names.contains(&word))
                .map(|names| names[0])
        })
}

const REGISTERS: [[&str; 4]; 15] = [
    ["rax", "eax", "ax", "al"],
    ["rbx", "ebx", "bx", "bl"],
    ["rcx", "ecx", "cx", "cl"],
    ["rdx", "edx", "dx", "dl"],
    ["rsi", "esi", "si", "sil"],
    ["rdi", "edi", "di", "dil"],
    ["rbp", "ebp", "bp", "bpl"],
    ["r8", "r8d", "r8w", "r8b"],
    ["r9", "r9d", "r9w", "r9b"],
    ["r10", "r10d", "r10w", "r10b"],
    ["r11", "r11d", "r11w", "r11b"],
    ["r12", "r12d", "r12w", "r12b"],
    ["r13", "r13d", "r13w", "r13b"],
    ["r14", "r14d", "r14w", "r14b"],
    ["r15", "r15d", "r15w", "r15b"],
];
