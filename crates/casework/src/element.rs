//! From records to the elements of a set, by the agreement.
//!
//! An element is an injective string of fixed width, so that neither its length nor the time to hash it tells the kind
//! of document, programme or case. With `rule` keys, *side* is the index of the party that stands on the rule's left
//! programmes; a record on the right programmes names the other party. So a 低保 at one party meets a 特困 at the other
//! and no 低保, and where both run both programmes each orientation has its own elements.

mod answer;
mod plan;

use std::ops::Range;

use hefu_identity::{AliasTable, PersonKey};
use zeroize::Zeroizing;

use crate::{
    Agreement, AidRecord, Error, Feedback, KeyKind, LabelTerms, Month, MonthRange, NameCheck, PERSON_WIDTH,
    Rule, RuleId, RuleSet, label_bytes,
    ledger::{Intake, Ledger, index_of},
    name_label_bytes,
    rule::sha256,
};
use plan::Plan;

/// What one party enters in one round: unique elements, and the rows behind each.
///
/// Elements are kept as indices and written out by the chunk, some 25 bytes each rather than their full width.
pub struct ElementSet {
    pub(crate) ledger: Ledger,
    /// The agreed rules, each with the months in which it holds at the agreed place; none with person keys.
    pub(crate) rules: Vec<(Rule, Vec<MonthRange>)>,
    pub(crate) elements: Vec<Element>,
    /// Where each element's lines begin in `behind`; one more than there are elements.
    starts: Vec<u32>,
    behind: Vec<u32>,
    /// For each entry of `behind`, what the row's name gives beside the element's number; none where names are not
    /// compared.
    names: Vec<NameCheck>,
    cannot_find: Vec<CannotFind>,
    answers: Answers,
    pub(crate) label: Option<LabelTerms>,
    /// Elements behind the real ones that stand for nobody.
    filling: Zeroizing<Vec<u8>>,
    kind: KeyKind,
    width: usize,
}

/// What is said of each element, where this party answers with labels.
enum Answers {
    None,
    Feedbacks(Vec<Feedback>),
    Names(Vec<NameCheck>),
}

/// A row behind an element.
struct Entered {
    element: Element,
    line: u32,
    name: NameCheck,
}

/// Indices are into the set's tables.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Element {
    /// 0, and without meaning, where the set has no rules.
    pub(crate) rule: u16,
    side: u8,
    number: u32,
    pub(crate) at: At,
}

/// In what, besides the person, two records must coincide.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum At {
    Nothing,
    Month(Month),
    /// A month of a window, which is not the month of the payment, and the number of the cause.
    Window(Month, Option<u8>),
    Case(u32),
    Letter(u32),
}

/// A rule under which records of this party cannot be found, or not all of them. It must never be shown as "0 found".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CannotFind {
    /// The rule.
    pub rule: RuleId,
    /// Why.
    pub reason: CannotFindReason,
    /// How many of the party's own records it concerns.
    pub rows: u64,
}

/// Why records cannot be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CannotFindReason {
    /// The two parties write case numbers in different forms.
    CaseSchemesDiffer,
    /// The records bear no case number.
    CaseMissing,
    /// The records bear no cause, or none that tells one from another.
    CauseMissing,
    /// The agreement has neither programme, month nor rule for the payment.
    NotCovered,
    /// The records bear no amount, and the rule adds amounts up.
    SumMissing,
    /// The rule counts in standards of the place, and does not state them.
    StandardMissing,
}

impl CannotFindReason {
    /// A stable name.
    pub fn code(self) -> &'static str {
        match self {
            CannotFindReason::CaseSchemesDiffer => "case_schemes_differ",
            CannotFindReason::CaseMissing => "case_missing",
            CannotFindReason::CauseMissing => "cause_missing",
            CannotFindReason::NotCovered => "not_covered",
            CannotFindReason::SumMissing => "sum_missing",
            CannotFindReason::StandardMissing => "standard_missing",
        }
    }
}

/// Makes the set that party `me` enters in the round from which party `receiver` learns.
///
/// A record is entered where its programme is one of those agreed for `me` and it was paid in a month of the
/// selection; with `rule` keys, only under the agreed rules, in months in which they are in force, and in
/// orientations in which the other party runs a programme of the other side. An event that ends an aid stands in the
/// months after it. What was taken back is no payment and is not entered, nor, under a rule of the kind
/// [`Once`](crate::RuleKind::Once), a part of an aid that was decided together with the other party; there a relative
/// stands in the victim's place. A person with several numbers in `aliases` enters an element for each. With `referral`
/// keys only letters to or from the other party are entered; the party that answers enters those of any later month too,
/// since a letter may arrive in the month after it was sent. Where names are compared, rows of one element that bear
/// several names give none.
///
/// # Errors
/// As [`Agreement::validate`]; [`Error::NotAParty`], [`Error::NotAReceiver`]; [`Error::RuleUnusable`] for a rule that
/// `rules` has not or that does not hold at the place; [`Error::TooManyElements`] where the set is larger than agreed;
/// [`Error::ReferralIncomplete`] and [`Error::ReferralContradiction`] where a register of letters says too little, or
/// two things.
pub fn elements(
    agreement: &Agreement,
    rules: &RuleSet,
    me: usize,
    receiver: usize,
    aliases: &AliasTable,
    records: &mut dyn Iterator<Item = AidRecord>,
) -> Result<ElementSet, Error> {
    agreement.validate()?;
    let own = agreement.party(me)?;
    if !agreement.may_receive(receiver) {
        return Err(Error::NotAReceiver {
            party: agreement.party(receiver)?.name.clone(),
        });
    }
    let mut plan = Plan::new(agreement, rules, me, receiver)?;
    let mut intake = Intake::new(aliases, plan.selected);
    let mut entered: Vec<Entered> = Vec::new();
    for record in records {
        plan.enter(&record, &mut intake, &mut entered)?;
    }
    entered.sort_unstable_by_key(|entered| (entered.element, entered.line));

    let mut elements: Vec<Element> = Vec::new();
    let mut starts = Vec::new();
    let mut behind = Vec::with_capacity(entered.len());
    let mut names = Vec::new();
    for Entered { element, line, name } in entered {
        if elements.last() != Some(&element) {
            elements.push(element);
            starts.push(index_of(behind.len())?);
        }
        behind.push(line);
        if agreement.compares_names() {
            names.push(name);
        }
    }
    starts.push(index_of(behind.len())?);
    let count = u64::from(index_of(elements.len())?);
    if count > own.max_elements {
        return Err(Error::TooManyElements {
            elements: count,
            max: own.max_elements,
        });
    }
    let mut set = ElementSet {
        ledger: intake.ledger,
        // The plan has refused a rule that is not known.
        rules: agreement
            .rules
            .iter()
            .filter_map(|id| rules.get(id))
            .map(|rule| (rule.clone(), rules.months_at(rule, &agreement.place)))
            .collect(),
        elements,
        starts,
        behind,
        names,
        cannot_find: Vec::new(),
        answers: Answers::None,
        label: agreement.label.clone(),
        filling: Zeroizing::default(),
        kind: agreement.key_kind,
        width: agreement.element_width(),
    };
    if set.label.is_some() && me != receiver {
        set.answers = if agreement.compares_names() {
            let positions = 0..set.len();
            Answers::Names(
                positions
                    .map(|position| NameCheck::together(set.names(position)))
                    .collect(),
            )
        } else {
            Answers::Feedbacks(answer::answers(&set, &plan.feedbacks)?)
        };
    }
    set.cannot_find = plan.cannot_find();
    Ok(set)
}

impl ElementSet {
    /// How many elements there are, with those that [stand for nobody](ElementSet::filled).
    pub fn len(&self) -> usize {
        self.elements.len() + self.filling.len() / self.width
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Fills the set up to `size` elements with ones that stand for nobody. `randomness` gives fresh random bytes, the
    /// same ones where the same set is made again. No record makes such an element: it begins with a length that none
    /// has, so that only a party which draws the same bytes could have it too.
    ///
    /// # Errors
    /// [`Error::TooManyElements`] where there are more than `size` already.
    pub fn filled(mut self, size: u64, randomness: impl FnOnce(&mut [u8])) -> Result<ElementSet, Error> {
        let held = self.len();
        let missing = usize::try_from(size).ok().and_then(|size| size.checked_sub(held));
        let missing = missing.ok_or(Error::TooManyElements {
            elements: held as u64,
            max: size,
        })?;
        let mut filling = Zeroizing::new(vec![0; missing * self.width]);
        randomness(&mut filling);
        for element in filling.chunks_mut(self.width) {
            element[0] = NOBODY;
        }
        self.filling = filling;
        Ok(self)
    }

    /// How many bytes each element has.
    pub fn width(&self) -> usize {
        self.width
    }

    /// How many rows stand behind the elements, each counted once.
    pub fn rows(&self) -> usize {
        self.ledger.lines.len()
    }

    /// What cannot be found, whatever the round says.
    pub fn cannot_find(&self) -> &[CannotFind] {
        &self.cannot_find
    }

    /// Every element, as [`ElementSet::chunk`].
    pub fn bytes(&self) -> Zeroizing<Vec<u8>> {
        self.chunk(0..self.len())
    }

    /// The elements at these positions one after another, [`ElementSet::width`] bytes each. Positions beyond the end
    /// give nothing. They hold document numbers: wiped when dropped.
    pub fn chunk(&self, positions: Range<usize>) -> Zeroizing<Vec<u8>> {
        let real = self.elements.len();
        let end = positions.end.min(self.len());
        let start = positions.start.min(end);
        let mut out = Zeroizing::new(Vec::with_capacity((end - start) * self.width));
        for element in self
            .elements
            .get(start.min(real)..end.min(real))
            .unwrap_or_default()
        {
            self.write(element, &mut out);
        }
        let filling = |position: usize| position.saturating_sub(real) * self.width;
        let filling = self.filling.get(filling(start)..filling(end));
        out.extend_from_slice(filling.unwrap_or_default());
        out
    }

    /// The label of every element, in the order of the elements and at the agreed width each; nothing where this party
    /// gives no labels. They tell something of people: wiped when dropped.
    pub fn labels(&self) -> Zeroizing<Vec<u8>> {
        let Some(terms) = &self.label else {
            return Zeroizing::default();
        };
        let count = match &self.answers {
            Answers::None => 0,
            Answers::Feedbacks(_) | Answers::Names(_) => self.len(),
        };
        let mut labels = Zeroizing::new(Vec::with_capacity(count * usize::from(terms.max_bytes)));
        match &self.answers {
            Answers::None => {}
            Answers::Feedbacks(feedbacks) => {
                for feedback in feedbacks {
                    labels.extend_from_slice(&label_bytes(terms, feedback));
                }
            }
            Answers::Names(names) => {
                for name in names {
                    labels.extend_from_slice(&name_label_bytes(terms, *name));
                }
            }
        }
        labels
    }

    /// The indices of the lines behind the element at `position`.
    pub(crate) fn lines(&self, position: usize) -> &[u32] {
        self.range(position)
            .and_then(|range| self.behind.get(range))
            .unwrap_or_default()
    }

    /// For each of those lines, what its name gives; nothing where names are not compared.
    pub(crate) fn names(&self, position: usize) -> &[NameCheck] {
        self.range(position)
            .and_then(|range| self.names.get(range))
            .unwrap_or_default()
    }

    fn range(&self, position: usize) -> Option<Range<usize>> {
        let bounds = self.starts.get(position).zip(self.starts.get(position + 1));
        bounds.map(|(from, to)| *from as usize..*to as usize)
    }

    /// A length, the fields as type-length-value in a fixed order, and zeros up to the width.
    fn write(&self, element: &Element, out: &mut Vec<u8>) {
        let start = out.len();
        let number = &self.ledger.numbers[element.number as usize];
        match self.kind {
            KeyKind::Person => out.extend_from_slice(&*person_element(number)),
            KeyKind::Rule | KeyKind::Referral => {
                let person = Zeroizing::new(number.stored());
                out.push(0);
                // Referrals are under no rule.
                if let Some((rule, _)) = self.rules.get(usize::from(element.rule)) {
                    field(out, 1, rule.id.as_str().as_bytes());
                    field(out, 2, &[element.side]);
                }
                field(out, PERSON, &*person);
                match element.at {
                    At::Nothing => {}
                    At::Month(month) => field(out, 4, &month_bytes(month)),
                    At::Window(month, cause) => {
                        field(out, 4, &month_bytes(month));
                        if let Some(cause) = cause {
                            field(out, 7, &[cause]);
                        }
                    }
                    At::Case(case) => field(
                        out,
                        5,
                        &sha256(self.ledger.cases[case as usize].canonical().as_bytes()),
                    ),
                    At::Letter(letter) => field(
                        out,
                        6,
                        &sha256(self.ledger.letters[letter as usize].canonical().as_bytes()),
                    ),
                }
                // Agreement::element_width says why it fits.
                out[start] = (out.len() - start - 1) as u8;
                out.resize(start + self.width, 0);
            }
        }
    }
}

/// The element of a person where keys are persons: the length, the stored form of the key, zeros. It is a document
/// number: wiped when dropped.
pub fn person_element(person: &PersonKey) -> Zeroizing<[u8; PERSON_WIDTH]> {
    let stored = Zeroizing::new(person.stored());
    let mut element = Zeroizing::new([0; PERSON_WIDTH]);
    element[0] = stored.len() as u8;
    element[1..=stored.len()].copy_from_slice(&*stored);
    element
}

/// The number that an element was made of; none where these bytes are no element under such keys.
pub fn number_in_element(element: &[u8], keys: KeyKind) -> Option<PersonKey> {
    let (length, rest) = element.split_first()?;
    let (mut content, zeros) = rest.split_at_checked(usize::from(*length))?;
    if zeros.iter().any(|byte| *byte != 0) {
        return None;
    }
    if keys == KeyKind::Person {
        return PersonKey::from_stored(content);
    }
    let mut number = None;
    while let [kind, length, rest @ ..] = content {
        let (value, rest) = rest.split_at_checked(usize::from(*length))?;
        if *kind == PERSON {
            number = Some(PersonKey::from_stored(value)?);
        }
        content = rest;
    }
    number.filter(|_| content.is_empty())
}

/// The first byte of an element that stands for nobody: every real one begins with its length, which is less than its
/// width.
const NOBODY: u8 = 0xFF;

/// The field of an element in which its number stands.
const PERSON: u8 = 3;

fn month_bytes(month: Month) -> [u8; 3] {
    let [high, low] = month.year().to_be_bytes();
    [high, low, month.month().to_be_bytes()[0]]
}

fn field(out: &mut Vec<u8>, kind: u8, value: &[u8]) {
    out.extend_from_slice(&[kind, value.len() as u8]);
    out.extend_from_slice(value);
}
