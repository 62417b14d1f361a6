//! Whether the node is well: what it is, what it holds, and what its doctor finds.

use askama::Template;
use axum::response::Response;
use hefu_node::api::view::NodeView;

use crate::fault::Result;
use crate::guard::Who;
use crate::page::{Page, html};

#[derive(Template)]
#[template(path = "it/health.html")]
struct Health {
    p: Page,
    node: NodeView,
}

pub(crate) async fn show(who: Who) -> Result<Response> {
    html(&Health {
        node: who.api().get("/api/v1/node").await?,
        p: who.page("it.health"),
    })
}
