//! Who meets, and the record that all keep.

use std::sync::Arc;

use crate::api::error::Result;
use crate::api::operations::{Operations, blocking};
use crate::api::view::{
    ConferenceList, ConferenceView, DirectoryView, EnrolRequest, FollowRequest, FoundConferenceRequest,
    Hex32, RecordEntryView, RecordPage, RecordVerified, SaidView, SeatView,
};
use crate::conference::{Conference, Pinned, Sits};

impl Operations {
    pub(in crate::api) async fn conferences(self: Arc<Self>) -> Result<ConferenceList> {
        blocking(move || {
            let all = self.node.conferences()?.into_iter();
            Ok(ConferenceList {
                conferences: all.map(|each| self.conference_view(each)).collect(),
            })
        })
        .await
    }

    pub(in crate::api) async fn found_conference(
        self: Arc<Self>,
        request: FoundConferenceRequest,
        actor: Arc<str>,
    ) -> Result<ConferenceView> {
        blocking(move || {
            let address = &self.config.node.address;
            let id = self.node.found_conference(&request.name, address, &actor)?;
            Ok(self.conference_view(self.node.conference(&id)?))
        })
        .await
    }

    pub(in crate::api) async fn follow_conference(
        self: Arc<Self>,
        request: FollowRequest,
        actor: Arc<str>,
    ) -> Result<ConferenceView> {
        blocking(move || {
            let id = request.conference;
            self.node.follow(&id, &request.office.0, &actor)?;
            Ok(self.conference_view(self.node.conference(&id)?))
        })
        .await
    }

    pub(in crate::api) async fn enrol(
        self: Arc<Self>,
        conference: Hex32,
        request: EnrolRequest,
        actor: Arc<str>,
    ) -> Result<DirectoryView> {
        blocking(move || {
            self.node.enrol(&conference, &request.peer.0, &actor)?;
            self.directory_view(&conference)
        })
        .await
    }

    pub(in crate::api) async fn conference_directory(
        self: Arc<Self>,
        conference: Hex32,
    ) -> Result<DirectoryView> {
        blocking(move || self.directory_view(&conference)).await
    }

    pub(in crate::api) async fn conference_record(
        self: Arc<Self>,
        conference: Hex32,
        after: u64,
        limit: usize,
    ) -> Result<RecordPage> {
        blocking(move || {
            let names = self.node.conference_names(&conference)?;
            let name = |key: &Hex32| names.get(key).cloned().unwrap_or_else(|| key.to_string());
            let store = self.node.store();
            let entries = store.conference_entries(&conference.0, after, limit)?;
            let waiting = store.said_waiting(&conference.0)?;
            let refused = store.said_refused(&conference.0)?;
            let said = refused.iter().chain(&waiting).map(SaidView::of);
            Ok(RecordPage {
                entries: entries
                    .iter()
                    .map(|entry| RecordEntryView::of(entry, name))
                    .collect::<crate::Result<_>>()?,
                head: self.node.conference(&conference)?.head.into(),
                said: said.collect::<crate::Result<_>>()?,
            })
        })
        .await
    }

    pub(in crate::api) async fn verify_conference(
        self: Arc<Self>,
        conference: Hex32,
    ) -> Result<RecordVerified> {
        blocking(move || {
            let (head, state) = self.node.verify_conference(&conference)?;
            Ok(RecordVerified {
                head: head.into(),
                state,
            })
        })
        .await
    }

    pub(in crate::api) async fn sync_conference(
        self: Arc<Self>,
        conference: Hex32,
    ) -> Result<ConferenceView> {
        self.node.sync_conference(&conference).await?;
        blocking(move || Ok(self.conference_view(self.node.conference(&conference)?))).await
    }

    pub(in crate::api) async fn resume_conference(
        self: Arc<Self>,
        conference: Hex32,
        actor: Arc<str>,
    ) -> Result<ConferenceView> {
        blocking(move || Ok(self.conference_view(self.node.resume_conference(&conference, &actor)?))).await
    }

    fn conference_view(&self, conference: Conference) -> ConferenceView {
        let office = match conference.is_office {
            true => Some(self.node.name().to_owned()),
            false => {
                let mut peers = self.node.peers().into_iter();
                let office = peers.find(|card| card.node_key() == conference.office.0);
                office.map(|card| card.name().to_owned())
            }
        };
        let office = office.unwrap_or_else(|| conference.office.to_string());
        ConferenceView::of(conference, office)
    }

    fn directory_view(&self, conference: &Hex32) -> Result<DirectoryView> {
        let seats = self.node.conference_directory(conference)?;
        let seats = seats.into_iter().map(|seat| SeatView {
            node_key: hefu_casework::Hex(seat.card.node_key()),
            name: seat.card.name().to_owned(),
            role: seat.card.role().code().to_owned(),
            seat: match seat.sits {
                Sits::Office => "office",
                Sits::Member => "member",
                Sits::Left => "left",
            }
            .to_owned(),
            pinned: match seat.pinned {
                Pinned::Own => "own",
                Pinned::Same => "same",
                Pinned::Other => "other",
                Pinned::None => "none",
            }
            .to_owned(),
            address: seat.card.address().to_owned(),
            fingerprint: seat.card.fingerprint(),
            card: String::from_utf8_lossy(&seat.card.to_bytes()).into_owned(),
            read: seat.read.as_ref().map(|read| read.seq),
            read_at: seat.read.as_ref().map(|read| read.heard_at),
        });
        Ok(DirectoryView {
            seats: seats.collect(),
        })
    }
}
