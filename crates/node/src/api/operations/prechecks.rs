//! Checks of a few people before they are paid.

use std::sync::Arc;

use super::{Operations, blocking};
use crate::api::error::Result;
use crate::api::view::{Hex16, PrecheckList, PrecheckStarted, PrecheckView, StartPrecheck};

impl Operations {
    /// The node's keeper follows it from here.
    pub(in crate::api) async fn start_precheck(
        &self,
        asked: &StartPrecheck,
        actor: &str,
    ) -> Result<PrecheckStarted> {
        let agreements: Vec<[u8; 32]> = asked.agreements.iter().map(|digest| digest.0).collect();
        let check = self
            .node
            .begin_check(&agreements, asked.request()?, actor)
            .await?;
        Ok(PrecheckStarted { check })
    }

    pub(in crate::api) async fn prechecks(self: Arc<Self>) -> Result<PrecheckList> {
        blocking(move || {
            Ok(PrecheckList {
                prechecks: self.node.prechecks()?.into_iter().map(Into::into).collect(),
                today: self.node.checks_of_today()?.into_iter().map(Into::into).collect(),
            })
        })
        .await
    }

    pub(in crate::api) async fn precheck(self: Arc<Self>, check: Hex16) -> Result<PrecheckView> {
        blocking(move || Ok(self.node.precheck(&check)?.into())).await
    }

    /// Whoever asks has looked.
    pub(in crate::api) async fn precheck_results(
        self: Arc<Self>,
        check: Hex16,
        actor: Arc<str>,
    ) -> Result<PrecheckView> {
        blocking(move || Ok(self.node.precheck_results(&check, &actor)?.into())).await
    }

    pub(in crate::api) async fn precheck_receipt(
        self: Arc<Self>,
        check: Hex16,
        actor: Arc<str>,
    ) -> Result<Vec<u8>> {
        blocking(move || Ok(self.node.precheck_receipt(&check, &actor)?)).await
    }
}
