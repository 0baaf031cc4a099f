//! A commit, as far as metrics look at it, and GitHub's form of it.

use std::time::SystemTime;

use serde::{Deserialize, Deserializer, de::Error};

use crate::page;

/// One commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its object id, in hexadecimal.
    pub id: String,
    /// Its whole message. What is not UTF-8 was replaced.
    pub message: String,
    /// The committer's date: when it came to be as it is, by a rebase for example. The author's date may
    /// be much older.
    pub committed_at: SystemTime,
}

/// See <https://docs.github.com/en/rest/commits/commits#list-commits>.
#[derive(Debug, Deserialize)]
pub(super) struct GitHubCommit {
    sha: String,
    html_url: Option<String>,
    commit: Details,
}

#[derive(Debug, Deserialize)]
struct Details {
    message: String,
    committer: Committer,
}

#[derive(Debug, Deserialize)]
struct Committer {
    #[serde(deserialize_with = "time")]
    date: SystemTime,
}

impl GitHubCommit {
    /// The page that lists the commits of a branch of the same repository.
    pub(super) fn page_of_branch(&self, branch: &str) -> Option<String> {
        page::of_commits(self.html_url.as_deref()?, &self.sha, branch)
    }
}

impl From<GitHubCommit> for Commit {
    fn from(GitHubCommit { sha, commit, .. }: GitHubCommit) -> Self {
        Self { id: sha, message: commit.message, committed_at: commit.committer.date }
    }
}

fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SystemTime, D::Error> {
    let text = String::deserialize(deserializer)?;
    humantime::parse_rfc3339(&text).map_err(|_| D::Error::custom(format!("`{text}` is no time in UTC")))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn takes_the_committers_date() {
        let json = r#"{"sha": "abc", "author": null, "commit": {"message": "Fix\n\nit", "comment_count": 0,
            "author": {"date": "1999-01-01T00:00:00Z"}, "committer": {"name": "n", "date": "1970-01-02T00:00:00Z"}}}"#;
        let commit = Commit::from(serde_json::from_str::<GitHubCommit>(json).unwrap());
        let committed_at = SystemTime::UNIX_EPOCH + Duration::from_hours(24);
        assert_eq!(commit, Commit { id: "abc".into(), message: "Fix\n\nit".into(), committed_at });
    }

    #[test]
    fn a_date_of_another_form_is_an_error() {
        let json = r#"{"sha": "abc", "commit": {"message": "", "committer": {"date": "yesterday"}}}"#;
        let error = serde_json::from_str::<GitHubCommit>(json).unwrap_err().to_string();
        assert!(error.starts_with("`yesterday` is no time in UTC"), "{error}");
    }
}
