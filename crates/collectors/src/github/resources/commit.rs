//! A commit in GitHub's responses.

use std::time::SystemTime;

use anyhow::Context as _;
use serde::Deserialize;

use crate::{
    commits::{Commit, CommitAuthor},
    github::GitTimestamp,
    web_page::commits_page,
};

/// See <https://docs.github.com/en/rest/commits/commits#list-commits>.
#[derive(Debug, Deserialize)]
pub(super) struct CommitResponse {
    sha: String,
    node_id: Option<String>,
    html_url: Option<String>,
    /// The account of the author. Null if the author's address belongs to no account.
    author: Option<AccountResponse>,
    commit: CommitDetails,
    parents: Vec<ParentResponse>,
}

/// See <https://docs.github.com/en/rest/users/users#get-a-user>. GitHub answers `{}` for some accounts.
#[derive(Debug, Deserialize)]
struct AccountResponse {
    login: Option<String>,
    #[serde(rename = "type")]
    account_type: Option<String>,
}

#[derive(Debug, Deserialize)]
struct ParentResponse {
    sha: String,
}

#[derive(Debug, Deserialize)]
struct CommitDetails {
    message: String,
    author: Option<AuthorResponse>,
    committer: Option<Committer>,
}

#[derive(Debug, Default, Deserialize)]
struct AuthorResponse {
    name: Option<String>,
    email: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Committer {
    #[serde(default)]
    date: Option<GitTimestamp>,
}

impl CommitResponse {
    pub(super) fn sha(&self) -> &str {
        &self.sha
    }

    /// The first parent: if this commit landed on the branch itself, the commit before it on the branch.
    pub(super) fn first_parent(&self) -> Option<&str> {
        self.parents.first().map(|parent| &*parent.sha)
    }

    /// Its parents, the first parent first.
    pub(super) fn parents(&self) -> impl Iterator<Item = &str> {
        self.parents.iter().map(|parent| &*parent.sha)
    }

    /// The committer's date. GitHub's schema allows it to be missing; then it is unknown whether the commit is in the
    /// window.
    pub(super) fn committed_at(&self) -> anyhow::Result<SystemTime> {
        let date = self.commit.committer.as_ref().and_then(|committer| committer.date);
        let GitTimestamp(date) =
            date.with_context(|| format!("GitHub gave no committer date for commit {}", self.sha))?;
        Ok(date)
    }

    pub(super) fn into_commit(self, committed_at: SystemTime) -> Commit {
        let AuthorResponse { name, email } = self.commit.author.unwrap_or_default();
        let (login, account_type) =
            self.author.map_or((None, None), |account| (account.login, account.account_type));
        let author = CommitAuthor {
            name: name.unwrap_or_default(),
            email: email.unwrap_or_default(),
            login,
            is_bot: account_type.as_deref() == Some("Bot"),
        };
        Commit {
            id: self.sha,
            message: self.commit.message,
            committed_at,
            web_page: self.html_url,
            author,
            node_id: self.node_id,
        }
    }

    /// The web page that lists the commits of a branch of the same repository. This commit's page is
    /// `…/acme/app/commit/<sha>`.
    pub(super) fn commits_page(&self, branch: &str) -> Option<String> {
        let repository = self.html_url.as_deref()?.strip_suffix(&self.sha)?.strip_suffix("/commit/")?;
        commits_page(repository, branch)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn takes_the_committers_date() {
        let json = r#"{"sha": "abc", "html_url": "https://a/abc", "author": null, "parents": [], "commit": {"message": "Fix\n\nit", "comment_count": 0,
            "author": {"date": "1999-01-01T00:00:00Z"}, "committer": {"name": "n", "date": "1970-01-02T00:00:00Z"}}}"#;
        let commit = serde_json::from_str::<CommitResponse>(json).unwrap();
        let committer_date = commit.committed_at().unwrap();
        let commit = commit.into_commit(committer_date);
        let committed_at = SystemTime::UNIX_EPOCH + Duration::from_hours(24);
        let page = Some("https://a/abc".into());
        let author = CommitAuthor::default();
        let (id, message) = ("abc".into(), "Fix\n\nit".into());
        assert_eq!(commit, Commit { id, message, committed_at, web_page: page, author, node_id: None });
    }

    #[test]
    fn a_date_before_1970_is_read_as_1970() {
        let json = r#"{"sha": "abc", "parents": [{"sha": "def"}], "commit": {"message": "",
            "committer": {"date": "1969-07-20T20:17:40Z"}}}"#;
        let commit = serde_json::from_str::<CommitResponse>(json).unwrap();
        assert_eq!(commit.committed_at().unwrap(), SystemTime::UNIX_EPOCH);
        assert_eq!(commit.first_parent(), Some("def"));
    }

    #[test]
    fn an_error_names_a_commit_without_a_committer_or_a_date() {
        for committer in ["null", "{}", r#"{"name": "n", "date": null}"#] {
            let json = format!(
                r#"{{"sha": "abc", "parents": [], "commit": {{"message": "", "committer": {committer}}}}}"#
            );
            let error = serde_json::from_str::<CommitResponse>(&json).unwrap().committed_at().unwrap_err();
            assert_eq!(error.to_string(), "GitHub gave no committer date for commit abc");
        }
    }

    #[test]
    fn a_date_of_another_form_is_an_error() {
        let json = r#"{"sha": "abc", "commit": {"message": "", "committer": {"date": "yesterday"}}}"#;
        let error = serde_json::from_str::<CommitResponse>(json).unwrap_err().to_string();
        assert!(error.starts_with("`yesterday` is not a time"), "{error}");
    }

    #[test]
    fn the_page_of_commits_is_derived_from_the_page_of_a_commit() {
        let page = |html_url: &str, branch: &str| {
            let json = serde_json::json!({"sha": "abc", "html_url": html_url, "parents": [], "commit": {"message": ""}});
            serde_json::from_value::<CommitResponse>(json).unwrap().commits_page(branch)
        };
        assert_eq!(
            page("http://ghe.example.com:8080/acme/shop/commit/abc", "main").as_deref(),
            Some("http://ghe.example.com:8080/acme/shop/commits/main")
        );
        for other in ["", "https://github.com/acme/shop/commit/def", "https://github.com/abc", "/commit/abc"]
        {
            assert_eq!(page(other, "main"), None, "{other}");
        }
    }
}
