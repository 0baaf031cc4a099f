//! The identity with which a client makes requests.

use secrecy::SecretString;

use super::kept_response::Owner;

/// The token of a client, and the owner of the responses that it gets with the token.
#[derive(Debug)]
pub(in crate::github) struct Identity<'a> {
    pub(in crate::github) token: Option<&'a SecretString>,
    pub(in crate::github) owner: Owner,
}

impl<'a> Identity<'a> {
    /// The identity of a token. Without a token, the responses belong to everybody.
    pub(in crate::github) fn from_token(token: Option<&'a SecretString>) -> Self {
        Self { token, owner: Owner::new(token) }
    }
}
