//! The style sheet and the script: inside the binary, and kept by browsers for as long as they stay the same.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use ring::digest::{SHA256, digest};

use crate::Shared;
use crate::fault::Fault;

struct Asset {
    name: &'static str,
    media: &'static str,
    bytes: &'static [u8],
    /// The beginning of its digest, which stands in its address: another content has another address.
    digest: LazyLock<String>,
}

macro_rules! asset {
    ($name:literal, $media:literal) => {
        Asset {
            name: $name,
            media: $media,
            bytes: include_bytes!(concat!("../assets/", $name)),
            digest: LazyLock::new(|| short_digest(include_bytes!(concat!("../assets/", $name)))),
        }
    };
}

static ASSETS: [Asset; 3] = [
    asset!("console.css", "text/css; charset=utf-8"),
    asset!("console.js", "text/javascript; charset=utf-8"),
    asset!("mark.svg", "image/svg+xml"),
];

pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/assets/{digest}/{name}", get(asset))
}

/// The address of an asset.
pub(crate) fn address(name: &str) -> String {
    let digest = ASSETS.iter().find(|asset| asset.name == name);
    let digest = digest.map_or("-", |asset| asset.digest.as_str());
    format!("/assets/{digest}/{name}")
}

async fn asset(Path((digest, name)): Path<(String, String)>, headers: HeaderMap) -> Response {
    let Some(asset) = ASSETS
        .iter()
        .find(|asset| asset.name == name && *asset.digest == digest)
    else {
        return Fault::NoPage.into_response();
    };
    let tag = format!("\"{digest}\"");
    let known = headers
        .get(IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let kept = [
        (CONTENT_TYPE, asset.media.to_owned()),
        (ETAG, tag),
        (CACHE_CONTROL, "public, max-age=31536000, immutable".to_owned()),
    ];
    match known {
        true => (StatusCode::NOT_MODIFIED, kept).into_response(),
        false => (kept, asset.bytes).into_response(),
    }
}

fn short_digest(bytes: &[u8]) -> String {
    let digest = digest(&SHA256, bytes);
    digest
        .as_ref()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
