//! Instructions as `objdump -M intel` writes them.

/// The general registers, by the names of their 64, 32, 16, 8 low and 8 high bits.
const REGISTERS: [[&str; 5]; 16] = [
    ["rax", "eax", "ax", "al", "ah"],
    ["rbx", "ebx", "bx", "bl", "bh"],
    ["rcx", "ecx", "cx", "cl", "ch"],
    ["rdx", "edx", "dx", "dl", "dh"],
    ["rsp", "esp", "sp", "spl", ""],
    ["rsi", "esi", "si", "sil", ""],
    ["rdi", "edi", "di", "dil", ""],
    ["rbp", "ebp", "bp", "bpl", ""],
    ["r8", "r8d", "r8w", "r8b", ""],
    ["r9", "r9d", "r9w", "r9b", ""],
    ["r10", "r10d", "r10w", "r10b", ""],
    ["r11", "r11d", "r11w", "r11b", ""],
    ["r12", "r12d", "r12w", "r12b", ""],
    ["r13", "r13d", "r13w", "r13b", ""],
    ["r14", "r14d", "r14w", "r14b", ""],
    ["r15", "r15d", "r15w", "r15b", ""],
];

/// Which of a register's bytes each of its names means.
const BYTES: [u8; 5] = [0xff, 0x0f, 0x03, 0x01, 0x02];

/// How many registers there are.
pub(crate) const COUNT: usize = REGISTERS.len();

/// What may stand before an instruction's name and changes neither where it goes nor what it leaves.
const PREFIXES: [&str; 8] = ["data16", "addr32", "cs", "ds", "es", "bnd", "notrack", "lock"];

pub(crate) struct Instruction {
    pub(crate) address: u64,
    pub(crate) name: String,
    pub(crate) operands: Vec<Operand>,
    /// As it was read.
    pub(crate) text: String,
}

#[derive(Clone, PartialEq)]
pub(crate) enum Operand {
    /// A general register, or some of its bytes.
    Register(Register),
    /// A vector or mask register.
    Vector,
    Memory(Memory),
    Number(i64),
    /// Where a jump or call goes, and the function that is there: `50 <f>`.
    Code(u64, String),
    /// What isn't understood.
    Unknown,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Register {
    pub(crate) number: usize,
    /// A bit for each byte that is meant.
    pub(crate) bytes: u8,
}

#[derive(Clone, Default, PartialEq)]
pub(crate) struct Memory {
    /// The registers that the address is a sum of. One that is multiplied is no base.
    pub(crate) base: Option<Register>,
    pub(crate) index: Option<Register>,
    /// What the index counts.
    pub(crate) scale: i64,
    pub(crate) offset: i64,
    /// At a fixed distance of the instruction: what was compiled in.
    pub(crate) compiled_in: bool,
    /// In a segment, behind a vector of addresses, or where nothing was understood.
    pub(crate) elsewhere: bool,
    /// How many bytes; 0 where an address alone is meant.
    pub(crate) width: i64,
    /// What function's address stands there.
    pub(crate) function: Option<String>,
}

/// The number of a register of 64 bits.
pub(crate) fn number(name: &str) -> usize {
    REGISTERS.iter().position(|names| names[0] == name).unwrap()
}

impl Instruction {
    pub(crate) fn new(address: u64, text: &str) -> Self {
        let mut code = text.trim();
        while let Some((_, rest)) = code
            .split_once(' ')
            .filter(|(prefix, _)| PREFIXES.contains(prefix))
        {
            code = rest.trim();
        }
        let (name, operands) = code.split_once(' ').unwrap_or((code, ""));
        let goes = name == "call" || name.starts_with('j');
        Self {
            address,
            name: name.to_string(),
            operands: operands
                .split(',')
                .map(str::trim)
                .filter(|operand| !operand.is_empty())
                .map(|operand| match goes {
                    true => target(operand),
                    false => Operand::new(operand),
                })
                .collect(),
            text: text.trim().to_string(),
        }
    }

    /// What compilers fill gaps with, or stops where nothing should come.
    pub(crate) fn is_padding(&self) -> bool {
        match self.operands.as_slice() {
            [a, b] if self.name == "xchg" => a == b,
            _ => ["nop", "int3", "ud2"].contains(&self.name.as_str()),
        }
    }
}

fn target(text: &str) -> Operand {
    let (address, function) = text.split_once(" <").unwrap_or((text, ""));
    match u64::from_str_radix(address, 16) {
        Ok(address) => Operand::Code(address, function.trim_end_matches('>').to_string()),
        Err(_) => Operand::new(text),
    }
}

impl Operand {
    fn new(text: &str) -> Self {
        // What masks a result is a secret's as the result is.
        let plain = text.split('{').next().unwrap_or(text).trim();
        if plain.contains("PTR") || plain.contains('[') || plain.contains(':') {
            return Self::Memory(Memory::new(plain));
        }
        if let Some(register) = register(plain) {
            return Self::Register(register);
        }
        let rest = plain.trim_start_matches(['x', 'y', 'z']);
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if rest.strip_prefix("mm").is_some_and(is_number) || plain.strip_prefix('k').is_some_and(is_number) {
            return Self::Vector;
        }
        signed(plain).map_or(Self::Unknown, Self::Number)
    }
}

impl Memory {
    fn new(text: &str) -> Self {
        let mut memory = Self {
            width: width(text.split_whitespace().next().unwrap_or_default()),
            elsewhere: text.contains(':'),
            ..Self::default()
        };
        let Some((_, rest)) = text.split_once('[') else {
            memory.elsewhere = true;
            return memory;
        };
        let (inner, behind) = rest.split_once(']').unwrap_or((rest, ""));
        memory.function = behind
            .trim()
            .strip_prefix('<')
            .map(|name| name.trim_end_matches('>').to_string());
        for term in inner
            .replace('-', "+-")
            .split('+')
            .filter(|term| !term.is_empty())
        {
            match term.split_once('*') {
                Some((index, scale)) => match (register(index), signed(scale)) {
                    (Some(register), Some(scale)) => (memory.index, memory.scale) = (Some(register), scale),
                    _ => memory.elsewhere = true,
                },
                None if term == "rip" => memory.compiled_in = true,
                None => match (register(term), signed(term)) {
                    (Some(register), _) if memory.base.is_none() => memory.base = Some(register),
                    (Some(register), _) => (memory.index, memory.scale) = (Some(register), 1),
                    (None, Some(number)) => memory.offset = memory.offset.wrapping_add(number),
                    (None, None) => memory.elsewhere = true,
                },
            }
        }
        memory
    }

    pub(crate) fn registers(&self) -> impl Iterator<Item = Register> {
        self.base.into_iter().chain(self.index)
    }
}

fn register(text: &str) -> Option<Register> {
    let (number, names) = (0..).zip(&REGISTERS).find(|(_, names)| names.contains(&text))?;
    let name = names.iter().position(|name| *name == text)?;
    (!text.is_empty()).then(|| Register {
        number,
        bytes: BYTES[name],
    })
}

/// Numbers are written as 64 bits, in hexadecimal digits, with a sign only within brackets.
fn signed(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let value = match digits.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok()?,
        None => digits.parse().ok()?,
    };
    let value = value.cast_signed();
    Some(if negative { value.wrapping_neg() } else { value })
}

/// The widest where it isn't said.
fn width(text: &str) -> i64 {
    match text {
        "BYTE" => 1,
        "WORD" => 2,
        "DWORD" => 4,
        "QWORD" => 8,
        "TBYTE" => 10,
        "XMMWORD" => 16,
        "YMMWORD" => 32,
        _ => 64,
    }
}
