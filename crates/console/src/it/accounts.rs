//! The accounts by which people sign in: added, locked, unlocked, given another password, removed.

use askama::Template;
use axum::extract::Path;
use axum::http::Method;
use axum::response::Response;
use hefu_node::api::view::{AddAccountRequest, Clear, PasswordRequest, SignInAccountList, SignInAccountView};

use crate::api::part;
use crate::fault::Result;
use crate::form::{Form, Sent, done};
use crate::guard::Who;
use crate::page::{Page, html, refused};
use crate::session::Role;

#[derive(Template)]
#[template(path = "it/accounts.html")]
struct Accounts {
    p: Page,
    f: Form,
    accounts: Vec<SignInAccountView>,
    roles: Vec<(&'static str, String)>,
    /// Whose page it is: nobody locks or removes their own account.
    own: String,
}

impl Accounts {
    async fn of(who: &Who, f: Form) -> Result<Self> {
        let list: SignInAccountList = who.api().get("/api/v1/accounts").await?;
        let p = who.page("it.accounts").wrong(f.problems());
        let roles = Role::ALL.map(|role| (role.name(), p.wx("shell.role_", role.name())));
        Ok(Self {
            p,
            f,
            accounts: list.accounts,
            roles: roles.into(),
            own: who.seen.account.clone(),
        })
    }
}

pub(super) async fn list(who: Who) -> Result<Response> {
    html(&Accounts::of(&who, Form::new()).await?)
}

pub(super) async fn add(Sent { who, fields }: Sent) -> Result<Response> {
    let mut f = Form::keeping(&fields, &["account", "name", "role"]);
    f.demand(&who.visit, &fields, &["account", "name", "role", "password"]);
    if f.is_fine() {
        let request = AddAccountRequest {
            account: fields.text("account").to_owned(),
            name: fields.text("name").to_owned(),
            role: fields.text("role").to_owned(),
            password: Clear::new(fields.raw("password").to_owned()),
        };
        match who.api().order("/api/v1/accounts", &request).await {
            Ok(()) => return Ok(done("/it/accounts", "it.done_account")),
            Err(fault) => f.refused(&who.visit, &*fault.of_the_form()?, &PLACES),
        }
    }
    refused(&Accounts::of(&who, f).await?)
}

/// Beside which field a refusal stands, by its code.
const PLACES: [(&str, &str); 8] = [
    ("account_name", "account"),
    ("account_taken", "account"),
    ("account_person", "name"),
    ("account_person_taken", "name"),
    ("account_password_short", "password"),
    ("account_password_long", "password"),
    ("account_password_name", "password"),
    ("account_password_usual", "password"),
];

pub(super) async fn lock(Path(account): Path<String>, Sent { who, .. }: Sent) -> Result<Response> {
    who.api()
        .command(Method::POST, &path_of(&account, "/lock"))
        .await?;
    Ok(done("/it/accounts", "it.done_locked"))
}

pub(super) async fn unlock(Path(account): Path<String>, Sent { who, .. }: Sent) -> Result<Response> {
    who.api()
        .command(Method::POST, &path_of(&account, "/unlock"))
        .await?;
    Ok(done("/it/accounts", "it.done_unlocked"))
}

pub(super) async fn remove(Path(account): Path<String>, Sent { who, .. }: Sent) -> Result<Response> {
    who.api().command(Method::DELETE, &path_of(&account, "")).await?;
    Ok(done("/it/accounts", "it.done_account_removed"))
}

#[derive(Template)]
#[template(path = "it/account_password.html")]
struct Password {
    p: Page,
    f: Form,
    account: String,
    action: String,
}

impl Password {
    fn of(who: &Who, account: String, f: Form) -> Self {
        Self {
            p: who.page("it.password_reset").wrong(f.problems()),
            action: format!("/it/accounts/{}/password", part(&account)),
            account,
            f,
        }
    }
}

pub(super) async fn password(Path(account): Path<String>, who: Who) -> Result<Response> {
    html(&Password::of(&who, account, Form::new()))
}

pub(super) async fn reset(Path(account): Path<String>, Sent { who, fields }: Sent) -> Result<Response> {
    let mut f = Form::new();
    f.demand(&who.visit, &fields, &["password"]);
    if f.is_fine() {
        let request = PasswordRequest {
            password: Clear::new(fields.raw("password").to_owned()),
        };
        match who.api().order(&path_of(&account, "/password"), &request).await {
            Ok(()) => return Ok(done("/it/accounts", "it.done_reset")),
            Err(fault) => f.refused(&who.visit, &*fault.of_the_form()?, &PLACES),
        }
    }
    refused(&Password::of(&who, account, f))
}

fn path_of(account: &str, act: &str) -> String {
    format!("/api/v1/accounts/{}{act}", part(account))
}
