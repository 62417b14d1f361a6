//! What is to be done first: own findings, what nobody has taken, questions of others, matters that are due.

use askama::Template;
use axum::response::Response;
use hefu_node::api::view::{FindingList, InquiryList, InquiryView, MatterPage};

use super::inquiries::awaits;
use crate::api::part;
use crate::fault::Result;
use crate::findings::UNDECIDED;
use crate::guard::Who;
use crate::page::{Page, html};

/// Of each list, what fits the screen; the rest is one link away.
const FEW: usize = 10;

#[derive(Template)]
#[template(path = "case/home.html")]
struct Home {
    p: Page,
    mine: FindingList,
    open: FindingList,
    late: u64,
    objected: u64,
    key_groups: u64,
    /// The first of those that wait.
    inquiries: Vec<InquiryView>,
    inquiries_in_all: usize,
    matters: MatterPage,
}

pub(super) async fn show(who: Who) -> Result<Response> {
    let me = part(&who.seen.name);
    let api = who.api();
    let list = |query: String| async move {
        let path = format!("/api/v1/findings?{query}");
        api.get::<FindingList>(&path).await
    };
    let mine = list(format!("owner={me}&stage={UNDECIDED}&limit={FEW}")).await?;
    let open = list(format!("stage=stage_open&limit={FEW}")).await?;
    let late = list("late=true&limit=1".to_owned()).await?.total;
    let objected = list("objected=true&limit=1".to_owned()).await?.total;
    let key_groups = list(format!("key_group=yes&stage={UNDECIDED}&limit=1"))
        .await?
        .total;
    let mut inquiries = api.get::<InquiryList>("/api/v1/inquiries").await?.inquiries;
    inquiries.retain(|inquiry| awaits(inquiry).is_some());
    let inquiries_in_all = inquiries.len();
    inquiries.truncate(FEW);
    let matters = api.get(&format!("/api/v1/matters?due=true&limit={FEW}")).await?;
    html(&Home {
        p: who.page("case.home").with_findings(),
        mine,
        open,
        late,
        objected,
        key_groups,
        inquiries,
        inquiries_in_all,
        matters,
    })
}

impl Home {
    /// Titles, lists and where the whole of each stands.
    fn lists(&self) -> [(&'static str, &'static str, &FindingList, &'static str); 2] {
        [
            (
                "mine",
                "case.home_mine",
                &self.mine,
                "/case/findings?whose=mine&stage=undecided",
            ),
            (
                "open",
                "case.home_open",
                &self.open,
                "/case/findings?stage=stage_open",
            ),
        ]
    }
}
