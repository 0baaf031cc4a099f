//! Who wrote a commit.

/// The author of a commit, as far as its source knows them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommitAuthor {
    /// The name in the commit.
    pub name: String,
    /// The e-mail address in the commit.
    pub email: String,
    /// The account on GitHub to which the e-mail address belongs. `None` in a local clone, and if there is no such account.
    pub login: Option<String>,
    /// Whether GitHub says that the account is a bot's.
    pub is_bot: bool,
}

/// The domain of the addresses that GitHub gives to accounts: `1234+login@users.noreply.github.com`. Old addresses have no
/// number.
const NO_REPLY: &str = "users.noreply.github.com";

impl CommitAuthor {
    /// The account, from GitHub or from an address that GitHub gave to it.
    pub(super) fn account(&self) -> Option<&str> {
        let of_address = || {
            let (local, domain) = self.email.trim().rsplit_once('@')?;
            domain.eq_ignore_ascii_case(NO_REPLY).then_some(())?;
            Some(local.split_once('+').map_or(local, |(_, login)| login))
        };
        self.login.as_deref().or_else(of_address).filter(|login| !login.is_empty())
    }
}
