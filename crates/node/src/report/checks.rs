//! What must go together in a report that is signed: whoever has a node's key can sign anything.

use std::collections::BTreeMap;

use hefu_casework::review::Stage;
use hefu_casework::{Fen, Hex, SignedAgreement};
use hefu_psi::wire::{Accept, Open};
use hefu_psi::{SessionId, SignedReceipt};
use hefu_store::{Role, RoundState};

use super::NOTICE;
use super::deleted::{DeletionTold, Gone};
use super::facts::{Cell, Form, Group, Line, Report, Results, Row, Sections, Tables, There};
use super::tables::{SMALLEST, is_told};

type Check = fn(&Report) -> Option<()>;

/// Each is `None` where something does not go together.
pub(super) const CHECKS: [(&str, Check); 6] = [
    ("agreement", agreement),
    ("about", about),
    ("receipt", receipt),
    ("deletion", deletions),
    ("results", results),
    ("counts", counts),
];

/// The agreement is the one of this digest, signed by every party, and the node is one of them.
fn agreement(report: &Report) -> Option<()> {
    let facts = &report.sections.agreement;
    let signed = SignedAgreement::new(facts.text.clone(), facts.signatures.clone()).ok()?;
    let agreement = signed.agreement();
    agreement.index_of(&report.head.node_key.0)?;
    (agreement.digest() == facts.digest.0).then_some(())
}

/// By the party whose key signs, with the notice that stands on every report; the next of the copies that were made.
fn about(report: &Report) -> Option<()> {
    let Sections {
        about,
        agreement,
        exports,
        ..
    } = &report.sections;
    let me = agreement.text.index_of(&report.head.node_key.0)?;
    let copies = |form: Form| {
        exports
            .iter()
            .filter(move |export| export.form == form)
            .map(|export| export.copy)
    };
    let earlier = |form: &Form| copies(*form).zip(1..).all(|(copy, number)| copy == number);
    let holds = about.notice == NOTICE
        && about.by == agreement.text.parties.get(me)?.name
        && Form::ALL.iter().all(earlier)
        && about.copy.checked_sub(1) == u64::try_from(copies(report.head.form).count()).ok()
        && exports
            .iter()
            .all(|export| export.actor.is_some() == (report.head.form == Form::Internal));
    holds.then_some(())
}

/// The receipt is of the session that the two openings make, under this agreement, over these inputs, and signed by both
/// of its parties.
fn receipt(report: &Report) -> Option<()> {
    let Sections {
        agreement,
        inputs,
        protocol,
        receipt,
        round,
        ..
    } = &report.sections;
    let (open, accept) = match (&protocol.open, &protocol.accept) {
        (Some(open), Some(accept)) => (open, accept),
        // No session: nothing of one.
        (None, None) => {
            let committed = [&inputs.own, &inputs.peer].map(|input| input.commitment);
            let none = receipt.is_none() && protocol.version.is_none() && committed == [None, None];
            return none.then_some(());
        }
        (Some(_), None) | (None, Some(_)) => return None,
    };
    let open = Open::decode(&unhex(open)?).ok()?;
    let accept = Accept::decode(&unhex(accept)?).ok()?;
    let parties = [open.receiver, open.sender];
    let of_agreement = open.agreement == agreement.digest.0
        && parties.iter().all(|key| agreement.text.index_of(key).is_some())
        && open.suite == protocol.suite
        && Some(open.version) == protocol.version;
    let (own, peer) = match round.role.as_str() {
        "receiver" => (open.receiver, [open.input, accept.input]),
        _ => (open.sender, [accept.input, open.input]),
    };
    let committed = [&inputs.own, &inputs.peer].map(|input| input.commitment);
    if !of_agreement || own != report.head.node_key.0 || committed != peer.map(|input| Some(Hex(input))) {
        return None;
    }
    let Some(receipt) = receipt else {
        return Some(());
    };
    let elements = match round.role.as_str() {
        "receiver" => [inputs.own.elements, inputs.peer.elements],
        _ => [inputs.peer.elements, inputs.own.elements],
    };
    let signed = SignedReceipt::from(receipt);
    let of_session = signed.receipt.sid == SessionId::new(&open, &accept)
        && signed.receipt.agreement == agreement.digest.0
        && [receipt.receiver_elements, receipt.sender_elements].map(Some) == elements;
    (of_session && signed.verify(&open.receiver, &open.sender)).then_some(())
}

/// Each deletion is of this round's findings or of what was entered; the form for internal use has the record that the
/// node has signed about it, the one for submission what that says.
fn deletions(report: &Report) -> Option<()> {
    let Sections {
        deleted,
        inputs,
        round,
        ..
    } = &report.sections;
    let signed = deleted
        .records
        .iter()
        .map(|record| record.told(&report.head.node_key));
    let signed = signed.collect::<Option<Vec<_>>>()?;
    let of_form = match report.head.form {
        Form::Internal => deleted.told.is_empty(),
        Form::Submission => signed.is_empty(),
    };
    let about = |told: &DeletionTold| match told.deleted {
        Gone::Findings { round: of } => of == round.id,
        Gone::Dataset { dataset } => inputs.snapshots.iter().any(|snapshot| snapshot.id == dataset),
    };
    (of_form && deletions_told(report)?.iter().all(about)).then_some(())
}

/// What the deletions in a report say; `None` where the node has not signed one.
fn deletions_told(report: &Report) -> Option<Vec<DeletionTold>> {
    let deleted = &report.sections.deleted;
    let signed = deleted
        .records
        .iter()
        .map(|record| record.told(&report.head.node_key));
    signed.chain(deleted.told.iter().cloned().map(Some)).collect()
}

/// What came of the round is what can have come of it: findings are a receiver's, after both have signed, and those that are
/// said to be deleted have a record of it.
fn results(report: &Report) -> Option<()> {
    let sections = &report.sections;
    let round = &sections.round;
    let role = [Role::Receiver, Role::Sender];
    let role = role.into_iter().find(|role| role.code() == round.role)?;
    let states = [
        RoundState::Running,
        RoundState::Done,
        RoundState::Refused,
        RoundState::Failed,
    ];
    let state = states.into_iter().find(|state| state.code() == round.state)?;
    let findings = |told: &DeletionTold| matches!(told.deleted, Gone::Findings { .. });
    let deleted = deletions_told(report)?.iter().any(findings);
    let signed = sections.receipt.is_some();
    let can_be = match (role, state, &sections.results) {
        (Role::Sender, RoundState::Done, Results::NotReceiver {}) => signed && !deleted,
        (Role::Sender, _, Results::NotReceiver {}) => !deleted,
        (Role::Receiver, RoundState::Done, Results::Learned(_)) => signed && !deleted,
        (Role::Receiver, RoundState::Done, Results::Deleted {}) => signed && deleted,
        // Both may have signed what can't be used; its retention ends as well.
        (Role::Receiver, RoundState::Failed, Results::None {}) => signed || !deleted,
        (Role::Receiver, RoundState::Running | RoundState::Refused, Results::None {}) => !signed && !deleted,
        (Role::Receiver | Role::Sender, _, _) => false,
    };
    let of_leg = state == RoundState::Done && sections.agreement.text.under.is_some();
    (can_be && (of_leg || round.unsettled.is_none())).then_some(())
}

/// The numbers are those of the lines; a report for submission has no lines, and no small number.
fn counts(report: &Report) -> Option<()> {
    let Sections {
        findings,
        inputs,
        results,
        ..
    } = &report.sections;
    let holds = match (report.head.form, results, findings) {
        (Form::Internal, Results::Learned(tables), Some(lines)) => {
            let most = inputs.own.elements.unwrap_or_default();
            tables.matched.is_none_or(|matched| matched <= most) && are_of(tables, lines)?
        }
        (Form::Internal, Results::NotReceiver {} | Results::None {}, lines) => {
            lines.as_ref().is_none_or(Vec::is_empty)
        }
        (Form::Internal, Results::Deleted {}, None) => true,
        (Form::Submission, Results::Learned(tables), None) => are_large(tables),
        (Form::Submission, Results::NotReceiver {} | Results::None {} | Results::Deleted {}, None) => true,
        (Form::Internal, Results::Learned(_), None)
        | (Form::Internal, Results::Deleted {}, Some(_))
        | (Form::Submission, _, Some(_)) => false,
    };
    holds.then_some(())
}

/// Whether each number is that of these lines, and no sum by rule or in all beyond theirs: money that stands in several lines
/// counts once. A line does not tell how its money divides among months and programmes.
fn are_of(tables: &Tables, lines: &[Line]) -> Option<bool> {
    let corrected = |line: &&Line| {
        let corrected = |review: &super::Reviewed| review.stage == Stage::Corrected.code();
        line.corrected_before || line.review.as_ref().is_some_and(corrected)
    };
    let (corrected, counting): (Vec<_>, Vec<_>) = lines.iter().partition(corrected);
    let numbered = lines.iter().zip(1..).all(|(line, number)| line.seq == number);
    let all = Sum::of(counting.iter().copied())?;
    let stated = matches!(tables.total, Cell::Told { to_verify_fen, .. } if to_verify_fen.is_some() == all.fen.is_some());
    let whole = tables.smallest.is_none() && tables.corrected == Some(u64::try_from(corrected.len()).ok()?);
    // Reports of before say nothing of what the other agency told.
    let told = |count: Option<u64>, is: fn(&There) -> bool| {
        let lines = lines.iter().filter(|line| line.there.as_ref().is_some_and(is));
        count.unwrap_or_default() == lines.count() as u64
    };
    let there = told(tables.contradictory, |there| there.contradiction.is_some())
        && told(tables.corrected_there, |there| {
            there.outcome == Stage::Corrected.code()
        });
    let same = |rows: &[Row], groups: fn(&Line) -> Vec<Group>| {
        let mut sums: BTreeMap<Group, Sum> = BTreeMap::new();
        for line in &counting {
            for group in groups(line) {
                sums.entry(group).or_default().add(line)?;
            }
        }
        let is_of = |(row, (group, sum)): (&Row, (&Group, &Sum))| match group {
            Group::Rule { .. } => row.of == *group && sum.counts(&row.cell) && sum.bounds(&row.cell),
            Group::Month(_) | Group::Pair { .. } => row.of == *group && sum.counts(&row.cell),
        };
        Some(rows.len() == sums.len() && rows.iter().zip(&sums).all(is_of))
    };
    let rows = same(&tables.by_rule, by_rule)?
        && same(tables.by_month.as_ref()?, by_month)?
        && same(tables.by_pair.as_ref()?, by_pair)?;
    Some(
        numbered
            && whole
            && there
            && stated
            && all.counts(&tables.total)
            && all.bounds(&tables.total)
            && rows,
    )
}

fn by_rule(line: &Line) -> Vec<Group> {
    vec![Group::Rule {
        kind: line.kind.clone(),
        rule: line.rule.clone(),
    }]
}

fn by_month(line: &Line) -> Vec<Group> {
    line.months.iter().copied().map(Group::Month).collect()
}

fn by_pair(line: &Line) -> Vec<Group> {
    let pair = |programme: &hefu_casework::ProgrammeCode| Group::Pair {
        programme: programme.clone(),
        peer: line.peer.clone(),
    };
    line.programmes.iter().map(pair).collect()
}

/// Lines, and what they state together.
#[derive(Default)]
struct Sum {
    findings: u64,
    fen: Option<Fen>,
}

impl Sum {
    fn of<'a>(lines: impl Iterator<Item = &'a Line>) -> Option<Self> {
        let mut sum = Self::default();
        for line in lines {
            sum.add(line)?;
        }
        Some(sum)
    }

    fn add(&mut self, line: &Line) -> Option<()> {
        self.findings += 1;
        if let Some(fen) = line.to_verify_fen {
            self.fen = Some(self.fen.unwrap_or(Fen(0)).checked_add(fen)?);
        }
        Some(())
    }

    /// Whether a cell tells this count.
    fn counts(&self, cell: &Cell) -> bool {
        matches!(cell, Cell::Told { findings, .. } if *findings == self.findings)
    }

    /// Whether a cell tells no more money than this.
    fn bounds(&self, cell: &Cell) -> bool {
        match cell {
            Cell::Told { to_verify_fen, .. } => {
                to_verify_fen.is_none_or(|fen| self.fen.is_some_and(|most| fen <= most))
            }
            Cell::Small {} | Cell::Withheld {} => true,
        }
    }
}

/// Whether small numbers are withheld, and whatever they would follow from; each finding in one row of a table.
fn are_large(tables: &Tables) -> bool {
    let told = |cell: &Cell| match cell {
        Cell::Told { findings, .. } => Some(*findings).filter(is_told),
        Cell::Small {} | Cell::Withheld {} => None,
    };
    let others = [&tables.by_month, &tables.by_pair];
    let apart = |rows: &[Row]| {
        rows.windows(2)
            .all(|pair| matches!(pair, [one, next] if one.of < next.of))
    };
    let adds_up = |rows: &[Row], total: u64| {
        let each = rows.iter().map(|row| told(&row.cell)).collect::<Option<Vec<_>>>();
        let sum = each.and_then(|each| each.into_iter().try_fold(0_u64, u64::checked_add));
        sum == Some(total) && apart(rows)
    };
    let rows = match (&tables.total, told(&tables.total)) {
        (Cell::Told { .. }, Some(total)) => {
            let mut others = others.into_iter().flatten();
            adds_up(&tables.by_rule, total) && others.all(|rows| adds_up(rows, total))
        }
        (Cell::Withheld {}, _) => {
            let each =
                |row: &Row| row.cell == Cell::Small {} || told(&row.cell).is_some_and(|count| count > 0);
            others == [&None, &None] && apart(&tables.by_rule) && tables.by_rule.iter().all(each)
        }
        (Cell::Told { .. } | Cell::Small {}, _) => false,
    };
    tables.smallest == Some(SMALLEST)
        && tables.matched.is_none()
        && [tables.corrected, tables.contradictory, tables.corrected_there]
            .iter()
            .flatten()
            .all(is_told)
        && tables
            .cannot_find
            .iter()
            .all(|unfound| unfound.rows.as_ref().is_none_or(is_told))
        && rows
}

/// Lower-case hexadecimal, whose one spelling the canonical form does not ask for.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let (digits, rest) = text.as_bytes().as_chunks::<2>();
    let byte = |pair: &[u8; 2]| Some(Hex::<1>::parse(std::str::from_utf8(pair).ok()?)?.0[0]);
    let bytes: Option<Vec<u8>> = digits.iter().map(byte).collect();
    bytes.filter(|_| rest.is_empty())
}
