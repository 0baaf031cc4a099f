//! The people among the authors of commits.

use std::collections::{BTreeMap, HashMap};

use system_health_registry::EvidenceItem;

use super::Commit;
use crate::github::BotLogins;

/// What tells one author from another. Upper and lower case are equal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Identity {
    /// A login on GitHub.
    Account(String),
    /// An e-mail address that belongs to no known account.
    Address(String),
    /// A name without an address.
    Name(String),
    /// The commit does not say who wrote it.
    Unknown,
}

/// What one author did.
struct Authored {
    /// Whether a bot wrote all of the author's commits. A person may set the name of a bot once.
    is_bot: bool,
    commits: usize,
    newest_title: String,
    /// The page of the newest commit.
    web_page: Option<String>,
}

/// One item for each author. Only authors that are people count.
pub(super) fn authors(commits: &[Commit], bots: &BotLogins) -> Vec<EvidenceItem> {
    // GitHub may name the account only in some commits with an address. The other commits with this address are taken to be by
    // the same account.
    let mut accounts: HashMap<String, &str> =
        commits.iter().filter_map(|commit| Some((address(commit), commit.author.account()?))).collect();
    // Commits without an address may be by different people.
    accounts.remove("");
    let mut authors: BTreeMap<Identity, Authored> = BTreeMap::new();
    for commit in commits {
        let account = commit.author.account().or_else(|| accounts.get(&address(commit)).copied());
        let author = authors.entry(identity(commit, account)).or_insert_with(|| Authored {
            is_bot: true,
            commits: 0,
            newest_title: commit.title(),
            web_page: commit.web_page.clone(),
        });
        author.commits += 1;
        author.is_bot &= is_bot(commit, account, bots);
    }
    authors.iter().map(|(identity, authored)| item(identity, authored)).collect()
}

/// The author's e-mail address, in lower case. Empty if there is none.
fn address(commit: &Commit) -> String {
    commit.author.email.trim().to_lowercase()
}

fn identity(commit: &Commit, account: Option<&str>) -> Identity {
    let (address, name) = (address(commit), commit.author.name.trim().to_lowercase());
    match account {
        Some(login) => Identity::Account(login.to_lowercase()),
        None if !address.is_empty() => Identity::Address(address),
        None if !name.is_empty() => Identity::Name(name),
        None => Identity::Unknown,
    }
}

/// Whether a bot wrote a commit. In a clone, only the author's name or address says so.
fn is_bot(commit: &Commit, account: Option<&str>, bots: &BotLogins) -> bool {
    let author = &commit.author;
    author.is_bot || account.is_some_and(|login| bots.is_bot(login)) || bots.is_bot(author.name.trim())
}

fn item(identity: &Identity, authored: &Authored) -> EvidenceItem {
    let title = match identity {
        Identity::Account(text) | Identity::Address(text) | Identity::Name(text) => text,
        Identity::Unknown => "unknown author",
    };
    let commits = match authored.commits {
        1 => format!("1 commit, {}", authored.newest_title),
        many => format!("{many} commits, the newest is {}", authored.newest_title),
    };
    let (counted, reason) = match identity {
        Identity::Unknown => (false, format!("nothing says who wrote {commits}")),
        _ if authored.is_bot => (false, format!("a bot wrote {commits}")),
        _ => (true, commits),
    };
    EvidenceItem::new(title, counted, reason).with_link(authored.web_page.as_deref())
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::commits::CommitAuthor;

    fn commit(name: &str, email: &str, login: Option<&str>) -> Commit {
        let login = login.map(str::to_owned);
        let author = CommitAuthor { name: name.into(), email: email.into(), login, is_bot: false };
        Commit {
            id: "abc".into(),
            message: "Sell socks".into(),
            committed_at: SystemTime::UNIX_EPOCH,
            web_page: None,
            author,
            node_id: None,
        }
    }

    fn people(commits: &[Commit]) -> Vec<String> {
        let bots = BotLogins::try_from(vec!["acme-ci".to_owned()]).unwrap();
        let sign = |item: &EvidenceItem| if item.is_counted() { '+' } else { '-' };
        authors(commits, &bots).iter().map(|item| format!("{}{}", sign(item), item.title())).collect()
    }

    #[test]
    fn one_person_counts_once() {
        let commits = [
            commit("Ada", "ada@example.com", Some("Ada")),
            commit("Ada L", "ADA@example.com", None),
            commit("ada", "12+ada@users.noreply.github.com", None),
            commit("ada", "ada@users.noreply.github.com", None),
        ];
        assert_eq!(people(&commits), ["+ada"]);
        assert!(
            authors(&commits, &BotLogins::default())[0].reason().starts_with("4 commits, the newest is ")
        );
    }

    #[test]
    fn an_account_without_an_address_does_not_take_the_commits_of_others() {
        let commits = [commit("Ada", "", Some("ada")), commit("Eve", "", None), commit("", " ", None)];
        assert_eq!(people(&commits), ["+ada", "+eve", "-unknown author"]);
    }

    #[test]
    fn accounts_that_share_an_address_are_different_people() {
        let commits =
            [commit("Ada", "team@example.com", Some("ada")), commit("Ben", "team@example.com", Some("ben"))];
        assert_eq!(people(&commits), ["+ada", "+ben"]);
    }

    #[test]
    fn people_without_an_account_are_told_apart_by_their_address() {
        let commits = [
            commit("Ben", "ben@example.com", None),
            commit("Benjamin", "Ben@example.com", None),
            commit("Ben", "ben@example.org", None),
            commit("Eve", "", None),
            commit("", "", None),
        ];
        assert_eq!(people(&commits), ["+ben@example.com", "+ben@example.org", "+eve", "-unknown author"]);
    }

    #[test]
    fn a_person_who_once_used_the_name_of_a_bot_stays_a_person() {
        let commits = [
            commit("Ada", "ada@example.com", Some("ada")),
            commit("acme-ci", "ada@example.com", Some("ada")),
            commit("Acme-CI", "ben@example.com", None),
            commit("Ben", "ben@example.com", None),
        ];
        assert_eq!(people(&commits), ["+ada", "+ben@example.com"]);
    }

    #[test]
    fn bots_are_not_people() {
        let mut app = commit("Sell", "app@example.com", Some("sell"));
        app.author.is_bot = true;
        let commits = [
            app,
            commit("dependabot[bot]", "49+dependabot[bot]@users.noreply.github.com", None),
            commit("renovate[bot]", "bot@renovateapp.com", None),
            commit("CI", "ci@example.com", Some("Acme-CI")),
            commit("acme-ci", "ci@example.org", None),
        ];
        assert_eq!(
            people(&commits),
            ["-acme-ci", "-dependabot[bot]", "-sell", "-bot@renovateapp.com", "-ci@example.org"]
        );
    }
}
