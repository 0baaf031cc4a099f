//! What texts refer to: the commits that a revert names, the issues that a commit fixes, and the deployments that an
//! incident names.

use std::sync::LazyLock;

use regex::Regex;

use super::{change::Change, deployment::Success};

/// The text that git and GitHub write below the subject of a revert.
static REVERTED_ID: LazyLock<Regex> = LazyLock::new(|| regex(r"(?i)\breverts commit ([0-9a-f]{7,64})\b"));
/// The text that GitHub's button "Revert" writes into the pull request.
static REVERTED_PULL_REQUEST: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(?i)\breverts (?:[\w.-]+/[\w.-]+)?#(\d+)\b"));
/// The subject that git and GitHub give to a revert.
static REVERTED_SUBJECT: LazyLock<Regex> = LazyLock::new(|| regex(r#"^Revert "(.+)"(?: \(#\d+\))?$"#));
/// The number of the pull request that GitHub adds to the subject of a squash merge.
static PULL_REQUEST_NUMBER: LazyLock<Regex> = LazyLock::new(|| regex(r" \(#(\d+)\)$"));
/// See <https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue>.
static FIXED_ISSUE: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(?i)\b(?:fix(?:e[sd])?|close[sd]?|resolve[sd]?):?\s+#(\d+)\b"));
static COMMIT_ID: LazyLock<Regex> = LazyLock::new(|| regex(r"(?i)\b[0-9a-f]{7,64}\b"));

/// Whether the message of a revert names another change by its id, or by the number of its pull request.
pub(super) fn names_reverted(revert: &Change, other: &Change) -> bool {
    if revert.id == other.id {
        return false;
    }
    let mut ids = REVERTED_ID.captures_iter(&revert.message);
    if ids.any(|id| other.id.starts_with(&id[1].to_ascii_lowercase())) {
        return true;
    }
    let (_, number) = split_number(other.subject());
    number.is_some_and(|other_number| {
        let mut numbers = REVERTED_PULL_REQUEST.captures_iter(&revert.message);
        numbers.any(|number| number[1].parse() == Ok(other_number))
    })
}

/// Whether the subject of a revert quotes the subject of another change. Several changes may have the same subject, so the
/// numbers of their pull requests are compared, too, if both are known.
pub(super) fn quotes_reverted(revert: &Change, other: &Change) -> bool {
    if revert.id == other.id {
        return false;
    }
    let Some(subject) = REVERTED_SUBJECT.captures(revert.subject()) else { return false };
    let (quoted, number) = split_number(&subject[1]);
    let (title, other_number) = split_number(other.subject());
    quoted == title && (number.is_none() || other_number.is_none() || number == other_number)
}

/// A subject without the number of its pull request, and the number.
fn split_number(subject: &str) -> (&str, Option<u64>) {
    match PULL_REQUEST_NUMBER.captures(subject) {
        Some(found) => (&subject[..subject.len() - found[0].len()], found[1].parse().ok()),
        None => (subject, None),
    }
}

/// Whether a message says that the commit fixes an issue.
pub(super) fn fixes(message: &str, issue: u64) -> bool {
    FIXED_ISSUE.captures_iter(message).any(|number| number[1].parse() == Ok(issue))
}

/// Whether a text names the tag or the commit of a deployment.
pub(super) fn names_deployment(text: &str, deployment: &Success) -> bool {
    let by_tag = deployment.tag.as_deref().is_some_and(|tag| contains_tag(text, tag));
    let commit = deployment.commit.as_deref().unwrap_or_default();
    by_tag || COMMIT_ID.find_iter(text).any(|id| commit.starts_with(&id.as_str().to_ascii_lowercase()))
}

/// Whether a text contains a tag that is not a part of a longer one: `v1.2` is not in `v1.2.3`.
fn contains_tag(text: &str, tag: &str) -> bool {
    text.match_indices(tag).any(|(start, _)| {
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
        let before = text[..start].chars().next_back();
        let mut after = text[start + tag.len()..].chars();
        let continues = match after.next() {
            Some('.' | '+') => after.next().is_some_and(is_part),
            // A path, such as `/v1/orders`.
            next => next.is_some_and(|c| is_part(c) || c == '/'),
        };
        !continues && !before.is_some_and(|c| is_part(c) || c == '.')
    })
}

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a valid pattern")
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn change(id: &str, message: &str) -> Change {
        Change {
            id: id.to_owned(),
            node_id: String::new(),
            message: message.to_owned(),
            parents: vec![],
            authored_at: SystemTime::UNIX_EPOCH,
            landed_at: SystemTime::UNIX_EPOCH,
            is_first_parent: true,
            squashed: None,
            labels: vec![],
            web_page: None,
        }
    }

    #[test]
    fn a_revert_names_its_commit_by_its_id_or_number_or_quotes_its_subject() {
        let socks = change("0123456789abcdef", "Sell socks (#12)\n\nMany of them");
        for (message, names, quotes) in [
            ("Undo it\n\nThis reverts commit 0123456789abcdef.", true, false),
            ("Undo it\n\nThis reverts commit 0123456.", true, false),
            ("Undo it\n\nThis reverts commit fedcba9876543210.", false, false),
            ("Undo it\n\nReverts #12", true, false),
            ("Revert \"Sell socks\" (#13)", false, true),
            ("Revert \"Sell socks (#12)\"", false, true),
            ("Revert \"Sell socks (#12)\" (#13)\n\nReverts acme/shop#12", true, true),
            ("Revert \"Sell socks (#14)\" (#15)\n\nReverts acme/shop#14", false, false),
            ("Revert \"Sell\"", false, false),
            ("Sell socks", false, false),
        ] {
            let revert = change("ff", message);
            let found = (names_reverted(&revert, &socks), quotes_reverted(&revert, &socks));
            assert_eq!(found, (names, quotes), "{message}");
        }
        let itself = change("aa", "Revert \"Revert \"x\"\"\n\nThis reverts commit aa.");
        assert!(!names_reverted(&itself, &itself) && !quotes_reverted(&itself, &itself));
    }

    #[test]
    fn the_words_that_close_an_issue_are_those_of_github() {
        for (message, expected) in [
            ("Fix login\n\nFixes #7", true),
            ("closes: #7", true),
            ("Resolved #7, fixed #8", true),
            ("fix #70", false),
            ("See #7", false),
            ("prefix #7", false),
        ] {
            assert_eq!(fixes(message, 7), expected, "{message}");
        }
    }

    #[test]
    fn an_incident_names_a_deployment_by_its_tag_or_its_commit() {
        let deployment = Success {
            title: "release v1.2".to_owned(),
            tag: Some("v1.2".to_owned()),
            commit: Some("0123456789abcdef".to_owned()),
            at: SystemTime::UNIX_EPOCH,
            web_page: None,
        };
        for (text, expected) in [
            ("Broken since v1.2.", true),
            ("https://github.com/acme/shop/releases/tag/v1.2", true),
            ("Broken since v1.2.3", false),
            ("GET /v1.2/orders fails", false),
            ("Broken since v1.2-rc.1", false),
            ("Broken since xv1.2", false),
            ("Broken since 0123456", true),
            ("Broken since 0123456789ABCDEF", true),
            ("Broken since 012345", false),
            ("Broken since 0123457", false),
            ("", false),
        ] {
            assert_eq!(names_deployment(text, &deployment), expected, "{text}");
        }
    }
}
