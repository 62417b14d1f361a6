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
    Agreement, AidRecord, Error, Feedback, KeyKind, LabelTerms, Month, MonthRange, PERSON_WIDTH, Rule,
    RuleId, RuleSet, label_bytes,
    ledger::{Intake, Ledger, index_of},
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
    cannot_find: Vec<CannotFind>,
    /// What is said of each element, where this party answers with labels; otherwise none.
    answers: Vec<Feedback>,
    pub(crate) label: Option<LabelTerms>,
    kind: KeyKind,
    width: usize,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CannotFindReason {
    /// The two parties write case numbers in different forms.
    CaseSchemesDiffer,
    /// The records bear no case number.
    CaseMissing,
    /// The records bear no cause, or none that tells one from another.
    CauseMissing,
}

impl CannotFindReason {
    /// A stable name.
    pub fn code(self) -> &'static str {
        match self {
            CannotFindReason::CaseSchemesDiffer => "case_schemes_differ",
            CannotFindReason::CaseMissing => "case_missing",
            CannotFindReason::CauseMissing => "cause_missing",
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
/// stands in the victim's place. A person with several numbers in `aliases` enters an element for each. With `referral` keys only letters to or from the other party are entered; the
/// party that answers enters those of any later month too, since a letter may arrive in the month after it was sent.
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
    let mut entered: Vec<(Element, u32)> = Vec::new();
    for record in records {
        plan.enter(&record, &mut intake, &mut entered)?;
    }
    entered.sort_unstable();

    let mut elements: Vec<Element> = Vec::new();
    let mut starts = Vec::new();
    let mut behind = Vec::with_capacity(entered.len());
    for (element, line) in entered {
        if elements.last() != Some(&element) {
            elements.push(element);
            starts.push(index_of(behind.len())?);
        }
        behind.push(line);
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
        cannot_find: Vec::new(),
        answers: Vec::new(),
        label: agreement.label.clone(),
        kind: agreement.key_kind,
        width: agreement.element_width(),
    };
    if set.label.is_some() && me != receiver {
        set.answers = answer::answers(&set, &plan.feedbacks)?;
    }
    set.cannot_find = plan.cannot_find();
    Ok(set)
}

impl ElementSet {
    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.elements.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.elements.is_empty()
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
        let end = positions.end.min(self.len());
        let elements = self
            .elements
            .get(positions.start.min(end)..end)
            .unwrap_or_default();
        let mut out = Zeroizing::new(Vec::with_capacity(elements.len() * self.width));
        for element in elements {
            self.write(element, &mut out);
        }
        out
    }

    /// The label of every element, in the order of the elements and at the agreed width each; nothing where this party
    /// gives no labels. They tell what has become of people: wiped when dropped.
    pub fn labels(&self) -> Zeroizing<Vec<u8>> {
        let Some(terms) = &self.label else {
            return Zeroizing::default();
        };
        let width = usize::from(terms.max_bytes);
        let mut labels = Zeroizing::new(Vec::with_capacity(self.answers.len() * width));
        for answer in &self.answers {
            labels.extend_from_slice(&label_bytes(terms, answer));
        }
        labels
    }

    /// The indices of the lines behind the element at `position`.
    pub(crate) fn lines(&self, position: usize) -> &[u32] {
        let bounds = self.starts.get(position).zip(self.starts.get(position + 1));
        bounds
            .and_then(|(from, to)| self.behind.get(*from as usize..*to as usize))
            .unwrap_or_default()
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
                field(out, 3, &*person);
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

fn month_bytes(month: Month) -> [u8; 3] {
    let [high, low] = month.year().to_be_bytes();
    [high, low, month.month().to_be_bytes()[0]]
}

fn field(out: &mut Vec<u8>, kind: u8, value: &[u8]) {
    out.extend_from_slice(&[kind, value.len() as u8]);
    out.extend_from_slice(value);
}
