//! What of a function depends on secrets, along every way through it.

use std::collections::{BTreeMap, BTreeSet};

use super::instruction::{Instruction, Operand, Register, number};
use super::state::{State, Value};

/// What works on messages, secret scalars, their digits and points: parts of the mangled names, and the arguments that
/// point to what is public, by their registers (System V ABI). A layout says how long messages are.
pub(crate) const SECRET: [(&str, &[&str]); 7] = [
    ("Entries$GT$4hash5entry", &["rdi"]),
    ("Entries$GT$8multiply5entry", &[]),
    ("Entries$GT$13add_multiples5entry", &[]),
    ("Entries$GT$14encode_doubled5entry", &[]),
    ("ifma8multiply7Windows3new", &[]),
    ("ifma6digits3Odd3new", &[]),
    ("ifma5fixed6Digits4fill", &[]),
];

/// What copies, fills and allocates: by its length alone. It returns a pointer.
const MEMORY: [&str; 9] = [
    "memcpy",
    "memmove",
    "memset",
    "malloc",
    "calloc",
    "realloc",
    "free",
    "posix_memalign",
    "aligned_alloc",
];

/// What writes zeros, as many as its type has bytes.
const WIPES: &str = "zeroize..Zeroize$GT$7zeroize";

/// What never returns, and is called where nothing secret decides.
const PANICS: [&str; 5] = [
    "core9panicking",
    "core5slice5index",
    "core6option",
    "handle_alloc_error",
    "raw_vec12handle_error",
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

/// What ends a way.
const ENDS: [&str; 5] = ["jmp", "ret", "ud2", "hlt", "int3"];

/// What a function that is called may leave anything in, and what takes its arguments (System V ABI).
const CALL_CHANGES: [&str; 9] = ["rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11"];
const ARGUMENTS: [&str; 6] = ["rdi", "rsi", "rdx", "rcx", "r8", "r9"];

/// What leaves the flags as they are.
const KEEPS_FLAGS: [&str; 25] = [
    "mov",
    "movabs",
    "movzx",
    "movsx",
    "movsxd",
    "movbe",
    "lea",
    "not",
    "bswap",
    "xchg",
    "push",
    "pop",
    "nop",
    "endbr64",
    "vzeroupper",
    "pause",
    "lfence",
    "sfence",
    "mulx",
    "shlx",
    "shrx",
    "sarx",
    "rorx",
    "pdep",
    "pext",
];

/// What leaves something of its result in all flags.
const SETS_FLAGS: [&str; 20] = [
    "add", "sub", "and", "or", "xor", "neg", "adc", "sbb", "mul", "imul", "bsf", "bsr", "andn", "blsr",
    "blsi", "blsmsk", "bzhi", "bextr", "tzcnt", "lzcnt",
];

/// The same, but not where the number of bits is 0.
const SHIFTS: [&str; 6] = ["shl", "shr", "sar", "shld", "shrd", "sal"];

/// What leaves something of its result in the carry, and some other flag as it is.
const SETS_CARRY: [&str; 8] = ["rol", "ror", "rcl", "rcr", "bt", "bts", "btr", "btc"];

/// What writes its first operand and does not read it. Others do, unless they have three operands.
const COPIES: [&str; 14] = [
    "mov", "movabs", "movzx", "movsx", "movsxd", "movbe", "lea", "popcnt", "tzcnt", "lzcnt", "blsr", "blsi",
    "blsmsk", "pop",
];

/// What is wrong with a function, of which these registers point to what is public when it begins.
pub(crate) fn lint(code: &[Instruction], public: &[&str]) -> Vec<String> {
    let places: BTreeMap<u64, usize> = (0..).zip(code).map(|(i, code)| (code.address, i)).collect();
    let mut before: Vec<Option<State<'_>>> = vec![None; code.len()];
    let mut complaints = BTreeSet::new();
    let mut waiting = vec![(0, State::new(public))];
    while let Some((place, state)) = waiting.pop() {
        let Some(instruction) = code.get(place) else {
            complaints.insert((code.len() - 1, "goes on past the end"));
            continue;
        };
        let joined = match &before[place] {
            None => state,
            Some(known) => {
                let joined = known.clone().joined(&state);
                if joined == *known {
                    continue;
                }
                joined
            }
        };
        before[place] = Some(joined.clone());
        let mut after = joined;
        let mut said = Vec::new();
        step(&mut after, instruction, &mut said);
        let name = instruction.name.as_str();
        let mut ends = ENDS.contains(&name);
        if name == "call" || name.starts_with('j') {
            match instruction.operands.first() {
                Some(Operand::Code(target, _)) if name != "call" && places.contains_key(target) => {
                    waiting.push((places[target], after.clone()));
                }
                target if name == "call" => ends |= leave(&mut after, target, &mut said),
                target => drop(leave(&mut after.clone(), target, &mut said)),
            }
        }
        complaints.extend(said.into_iter().map(|what| (place, what)));
        if !ends {
            waiting.push((place + 1, after));
        }
    }
    for (place, (instruction, before)) in code.iter().zip(&before).enumerate() {
        if before.is_none() && !instruction.is_padding() {
            complaints.insert((place, "never reached"));
        }
    }
    complaints
        .into_iter()
        .map(|(place, what)| format!("{what}: {:x} {}", code[place].address, code[place].text))
        .collect()
}

/// A call, or a jump to another function, and what it leaves; whether it never returns.
fn leave<'a>(state: &mut State<'a>, target: Option<&'a Operand>, said: &mut Vec<&'static str>) -> bool {
    let function = match target {
        Some(Operand::Code(_, function)) => function.as_str(),
        Some(operand) => match state.value_of(operand) {
            Value::Function(function) => function,
            _ => "",
        },
        None => "",
    };
    let plain = function.split(['@', '+']).next().unwrap_or_default();
    let known = MEMORY.contains(&plain) || function.contains("__rust_") && function.contains("alloc");
    let panics = PANICS.iter().any(|part| function.contains(part));
    let harmless = known || panics || function.contains(WIPES);
    if !harmless && !SECRET.iter().any(|(part, _)| function.contains(part)) {
        said.push(match function {
            "" => "a way to what is not known",
            _ => "a way to what is not read",
        });
    }
    // Where it copies, and how much; what a byte is filled with may be secret.
    let fixed: &[&str] = match plain {
        "memset" => &["rdi", "rdx"],
        "memcpy" | "memmove" => &["rdi", "rsi", "rdx"],
        _ if known => &["rdi"],
        _ => &[],
    };
    if fixed.iter().any(|name| state.is_tainted(Register::whole(name))) {
        said.push("a variable time");
    }
    let written: &[&str] = match known {
        true => &["rdi"],
        false => &ARGUMENTS,
    };
    for name in written {
        state.forget_behind(Register::whole(name));
    }
    for name in CALL_CHANGES {
        let pointer = name == "rax" && known && plain != "free" && !function.contains("dealloc");
        state.set(Register::whole(name), !pointer, Value::Plain);
    }
    (state.carry, state.flags) = (true, true);
    panics
}

/// Takes an instruction into the state.
fn step<'a>(state: &mut State<'a>, instruction: &'a Instruction, said: &mut Vec<&'static str>) {
    let Instruction { name, operands, .. } = instruction;
    let name = name.as_str();
    if FORBIDDEN.iter().any(|forbidden| name.starts_with(forbidden)) {
        said.push("a variable time");
    }
    let condition = ["set", "cmov", "j"]
        .iter()
        .find_map(|kind| name.strip_prefix(kind));
    let depends = match condition {
        None | Some("mp") => ["adc", "sbb", "rcl", "rcr"].contains(&name) && state.carry,
        Some("b" | "ae") => state.carry,
        Some("a" | "be") => state.carry || state.flags,
        Some("cxz" | "ecxz" | "rcxz") => true,
        Some(_) => state.flags,
    };
    if depends && name.starts_with('j') || name.starts_with("loop") {
        said.push("a branch");
    }
    if !["lea", "nop"].contains(&name) {
        for memory in operands.iter().filter_map(Operand::memory) {
            if memory.registers().any(|register| state.is_tainted(register)) {
                said.push("an address");
            }
        }
    }
    let dirty = |state: &State<'_>, operand: &Operand| match operand {
        Operand::Memory(memory) if name == "lea" => memory.registers().any(|r| state.is_tainted(r)),
        operand => state.is_dirty(operand),
    };
    let any = operands.iter().any(|operand| dirty(state, operand));
    let [rax, rdx] = ["rax", "rdx"].map(Register::whole);
    match (name, operands.as_slice()) {
        ("div" | "idiv", _) => {
            let tainted = any || state.is_tainted(rax) || state.is_tainted(rdx);
            if tainted {
                said.push("a variable time");
            }
            state.set(rax, tainted, Value::Plain);
            state.set(rdx, tainted, Value::Plain);
            (state.carry, state.flags) = (true, true);
        }
        ("cmp" | "test", _) => (state.carry, state.flags) = (any, any),
        ("call" | "ret" | "nop" | "hlt" | "int3" | "ud2", _) => {}
        _ if name.starts_with('j') => {}
        ("mul" | "imul", [_]) => {
            let tainted = any || state.is_tainted(rax);
            state.set(rax, tainted, Value::Plain);
            state.set(rdx, tainted, Value::Plain);
            (state.carry, state.flags) = (tainted, tainted);
        }
        ("mulx", [high, low, by]) => {
            let tainted = dirty(state, by) || state.is_tainted(rdx);
            for operand in [low, high] {
                write(state, operand, tainted, Value::Plain, true, said);
            }
        }
        ("cqo" | "cdq" | "cwd", _) => state.set(rdx, state.is_tainted(rax), Value::Plain),
        ("cdqe" | "cwde" | "cbw", _) => state.set(rax, state.is_tainted(rax), Value::Plain),
        ("xchg", [a, b]) => {
            if a != b {
                write(state, a, any, Value::Plain, true, said);
                write(state, b, any, Value::Plain, true, said);
            }
        }
        ("push", _) => state.moved(),
        ("leave", _) => {
            state.set(Register::whole("rbp"), true, Value::Plain);
            state.moved();
        }
        (_, [to, from @ ..]) => {
            let same = from.first() == Some(to);
            let zero = same && ["xor", "sub"].contains(&name);
            let copies = COPIES.contains(&name)
                || name.starts_with("set")
                || operands.len() == 3 && !["shld", "shrd"].contains(&name);
            let read = match copies {
                true => from.iter().any(|operand| dirty(state, operand)),
                // Of a register that is taken from itself only the carry is left.
                false => any && !(same && name == "sbb"),
            };
            let result = !zero && (depends || read || name == "pop");
            if !set_flags(state, name, operands, result) {
                leave_anything(state, operands, said);
                return;
            }
            let value = match zero {
                true => Value::Plain,
                false => value(state, name, (!copies).then_some(to), from),
            };
            // A number begins an array that is filled by another name.
            let spilled =
                name.starts_with("set") || from.iter().any(|from| matches!(from, Operand::Register(_)));
            if !["bt", "prefetcht0", "prefetchw"].contains(&name) && !tests(name) {
                write(state, to, result, value, spilled, said);
            }
            if name == "pop" {
                state.moved();
            }
        }
        (_, []) => {
            if !set_flags(state, name, operands, true) {
                leave_anything(state, operands, said);
            }
        }
    }
}

/// What an instruction does that isn't known.
fn leave_anything<'a>(state: &mut State<'a>, operands: &'a [Operand], said: &mut Vec<&'static str>) {
    for name in ["rax", "rbx", "rcx", "rdx"] {
        state.set(Register::whole(name), true, Value::Plain);
    }
    for operand in operands {
        write(state, operand, true, Value::Plain, false, said);
    }
}

/// Whether a vector instruction compares for the flags.
fn tests(name: &str) -> bool {
    let masks = name.starts_with("vptestm") || name.starts_with("vptestnm");
    let parts = ["kortest", "ktest", "ptest", "testp", "comis"];
    !masks && parts.iter().any(|part| name.contains(part))
}

/// What an instruction leaves in the flags; false, and then anything, where that isn't known.
fn set_flags(state: &mut State<'_>, name: &str, operands: &[Operand], result: bool) -> bool {
    let of_vectors = operands.contains(&Operand::Vector);
    let by_number =
        matches!(operands.last(), Some(Operand::Number(number)) if *number != 0) || operands.len() == 1;
    match name {
        _ if tests(name) => (state.carry, state.flags) = (true, true),
        _ if SETS_FLAGS.contains(&name) || name == "popcnt" || SHIFTS.contains(&name) && by_number => {
            (state.carry, state.flags) = (result, result);
        }
        _ if SHIFTS.contains(&name) => {
            state.carry |= result;
            state.flags |= result;
        }
        _ if SETS_CARRY.contains(&name) => {
            state.carry = result || state.carry && !name.starts_with("bt") && !by_number;
            state.flags |= result;
        }
        "inc" | "dec" => state.flags = result,
        _ if KEEPS_FLAGS.contains(&name) || name.starts_with("set") || name.starts_with("cmov") => {}
        _ if of_vectors && !name.contains("cmpestr") && !name.contains("cmpistr") => {}
        _ => {
            (state.carry, state.flags) = (true, true);
            return false;
        }
    }
    true
}

/// What the result points to, as far as it is known; `to` is read too, if it is given.
fn value<'a>(state: &State<'a>, name: &str, to: Option<&'a Operand>, from: &'a [Operand]) -> Value<'a> {
    match (name, to, from) {
        ("mov", _, [from]) => state.value_of(from),
        ("lea", _, [Operand::Memory(memory)]) => state.pointed(memory),
        ("add", Some(to), [Operand::Number(by)]) => state.value_of(to).shifted(*by),
        ("sub", Some(to), [Operand::Number(by)]) => state.value_of(to).shifted(by.wrapping_neg()),
        ("and", Some(Operand::Register(to)), [Operand::Number(most)]) if to.bytes >= 0x0f && *most >= 0 => {
            Value::UpTo(*most)
        }
        (_, Some(to), [from]) if name.starts_with("cmov") => state.value_of(to).joined(state.value_of(from)),
        // Whatever is made of a pointer to the stack may still be one.
        _ => from
            .iter()
            .chain(to)
            .map(|operand| state.value_of(operand).somewhere())
            .fold(Value::Plain, Value::joined),
    }
}

fn write<'a>(
    state: &mut State<'a>,
    to: &Operand,
    dirty: bool,
    value: Value<'a>,
    spilled: bool,
    said: &mut Vec<&'static str>,
) {
    match to {
        Operand::Register(register) if register.number == number("rsp") => state.moved(),
        Operand::Register(register) => state.set(*register, dirty, value),
        Operand::Memory(memory) => {
            if !state.store(memory, dirty, value, spilled) {
                said.push("a secret among what is public");
            }
        }
        Operand::Vector | Operand::Number(_) | Operand::Code(..) | Operand::Unknown => {}
    }
}
