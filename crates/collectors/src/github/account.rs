//! The account that did something on GitHub, and whether it is a bot's.

use std::collections::BTreeSet;

use serde::Deserialize;

/// Who opened, reviewed or commented on something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Account {
    /// A person, by login.
    Person(String),
    /// A bot, by login.
    Bot(String),
    /// An account that no longer exists. It is treated as a person's.
    Deleted,
}

/// An actor in the responses of the GraphQL API. Null if the account no longer exists.
/// See <https://docs.github.com/en/graphql/reference/interfaces#actor>.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ActorResponse {
    #[serde(rename = "__typename")]
    type_name: String,
    login: String,
}

/// The logins of bots that are registered as users: `bots` in `[github]`. Upper and lower case are equal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct BotLogins(BTreeSet<String>);

/// Why a login was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a login; write the name of an account on GitHub, such as \"acme-ci\"")]
pub struct BotLoginError(String);

impl Account {
    pub(crate) const fn is_bot(&self) -> bool {
        matches!(self, Self::Bot(_))
    }

    /// Whether this is a person, and certainly not the other account. False for two deleted accounts, because they may have
    /// been the same account.
    pub(crate) fn is_another_person(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Bot(_), _) | (Self::Deleted, Self::Deleted) => false,
            _ => self != other,
        }
    }
}

impl BotLogins {
    /// The account of an actor.
    pub(crate) fn account(&self, actor: Option<ActorResponse>) -> Account {
        match actor {
            None => Account::Deleted,
            Some(actor) if actor.type_name == "Bot" || self.is_bot(&actor.login) => Account::Bot(actor.login),
            Some(actor) => Account::Person(actor.login),
        }
    }

    /// Whether a login is one of these, or ends in `[bot]`, as the login of an app's bot does.
    pub(crate) fn is_bot(&self, login: &str) -> bool {
        let login = login.to_ascii_lowercase();
        login.ends_with("[bot]") || self.0.contains(&login)
    }
}

impl TryFrom<Vec<String>> for BotLogins {
    type Error = BotLoginError;

    fn try_from(logins: Vec<String>) -> Result<Self, Self::Error> {
        let login = |login: String| {
            if login.trim().is_empty()
                || login.contains(|c: char| c.is_whitespace() || matches!(c, '@' | '/' | '*'))
            {
                return Err(BotLoginError(login));
            }
            Ok(login.to_ascii_lowercase())
        };
        Ok(Self(logins.into_iter().map(login).collect::<Result<_, _>>()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bots() -> BotLogins {
        BotLogins::try_from(vec!["Acme-CI".to_owned()]).unwrap()
    }

    fn account(type_name: &str, login: &str) -> Account {
        bots().account(Some(ActorResponse { type_name: type_name.into(), login: login.into() }))
    }

    #[test]
    fn bots_are_recognised_by_type_by_ending_and_by_settings() {
        for (type_name, login, is_bot) in [
            ("Bot", "dependabot", true),
            ("User", "renovate[bot]", true),
            ("User", "Renovate[Bot]", true),
            ("User", "acme-ci", true),
            ("User", "ACME-CI", true),
            ("User", "acme-ci-2", false),
            ("User", "robot", false),
            ("Mannequin", "ada", false),
            ("EnterpriseUserAccount", "ada", false),
            ("Organization", "acme", false),
        ] {
            assert_eq!(account(type_name, login).is_bot(), is_bot, "{type_name} {login}");
        }
        assert_eq!(bots().account(None), Account::Deleted);
    }

    #[test]
    fn only_a_different_account_that_is_not_a_bot_is_another_person() {
        let (ada, ben) = (account("User", "ada"), account("User", "ben"));
        let (bot, deleted) = (account("Bot", "renovate"), Account::Deleted);
        for (account, other, expected) in [
            (&ben, &ada, true),
            (&ada, &ada, false),
            (&bot, &ada, false),
            (&ada, &bot, true),
            (&deleted, &ada, true),
            (&ada, &deleted, true),
            (&deleted, &bot, true),
            (&deleted, &deleted, false),
        ] {
            assert_eq!(account.is_another_person(other), expected, "{account:?} {other:?}");
        }
    }

    #[test]
    fn a_login_that_cannot_exist_is_refused() {
        for login in ["", " ", "acme ci", "@acme", "acme/ci", "acme-*"] {
            let error = BotLogins::try_from(vec![login.to_owned()]).unwrap_err();
            assert!(error.to_string().ends_with("such as \"acme-ci\""), "{error}");
        }
    }
}
