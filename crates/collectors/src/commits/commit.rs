//! A commit, as far as metrics look at it, and GitHub's form of it.

use std::time::SystemTime;

use anyhow::Context as _;
use serde::{Deserialize, Deserializer, de::Error};

use super::message::Message;
use crate::page;

/// The length of an id where a person reads it.
const SHORT_ID: usize = 10;

/// One commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its object id, in hexadecimal.
    pub id: String,
    /// Its whole message. What is not UTF-8 was replaced.
    pub message: String,
    /// The committer's date, which a rebase renews. The author's date may be much older.
    pub committed_at: SystemTime,
    /// The page that shows it.
    pub page: Option<String>,
}

impl Commit {
    /// The commit in one line: its short id and its subject.
    pub(super) fn title(&self) -> String {
        let short = self.id.get(..SHORT_ID).unwrap_or(&self.id);
        format!("{short} {}", Message::parse(&self.message).subject())
    }
}

/// See <https://docs.github.com/en/rest/commits/commits#list-commits>.
#[derive(Debug, Deserialize)]
pub(super) struct GitHubCommit {
    sha: String,
    html_url: Option<String>,
    commit: Details,
    parents: Vec<Parent>,
}

#[derive(Debug, Deserialize)]
struct Parent {
    sha: String,
}

#[derive(Debug, Deserialize)]
struct Details {
    message: String,
    committer: Option<Committer>,
}

#[derive(Debug, Deserialize)]
struct Committer {
    #[serde(default, deserialize_with = "time")]
    date: Option<SystemTime>,
}

impl GitHubCommit {
    pub(super) fn sha(&self) -> &str {
        &self.sha
    }

    /// What the branch pointed to before this commit landed.
    pub(super) fn first_parent(&self) -> Option<&str> {
        self.parents.first().map(|parent| &*parent.sha)
    }

    /// GitHub's schema lets the committer and its date be missing. Whether such a commit is in the window is
    /// unknown.
    pub(super) fn committed_at(&self) -> anyhow::Result<SystemTime> {
        let date = self.commit.committer.as_ref().and_then(|committer| committer.date);
        date.with_context(|| format!("GitHub gave no committer date for commit {}", self.sha))
    }

    pub(super) fn into_commit(self, committed_at: SystemTime) -> Commit {
        Commit { id: self.sha, message: self.commit.message, committed_at, page: self.html_url }
    }

    /// The page that lists the commits of a branch of the same repository.
    pub(super) fn page_of_branch(&self, branch: &str) -> Option<String> {
        page::of_commits(self.html_url.as_deref()?, &self.sha, branch)
    }
}

fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SystemTime>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    // Every window starts in 1970 or later, so earlier dates need no difference.
    if text.as_str() < "1970" && text.ends_with('Z') {
        return Ok(Some(SystemTime::UNIX_EPOCH));
    }
    let time = humantime::parse_rfc3339(&text);
    time.map(Some).map_err(|_| D::Error::custom(format!("`{text}` is no time in UTC")))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn takes_the_committers_date() {
        let json = r#"{"sha": "abc", "html_url": "https://a/abc", "author": null, "parents": [], "commit": {"message": "Fix\n\nit", "comment_count": 0,
            "author": {"date": "1999-01-01T00:00:00Z"}, "committer": {"name": "n", "date": "1970-01-02T00:00:00Z"}}}"#;
        let commit = serde_json::from_str::<GitHubCommit>(json).unwrap();
        let found = commit.committed_at().unwrap();
        let commit = commit.into_commit(found);
        let committed_at = SystemTime::UNIX_EPOCH + Duration::from_hours(24);
        let page = Some("https://a/abc".into());
        assert_eq!(commit, Commit { id: "abc".into(), message: "Fix\n\nit".into(), committed_at, page });
        assert_eq!(commit.title(), "abc Fix");
    }

    #[test]
    fn a_date_before_1970_is_read_as_1970() {
        let json = r#"{"sha": "abc", "parents": [{"sha": "def"}], "commit": {"message": "",
            "committer": {"date": "1969-07-20T20:17:40Z"}}}"#;
        let commit = serde_json::from_str::<GitHubCommit>(json).unwrap();
        assert_eq!(commit.committed_at().unwrap(), SystemTime::UNIX_EPOCH);
        assert_eq!(commit.first_parent(), Some("def"));
    }

    #[test]
    fn a_commit_without_a_committer_or_a_date_is_named() {
        for committer in ["null", "{}", r#"{"name": "n", "date": null}"#] {
            let json = format!(
                r#"{{"sha": "abc", "parents": [], "commit": {{"message": "", "committer": {committer}}}}}"#
            );
            let error = serde_json::from_str::<GitHubCommit>(&json).unwrap().committed_at().unwrap_err();
            assert_eq!(error.to_string(), "GitHub gave no committer date for commit abc");
        }
    }

    #[test]
    fn a_date_of_another_form_is_an_error() {
        let json = r#"{"sha": "abc", "commit": {"message": "", "committer": {"date": "yesterday"}}}"#;
        let error = serde_json::from_str::<GitHubCommit>(json).unwrap_err().to_string();
        assert!(error.starts_with("`yesterday` is no time in UTC"), "{error}");
    }
}
