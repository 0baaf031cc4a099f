//! The accounts of people and bots on GitHub.

/// An account. It is made from a text: the login of a person, the login of an app's bot such as `renovate[bot]`, or `ghost` for
/// an account that no longer exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account(pub(super) Option<Actor>);

/// An account that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Actor {
    pub(super) login: String,
    pub(super) is_bot: bool,
}

impl From<&str> for Account {
    fn from(name: &str) -> Self {
        if name == "ghost" {
            return Self(None);
        }
        // The GraphQL API shows the logins of bots without the ending that they have in the REST API.
        let app = name.strip_suffix("[bot]");
        Self(Some(Actor { login: app.unwrap_or(name).to_owned(), is_bot: app.is_some() }))
    }
}
