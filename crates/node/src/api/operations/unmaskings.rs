//! Numbers in clear, by two people.

use std::sync::Arc;

use hefu_casework::text::same_person;
use jiff::Timestamp;

use super::{Operations, blocking};
use crate::account::AccountRole;
use crate::api::error::Result;
use crate::api::view::{Hex32, UnmaskedView, UnmaskingList, UnmaskingRequest, UnmaskingView};

/// Who asks, and what for an account has; none by the token.
#[derive(Clone)]
pub(in crate::api) struct Asker {
    pub(in crate::api) name: Arc<str>,
    pub(in crate::api) role: Option<AccountRole>,
}

impl Asker {
    fn decides(&self) -> bool {
        self.role.is_none_or(|role| role == AccountRole::Compliance)
    }
}

impl Operations {
    pub(in crate::api) async fn ask_unmasking(
        self: Arc<Self>,
        round: Hex32,
        seq: u64,
        request: UnmaskingRequest,
        asks: Asker,
    ) -> Result<UnmaskingView> {
        blocking(move || {
            let asked = self
                .node
                .ask_unmasking(&round.0, seq, &request.reason, &asks.name, asks.role)?;
            Ok(UnmaskingView::of(
                asked,
                &asks.name,
                asks.decides(),
                Timestamp::now(),
            ))
        })
        .await
    }

    pub(in crate::api) async fn unmaskings_of(
        self: Arc<Self>,
        round: Hex32,
        seq: u64,
        asks: Asker,
    ) -> Result<UnmaskingList> {
        blocking(move || {
            self.node.found(&round.0, seq)?;
            let now = Timestamp::now();
            let all = self.node.store().unmaskings_of(&round.0, seq.saturating_sub(1))?;
            Ok(UnmaskingList {
                unmaskings: all
                    .into_iter()
                    .map(|each| UnmaskingView::of(each, &asks.name, asks.decides(), now))
                    .collect(),
                next: None,
            })
        })
        .await
    }

    /// All of them for whoever decides, and the own ones for others.
    pub(in crate::api) async fn unmaskings(
        self: Arc<Self>,
        before: Option<u64>,
        limit: usize,
        asks: Asker,
    ) -> Result<UnmaskingList> {
        blocking(move || {
            let now = Timestamp::now();
            let all = self.node.store().unmaskings(before, limit)?;
            let next = all.last().map(|last| last.n).filter(|_| all.len() == limit);
            Ok(UnmaskingList {
                unmaskings: all
                    .into_iter()
                    .filter(|each| asks.decides() || same_person(&each.asked_by, &asks.name))
                    .map(|each| UnmaskingView::of(each, &asks.name, asks.decides(), now))
                    .collect(),
                next,
            })
        })
        .await
    }

    pub(in crate::api) async fn decide_unmasking(
        self: Arc<Self>,
        n: u64,
        granted: bool,
        by: Asker,
    ) -> Result<UnmaskingView> {
        blocking(move || {
            let decided = self.node.decide_unmasking(n, granted, &by.name)?;
            Ok(UnmaskingView::of(
                decided,
                &by.name,
                by.decides(),
                Timestamp::now(),
            ))
        })
        .await
    }

    pub(in crate::api) async fn look(self: Arc<Self>, n: u64, by: Asker) -> Result<UnmaskedView> {
        blocking(move || Ok(self.node.unmask(n, &by.name)?.into())).await
    }
}
