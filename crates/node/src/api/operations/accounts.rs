//! Who may use the node, and who is signed in.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Operations, blocking};
use crate::account::{NotSignedIn, SignedIn};
use crate::api::error::{ApiError, Result};
use crate::api::view::{
    AddAccountRequest, OwnPasswordRequest, PasswordRequest, SessionBegun, SignInAccountList,
    SignInAccountView, SignInRequest,
};

impl Operations {
    pub(in crate::api) async fn sign_in(&self, request: SignInRequest) -> Result<SessionBegun> {
        let began = self
            .node
            .sign_in(request.account, request.password.zeroizing())
            .await?;
        Ok(SessionBegun::of(&began))
    }

    pub(in crate::api) fn sign_out(&self, who: &SignedIn) -> Result<()> {
        Ok(self.node.sign_out(who)?)
    }

    pub(in crate::api) async fn change_own_password(
        &self,
        who: SignedIn,
        request: OwnPasswordRequest,
    ) -> Result<()> {
        let OwnPasswordRequest { old, new } = request;
        Ok(self
            .node
            .change_password(who, old.zeroizing(), new.zeroizing())
            .await?)
    }

    pub(in crate::api) fn accounts(&self) -> Result<SignInAccountList> {
        let (all, now) = (self.node.accounts()?, Timestamp::now());
        Ok(SignInAccountList {
            accounts: all
                .into_iter()
                .map(|account| SignInAccountView::of(account, now))
                .collect(),
        })
    }

    pub(in crate::api) async fn add_account(
        self: Arc<Self>,
        request: AddAccountRequest,
        actor: Arc<str>,
    ) -> Result<()> {
        let Some(role) = request.role() else {
            return Err(ApiError::Parameter {
                problem: "role is none of it, case_worker, compliance, office".to_owned(),
            });
        };
        blocking(move || {
            let AddAccountRequest {
                account,
                name,
                password,
                ..
            } = request;
            Ok(self
                .node
                .add_account(&account, &name, role, password.reveal(), &actor)?)
        })
        .await
    }

    pub(in crate::api) async fn set_password(
        self: Arc<Self>,
        account: String,
        request: PasswordRequest,
        actor: Arc<str>,
    ) -> Result<()> {
        blocking(move || {
            Ok(self
                .node
                .set_password(&account, request.password.reveal(), &actor)?)
        })
        .await
    }

    pub(in crate::api) fn lock_account(&self, account: &str, actor: &str) -> Result<()> {
        Ok(self.node.lock_account(account, actor)?)
    }

    pub(in crate::api) fn unlock_account(&self, account: &str, actor: &str) -> Result<()> {
        Ok(self.node.unlock_account(account, actor)?)
    }

    pub(in crate::api) fn remove_account(&self, account: &str, actor: &str) -> Result<()> {
        Ok(self.node.remove_account(account, actor)?)
    }
}

impl From<NotSignedIn> for ApiError {
    fn from(why: NotSignedIn) -> Self {
        match why {
            NotSignedIn::Wrong => Self::SignIn,
            NotSignedIn::Locked => Self::Locked,
            NotSignedIn::Busy => Self::Busy,
            NotSignedIn::Node(error) => Self::Node(error),
        }
    }
}
