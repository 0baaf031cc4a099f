//! Which messages are those of a hotfix: the commit calls itself one, or it merges a branch or a pull
//! request that does. Texts about hotfixes, such as the code of a release tool, do not count.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    Verdict,
    message::{Merge, Message, descriptions, regex},
    revert::{is_revert_branch, starts_with_revert},
};

static START: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(?i)^[\[(`]?hot[ -]?fix(?:es)?[\])`]?(?:\([^)]*\))?!?(?:$|[\s:/])"));
static TAG: LazyLock<Regex> = LazyLock::new(|| regex(r"(?i)[\[(]hot[ -]?fix(?:es)?[\])]"));
static END: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(?i)^(?:\S+ ){0,2}hot[ -]?fix(?:es)?(?:\s*\(#[0-9]+\))?$"));
static BRANCH: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(?i)(?:^|[/_-])hot[_-]?fix(?:es)?(?:$|[/_\-#0-9])"));
/// The only answer in the form of a pull request: `- Hot Fix`, `[Hot Fix]`.
static ANSWER: LazyLock<Regex> = LazyLock::new(|| regex(r"(?i)^[\s\[*|-]*hot ?fix[\s\]|]*$"));
static MENTION: LazyLock<Regex> = LazyLock::new(|| regex(r"(?i)(?:\b|_)hot[ _-]?fix"));

/// Whether a message is that of a hotfix.
pub(super) fn classify(text: &str) -> Verdict {
    let message = Message::parse(text);
    if let Some(form) = form_of_message(&message) {
        return Verdict::counts(form);
    }
    if !MENTION.is_match(text) {
        return Verdict::Unrelated;
    }
    Verdict::NearMiss(if descriptions(message.subject()).any(starts_with_revert) {
        "it reverts a hotfix"
    } else if MENTION.is_match(message.subject()) {
        "its subject mentions a hotfix but does not call the commit one"
    } else {
        "only its body mentions a hotfix"
    })
}

fn form_of_message(message: &Message<'_>) -> Option<&'static str> {
    if let Some(merge) = message.merge() {
        if is_hotfix_branch(merge.branch) {
            return Some("it merges a hotfix branch");
        }
        let title = message.merged_title()?;
        return form_of_title(title).map(|_| "it merges a pull request whose title is that of a hotfix");
    }
    if let Some(form) = form_of_title(message.subject()) {
        return Some(form);
    }
    let merge = message.first_line().and_then(Merge::parse);
    if merge.is_some_and(|merge| is_hotfix_branch(merge.branch)) {
        return Some("it merges a hotfix branch");
    }
    let is_answer = |line: &&str| ANSWER.is_match(line);
    message.body().iter().any(is_answer).then_some("its body has a line `Hot Fix`")
}

fn form_of_title(title: &str) -> Option<&'static str> {
    for description in descriptions(title) {
        // The revert of a hotfix is no hotfix; a hotfix that reverts something is one.
        if starts_with_revert(description) {
            return None;
        }
        if START.is_match(description) {
            return Some("its subject starts with `hotfix`");
        }
        if END.is_match(description) {
            return Some("its subject is short and ends with `hotfix`");
        }
    }
    TAG.is_match(title).then_some("its subject has the tag `hotfix`")
}

fn is_hotfix_branch(branch: &str) -> bool {
    BRANCH.is_match(branch) && !is_revert_branch(branch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hotfixes_count_in_the_forms_that_people_and_tools_write() {
        for message in [
            "hotfix: login",
            "hotfix(api)!: login",
            "HOT-FIX",
            "Hot fix for the login",
            "[SHOP-12] [HOTFIX] Login",
            "SHOP-12: hotfix login",
            "sync / staging to master (hotfix)",
            "fix: security hotfix (#6793)",
            "hotfix: revert login",
            "Merge pull request #12 from acme/hotfix/login",
            "Merge pull request #12 from acme/main-hotfix-7\n\nLogin",
            "Merge pull request #12 from acme/topic\n\n[hotfix] Login",
            "Merge branch 'hotfix/1.2'",
            "Merge branch 'hotfix/1.2' into develop",
            "Closes #5\n\nMerge branch 'hotfix/5'",
            "Merged in hotfix/login (pull request #3)",
            "Login works\n\n### What type of PR is it?\nHot Fix",
        ] {
            assert!(matches!(classify(message), Verdict::Counts(_)), "{message}: {:?}", classify(message));
        }
    }

    #[test]
    fn the_word_alone_does_not_count() {
        for (message, reason) in [
            ("Revert \"hotfix: login\"", "it reverts a hotfix"),
            ("fix: revert hotfix for the login", "it reverts a hotfix"),
            ("Respect the prefix in hotfix releases, too", "its subject mentions"),
            ("Use the configuration of releases instead of hotfix", "its subject mentions"),
            ("Merge branch 'main' into hotfix/1.2", "its subject mentions"),
            (
                "Merge pull request #3 from acme/revert-2-hotfix/login\n\nRevert \"hotfix / login\"",
                "its subject mentions",
            ),
            ("Tidy\n\nAfter the hotfix.", "only its body"),
            ("Login\n\n[Bug Fix | Improvement | Hot Fix | Refactoring]", "only its body"),
            ("Merge branch 'main' into dev\n\n  Hotfix: Citations", "only its body"),
        ] {
            let Verdict::NearMiss(said) = classify(message) else {
                panic!("{message}: {:?}", classify(message));
            };
            assert!(said.starts_with(reason), "{message}: {said}");
        }
        for message in ["Fix the hot path", "Take a screenshot fixture", "Screenshot fix", "hot\nfix", ""] {
            assert_eq!(classify(message), Verdict::Unrelated, "{message}");
        }
    }
}
