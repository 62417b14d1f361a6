//! 查看完整号码: a case worker asks and says why, a compliance officer grants it, and it holds for half an hour.

use axum::extract::Path;
use axum::response::Response;
use hefu_node::api::view::UnmaskingRequest;

use super::finding::{One, address, id};
use crate::fault::Result;
use crate::form::{Form, Sent, done};
use crate::look;
use crate::page::refused;

pub(super) async fn ask(
    Path((round, seq)): Path<(String, u64)>,
    Sent { who, fields }: Sent,
) -> Result<Response> {
    let round = id(&round)?;
    let mut f = Form::keeping(&fields, &["why"]);
    f.demand(&who.visit, &fields, &["why"]);
    if f.is_fine() {
        let request = UnmaskingRequest {
            reason: fields.text("why").to_owned(),
        };
        let path = format!("/api/v1/rounds/{round}/findings/{seq}/unmaskings");
        match who.api().order(&path, &request).await {
            Ok(()) => return Ok(done(&address(&round, seq), "case.done_unmasking_asked")),
            Err(fault) => f.refused(&who.visit, &*fault.of_the_form()?, &[("unmasking_reason", "why")]),
        }
    }
    refused(&One::of(&who, round, seq, f).await?)
}

pub(super) async fn look(
    Path((round, seq, n)): Path<(String, u64, u64)>,
    Sent { who, .. }: Sent,
) -> Result<Response> {
    look::look(&who, n, address(&id(&round)?, seq)).await
}
