//! What is known before an instruction, whichever way led to it.

use std::collections::{BTreeMap, BTreeSet};

use super::instruction::{COUNT, Memory, Operand, Register, number};

#[derive(Clone, PartialEq)]
pub(crate) struct State<'a> {
    registers: [Known<'a>; COUNT],
    /// The bytes of the stack, by their distance from its top, that a clean register was spilled to.
    clean: BTreeSet<i64>,
    /// What is known of whole registers that were spilled.
    spilled: BTreeMap<i64, Value<'a>>,
    /// Whether the carry tells of a secret, or any other flag.
    pub(crate) carry: bool,
    pub(crate) flags: bool,
}

#[derive(Clone, PartialEq)]
struct Known<'a> {
    /// A bit for each byte that tells of a secret.
    tainted: u8,
    value: Value<'a>,
}

/// What a register of 64 bits holds.
#[derive(Clone, PartialEq)]
pub(crate) enum Value<'a> {
    /// Any number, and any pointer but those below.
    Plain,
    /// A pointer to what is public: what was compiled in, such as the chain of a power, or an argument.
    Public,
    Stack(Pointer),
    /// A function's address.
    Function(&'a str),
    /// A number from 0 to this.
    UpTo(i64),
}

/// A pointer to the stack, by distances from its top.
#[derive(Clone, PartialEq)]
pub(crate) enum Pointer {
    /// To one of these bytes.
    To(BTreeSet<i64>),
    /// To any of these.
    Among(i64, i64),
}

/// As many places are told apart.
const PLACES: usize = 4;

/// The ends of a stack that nothing is known of.
const BOTTOM: i64 = i64::MAX / 4;
const TOP: i64 = -BOTTOM;

/// What a memory operand is.
enum Place {
    Stack(Pointer),
    Public,
    Elsewhere,
}

impl Pointer {
    fn joined(self, other: &Self) -> Self {
        match (self, other) {
            (Self::To(mut some), Self::To(others)) => {
                some.extend(others);
                match some.len() <= PLACES {
                    true => Self::To(some),
                    false => Self::To(some).behind(BOTTOM),
                }
            }
            (pointer, other) => {
                let ((a, b), (c, d)) = (pointer.ends(), other.ends());
                Self::Among(a.min(c), b.max(d))
            }
        }
    }

    fn ends(&self) -> (i64, i64) {
        match self {
            Self::To(places) => (
                places.first().copied().unwrap_or(TOP),
                places.last().copied().unwrap_or(BOTTOM),
            ),
            Self::Among(from, to) => (*from, *to),
        }
    }

    fn shifted(self, by: i64) -> Self {
        match self {
            Self::To(places) => Self::To(places.into_iter().map(|place| place + by).collect()),
            // Around a loop it may be taken to and fro.
            Self::Among(from, to) => Self::Among((from + by.min(0)).max(TOP), (to + by.max(0)).min(BOTTOM)),
        }
    }

    /// With at most so much added.
    fn behind(self, by: i64) -> Self {
        let (from, to) = self.ends();
        Self::Among(from, to.saturating_add(by).min(BOTTOM))
    }
}

impl Register {
    /// A register of 64 bits.
    pub(crate) fn whole(name: &str) -> Self {
        Self {
            number: number(name),
            bytes: 0xff,
        }
    }

    fn is_whole(self) -> bool {
        self.bytes == 0xff
    }
}

impl Operand {
    pub(crate) fn memory(&self) -> Option<&Memory> {
        match self {
            Self::Memory(memory) => Some(memory),
            _ => None,
        }
    }
}

impl Value<'_> {
    /// What is known if it may be either.
    pub(crate) fn joined(self, other: Self) -> Self {
        match (self, other) {
            (Self::Stack(a), Self::Stack(b)) => Self::Stack(a.joined(&b)),
            (Self::Stack(a), _) | (_, Self::Stack(a)) => Self::Stack(a),
            (Self::UpTo(a), Self::UpTo(b)) => Self::UpTo(a.max(b)),
            (a, b) if a == b => a,
            _ => Self::Plain,
        }
    }

    pub(crate) fn shifted(self, by: i64) -> Self {
        match self {
            Self::Stack(pointer) => Self::Stack(pointer.shifted(by)),
            Self::Public => Self::Public,
            Self::Plain | Self::Function(_) | Self::UpTo(_) => Self::Plain,
        }
    }

    /// A number that was made of it.
    pub(crate) fn somewhere(self) -> Self {
        match self {
            Self::Stack(pointer) => Self::Stack(pointer.behind(BOTTOM)),
            _ => Self::Plain,
        }
    }
}

impl<'a> State<'a> {
    /// At the beginning of a function: arguments are pointers and lengths.
    pub(crate) fn new(public: &[&str]) -> Self {
        let mut registers = std::array::from_fn(|_| Known {
            tainted: 0,
            value: Value::Plain,
        });
        for name in public {
            registers[number(name)].value = Value::Public;
        }
        registers[number("rsp")].value = top();
        Self {
            registers,
            clean: BTreeSet::new(),
            spilled: BTreeMap::new(),
            carry: false,
            flags: false,
        }
    }

    pub(crate) fn joined(mut self, other: &Self) -> Self {
        for (own, other) in self.registers.iter_mut().zip(&other.registers) {
            own.tainted |= other.tainted;
            own.value = own.value.clone().joined(other.value.clone());
        }
        self.clean.retain(|byte| other.clean.contains(byte));
        let places: BTreeSet<i64> = self.spilled.keys().chain(other.spilled.keys()).copied().collect();
        for place in places {
            let value = self.at(place).joined(other.at(place));
            self.spilled.insert(place, value);
        }
        self.spilled.retain(|_, value| *value != Value::Plain);
        self.carry |= other.carry;
        self.flags |= other.flags;
        self
    }

    fn at(&self, place: i64) -> Value<'a> {
        self.spilled.get(&place).cloned().unwrap_or(Value::Plain)
    }

    pub(crate) fn is_tainted(&self, register: Register) -> bool {
        self.registers[register.number].tainted & register.bytes != 0
    }

    /// Whether what is read there may tell of a secret.
    pub(crate) fn is_dirty(&self, operand: &Operand) -> bool {
        match operand {
            Operand::Register(register) => self.is_tainted(*register),
            Operand::Memory(memory) => match self.place(memory) {
                Place::Stack(Pointer::To(places)) => places
                    .iter()
                    .any(|from| (*from..from + memory.width).any(|byte| !self.clean.contains(&byte))),
                Place::Public => false,
                // What a pointer leads to may be secret.
                Place::Stack(Pointer::Among(..)) | Place::Elsewhere => true,
            },
            Operand::Vector | Operand::Unknown => true,
            Operand::Number(_) | Operand::Code(..) => false,
        }
    }

    pub(crate) fn value(&self, register: Register) -> Value<'a> {
        match register.is_whole() {
            true => self.registers[register.number].value.clone(),
            false => Value::Plain,
        }
    }

    pub(crate) fn value_of(&self, operand: &'a Operand) -> Value<'a> {
        match operand {
            Operand::Register(register) => self.value(*register),
            Operand::Memory(memory) => match (self.place(memory), &memory.function) {
                (_, Some(function)) => Value::Function(function),
                (Place::Stack(Pointer::To(places)), None) if memory.width == 8 => places
                    .iter()
                    .map(|from| self.at(*from))
                    .reduce(Value::joined)
                    .unwrap_or(Value::Plain),
                _ => Value::Plain,
            },
            _ => Value::Plain,
        }
    }

    /// What the address of a memory operand is.
    pub(crate) fn pointed(&self, memory: &'a Memory) -> Value<'a> {
        if let Some(function) = &memory.function {
            return Value::Function(function);
        }
        match self.place(memory) {
            Place::Stack(pointer) => Value::Stack(pointer),
            // A fixed way behind what is public; an index may lead out of it.
            Place::Public if memory.index.is_none() => Value::Public,
            Place::Public | Place::Elsewhere => Value::Plain,
        }
    }

    fn place(&self, memory: &Memory) -> Place {
        let [base, index] = [memory.base, memory.index].map(|register| match register {
            Some(register) => self.value(register),
            None => Value::UpTo(0),
        });
        match (base, index) {
            (Value::Stack(pointer), Value::UpTo(0)) => Place::Stack(pointer.shifted(memory.offset)),
            (Value::Stack(pointer), Value::UpTo(by)) => Place::Stack(
                pointer
                    .shifted(memory.offset)
                    .behind(by.saturating_mul(memory.scale)),
            ),
            (Value::Stack(pointer), _) | (_, Value::Stack(pointer)) => {
                Place::Stack(pointer.shifted(memory.offset).behind(BOTTOM))
            }
            _ if memory.elsewhere => Place::Elsewhere,
            (Value::Public, _) | (_, Value::Public) => Place::Public,
            _ if memory.compiled_in => Place::Public,
            _ => Place::Elsewhere,
        }
    }

    /// Writes a register, or some of its bytes.
    pub(crate) fn set(&mut self, register: Register, dirty: bool, value: Value<'a>) {
        let known = &mut self.registers[register.number];
        // Half a register is written with zeros before it, a byte or two with what was there.
        let written = if register.bytes == 0x0f {
            0xff
        } else {
            register.bytes
        };
        known.tainted &= !written;
        if dirty {
            known.tainted |= register.bytes;
        }
        known.value = match register.bytes {
            0xff | 0x0f => value,
            _ => known.value.clone().somewhere(),
        };
    }

    /// Writes memory; false if it tells of a secret from now on, and was taken for public.
    pub(crate) fn store(&mut self, memory: &Memory, dirty: bool, value: Value<'a>, spilled: bool) -> bool {
        match self.place(memory) {
            Place::Stack(Pointer::To(places)) => {
                // Of several it is one, and the others are as they were.
                let one = places.len() == 1;
                for from in places {
                    let to = from + memory.width;
                    for byte in from..to {
                        match dirty || !spilled {
                            true => drop(self.clean.remove(&byte)),
                            false if one => drop(self.clean.insert(byte)),
                            false => {}
                        }
                    }
                    let before = self.at(from);
                    self.spilled.retain(|place, _| *place + 8 <= from || to <= *place);
                    let value = match (memory.width == 8, one) {
                        (true, true) => value.clone(),
                        (true, false) => value.clone().joined(before),
                        (false, _) => Value::Plain,
                    };
                    if value != Value::Plain {
                        self.spilled.insert(from, value);
                    }
                }
                true
            }
            Place::Stack(Pointer::Among(from, to)) => {
                self.forget(from, to + memory.width);
                true
            }
            Place::Public => !dirty,
            Place::Elsewhere => true,
        }
    }

    fn forget(&mut self, from: i64, to: i64) {
        self.clean.retain(|byte| *byte < from || to <= *byte);
        self.spilled.retain(|place, _| *place + 8 <= from || to <= *place);
    }

    /// Something was written where a pointer leads to, or behind that.
    pub(crate) fn forget_behind(&mut self, register: Register) {
        if let Value::Stack(pointer) = self.value(register) {
            self.forget(pointer.ends().0, i64::MAX);
        }
    }

    /// The stack's top was moved, and all distances from it have changed.
    pub(crate) fn moved(&mut self) {
        self.clean.clear();
        self.spilled.clear();
        for known in &mut self.registers {
            if let Value::Stack(pointer) = &mut known.value {
                *pointer = Pointer::Among(TOP, BOTTOM);
            }
        }
        self.registers[number("rsp")].value = top();
    }
}

/// What `rsp` holds.
fn top<'a>() -> Value<'a> {
    Value::Stack(Pointer::To(BTreeSet::from([0])))
}
