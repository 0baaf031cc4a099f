//! The identity with which a client makes requests.

use std::{fmt::Debug, sync::Arc};

use futures::future::BoxFuture;
use secrecy::SecretString;

use super::kept_response::Owner;
use crate::github::app::AppError;

/// The token of a client, and the owner of the responses that it gets with the token.
#[derive(Debug)]
pub(in crate::github) struct Identity<'a> {
    pub(in crate::github) token: Option<&'a SecretString>,
    pub(in crate::github) owner: Owner,
    /// `None` if the token stays the same.
    pub(in crate::github) renewal: Option<Arc<dyn Renewal>>,
}

/// Renews a token that expires. Renewing makes requests with another client, so the future of a request would contain itself
/// if the future of the renewal were not boxed.
pub(in crate::github) trait Renewal: Debug + Send + Sync {
    /// The known token, or a new one if the known one expires soon.
    fn token(&self) -> BoxFuture<'_, Result<SecretString, AppError>>;

    /// The owner of the responses that a client gets with a token.
    fn owner(&self, token: &SecretString) -> Owner;
}

impl<'a> Identity<'a> {
    /// The identity of a token. Without a token, the responses belong to everybody.
    pub(in crate::github) fn from_token(token: Option<&'a SecretString>) -> Self {
        Self { token, owner: Owner::new(token), renewal: None }
    }
}
