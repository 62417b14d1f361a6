//! Files that are carried to peers and from them.

use std::sync::Arc;

use axum::body::Body;
use hefu_casework::{Dossier, Hex};
use hefu_link::ferry::Cut;
use jiff::Timestamp;

use super::{Operations, blocking};
use crate::Error;
use crate::api::error::Result;
use crate::api::view::{
    CutRequest, FerryOut, FerryView, FileForm, Hex16, Hex32, PartView, SetList, SetOutView, WaitingView,
    WorkedView,
};
use crate::ferry::PartFile;
use crate::ferry::slip::SlipFacts;

/// A file's name while it is handed in; names that come from outside are not trusted.
const UPLOAD: &str = "part";

impl Operations {
    pub(in crate::api) fn ferry(&self) -> Result<FerryView> {
        Ok(self.node.ferry_status()?.into())
    }

    /// The rounds that wait for files.
    pub(super) fn waiting(&self) -> Result<Vec<WaitingView>> {
        let waiting = self.node.ferry_waiting(Timestamp::now())?;
        Ok(waiting.into_iter().map(Into::into).collect())
    }

    pub(in crate::api) async fn ferry_out(&self, request: &FerryOut, actor: &str) -> Result<SetList> {
        let cut = cut(request.cut)?;
        let peers = match request.peer {
            Some(peer) => vec![peer.0],
            None => self.peers_by_files()?,
        };
        let mut sets = Vec::new();
        for peer in peers {
            sets.extend(
                self.node
                    .ferry_out(&peer, cut, actor)
                    .await?
                    .map(SetOutView::from),
            );
        }
        Ok(SetList { sets })
    }

    /// Whether the other party of an agreement is told of it by files.
    pub(super) fn is_by_files(&self, agreement: &Hex32) -> Result<bool> {
        let dossier = Dossier::parse(&self.stored_agreement(agreement)?.signed).map_err(Error::from)?;
        let peers = self.node.peers();
        let parties = dossier.agreement().parties.iter();
        for party in parties.filter(|party| peers.iter().any(|card| Hex(card.node_key()) == party.node_key)) {
            if self.node.carrier(&party.node_key.0)?.by_files() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Those that files can go to.
    fn peers_by_files(&self) -> Result<Vec<[u8; 32]>> {
        let mut peers = Vec::new();
        for card in self.node.peers() {
            if self.node.carrier(&card.node_key())?.goes_out() {
                peers.push(card.node_key());
            }
        }
        Ok(peers)
    }

    pub(in crate::api) fn ferry_again(&self, set: &Hex16, request: CutRequest) -> Result<SetOutView> {
        Ok(self.node.ferry_recut(&set.0, cut(request)?)?.into())
    }

    pub(in crate::api) async fn ferry_part(self: Arc<Self>, set: Hex16, part: u32) -> Result<PartFile> {
        blocking(move || Ok(self.node.ferry_part(&set.0, part)?)).await
    }

    pub(in crate::api) fn ferry_card(&self, form: FileForm) -> Result<PartFile> {
        let cut = Cut::new(form.into(), None).map_err(Error::from)?;
        Ok(self.node.ferry_card(&self.config.node.address, cut)?)
    }

    /// Uploaded first, so that a body that breaks off leaves nothing.
    pub(in crate::api) async fn ferry_take(&self, body: Body) -> Result<PartView> {
        let upload = self.uploads.receive(UPLOAD, body).await?;
        let taken = self.uploads.take(&[upload.id])?;
        let mut file = Vec::new();
        for path in taken.files()? {
            file = tokio::fs::read(path).await?;
        }
        Ok(self.node.ferry_take(file).await?.into())
    }

    pub(in crate::api) async fn ferry_work(&self, wait: bool) -> Result<WorkedView> {
        let worked = match wait {
            true => self.node.ferry_work().await,
            false => self.node.ferry_work_on().await,
        };
        Ok(worked?.into())
    }

    pub(in crate::api) async fn ferry_drop(&self, set: &Hex16, peer: &Hex32, actor: &str) -> Result<()> {
        Ok(self.node.ferry_drop(&peer.0, &set.0, actor).await?)
    }

    pub(in crate::api) fn ferry_slip(&self, set: &Hex16, from: Option<Hex32>) -> Result<SlipFacts> {
        let from = from.map(|from| from.0);
        Ok(self.node.ferry_slip(&set.0, from.as_ref())?)
    }
}

fn cut(request: CutRequest) -> Result<Cut> {
    Ok(Cut::new(request.form.into(), request.max_file_bytes).map_err(Error::from)?)
}
