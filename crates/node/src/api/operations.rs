//! What can be asked of a node: the one place where the interface meets [`Node`].
//!
//! Each operation takes and gives views. Who asks is on record before an operation begins.

use std::sync::Arc;

use hefu_casework::{Hex, SignedAgreement};
use hefu_ingest::{Mapping, Wording};
use hefu_link::Card;
use hefu_store::{AgreementState, DatasetId, StoredAgreement};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::error::{ApiError, Result};
use super::uploads::Uploads;
use super::view::{
    AccountView, AddPeer, AgreementDetail, AgreementList, AgreementView, BackupRequest, BackupView,
    BudgetList, DatasetList, DebitPage, DoctorRequest, DoctorView, DraftRequest, Drafted, EntryPage,
    Exchanged, FindingDetail, FindingPage, FindingView, Health, Hex32, ImportRequest, ImportView, NOTICE,
    NodeView, PeerList, PeerView, RoundList, RoundView, StartRound, Started, UploadView, Verified,
};
use crate::config::Config;
use crate::metrics::{self, Imports};
use crate::{Error, Export, Node};

/// The words of quarantine files, made anew for each import.
pub type Wordings = Arc<dyn Fn() -> Wording + Send + Sync>;

/// A node, and what the interface keeps beside it.
pub(crate) struct Operations {
    pub(super) node: Arc<Node>,
    pub(super) config: Arc<Config>,
    pub(super) uploads: Uploads,
    pub(super) wording: Wordings,
    pub(super) started_at: Timestamp,
    pub(super) imports: Imports,
}

/// The node itself.
impl Operations {
    /// One entry in the audit log on behalf of an operator.
    pub(super) fn note(&self, actor: &str, kind: &str, body: &Value) -> Result<()> {
        self.node.store().append(actor, kind, body)?;
        Ok(())
    }

    /// Whether the database answers.
    pub(super) fn ready(&self) -> Result<Health> {
        self.node.store().head().map_err(|error| {
            tracing::error!(code = error.code(), "not ready: {error}");
            ApiError::NotReady
        })?;
        Ok(Health {
            status: "ok".to_owned(),
        })
    }

    pub(super) fn status(&self) -> Result<NodeView> {
        let card = self.card()?;
        Ok(NodeView {
            name: card.name().to_owned(),
            role: card.role().code().to_owned(),
            address: card.address().to_owned(),
            node_key: Hex(card.node_key()),
            fingerprint: card.fingerprint(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            config_digest: Hex(self.config.digest()),
            started_at: self.started_at,
            log: self.node.store().head()?.into(),
            peers: self.node.store().peers()?.len() as u64,
            datasets: self.node.store().datasets()?.len() as u64,
        })
    }

    pub(super) fn card(&self) -> Result<Card> {
        Ok(self.node.card(&self.config.node.address)?)
    }

    pub(super) fn metrics(&self) -> Result<String> {
        if !self.config.operators.metrics {
            return Err(ApiError::MetricsOff);
        }
        Ok(metrics::render(self.node.store(), &self.imports)?)
    }
}

/// Peers.
impl Operations {
    pub(super) fn peers(&self) -> Result<PeerList> {
        let cards = self.cards()?;
        Ok(PeerList {
            peers: cards.iter().map(PeerView::of).collect(),
        })
    }

    /// Only a card whose fingerprint was read aloud and compared gets into the book.
    pub(super) fn add_peer(&self, request: &AddPeer) -> Result<PeerView> {
        let card = Card::parse(request.card.trim_end().as_bytes()).map_err(Error::from)?;
        let digits = |text: &str| text.split_whitespace().collect::<String>();
        if digits(&request.fingerprint) != digits(&card.fingerprint()) {
            return Err(ApiError::Fingerprint {
                fingerprint: card.fingerprint(),
            });
        }
        self.node.add_peer(&card)?;
        Ok(PeerView::of(&card))
    }

    pub(super) fn remove_peer(&self, _peer: &Hex32, _actor: &str) -> Result<()> {
        Err(not_yet("peer remove"))
    }

    pub(super) async fn exchange(&self, _peer: &Hex32) -> Result<Exchanged> {
        Err(not_yet("peer exchange"))
    }

    fn cards(&self) -> Result<Vec<Card>> {
        let peers = self.node.store().peers()?;
        let cards = peers
            .iter()
            .map(|peer| Card::parse(&peer.card).map_err(Error::from));
        Ok(cards.collect::<Result<_, _>>()?)
    }
}

/// Registers.
impl Operations {
    pub(super) async fn upload(&self, name: &str, body: axum::body::Body) -> Result<UploadView> {
        self.uploads.receive(name, body).await
    }

    pub(super) async fn import(self: Arc<Self>, request: ImportRequest) -> Result<ImportView> {
        let uploads = self.uploads.take(&request.uploads)?;
        blocking(move || {
            let imported = self.node.import(Export {
                name: request.name,
                files: uploads.files()?,
                mapping: Mapping::parse(&request.mapping).map_err(Error::from)?,
                wording: (self.wording)(),
            })?;
            let account = AccountView::from(&imported.reading.reconciliation);
            self.imports.add(&account);
            Ok(ImportView {
                dataset: imported.dataset.0,
                account,
                quarantine: imported.quarantine.map(|path| path.display().to_string()),
            })
        })
        .await
    }

    pub(super) fn datasets(&self) -> Result<DatasetList> {
        let datasets = self.node.store().datasets()?;
        Ok(DatasetList {
            datasets: datasets.into_iter().map(Into::into).collect(),
        })
    }

    pub(super) async fn delete_dataset(self: Arc<Self>, id: i64, actor: Arc<str>) -> Result<()> {
        blocking(move || {
            self.node.store().remove_dataset(DatasetId(id))?;
            self.note(&actor, "dataset_deleted", &json!({ "dataset": id }))
        })
        .await
    }
}

/// Agreements.
impl Operations {
    pub(super) fn agreements(&self) -> Result<AgreementList> {
        let stored = self.node.store().agreements()?;
        Ok(AgreementList {
            agreements: stored
                .into_iter()
                .map(|stored| Ok(read_agreement(stored)?.summary))
                .collect::<Result<_>>()?,
        })
    }

    pub(super) fn agreement(&self, digest: &Hex32) -> Result<AgreementDetail> {
        read_agreement(self.stored_agreement(digest)?)
    }

    /// The bytes that the other party is handed where there is no line between the two.
    pub(super) fn dossier(&self, digest: &Hex32) -> Result<Vec<u8>> {
        Ok(self.stored_agreement(digest)?.signed)
    }

    pub(super) fn draft(&self, _request: DraftRequest, _actor: &str) -> Result<Drafted> {
        Err(not_yet("agreement draft"))
    }

    pub(super) fn receive_dossier(&self, _bytes: &[u8], _actor: &str) -> Result<Drafted> {
        Err(not_yet("agreement receive"))
    }

    pub(super) fn sign_agreement(&self, _digest: &Hex32, _actor: &str) -> Result<()> {
        Err(not_yet("agreement sign"))
    }

    pub(super) fn refuse_agreement(&self, _digest: &Hex32, _reason: &str, _actor: &str) -> Result<()> {
        Err(not_yet("agreement refuse"))
    }

    fn stored_agreement(&self, digest: &Hex32) -> Result<StoredAgreement> {
        let stored = self.node.store().agreement(&digest.0)?;
        stored.ok_or_else(|| missing("agreement", digest))
    }
}

/// Rounds and what they found.
impl Operations {
    pub(super) fn start_round(&self, _request: &StartRound, _actor: &str) -> Result<Started> {
        Err(not_yet("round run"))
    }

    pub(super) fn cancel_round(&self, _id: &Hex32, _actor: &str) -> Result<()> {
        Err(not_yet("round cancel"))
    }

    pub(super) fn rounds(&self) -> Result<RoundList> {
        let cards = self.cards()?;
        let rounds = self.node.store().rounds()?;
        Ok(RoundList {
            rounds: rounds
                .into_iter()
                .map(|round| view_round(round, &cards))
                .collect(),
        })
    }

    pub(super) fn round(&self, id: &Hex32) -> Result<RoundView> {
        let round = self.node.store().round(&id.0)?;
        Ok(view_round(
            round.ok_or_else(|| missing("round", id))?,
            &self.cards()?,
        ))
    }

    /// Findings after the given number, from 1.
    pub(super) async fn findings(
        self: Arc<Self>,
        id: Hex32,
        after: u64,
        limit: usize,
    ) -> Result<FindingPage> {
        self.round(&id)?;
        blocking(move || {
            let datasets = self.node.store().datasets()?;
            let all = self.node.store().findings(&id.0)?;
            let numbered = (1_u64..)
                .zip(&all)
                .skip(usize::try_from(after).unwrap_or(usize::MAX));
            let findings: Vec<_> = numbered
                .take(limit)
                .map(|(seq, finding)| FindingView::of(seq, finding, &datasets))
                .collect();
            let last = findings.last().map(|finding| finding.seq);
            Ok(FindingPage {
                notice: NOTICE.to_owned(),
                findings,
                total: all.len() as u64,
                next: last.filter(|last| *last < all.len() as u64),
            })
        })
        .await
    }

    pub(super) async fn finding(self: Arc<Self>, id: Hex32, seq: u64) -> Result<FindingDetail> {
        self.round(&id)?;
        blocking(move || {
            let all = self.node.store().findings(&id.0)?;
            let at = seq.checked_sub(1).and_then(|at| usize::try_from(at).ok());
            let finding = at
                .and_then(|at| all.get(at))
                .ok_or_else(|| missing("finding", &seq))?;
            Ok(FindingDetail::of(seq, finding, &self.node.store().datasets()?))
        })
        .await
    }

    pub(super) fn report(&self, id: &Hex32) -> Result<Vec<u8>> {
        self.round(id)?;
        Err(not_yet("report export"))
    }
}

/// The audit log and the ledger.
impl Operations {
    pub(super) async fn verify(self: Arc<Self>) -> Result<Verified> {
        blocking(move || match self.node.store().verify() {
            Ok(head) => Ok(Verified {
                intact: true,
                head: Some(head.into()),
                bad_entry: None,
            }),
            Err(hefu_store::Error::BadLogEntry { seq }) => Ok(Verified {
                intact: false,
                head: None,
                bad_entry: Some(seq),
            }),
            Err(error) => Err(error.into()),
        })
        .await
    }

    pub(super) fn entries(&self, after: u64, limit: usize) -> Result<EntryPage> {
        let entries = self.node.store().entries(after, limit)?;
        let last = entries.last().map(|entry| entry.seq);
        let full = entries.len() == limit;
        Ok(EntryPage {
            entries: entries.into_iter().map(Into::into).collect(),
            next: last.filter(|_| full),
        })
    }

    pub(super) fn debits(&self, _after: u64, _limit: usize) -> Result<DebitPage> {
        Err(not_yet("ledger"))
    }

    pub(super) fn budgets(&self) -> Result<BudgetList> {
        Err(not_yet("ledger"))
    }
}

/// Looking after a node.
impl Operations {
    pub(super) async fn doctor(&self, _request: &DoctorRequest) -> Result<DoctorView> {
        Err(not_yet("doctor"))
    }

    pub(super) async fn backup(self: Arc<Self>, _request: BackupRequest) -> Result<BackupView> {
        Err(not_yet("backup"))
    }
}

fn not_yet(operation: &'static str) -> ApiError {
    ApiError::NotYet { operation }
}

fn missing(what: &'static str, name: &dyn std::fmt::Display) -> ApiError {
    ApiError::Node(Error::Missing {
        what,
        name: name.to_string(),
    })
}

fn read_agreement(stored: StoredAgreement) -> Result<AgreementDetail> {
    let signed = SignedAgreement::parse(&stored.signed).map_err(Error::from)?;
    let agreement = signed.agreement();
    let reason = match &stored.state {
        AgreementState::Refused { reason } => Some(reason.clone()),
        AgreementState::Draft | AgreementState::Signed => None,
    };
    Ok(AgreementDetail {
        summary: AgreementView::of(
            agreement,
            |_| true,
            stored.state.code(),
            reason,
            stored.changed_at,
        ),
        agreement: serde_json::to_value(agreement).unwrap_or_default(),
        learns: Vec::new(),
    })
}

fn view_round(round: hefu_store::Round, cards: &[Card]) -> RoundView {
    let name = cards
        .iter()
        .find(|card| card.node_key() == round.peer)
        .map(|card| card.name().to_owned());
    RoundView::of(round, name, None)
}

/// Long work goes to a thread of its own, and ends there even if nobody waits for it any more.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| {
        Err(ApiError::Node(Error::Internal {
            what: "an operation's thread",
        }))
    })
}
