//! The findings of all rounds as a list that is filtered and sorted: what the agency's people work through.
//!
//! A finding is sealed, and how far it is follows from acts that are sealed as well. To open all of them for each list would
//! cost seconds where there are a hundred thousand, so the node keeps in memory what lists are sorted by, and nothing of
//! whose finding it is; what is shown of a page is opened for that page. The log says what changed since: every act stands
//! in it, so the memory is brought up to date by the entries that it has not read.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use hefu_casework::calendar::Calendar;
use hefu_casework::clue::ClueKind;
use hefu_casework::review::{Due, Late, Review, Stage};
use hefu_casework::text::same_person;
use hefu_casework::{Care, Finding, FindingKind, Hex, Known, Month};
use hefu_store::{ACTED, Role, Round, RoundState};
use jiff::civil::Date;
use serde_json::Value;

use crate::due::Order;
use crate::review::Standing;
use crate::{Node, Result};

/// Entries of the log that are read at once.
const BATCH: usize = 1000;

/// What lists are made from.
#[derive(Default)]
pub(crate) struct Board(Mutex<State>);

#[derive(Default)]
struct State {
    /// The last entry of the log that was read.
    head: u64,
    rounds: BTreeMap<[u8; 32], Arc<Sheet>>,
}

/// One round.
#[derive(Clone)]
struct Sheet {
    record: Arc<Round>,
    rows: Vec<Row>,
}

/// What a list is filtered and sorted by. Nothing in it says whose finding it is.
#[derive(Clone)]
struct Row {
    seq: u64,
    kind: FindingKind,
    rule: Option<Arc<str>>,
    peer: Option<Arc<str>>,
    months: Option<(Month, Month)>,
    fen: Option<i64>,
    care: Care,
    stage: Stage,
    owner: Option<Arc<str>>,
    /// The person objects, and nothing has answered that.
    is_objected: bool,
    /// It was found and corrected before.
    is_old: bool,
    due: Option<Due>,
}

/// Which findings are listed.
#[derive(Clone, Default)]
pub(crate) struct Wanted {
    /// Leads and omissions, which are taken up as clues, instead of what is on a way to a decision.
    pub(crate) clues: bool,
    pub(crate) round: Option<[u8; 32]>,
    pub(crate) kind: Option<FindingKind>,
    pub(crate) rule: Option<String>,
    pub(crate) peer: Option<String>,
    /// Any of these; all where there are none.
    pub(crate) stages: Vec<Stage>,
    /// Of whom somebody with this name is in charge.
    pub(crate) owner: Option<Arc<str>>,
    /// With a month in question from this one on.
    pub(crate) from: Option<Month>,
    /// With a month in question up to this one.
    pub(crate) until: Option<Month>,
    /// With no less than this to be verified, in fen.
    pub(crate) min_fen: Option<i64>,
    /// With no more.
    pub(crate) max_fen: Option<i64>,
    pub(crate) key_group: Option<Known>,
    /// In which something is late, or may be.
    pub(crate) late: bool,
    /// To which the person objects, and nothing has answered that.
    pub(crate) objected: bool,
    pub(crate) by: By,
    pub(crate) descending: bool,
}

/// By what a list is sorted.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum By {
    /// Key groups first, then those that must be asked after; within, the earliest due.
    #[default]
    Order,
    /// The last day; what waits for nothing comes last, whichever way.
    Due,
    /// The amount; what has none comes last, whichever way.
    Fen,
    /// The first month in question.
    Month,
    Rule,
    Peer,
    Stage,
}

/// One finding of a list.
#[derive(Clone)]
pub(crate) struct At {
    pub(crate) record: Arc<Round>,
    pub(crate) seq: u64,
}

/// A list.
#[derive(Default)]
pub(crate) struct Listed {
    /// Those of the page that was asked for.
    pub(crate) page: Vec<At>,
    /// How many fit.
    pub(crate) total: u64,
    /// Of how many of them it must be asked whether the person is of a key group.
    pub(crate) to_ask: u64,
    /// In how many of them something is late, or may be.
    pub(crate) late: u64,
    /// All rules and peers there are to choose from.
    pub(crate) rules: BTreeSet<Arc<str>>,
    pub(crate) peers: BTreeSet<Arc<str>>,
}

/// One finding with how far it is.
pub(crate) struct Shown {
    pub(crate) round: Hex<32>,
    pub(crate) seq: u64,
    pub(crate) finding: Finding,
    pub(crate) standing: Standing,
    pub(crate) due: Option<Due>,
}

impl Node {
    /// A page of the findings that fit, on the day `on`.
    ///
    /// # Errors
    /// The store's.
    pub(crate) fn list(&self, wanted: &Wanted, after: usize, limit: usize, on: Date) -> Result<Listed> {
        let calendar = Calendar::national();
        let sheets = self.sheets(&calendar)?;
        let mut listed = Listed::default();
        let (mut rules, mut peers) = (Seen::default(), Seen::default());
        let mut fitting = Vec::new();
        for (place, sheet) in (0..).zip(&sheets) {
            for row in &sheet.rows {
                if is_clue(row.kind) != wanted.clues {
                    continue;
                }
                rules.note(row.rule.as_ref());
                peers.note(row.peer.as_ref());
                if wanted.has(sheet, row, on, &calendar) {
                    listed.to_ask += u64::from(row.care.key_group() == Known::Unknown);
                    listed.late += u64::from(row.is_late(on, &calendar));
                    let usual = Order::of(&row.care, row.due.as_ref());
                    fitting.push(Fitting { usual, place, row });
                }
            }
        }
        listed.total = fitting.len() as u64;
        wanted.sort(&mut fitting, after.saturating_add(limit));
        let page = fitting.iter().skip(after).take(limit);
        listed.page = page
            .filter_map(|fits| {
                Some(At {
                    record: Arc::clone(&sheets.get(fits.place)?.record),
                    seq: fits.row.seq,
                })
            })
            .collect();
        listed.rules = rules.0.into_iter().collect();
        listed.peers = peers.0.into_iter().collect();
        Ok(listed)
    }

    /// Opens the findings of a page. What was deleted since the list was made is left out.
    ///
    /// # Errors
    /// The store's.
    pub(crate) fn opened(&self, page: &[At]) -> Result<Vec<Shown>> {
        let calendar = Calendar::national();
        let mut opened: BTreeMap<usize, Shown> = BTreeMap::new();
        let rounds: BTreeMap<[u8; 32], &Arc<Round>> =
            page.iter().map(|at| (at.record.id, &at.record)).collect();
        for (id, record) in rounds {
            let mut findings = Vec::new();
            let of_round = page.iter().enumerate().filter(|(_, at)| at.record.id == id);
            for (place, at) in of_round {
                match self.finding(&id, at.seq.saturating_sub(1)) {
                    Ok(Some(finding)) => findings.push((place, at.seq, finding)),
                    Ok(None) | Err(crate::Error::Store(hefu_store::Error::Deleted { .. })) => {}
                    Err(error) => return Err(error),
                }
            }
            let aliases = self.aliases(&record.datasets);
            let told = findings.iter().map(|(_, seq, finding)| (*seq, finding));
            let mut told = self.told_of_findings(record, told)?;
            for (place, seq, finding) in findings {
                let told = told.remove(&seq).unwrap_or_default();
                let standing = self.standing_beside(record, &aliases, seq, &finding, told)?;
                let waits = standing.corrected_before.is_none();
                let shown = Shown {
                    round: Hex(id),
                    seq,
                    due: self.due_of(&finding, &standing.review, waits, &calendar),
                    finding,
                    standing,
                };
                opened.insert(place, shown);
            }
        }
        Ok(opened.into_values().collect())
    }

    /// Reads what lists are made from, so that the first who asks need not wait for it.
    ///
    /// # Errors
    /// The store's.
    pub fn warm_lists(&self) -> Result<()> {
        self.sheets(&Calendar::national()).map(drop)
    }

    /// Every round's rows, as they are now.
    fn sheets(&self, calendar: &Calendar) -> Result<Vec<Arc<Sheet>>> {
        let mut state = self.board.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Read before anything else: what is written meanwhile is read again at the next turn.
        let head = self.store.head()?.seq;
        let known = state.head;
        if known == 0 {
            state.rounds.clear();
        } else if let Err(error) = self.catch_up(&mut state, head, calendar) {
            // Half a catching up is none.
            *state = State::default();
            return Err(error);
        }
        let learned = |round: &Round| round.role == Role::Receiver && round.state == RoundState::Done;
        for record in self.store.rounds()?.into_iter().filter(learned) {
            if !state.rounds.contains_key(&record.id) {
                let id = record.id;
                let sheet = self.sheet(record, calendar)?;
                state.rounds.insert(id, Arc::new(sheet));
            }
        }
        state.head = head;
        Ok(state.rounds.values().cloned().collect())
    }

    fn catch_up(&self, state: &mut State, head: u64, calendar: &Calendar) -> Result<()> {
        let mut acted = BTreeSet::new();
        while state.head < head {
            let entries = self.store.entries(state.head, BATCH)?;
            if entries.is_empty() {
                break;
            }
            for entry in entries {
                state.head = entry.seq;
                let round = round_of(&entry.body);
                match (entry.kind.as_str(), round) {
                    // What is corrected keeps the same away in every round.
                    (ACTED, _) if entry.body["act"] == "review_corrected" => state.rounds.clear(),
                    (ACTED, Some(round)) => {
                        acted.insert((round, entry.body["finding"].as_u64().unwrap_or_default()));
                    }
                    ("deleted", Some(round)) => {
                        state.rounds.remove(&round);
                    }
                    _ => {}
                }
            }
        }
        for (round, seq) in acted {
            let Some(sheet) = state.rounds.get_mut(&round) else {
                continue;
            };
            let Ok(place) = sheet.rows.binary_search_by_key(&seq, |row| row.seq) else {
                continue;
            };
            let row = self.row_now(&sheet.record, seq, calendar)?;
            if let Some(old) = Arc::make_mut(sheet).rows.get_mut(place) {
                *old = row;
            }
        }
        Ok(())
    }

    fn sheet(&self, record: Round, calendar: &Calendar) -> Result<Sheet> {
        let findings = self.kept_findings(&record)?.unwrap_or_default();
        let reviews = self.reviews_of(&record, &findings)?;
        let mut names = Names::default();
        let rows = (1..).zip(&findings).map(|(seq, finding)| {
            let due = self.due_in(&record, &reviews, seq, finding, calendar);
            let is_old = reviews.corrected_before.contains_key(&seq);
            Row::of(seq, finding, reviews.begun.get(&seq), is_old, due, &mut names)
        });
        Ok(Sheet {
            rows: rows.collect(),
            record: Arc::new(record),
        })
    }

    fn row_now(&self, record: &Round, seq: u64, calendar: &Calendar) -> Result<Row> {
        let (_, finding) = self.found(&record.id, seq)?;
        let aliases = self.aliases(&record.datasets);
        let standing = self.standing_beside(record, &aliases, seq, &finding, Default::default())?;
        let is_old = standing.corrected_before.is_some();
        let due = self.due_of(&finding, &standing.review, !is_old, calendar);
        let review = Some(&standing.review);
        Ok(Row::of(seq, &finding, review, is_old, due, &mut Names::default()))
    }
}

impl Row {
    fn of(
        seq: u64,
        finding: &Finding,
        review: Option<&Review>,
        is_old: bool,
        due: Option<Due>,
        names: &mut Names,
    ) -> Self {
        Self {
            seq,
            kind: finding.kind,
            rule: finding.rule.as_ref().map(|rule| names.kept(rule.as_str())),
            peer: finding.peer.as_deref().map(|peer| names.kept(peer)),
            months: finding
                .months
                .first()
                .copied()
                .zip(finding.months.last().copied()),
            fen: finding.to_verify.map(|fen| fen.0),
            care: finding.care,
            stage: review.map_or(Stage::Open, Review::stage),
            owner: review.and_then(Review::owner).map(|owner| names.kept(owner)),
            is_objected: review.is_some_and(|review| review.objected().is_some()),
            is_old,
            due,
        }
    }

    fn is_late(&self, on: Date, calendar: &Calendar) -> bool {
        let late = self.due.map(|due| due.late_on(on, calendar));
        late.is_some_and(|late| late != Late::No)
    }
}

impl Wanted {
    fn has(&self, sheet: &Sheet, row: &Row, on: Date, calendar: &Calendar) -> bool {
        let is = |wanted: &Option<String>, has: &Option<Arc<str>>| {
            wanted
                .as_deref()
                .is_none_or(|wanted| has.as_deref() == Some(wanted))
        };
        let fen_fits = |bound: Option<i64>, fits: fn(i64, i64) -> bool| {
            bound.is_none_or(|bound| row.fen.is_some_and(|fen| fits(fen, bound)))
        };
        let month_fits = |bound: Option<Month>, fits: fn((Month, Month), Month) -> bool| {
            bound.is_none_or(|bound| row.months.is_some_and(|months| fits(months, bound)))
        };
        let owned = |wanted: &Arc<str>| {
            row.owner
                .as_deref()
                .is_some_and(|owner| same_person(owner, wanted))
        };
        // What was corrected before needs no more to be done than what was corrected here.
        let stage = if row.is_old { Stage::Corrected } else { row.stage };
        self.round.is_none_or(|round| round == sheet.record.id)
            && self.kind.is_none_or(|kind| kind == row.kind)
            && is(&self.rule, &row.rule)
            && is(&self.peer, &row.peer)
            && (self.stages.is_empty() || self.stages.contains(&stage))
            && self.owner.as_ref().is_none_or(owned)
            && month_fits(self.from, |(_, last), from| last >= from)
            && month_fits(self.until, |(first, _), until| first <= until)
            && fen_fits(self.min_fen, |fen, min| fen >= min)
            && fen_fits(self.max_fen, |fen, max| fen <= max)
            && self.key_group.is_none_or(|asked| row.care.key_group() == asked)
            && (!self.late || row.is_late(on, calendar))
            && (!self.objected || row.is_objected)
    }

    /// Brings the first `end` into their order; what is alike stays in the usual order, so that a page begins where the one
    /// before ended.
    fn sort(&self, rows: &mut [Fitting<'_>], end: usize) {
        let order = |a: &Fitting<'_>, b: &Fitting<'_>| self.order(a, b);
        // Of a hundred thousand a page shows a hundred: the others need no order among themselves.
        if end < rows.len() {
            rows.select_nth_unstable_by(end, order);
        }
        let end = end.min(rows.len());
        if let Some(first) = rows.get_mut(..end) {
            first.sort_unstable_by(order);
        }
    }

    fn order(&self, a: &Fitting<'_>, b: &Fitting<'_>) -> Ordering {
        let way = |order: Ordering| match self.descending {
            true => order.reverse(),
            false => order,
        };
        // What has nothing to be sorted by comes last.
        let maybe = |a: Option<i64>, b: Option<i64>| match (a, b) {
            (Some(a), Some(b)) => way(a.cmp(&b)),
            (a, b) => b.is_some().cmp(&a.is_some()),
        };
        let until = |row: &Row| {
            let until = row.due.and_then(|due| due.until)?;
            Some(i64::from(until.year()) * 400 + i64::from(until.day_of_year()))
        };
        let (one, other) = (a.row, b.row);
        let first = match self.by {
            By::Order => return way(a.usual().cmp(&b.usual())),
            By::Due => maybe(until(one), until(other)),
            By::Fen => maybe(one.fen, other.fen),
            By::Month => way(one.months.cmp(&other.months)),
            By::Rule => way(one.rule.cmp(&other.rule)),
            By::Peer => way(one.peer.cmp(&other.peer)),
            By::Stage => way(one.stage.cmp(&other.stage)),
        };
        first.then_with(|| a.usual().cmp(&b.usual()))
    }
}

/// A row that fits, and what it is usually sorted by.
struct Fitting<'a> {
    usual: Order,
    /// Of its round's sheet.
    place: usize,
    row: &'a Row,
}

impl Fitting<'_> {
    fn usual(&self) -> (Order, usize, u64) {
        (self.usual, self.place, self.row.seq)
    }
}

/// Names that were met. The rows of a round share each name, so that most are known by their place in memory.
#[derive(Default)]
struct Seen(Vec<Arc<str>>);

impl Seen {
    fn note(&mut self, name: Option<&Arc<str>>) {
        if let Some(name) = name
            && !self.0.iter().any(|known| Arc::ptr_eq(known, name))
        {
            self.0.push(Arc::clone(name));
        }
    }
}

/// The same few names again and again, each kept once.
#[derive(Default)]
struct Names(BTreeSet<Arc<str>>);

impl Names {
    fn kept(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.0.get(name) {
            return Arc::clone(known);
        }
        let new: Arc<str> = name.into();
        self.0.insert(Arc::clone(&new));
        new
    }
}

fn is_clue(kind: FindingKind) -> bool {
    ClueKind::of(kind).is_some()
}

fn round_of(body: &Value) -> Option<[u8; 32]> {
    serde_json::from_value::<Hex<32>>(body.get("round")?.clone())
        .ok()
        .map(|round| round.0)
}
