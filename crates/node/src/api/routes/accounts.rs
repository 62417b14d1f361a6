use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};

use super::{ActorHeader, Failures};
use crate::account::SignedIn;
use crate::api::error::{ApiError, Result};
use crate::api::extract::{InPath, Unsaid};
use crate::api::gate::Actor;
use crate::api::operations::Operations;
use crate::api::view::{
    AddAccountRequest, OwnPasswordRequest, PasswordRequest, SessionBegun, SessionView, SignInAccountList,
    SignInRequest,
};

/// Signs somebody in, without a token. 401 where account or password is wrong, and which is not said; 403 where too many
/// have tried, or somebody has locked the account.
#[utoipa::path(post, path = "/api/v1/session", security(()), request_body = SignInRequest, responses((status = 201, body = SessionBegun), Failures))]
pub(super) async fn sign_in(
    State(operations): State<Arc<Operations>>,
    Unsaid(request): Unsaid<SignInRequest>,
) -> Result<(StatusCode, Json<SessionBegun>)> {
    Ok((StatusCode::CREATED, Json(operations.sign_in(request).await?)))
}

/// Who is signed in.
#[utoipa::path(get, path = "/api/v1/session", responses((status = 200, body = SessionView), Failures))]
pub(super) async fn session(who: Option<Extension<SignedIn>>) -> Result<Json<SessionView>> {
    Ok(Json((&of_a_session(who)?).into()))
}

/// Signs out.
#[utoipa::path(delete, path = "/api/v1/session", params(ActorHeader), responses((status = 204), Failures))]
pub(super) async fn sign_out(
    State(operations): State<Arc<Operations>>,
    who: Option<Extension<SignedIn>>,
) -> Result<StatusCode> {
    operations.sign_out(&of_a_session(who)?)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Changes the password of the one who is signed in, and ends all sessions of the account.
#[utoipa::path(post, path = "/api/v1/session/password", request_body = OwnPasswordRequest, params(ActorHeader), responses((status = 204), Failures))]
pub(super) async fn own_password(
    State(operations): State<Arc<Operations>>,
    who: Option<Extension<SignedIn>>,
    Unsaid(request): Unsaid<OwnPasswordRequest>,
) -> Result<StatusCode> {
    operations
        .change_own_password(of_a_session(who)?, request)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Every account.
#[utoipa::path(get, path = "/api/v1/accounts", responses((status = 200, body = SignInAccountList), Failures))]
pub(super) async fn list(State(operations): State<Arc<Operations>>) -> Result<Json<SignInAccountList>> {
    Ok(Json(operations.accounts()?))
}

/// Adds an account for a person who has none.
#[utoipa::path(post, path = "/api/v1/accounts", request_body = AddAccountRequest, params(ActorHeader), responses((status = 201), Failures))]
pub(super) async fn add(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    Unsaid(request): Unsaid<AddAccountRequest>,
) -> Result<StatusCode> {
    operations.add_account(request, actor).await?;
    Ok(StatusCode::CREATED)
}

/// Removes an account, and ends its sessions. What its person did stays on record.
#[utoipa::path(delete, path = "/api/v1/accounts/{account}", params(("account" = String, Path), ActorHeader), responses((status = 204), Failures))]
pub(super) async fn remove(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath(account): InPath<String>,
) -> Result<StatusCode> {
    operations.remove_account(&account, &actor)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives an account another password, and ends its sessions.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/password", request_body = PasswordRequest, params(("account" = String, Path), ActorHeader), responses((status = 204), Failures))]
pub(super) async fn password(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath(account): InPath<String>,
    Unsaid(request): Unsaid<PasswordRequest>,
) -> Result<StatusCode> {
    operations.set_password(account, request, actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Locks an account until that is lifted, and ends its sessions.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/lock", params(("account" = String, Path), ActorHeader), responses((status = 204), Failures))]
pub(super) async fn lock(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath(account): InPath<String>,
) -> Result<StatusCode> {
    operations.lock_account(&account, &actor)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lifts every lock of an account.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/unlock", params(("account" = String, Path), ActorHeader), responses((status = 204), Failures))]
pub(super) async fn unlock(
    State(operations): State<Arc<Operations>>,
    Extension(Actor(actor)): Extension<Actor>,
    InPath(account): InPath<String>,
) -> Result<StatusCode> {
    operations.unlock_account(&account, &actor)?;
    Ok(StatusCode::NO_CONTENT)
}

/// The token is nobody's account.
fn of_a_session(who: Option<Extension<SignedIn>>) -> Result<SignedIn> {
    who.map(|Extension(who)| who).ok_or(ApiError::Session)
}
