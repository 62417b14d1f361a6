//! What a serving node does by itself.

use std::sync::Arc;
use std::time::Duration;

use hefu_link::Card;
use jiff::Timestamp;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::Node;

/// How often agreements are brought to the same state on both sides, beside whenever one changes here; and how often it is
/// looked for inquiries that wait to be sent.
const EXCHANGE: Duration = Duration::from_secs(10 * 60);
/// A visit takes no longer: a slow peer is called again when its turn comes.
const VISIT: Duration = Duration::from_secs(60);
/// How often it is looked for what may no longer be kept.
const RETENTION: Duration = Duration::from_secs(6 * 3600);
/// How often what lists are made from is brought up to date, beside whenever one is asked for.
const LISTS: Duration = Duration::from_secs(60);

impl Node {
    /// Follows rounds and conferences, carries agreements, notes and letters, ends retention and
    /// prepares lists, until it is dropped.
    pub async fn keep(self: Arc<Self>) {
        tokio::join!(
            Arc::clone(&self).keep_rounds(),
            Arc::clone(&self).keep_agreements(),
            Arc::clone(&self).keep_retention(),
            Arc::clone(&self).keep_ferry(),
            Arc::clone(&self).keep_notes(),
            Arc::clone(&self).keep_inquiries(),
            Arc::clone(&self).keep_lists(),
            Arc::clone(&self).keep_conferences(),
            Arc::clone(&self).keep_lines(),
            Arc::clone(&self).keep_conference_rounds(),
        );
    }

    async fn keep_agreements(self: Arc<Self>) {
        loop {
            let mut visits = JoinSet::new();
            // Who is reached by files is not called.
            let by_files = |card: &Card| {
                let carrier = self.store.carrier(&card.node_key());
                carrier.is_ok_and(hefu_store::Carrier::by_files)
            };
            for card in self.peers().into_iter().filter(|card| !by_files(card)) {
                visits.spawn(Arc::clone(&self).exchange_in_time(card));
            }
            while visits.join_next().await.is_some() {}
            sleep(EXCHANGE).await;
        }
    }

    async fn exchange_in_time(self: Arc<Self>, card: Card) {
        let code = match timeout(VISIT, self.exchange(&card.node_key())).await {
            Ok(Ok(_)) => return,
            Ok(Err(error)) => error.code(),
            Err(_) => "visit_too_long",
        };
        tracing::info!(
            node = self.name(),
            peer = card.name(),
            code,
            "agreements not exchanged"
        );
    }

    /// What lists are made from is read before somebody waits for it: at the start, and when a round has ended.
    async fn keep_lists(self: Arc<Self>) {
        loop {
            let node = Arc::clone(&self);
            if let Ok(Err(error)) = tokio::task::spawn_blocking(move || node.warm_lists()).await {
                tracing::error!(node = self.name(), code = error.code(), "lists are not prepared");
            }
            sleep(LISTS).await;
        }
    }

    /// What was released before a crash goes after it.
    async fn keep_inquiries(self: Arc<Self>) {
        loop {
            let node = Arc::clone(&self);
            if let Ok(Err(error)) = tokio::task::spawn_blocking(move || node.send_inquiries()).await {
                tracing::error!(node = self.name(), code = error.code(), "inquiries are not sent");
            }
            let node = Arc::clone(&self);
            if let Ok(Err(error)) = tokio::task::spawn_blocking(move || node.send_outcomes()).await {
                tracing::error!(node = self.name(), code = error.code(), "outcomes are not sent");
            }
            sleep(EXCHANGE).await;
        }
    }

    async fn keep_retention(self: Arc<Self>) {
        loop {
            let node = Arc::clone(&self);
            let deleted = tokio::task::spawn_blocking(move || node.delete_expired(Timestamp::now())).await;
            match deleted {
                Ok(Ok(rounds)) if rounds > 0 => {
                    tracing::info!(node = self.name(), rounds, "findings deleted")
                }
                Ok(Err(error)) => {
                    tracing::error!(node = self.name(), code = error.code(), "retention is not kept");
                }
                _ => {}
            }
            sleep(RETENTION).await;
        }
    }
}
