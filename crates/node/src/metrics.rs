//! Figures for whoever watches over the node: counts and sizes, and nothing about a person or a finding.
//!
//! What the database knows is read from it at each scrape, so that figures go on where they were after a restart.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use hefu_store::{RoundState, Store};
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::api::view::AccountView;
use crate::{Error, Result};

/// Rows of imports since the start, by what became of them.
#[derive(Default)]
pub(crate) struct Imports {
    accepted: AtomicU64,
    rejected: AtomicU64,
    blank: AtomicU64,
}

impl Imports {
    pub(crate) fn add(&self, account: &AccountView) {
        let rejected = account.rejected.values().sum();
        for (counter, rows) in [
            (&self.accepted, account.accepted),
            (&self.rejected, rejected),
            (&self.blank, account.blank),
        ] {
            counter.fetch_add(rows, Ordering::Relaxed);
        }
    }
}

/// A word of this program's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Word(&'static str);

impl EncodeLabelValue for Word {
    fn encode(&self, encoder: &mut LabelValueEncoder) -> fmt::Result {
        self.0.encode(encoder)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    role: Word,
    outcome: Word,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Going {
    direction: Word,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Of {
    outcome: Word,
}

/// All figures in the text form of OpenMetrics.
pub(crate) fn render(store: &Store, imports: &Imports) -> Result<String> {
    let mut registry = Registry::with_prefix("hefu");
    rounds(&mut registry, store)?;

    let rows = Family::<Of, Counter>::default();
    for (outcome, counter) in [
        ("accepted", &imports.accepted),
        ("rejected", &imports.rejected),
        ("blank", &imports.blank),
    ] {
        let outcome = Word(outcome);
        rows.get_or_create(&Of { outcome })
            .inc_by(counter.load(Ordering::Relaxed));
    }
    registry.register("import_rows", "Rows of imports since the start", rows);

    let seq = Gauge::<i64>::default();
    seq.set(whole(store.head()?.seq));
    registry.register("log_seq", "The number of the audit log's last entry", seq);

    let mut text = String::new();
    encode(&mut text, &registry).map_err(|_| Error::Internal { what: "figures" })?;
    Ok(text)
}

fn rounds(registry: &mut Registry, store: &Store) -> Result<()> {
    let ended = Family::<Ended, Counter>::default();
    let bytes = Family::<Going, Counter>::default();
    let open = Gauge::<i64>::default();
    for round in store.rounds()? {
        if round.state == RoundState::Running {
            open.inc();
            continue;
        }
        let role = Word(round.role.code());
        let outcome = Word(round.state.code());
        ended.get_or_create(&Ended { role, outcome }).inc();
        for (direction, count) in [("in", round.bytes_in), ("out", round.bytes_out)] {
            let direction = Word(direction);
            bytes.get_or_create(&Going { direction }).inc_by(count);
        }
    }
    registry.register("rounds", "Rounds that came to an end", ended);
    registry.register("session_bytes", "Bytes over the line in rounds that ended", bytes);
    registry.register("sessions_open", "Rounds under way", open);
    let debited: Counter = Counter::default();
    debited.inc_by(store.elements_debited()?);
    registry.register(
        "elements_debited",
        "Elements of peers that were debited before this node evaluated them",
        debited,
    );
    Ok(())
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
