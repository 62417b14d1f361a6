//! Bodies, paths and queries, read strictly, with failures in the interface's own form.

use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Json, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::MAX_BODY_BYTES;
use super::error::ApiError;

/// A JSON body.
pub(super) struct Body<T>(pub(super) T);

/// A JSON body with numbers of people in it: where it can't be read, nothing of it is said again.
pub(super) struct Unsaid<T>(pub(super) T);

/// What stands in the path.
pub(super) struct InPath<T>(pub(super) T);

/// What stands behind the question mark.
pub(super) struct InQuery<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let Json(body) = Json::from_request(request, state)
            .await
            .map_err(|rejection: JsonRejection| match rejection.status() {
                StatusCode::PAYLOAD_TOO_LARGE => ApiError::TooLarge {
                    max_bytes: MAX_BODY_BYTES as u64,
                },
                status => ApiError::Body {
                    status,
                    problem: rejection.body_text(),
                },
            })?;
        Ok(Self(body))
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Unsaid<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        match Body::from_request(request, state).await {
            Ok(Body(body)) => Ok(Self(body)),
            Err(ApiError::Body { status, .. }) => Err(ApiError::Body {
                status,
                problem: "it is not of the form that the interface's document gives".to_owned(),
            }),
            Err(other) => Err(other),
        }
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for InPath<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(value) =
            Path::from_request_parts(parts, state)
                .await
                .map_err(|rejection: PathRejection| ApiError::Parameter {
                    problem: rejection.body_text(),
                })?;
        Ok(Self(value))
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for InQuery<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Query(value) =
            Query::from_request_parts(parts, state)
                .await
                .map_err(|rejection: QueryRejection| ApiError::Parameter {
                    problem: rejection.body_text(),
                })?;
        Ok(Self(value))
    }
}
