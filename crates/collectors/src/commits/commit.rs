//! A commit, with everything that metrics need.

use std::time::SystemTime;

use super::{CommitAuthor, message::CommitMessage};
use crate::short_id::short_id;

/// One commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The object id, in hexadecimal.
    pub id: String,
    /// The whole message. Invalid UTF-8 was replaced.
    pub message: String,
    /// The committer's date, which a rebase renews. The author's date may be much older.
    pub committed_at: SystemTime,
    /// The web page of the commit.
    pub web_page: Option<String>,
    /// Who wrote it.
    pub author: CommitAuthor,
    /// The id of the commit in GitHub's GraphQL API. `None` if the commit was read in a clone.
    pub node_id: Option<String>,
}

impl Commit {
    /// The commit in one line: its short id and its subject.
    pub(super) fn title(&self) -> String {
        format!("{} {}", short_id(&self.id), CommitMessage::parse(&self.message).subject())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_is_the_short_id_and_the_subject() {
        let title = |id: &str| {
            let message = "Fix\n\nit".to_owned();
            let (committed_at, author) = (SystemTime::UNIX_EPOCH, CommitAuthor::default());
            Commit { id: id.to_owned(), message, committed_at, web_page: None, author, node_id: None }.title()
        };
        assert_eq!((title("abc"), title("0123456789abcdef")), ("abc Fix".into(), "0123456789 Fix".into()));
    }
}
