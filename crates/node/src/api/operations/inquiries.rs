//! Questions to the other agency about one finding, those of the other agency, and what was disclosed in them.

use std::sync::Arc;

use hefu_casework::text::same_person;

use super::{Operations, blocking};
use crate::api::error::Result;
use crate::api::view::{
    AnswerRequest, DisclosurePage, DisclosureView, Hex16, Hex32, InquiryDetail, InquiryList, InquiryRequest,
    InquiryView, NOTICE, ReasonRequest, RecordsView, ThereView, inquiry_acts,
};
use crate::inquiry::{Inquiry, Way};
use crate::node::today;

impl Operations {
    pub(in crate::api) async fn inquiries(self: Arc<Self>, asks: Option<Arc<str>>) -> Result<InquiryList> {
        blocking(move || {
            let all = self.node.inquiries(today())?;
            Ok(InquiryList {
                notice: NOTICE.to_owned(),
                inquiries: all
                    .iter()
                    .map(|each| self.inquiry_view(each, asks.as_deref()))
                    .collect::<Result<_>>()?,
            })
        })
        .await
    }

    pub(in crate::api) async fn inquiry(
        self: Arc<Self>,
        item: Hex16,
        asks: Option<Arc<str>>,
    ) -> Result<InquiryDetail> {
        blocking(move || self.inquiry_detail(&self.node.inquiry(&item)?, asks.as_deref())).await
    }

    pub(in crate::api) async fn draft_inquiry(
        self: Arc<Self>,
        round: Hex32,
        seq: u64,
        request: InquiryRequest,
        actor: Arc<str>,
    ) -> Result<InquiryDetail> {
        blocking(move || {
            let draft = request.draft(today())?;
            self.inquiry_detail(
                &self.node.draft_inquiry(&round.0, seq, draft, &actor)?,
                Some(&actor),
            )
        })
        .await
    }

    pub(in crate::api) async fn approve_inquiry(
        self: Arc<Self>,
        item: Hex16,
        actor: Arc<str>,
    ) -> Result<InquiryDetail> {
        blocking(move || self.inquiry_detail(&self.node.approve_inquiry(&item, &actor)?, Some(&actor))).await
    }

    pub(in crate::api) async fn refuse_inquiry(
        self: Arc<Self>,
        item: Hex16,
        request: ReasonRequest,
        actor: Arc<str>,
    ) -> Result<InquiryDetail> {
        blocking(move || {
            let refused = self.node.refuse_inquiry(&item, request.text()?, &actor)?;
            self.inquiry_detail(&refused, Some(&actor))
        })
        .await
    }

    pub(in crate::api) async fn withdraw_inquiry(
        self: Arc<Self>,
        item: Hex16,
        request: ReasonRequest,
        actor: Arc<str>,
    ) -> Result<InquiryDetail> {
        blocking(move || {
            let withdrawn = self.node.withdraw_inquiry(&item, request.text()?, &actor)?;
            self.inquiry_detail(&withdrawn, Some(&actor))
        })
        .await
    }

    pub(in crate::api) async fn close_inquiry(
        self: Arc<Self>,
        item: Hex16,
        request: ReasonRequest,
        actor: Arc<str>,
    ) -> Result<InquiryDetail> {
        blocking(move || {
            let closed = self.node.close_inquiry(&item, request.text()?, &actor)?;
            self.inquiry_detail(&closed, Some(&actor))
        })
        .await
    }

    pub(in crate::api) async fn take_inquiry(
        self: Arc<Self>,
        item: Hex16,
        actor: Arc<str>,
    ) -> Result<InquiryDetail> {
        blocking(move || self.inquiry_detail(&self.node.take_inquiry(&item, &actor)?, Some(&actor))).await
    }

    pub(in crate::api) async fn answer_inquiry(
        self: Arc<Self>,
        item: Hex16,
        request: AnswerRequest,
        actor: Arc<str>,
    ) -> Result<InquiryDetail> {
        blocking(move || {
            let answered = self.node.answer_inquiry(&item, request.answered()?, &actor)?;
            self.inquiry_detail(&answered, Some(&actor))
        })
        .await
    }

    pub(in crate::api) async fn disclosures(
        self: Arc<Self>,
        after: u64,
        limit: usize,
    ) -> Result<DisclosurePage> {
        blocking(move || {
            let lines = self.node.disclosures(after, limit)?;
            let last = lines.last().map(|line| line.seq);
            let full = lines.len() == limit;
            Ok(DisclosurePage {
                disclosures: lines.into_iter().map(DisclosureView::from).collect(),
                next: last.filter(|_| full),
            })
        })
        .await
    }

    /// The inquiries that speak of a finding, the oldest first.
    pub(in crate::api) fn inquiries_of(
        &self,
        round: &Hex32,
        seq: u64,
        asks: Option<&str>,
    ) -> Result<Vec<InquiryView>> {
        let all = self.node.inquiries_of(&round.0, seq)?;
        all.iter().map(|each| self.inquiry_view(each, asks)).collect()
    }

    fn inquiry_view(&self, inquiry: &Inquiry, asks: Option<&str>) -> Result<InquiryView> {
        let dossier = self.node.agreement(&inquiry.agreement.0)?;
        let mut view = InquiryView::of(inquiry, dossier.agreement(), today());
        if !self.may_tell_of(inquiry, asks)? {
            view.withhold_words();
        }
        Ok(view)
    }

    /// Whether `asks` may read what was written of the person: of somebody protected, whoever drafted the question, took
    /// it, or is in charge of the finding.
    fn may_tell_of(&self, inquiry: &Inquiry, asks: Option<&str>) -> Result<bool> {
        let Some(asks) = asks.filter(|_| !inquiry.care().may_tell_place()) else {
            return Ok(inquiry.care().may_tell_place());
        };
        Ok(match &inquiry.way {
            Way::Answers { reply, .. } => reply.owner().is_some_and(|owner| same_person(owner, asks)),
            Way::Asks {
                about, inquiry: own, ..
            } => {
                let standing = self.node.standing(&about.round.0, about.seq)?;
                let owner = standing.review.owner();
                same_person(own.opening().by.as_str(), asks)
                    || owner.is_some_and(|owner| same_person(owner, asks))
            }
        })
    }

    fn inquiry_detail(&self, inquiry: &Inquiry, asks: Option<&str>) -> Result<InquiryDetail> {
        let mut view = self.inquiry_view(inquiry, asks)?;
        view.finding = self.node.own_finding_of(inquiry)?.map(Into::into);
        let records = match &inquiry.way {
            Way::Answers { .. } => {
                let datasets = self.node.store().datasets()?;
                let records = self.node.records_asked_about(inquiry)?;
                Some(RecordsView::of(&records, inquiry, &datasets))
            }
            Way::Asks { .. } => None,
        };
        let notes = self.node.notes_of(&inquiry.item)?;
        let refused = notes
            .into_iter()
            .filter(|note| note.out)
            .find_map(|note| note.refused);
        let told = self.node.told_of(&inquiry.item)?;
        let disclosure = self.node.store().disclosure_in(&inquiry.item.0)?;
        Ok(InquiryDetail {
            notice: NOTICE.to_owned(),
            inquiry: view,
            disclosure: disclosure.map(|line| line.seq),
            refused_there: refused,
            records,
            there: told
                .all()
                .iter()
                .map(|there| ThereView::of(there, None))
                .collect(),
            acts: inquiry_acts(inquiry, asks, !self.may_tell_of(inquiry, asks)?),
        })
    }
}
