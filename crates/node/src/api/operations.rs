//! What can be asked of a node: the one place where the interface meets [`Node`].
//!
//! Each operation takes and gives views. Who asks is on record before an operation begins.

mod accounts;
mod conference;
mod ferry;
mod findings;
mod inquiries;
mod log;
mod matters;
mod peers;
mod prechecks;
mod reading;
mod unmaskings;

use std::sync::Arc;
use std::time::Duration;

use hefu_casework::{
    Agreement, Dossier, Hex, Month, MonthRange, Party, Place, ProgrammeCode, RuleId, RuleSet, Template,
    Wrong, learns,
};
use hefu_ingest::{Mapping, Wording};
use hefu_link::Card;
use hefu_psi::wire::decode_abort;
use hefu_psi::{Ristretto255, Suite};
use hefu_store::{DatasetId, RoundState, StoredAgreement};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::error::{ApiError, Result};
use super::uploads::Uploads;
use super::view::{
    AccountView, AgreementDetail, AgreementList, AgreementView, BackupRequest, BackupView, BudgetList,
    BudgetView, Carried, DatasetList, DebitPage, DoctorRequest, DoctorView, DraftRequest, Health, Hex32,
    ImportRequest, ImportView, Learns, NodeView, ProgressView, Received, Receivers, RoundList, RoundView,
    StartRound, Started, UnlockRequest, UploadView, Verified, WaitingView,
};
use crate::config::Config;
use crate::ferry::slip::SlipPrinter;
use crate::metrics::{self, Imports};
use crate::node::today;
use crate::{Error, Export, Node};

pub(super) use conference::RoundStep;
pub(super) use unmaskings::Asker;

/// How long an operator waits for the other party to have an agreement.
const CARRY: Duration = Duration::from_secs(5);

/// The words of what a node writes for people, which are the binary's.
#[derive(Clone)]
pub struct Wordings {
    /// Those of quarantine files, made anew for each import.
    pub quarantine: Arc<dyn Fn() -> Wording + Send + Sync>,
    /// Those of approval slips.
    pub slips: SlipPrinter,
}

/// A node, and what the interface keeps beside it.
pub(crate) struct Operations {
    pub(super) node: Arc<Node>,
    pub(super) config: Arc<Config>,
    pub(super) uploads: Uploads,
    pub(super) wordings: Wordings,
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
                wording: (self.wordings.quarantine)(),
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
            // One that was deleted is on record still, and would be said to be immutable.
            let held = self.node.store().datasets()?;
            if !held.iter().any(|dataset| dataset.id == DatasetId(id)) {
                return Err(missing("dataset", &id));
            }
            Ok(self.node.delete_dataset(DatasetId(id), &actor)?)
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
                .map(|stored| Ok(read_agreement(stored, self.node.rules())?.summary))
                .collect::<Result<_>>()?,
        })
    }

    pub(super) fn agreement(&self, digest: &Hex32) -> Result<AgreementDetail> {
        read_agreement(self.stored_agreement(digest)?, self.node.rules())
    }

    /// The bytes that the other party is handed where there is no line between the two.
    pub(super) fn dossier(&self, digest: &Hex32) -> Result<Vec<u8>> {
        Ok(self.stored_agreement(digest)?.signed)
    }

    pub(super) async fn draft(&self, request: DraftRequest, actor: &str) -> Result<Carried> {
        let agreement = self.text(request)?;
        self.carry(self.node.draft(agreement, actor)?).await
    }

    /// The text between this node, which comes first, and the peer.
    fn text(&self, request: DraftRequest) -> Result<Agreement> {
        let peers = self.node.peers();
        let peer = peers.iter().find(|card| card.node_key() == request.peer.0);
        let peer = peer.ok_or_else(|| missing("peer", &request.peer))?;
        let datasets = self.node.store().datasets()?;
        let own_scheme = datasets.into_iter().find_map(|dataset| dataset.info.case_scheme);
        let template = Template::for_purpose(request.purpose).map_err(Error::from)?;
        let size = |asked: Option<u64>, receives: bool| {
            let usual = template.batch.filter(|_| receives);
            asked
                .or(usual)
                .ok_or(Error::from(hefu_casework::Error::Agreement {
                    field: "parties.max_elements",
                    wrong: Wrong::Missing,
                }))
        };
        let parties = vec![
            party(
                &self.card()?,
                &request.own_programmes,
                own_scheme,
                size(request.max_own_elements, request.receivers != Receivers::Peer)?,
            )?,
            party(
                peer,
                &request.peer_programmes,
                request.peer_case_scheme,
                size(request.max_peer_elements, request.receivers != Receivers::Own)?,
            )?,
        ];
        let month = |text: &str| text.parse::<Month>().map_err(Error::from);
        let rules = |ids: Vec<String>| {
            ids.iter()
                .map(|id| RuleId::new(id))
                .collect::<Result<Vec<_>, _>>()
        };
        let text = hefu_casework::DraftRequest {
            number: request.number,
            parties,
            receivers: match request.receivers {
                Receivers::Own => Some(vec![0]),
                Receivers::Peer => Some(vec![1]),
                Receivers::Both => Some(vec![0, 1]),
            },
            place: Place::new(&request.place).map_err(Error::from)?,
            months: MonthRange {
                from: month(&request.from)?,
                to: month(&request.until)?.next(),
            },
            key_kind: request.key_kind,
            suite: Ristretto255::NAME.to_owned(),
            rules: request.rules.map(rules).transpose().map_err(Error::from)?,
            name_label: request.compare_names,
            legal_basis: request.legal_basis,
            rounds_a_month: request.rounds_a_month,
            checks_a_day: request.checks_a_day,
            resume_hours: request.resume_hours,
            valid_from: request.valid_from,
            expires: request.expires,
            retention_days: request.retention_days,
        };
        Ok(template.draft(text, self.node.rules()).map_err(Error::from)?)
    }

    pub(super) fn receive_dossier(&self, bytes: &[u8]) -> Result<Received> {
        Ok(Received {
            agreement: Hex(self.node.receive_dossier(bytes.trim_ascii_end())?),
        })
    }

    pub(super) async fn sign_agreement(&self, digest: &Hex32, actor: &str) -> Result<Carried> {
        self.node.sign_agreement(&digest.0, actor)?;
        self.carry(digest.0).await
    }

    pub(super) async fn refuse_agreement(
        &self,
        digest: &Hex32,
        reason: &str,
        actor: &str,
    ) -> Result<Carried> {
        self.node.refuse_agreement(&digest.0, reason, actor)?;
        self.carry(digest.0).await
    }

    /// The other party hears of it now if it can be reached, and otherwise when the two next meet, or by the next files.
    /// Whoever asked waits for that a short while only; the call itself goes on.
    async fn carry(&self, digest: [u8; 32]) -> Result<Carried> {
        let agreement = Hex(digest);
        if self.is_by_files(&agreement)? {
            return Ok(Carried {
                agreement,
                delivered: false,
                by_files: true,
            });
        }
        let node = Arc::clone(&self.node);
        let call = tokio::spawn(async move {
            let met = node.exchange_about(&digest).await;
            if let Err(error) = &met {
                tracing::info!(
                    node = node.name(),
                    code = error.code(),
                    "agreement not carried yet"
                );
            }
            met.is_ok()
        });
        Ok(Carried {
            agreement,
            delivered: timeout(CARRY, call).await.is_ok_and(|met| met.unwrap_or(false)),
            by_files: false,
        })
    }

    fn stored_agreement(&self, digest: &Hex32) -> Result<StoredAgreement> {
        let stored = self.node.store().agreement(&digest.0)?;
        stored.ok_or_else(|| missing("agreement", digest))
    }
}

/// Rounds.
impl Operations {
    /// The node's keeper follows it from here.
    pub(super) async fn start_round(&self, request: &StartRound, actor: &str) -> Result<Started> {
        Ok(Started {
            round: Hex(self.node.begin_round(&request.agreement.0, actor).await?),
        })
    }

    pub(super) async fn cancel_round(&self, id: &Hex32, actor: &str) -> Result<()> {
        Ok(self.node.cancel_round(&id.0, actor).await?)
    }

    pub(super) fn rounds(&self) -> Result<RoundList> {
        let rounds = self.node.store().rounds()?;
        let waiting = self.waiting()?;
        Ok(RoundList {
            rounds: rounds
                .into_iter()
                .map(|round| self.view(round, &waiting))
                .collect::<Result<_>>()?,
        })
    }

    pub(super) fn round(&self, id: &Hex32) -> Result<RoundView> {
        let round = self.node.store().round(&id.0)?;
        self.view(round.ok_or_else(|| missing("round", id))?, &self.waiting()?)
    }

    fn view(&self, round: hefu_store::Round, waiting: &[WaitingView]) -> Result<RoundView> {
        let (id, running) = (round.id, round.state == RoundState::Running);
        let cards = self.node.peers();
        let peer = cards.iter().find(|card| card.node_key() == round.peer);
        let name = peer.map(|card| card.name().to_owned());
        let session = self.node.store().session(&id)?;
        let by_files = session.as_ref().is_some_and(|session| session.by_files);
        let end = session.and_then(|session| session.end);
        let reason = end.and_then(|end| decode_abort(&end.reason));
        let mut view = RoundView::of(round, reason, name);
        view.by_files = by_files;
        view.waiting = waiting.iter().find(|each| each.round.0 == id).cloned();
        if running {
            view.progress = self.node.progress(&id).map(|progress| ProgressView {
                step: progress.step.code().to_owned(),
                done: progress.done,
                total: progress.total,
            });
            view.interrupted = self.node.interruption(&id).map(str::to_owned);
        }
        Ok(view)
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

    pub(super) fn debits(&self, after: u64, limit: usize) -> Result<DebitPage> {
        let debits = self.node.store().debits(after, limit)?;
        let last = debits.last().map(|debit| debit.seq);
        let full = debits.len() == limit;
        Ok(DebitPage {
            debits: debits.into_iter().map(Into::into).collect(),
            next: last.filter(|_| full),
        })
    }

    pub(super) fn budgets(&self) -> Result<BudgetList> {
        let month = this_month();
        let store = self.node.store();
        let locks = store.budget_locks()?;
        let last = locks.iter().rev().find(|lock| lock.month == month);
        let locked = last.is_some_and(|lock| lock.locked);
        let budget = |card: &Card| {
            Ok(BudgetView {
                peer: Hex(card.node_key()),
                name: card.name().to_owned(),
                month: month.to_string(),
                limit: self.config.policy.max_elements_a_month_from_peer,
                spent: store.debited(&card.node_key(), month)?,
                locked,
            })
        };
        Ok(BudgetList {
            budgets: self.node.peers().iter().map(budget).collect::<Result<_>>()?,
        })
    }

    /// Frees this month's budgets after a restore, on someone's authority.
    pub(super) fn unlock_budgets(&self, request: &UnlockRequest, actor: &str) -> Result<()> {
        let month = this_month();
        self.node.store().unlock_budgets(month, &request.reason)?;
        self.note(
            actor,
            "budgets_unlocked",
            &json!({ "month": month.to_string(), "reason": request.reason }),
        )
    }
}

/// Looking after a node.
impl Operations {
    pub(super) async fn doctor(&self, request: &DoctorRequest) -> Result<DoctorView> {
        let peers = self.node.peers();
        let peer = request
            .peer
            .map(|peer| {
                let known = peers.iter().find(|card| card.node_key() == peer.0);
                known.ok_or_else(|| missing("peer", &peer))
            })
            .transpose()?;
        Ok(DoctorView {
            checks: self.node.doctor(peer).await.into_iter().map(Into::into).collect(),
        })
    }

    pub(super) async fn backup(
        self: Arc<Self>,
        request: BackupRequest,
        actor: Arc<str>,
        in_a_session: bool,
    ) -> Result<BackupView> {
        blocking(move || {
            // Whoever has the token has this machine. A person who has signed in is not to write just anywhere on it.
            let folder = match in_a_session {
                true => {
                    let folder = self.node.folder_for_backup(&request.folder)?;
                    folder.ok_or(ApiError::BackupName)?
                }
                false => request.folder.into(),
            };
            self.node.backup(&folder, &actor)?;
            Ok(BackupView {
                folder: folder.display().to_string(),
            })
        })
        .await
    }
}

fn party(
    card: &Card,
    programmes: &[String],
    case_scheme: Option<String>,
    max_elements: u64,
) -> Result<Party> {
    let programmes = programmes.iter().map(|code| ProgrammeCode::new(code));
    Ok(Party {
        name: card.name().to_owned(),
        role: card.role(),
        node_key: Hex(card.node_key()),
        tls_key: Hex(card.tls_key()),
        programmes: programmes.collect::<Result<_, _>>().map_err(Error::from)?,
        case_scheme,
        max_elements,
    })
}

fn missing(what: &'static str, name: &dyn std::fmt::Display) -> ApiError {
    ApiError::Node(Error::Missing {
        what,
        name: name.to_string(),
    })
}

fn read_agreement(stored: StoredAgreement, rules: &RuleSet) -> Result<AgreementDetail> {
    let dossier = Dossier::parse(&stored.signed).map_err(Error::from)?;
    let agreement = dossier.agreement();
    let reason = dossier.refusal().map(|refusal| refusal.reason.clone());
    let signed = |index: usize| dossier.signatures().get(index).is_some_and(Option::is_some);
    let learns = agreement.parties.iter().enumerate().flat_map(|(index, party)| {
        learns(agreement, rules, index)
            .into_iter()
            .map(|learning| Learns::of(&party.name, learning))
    });
    Ok(AgreementDetail {
        summary: AgreementView::of(agreement, signed, stored.state.code(), reason, stored.changed_at),
        learns: learns.collect(),
        agreement: serde_json::to_value(agreement).unwrap_or_default(),
    })
}

/// Long work goes to a thread of its own, and ends there even if nobody waits for it any more.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| {
        Err(ApiError::Node(Error::Internal {
            what: "an operation's thread",
        }))
    })
}

/// The month to which debits count now.
fn this_month() -> Month {
    Month::of(today())
}
