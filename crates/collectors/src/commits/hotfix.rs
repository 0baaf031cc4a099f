//! Which messages are hotfixes: the commit calls itself one, or it merges a branch or a pull request that does. A
//! commit that only has to do with hotfixes, such as one in a release tool, does not count.

use super::{
    Classification,
    message::{CommitMessage, MergeSubject, without_prefixes},
    pattern::patterns,
    revert::{is_revert_branch, starts_with_revert},
    usage::{is_grammatical_subject, is_modifier, is_part_of_program},
};

patterns! {
    /// `hotfix: x`, `[hotfix] x`, `hotfix(api): x`, `hotfix/x` and `HOTFIX-12 x`, but not `hotfixes: x`, in which the
    /// plural names a part of the program.
    LABEL = concat!(
        r"(?i)^(?:[\[(`]hot[ -]?fix(?:es)?[\])`](?:$|[\s:/])|hot[ -]?fix(?:\([^)]*\))?!?(?:$|:|\s*/)",
        r"|hot[ -]?fix[-_#][0-9])",
    );
    /// `Hotfix login`, `Hotfixed login`.
    VERB = r"(?i)^hot[ -]?fix(?:es|ed|ing)?(?:$|\s+(?P<object>.*))";
    /// `x (hotfix)`, `fix(hotfix): x`, but not `docs(hotfix): x`, whose scope is a part of the program.
    TAG = r"(?i)(?:^|\W|fix|bug|chore)[\[(]hot[ -]?fix(?:es)?[\])]";
    END = r"(?i)^(?P<before>(?:\S+ ){0,2})hot[ -]?fix(?:es| release)?(?:\s*\(#[0-9]+\))?$";
    BRANCH = r"(?i)(?:^|[/_-])hot[_-]?fix(?:es)?(?:$|/|#|[0-9]|[_-](?P<object>.*))";
    /// Things that have to do with hotfixes, but are not hotfixes: `Hotfix release workflow`, `hotfix-docs`.
    ABOUT = concat!(
        r"(?i)^(?:releases? (?:is|are|was|were|has|have|should|must|may|can|will)\b",
        r"|(?:release )?(?:branch(?:es)?|workflows?|scripts?|pages?|sections?|templates?|process(?:es)?|procedures?",
        r"|notes?|runbooks?|instructions|flows?|polic(?:y|ies)|guides?|guidelines?|checklists?|strateg(?:y|ies)",
        r"|conventions?|docs?|documentation",
        r"|detection|labels?|tags?|prefix(?:es)?|types?|counts?|metrics?|support)(?:[^\w-]|$))",
    );
    /// The words before a hotfix that is only mentioned: `Document hotfixes`, `no-hotfix`.
    MENTIONED = concat!(
        r"(?i)(?:^|[\s/_-])(?:no|not|non|without|about|of|after|before|until|than|like|document|describe|explain|detect",
        r"|count|list|show|mention|ignore|skip|support|allow|handle|recogni[sz]e|remove|drop|delete|rename)",
        r"(?:[\s_-](?:the|an?|all|old|our|my))*[\s/_-]*$",
    );
    /// A line of a pull request's form after the other options were deleted: `- Hot Fix`, `[Hot Fix]`.
    ANSWER = r"(?i)^[\s\[*|-]*hot ?fix[\s\]|]*$";
    MENTION = r"(?i)(?:\b|_)hot[ _-]?fix";
}

/// Whether a message is a hotfix.
pub(super) fn classify(text: &str) -> Classification {
    let message = CommitMessage::parse(text);
    if let Some(form) = form_of_message(&message) {
        return Classification::from_form(form);
    }
    if !MENTION.is_match(text) {
        return Classification::Unrelated;
    }
    Classification::NearMiss(if without_prefixes(message.subject()).any(starts_with_revert) {
        "it reverts a hotfix"
    } else if MENTION.is_match(message.subject()) {
        "its subject line mentions hotfixes, but does not say that this commit is one"
    } else {
        "only its body mentions a hotfix"
    })
}

fn form_of_message(message: &CommitMessage<'_>) -> Option<&'static str> {
    if let Some(merge) = message.merge() {
        if is_hotfix_branch(merge.branch) {
            return Some("it merges a hotfix branch");
        }
        let title = message.merged_title()?;
        return form_of_title(title).map(|_| "it merges a pull request whose title is a hotfix");
    }
    if let Some(form) = form_of_title(message.subject()) {
        return Some(form);
    }
    let merge = message.first_body_line().and_then(MergeSubject::parse);
    if merge.is_some_and(|merge| is_hotfix_branch(merge.branch)) {
        return Some("it merges a hotfix branch");
    }
    let is_answer = |line: &&str| ANSWER.is_match(line);
    message.body().iter().any(is_answer).then_some("its body has a line `Hot Fix`")
}

fn form_of_title(title: &str) -> Option<&'static str> {
    for description in without_prefixes(title) {
        // The revert of a hotfix is not a hotfix, but a hotfix that reverts something is one.
        if starts_with_revert(description) {
            return None;
        }
        if LABEL.is_match(description) {
            return Some("its subject starts with `hotfix`");
        }
        if let Some(verb) = VERB.captures(description) {
            let object = verb.get("object").unwrap_or_default();
            // A text that starts with `hotfix` and is not one must not become one when more prefixes are removed.
            return (!is_about(object)).then_some("its subject starts with `hotfix`");
        }
        if END
            .captures(description)
            .is_some_and(|end| !MENTIONED.is_match(end.get("before").unwrap_or_default()))
        {
            return Some("its subject is short and ends with `hotfix`");
        }
    }
    TAG.is_match(title).then_some("its subject has the tag `hotfix`")
}

/// Whether `hotfix` and the words that follow it name a thing that has to do with hotfixes, but is not one.
fn is_about(following: &str) -> bool {
    ABOUT.is_match(following)
        || is_part_of_program(following)
        || is_grammatical_subject(following)
        || is_modifier(following)
}

fn is_hotfix_branch(branch: &str) -> bool {
    let Some(named) = BRANCH.captures(branch) else { return false };
    let before = named.before();
    let object = named.get("object").unwrap_or_default().replace(['-', '_', '/'], " ");
    !MENTIONED.is_match(before) && !is_about(&object) && !is_revert_branch(branch)
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
            "HOTFIX-12 y",
            "Hotfixes",
            "Hotfix 1.2: login",
            "Hotfix for login: be exact",
            "Hotfix release 1.2",
            "hotfixed login",
            "[api] prepare hotfix release",
            "fix(hotfix): login",
            "[hotfix] script: fix its path",
            "hotfix: script: fix its path",
            "Hotfix/docs",
            "Merge branch 'hotfix/docs'",
            "Merge pull request #12 from acme/hotfix-login\n\nLogin works",
            "Merge pull request #12 from acme/login_hotfix\n\nLogin works",
            "Merge hotfix/1.2 into main",
            "Merge hotfix into main",
        ] {
            assert!(
                matches!(classify(message), Classification::Counts(_)),
                "{message}: {:?}",
                classify(message)
            );
        }
    }

    #[test]
    fn a_message_that_only_mentions_hotfixes_does_not_count() {
        for (message, reason) in [
            ("Revert \"hotfix: login\"", "it reverts a hotfix"),
            ("fix: revert hotfix for the login", "it reverts a hotfix"),
            ("Respect the prefix in hotfix releases, too", "its subject line mentions"),
            ("Use the configuration of releases instead of hotfix", "its subject line mentions"),
            ("Merge branch 'main' into hotfix/1.2", "its subject line mentions"),
            (
                "Merge pull request #3 from acme/revert-2-hotfix/login\n\nRevert \"hotfix / login\"",
                "its subject line mentions",
            ),
            ("Hotfix release workflow is documented", "its subject line mentions"),
            ("Hotfix releases are documented", "its subject line mentions"),
            ("Hotfixes are counted once", "its subject line mentions"),
            ("Hotfix should keep its tag", "its subject line mentions"),
            ("hotfixes: document", "its subject line mentions"),
            ("Hotfix script: fix path", "its subject line mentions"),
            ("Hotfix button opens twice", "its subject line mentions"),
            ("feat: hotfixes page", "its subject line mentions"),
            ("Document hotfixes", "its subject line mentions"),
            ("Document hotfix release", "its subject line mentions"),
            ("docs(hotfix): explain it", "its subject line mentions"),
            ("docs: explain the hotfix (#12)", "its subject line mentions"),
            ("hotfixed releases: list them", "its subject line mentions"),
            ("Merge branch 'hotfix-docs'", "its subject line mentions"),
            ("Merge branch 'no-hotfix' into main", "its subject line mentions"),
            ("Merge branch 'document-the-hotfix'", "its subject line mentions"),
            ("Merge pull request #3 from acme/topic\n\nfix: hotfix detection in report", "only its body"),
            ("fix: hotfix detection in report", "its subject line mentions"),
            ("Merge main into hotfix/1.2", "its subject line mentions"),
            ("Tidy\n\nAfter the hotfix.", "only its body"),
            ("Login\n\n[Bug Fix | Improvement | Hot Fix | Refactoring]", "only its body"),
            ("Merge branch 'main' into dev\n\n  Hotfix: Citations", "only its body"),
        ] {
            let Classification::NearMiss(actual) = classify(message) else {
                panic!("{message}: {:?}", classify(message));
            };
            assert!(actual.starts_with(reason), "{message}: {actual}");
        }
        for message in ["Fix the hot path", "Take a screenshot fixture", "Screenshot fix", "hot\nfix", ""] {
            assert_eq!(classify(message), Classification::Unrelated, "{message}");
        }
    }
}
