//! Rounds of a conference.

use std::sync::Arc;

use hefu_casework::{Hex, Text};
use hefu_store::Said;

use crate::Error;
use crate::account::SignedIn;
use crate::api::error::Result;
use crate::api::operations::{Operations, blocking};
use crate::api::rights::of_the_office;
use crate::api::view::{
    AnnounceRequest, BoardView, CloseRequest, ConferenceStanding, Hex32, LeaveRequest, RerunRequest,
    RoundReason, RoundSaid,
};

/// What is said of a round.
pub(in crate::api) enum RoundStep {
    Join,
    Decline(RoundReason),
    Freeze,
    Begin,
    Rerun(RerunRequest),
    Report,
    Close(CloseRequest),
}

impl Operations {
    pub(in crate::api) async fn conference_standing(
        self: Arc<Self>,
        conference: Hex32,
    ) -> Result<ConferenceStanding> {
        blocking(move || Ok(self.node.conference_standing(&conference)?.into())).await
    }

    pub(in crate::api) async fn board(
        self: Arc<Self>,
        conference: Hex32,
        round: Option<u32>,
    ) -> Result<BoardView> {
        blocking(move || Ok(self.node.board(&conference, round)?.into())).await
    }

    pub(in crate::api) async fn announce_round(
        self: Arc<Self>,
        conference: Hex32,
        request: AnnounceRequest,
        actor: Arc<str>,
    ) -> Result<BoardView> {
        blocking(move || {
            let wanted = request.announcement()?;
            let round = self.node.announce_round(&conference, wanted, &actor)?;
            Ok(self.node.board(&conference, Some(round))?.into())
        })
        .await
    }

    pub(in crate::api) async fn step_in_round(
        self: Arc<Self>,
        conference: Hex32,
        round: u32,
        step: RoundStep,
        actor: Arc<str>,
    ) -> Result<RoundSaid> {
        blocking(move || {
            let (node, of) = (&self.node, &conference);
            let entry = match step {
                RoundStep::Join => node.join_round(of, round, &actor)?,
                RoundStep::Decline(request) => node.decline_round(of, round, request.text()?, &actor)?,
                RoundStep::Freeze => node.freeze_round(of, round, &actor)?,
                RoundStep::Begin => node.begin_conference_round(of, round, &actor)?,
                RoundStep::Rerun(request) => {
                    let reason = Text::new(request.reason.clone()).map_err(Error::from)?;
                    node.rerun_leg(of, round, request.leg(), reason, &actor)?
                }
                RoundStep::Report => node.report_round(of, round, &actor)?,
                RoundStep::Close(request) => node.close_round(of, round, request.round_end()?, &actor)?,
            };
            let place = match node.said(of, &entry)? {
                Said::Placed(place) => Some(place),
                Said::Waiting | Said::Refused(_) => None,
            };
            Ok(RoundSaid { round, entry, place })
        })
        .await
    }

    pub(in crate::api) async fn leave_conference(
        self: Arc<Self>,
        conference: Hex32,
        request: LeaveRequest,
        actor: Arc<str>,
        who: Option<&SignedIn>,
    ) -> Result<ConferenceStanding> {
        // Its own agency binds whoever signs for it; others, the office alone has leave.
        if request
            .member
            .is_some_and(|member| member.0 != self.node.node_key())
        {
            of_the_office(who)?;
        }
        blocking(move || {
            let member = request.member.unwrap_or(Hex(self.node.node_key()));
            let reason = Text::new(request.reason).map_err(Error::from)?;
            self.node.leave_conference(&conference, &member, reason, &actor)?;
            Ok(self.node.conference_standing(&conference)?.into())
        })
        .await
    }
}
