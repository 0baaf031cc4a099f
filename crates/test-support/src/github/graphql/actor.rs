//! Accounts, which are actors in the GraphQL API.

use super::{
    field::Field,
    object::{Object, Resolved},
};
use crate::github::{
    account::{Account, Actor as StoredActor},
    objects::WEB,
};

/// An account that exists.
pub(super) struct Actor<'a>(&'a StoredActor);

impl<'a> Actor<'a> {
    /// The account, or null if it no longer exists.
    pub(super) fn resolve(account: &'a Account) -> Resolved<'a> {
        Resolved::optional(account.0.as_ref().map(Self))
    }
}

impl Object for Actor<'_> {
    fn type_name(&self) -> &'static str {
        if self.0.is_bot { "Bot" } else { "User" }
    }

    fn interfaces(&self) -> &'static [&'static str] {
        &["Actor", "Node", "UniformResourceLocatable"]
    }

    fn resolve(&self, field: &Field<'_>) -> Option<Resolved<'_>> {
        let Self(StoredActor { login, is_bot }) = self;
        Some(match field.name {
            "id" => Resolved::value(format!("{}_{login}", if *is_bot { "BOT" } else { "U" })),
            "login" => Resolved::value(&**login),
            "url" if *is_bot => Resolved::value(format!("{WEB}/apps/{login}")),
            "url" => Resolved::value(format!("{WEB}/{login}")),
            _ => return None,
        })
    }
}
