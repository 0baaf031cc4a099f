//! Which messages are reverts. The word alone is not enough: squash merges list reverts of their own commits, and
//! programs have buttons that revert. So the form of the subject decides, or a line of the body that git or GitHub
//! writes.

use super::{
    Classification,
    message::{CommitMessage, bullet, without_prefixes},
    pattern::patterns,
    usage::{is_grammatical_subject, is_modifier, is_part_of_program},
};

// A reference to a commit or a pull request.
macro_rules! reference {
    () => {
        concat!(
            r"(?:commits?:?\s+)?(?:[0-9a-f]{7,64}\b|(?:[\w.-]+/[\w.-]+)?#[0-9]+\b",
            r"|https?://\S+/(?:pull|pulls|commit|merge_requests)/\w+)",
        )
    };
}

patterns! {
    TAG = r"(?i)^[\[(]reverts?[\])]";
    TYPE = r"(?i)^revert(?:\([^)]*\))?!?:\s";
    VERB = r"(?i)^(?:\w+ly )?revert(?P<ending>s|ed|ing)?(?:\s+(?P<object>.*)|[.!]?$)";
    /// `Partial revert of #12`, but not `Fix revert of transactions`.
    NOUN = concat!(
        r"(?i)^(?:an? )?(?:partial|temporary|manual|full|complete|total|clean|selective|emergency|quick|auto|automatic",
        r"|automated|minimal|another|first|second)[ -]revert of\s",
    );
    /// `Revert the lock file when the command fails`, `Revert to the default when none is set`: the text says what the
    /// program does.
    CONDITION = concat!(
        r"(?i)(?:^|\s)(?:when|if)\s.*\b(?:fail\w*|errors?)\b|(?:^|\s)(?:up)?on (?:\w+ )?(?:errors?|failures?)\b",
        r"|^(?:back )?to\s.*\s(?:when|whenever|if|unless)\s",
    );
    /// `Revert when the name is taken`: no reverted change is named.
    ONLY_CONDITION = r"(?i)^(?:when|whenever|if|unless|once|on|upon)\s";
    /// Words that show another use of the verb: `Roll back the database when the name is taken`, `Back out of the dialog`.
    OTHER_USE = r"(?i)(?:^|\s)(?:when|if|on|in|of|for|support)\b";
    OTHER_VERB = r"(?i)^(?:roll(?:ed|ing)?[ -]?back|back(?:ed|ing)? out|undo(?:es|ing)?)\s+(?P<object>.*)";
    /// Like `OTHER_VERB`, but without `rollback`, and with `undo` only before a word such as `the`: both are mostly nouns.
    SEPARATE_VERB = r"(?i)^(?:roll(?:ed|ing)? back|back(?:ed|ing)? out|undo(?:es|ing)? (?:the|a|an|all|some|my|our|last|previous|accidental))\s";
    VERSION = r"(?i)^(?:to|from)\s.*[0-9]|\sto v?[0-9]";
    QUOTE = "^(?:\"|\u{201c})";
    AGAIN = concat!(
        r"(?i)^(?:re-?(?:appl|land)|un-?revert",
        r"|(?:undo(?:es|ing)?|roll(?:ed|ing)?[ -]?back|back(?:ed|ing)? out) (?:(?:the|an?|my|our|last) )?(?:\w+ )?(?:revert|roll-?back)\b)",
    );
    /// The branches that GitHub and GitLab create for their button "Revert": `revert-12-login`, `revert-1a2b3c4d`.
    BUTTON_BRANCH = r"(?i)(?:^|/)revert-(?:[0-9]+-|[0-9a-f]{8}(?:$|-))";
    /// Other branches that are named after a revert, except those of features.
    BRANCH = r"(?i)^(?P<folder>.*/)?(?P<text>reverts?[-_/].*)";
    FEATURE = r"(?i)(?:^|/)feat(?:ures?)?/";
    TITLE = "(?i)^\\**revert\\s+(?:\"|\u{201c})(?P<quoted>.*)";
    NESTED = "(?i)^re(?:vert|apply)\\s+(?:\"|\u{201c})";
    PULL_REQUEST_NUMBER = r"\(#[0-9]+\)";
    /// A revert of an exact commit or pull request, anywhere in a subject: `Bump axum, revert #12`.
    ANYWHERE = concat!("(?i)\\brevert(?:s|ed|ing)?:? (?:\"|\u{201c}|", reference!(), ")");
    /// A revert as the second change of a commit: `Raise the timeout and revert the new queue`, `Faster builds (revert)`.
    /// The scope in `fix(revert): x` is a part of the program.
    SECOND = concat!(
        r"(?i)(?:[,;+&]| and| -|(?:^|\W|chore)[\[(]) ?revert(?:s|ing)?",
        r"(?:\s+(?P<object>[\w\x80-\xff].*)|[\])])",
    );
    REFERS = concat!("(?i)^", reference!());
    LINE = concat!(
        r"(?i)^(?:this |this (?:pr|mr|commit|change|pull request|merge request) )?(?:\w+ly )?reverts?:? (?:.*[\s(])?",
        reference!(),
    );
    /// Like `LINE`, but inside a sentence: `Enable the test again, reverting #12`.
    SENTENCE = concat!(r"(?i)\s(?:reverts|reverting) ", reference!());
    MENTION = r"(?i)\b(?:un)?revert|\bre-?appl(?:y|ies)\b|\broll(?:ed|ing|s)?[ -]?back|\bback(?:ed|ing)? out\b";
}

/// Whether a message is a revert.
pub(super) fn classify(text: &str) -> Classification {
    let message = CommitMessage::parse(text);
    if let Some(form) = form_of_message(&message) {
        return Classification::from_form(form);
    }
    if without_prefixes(message.subject()).any(|text| AGAIN.is_match(text)) && MENTION.is_match(text) {
        return Classification::NearMiss("it lands a reverted change again");
    }
    if MENTION.is_match(message.subject()) {
        return Classification::NearMiss(
            "its subject line mentions a revert, but does not have the form of one",
        );
    }
    if message.bullets().any(|bullet| MENTION.is_match(bullet)) {
        return Classification::NearMiss("the revert is a bullet in its body, a part of a larger change");
    }
    if MENTION.is_match(text) {
        return Classification::NearMiss("only the text of its body mentions a revert");
    }
    Classification::Unrelated
}

/// Whether a title without prefixes starts with a revert.
pub(super) fn starts_with_revert(description: &str) -> bool {
    form_of_description(description).is_some()
}

/// Whether a branch was made for a revert, according to its name.
pub(super) fn is_revert_branch(branch: &str) -> bool {
    BUTTON_BRANCH.is_match(branch)
        || BRANCH.captures(branch).is_some_and(|named| {
            let is_feature = named.get("folder").is_some_and(|folder| FEATURE.is_match(folder));
            !is_feature
                && starts_with_revert(&named.get("text").unwrap_or_default().replace(['-', '_', '/'], " "))
        })
}

fn form_of_message(message: &CommitMessage<'_>) -> Option<&'static str> {
    if let Some(form) = form_of_title(message.subject()) {
        return Some(form);
    }
    if let Some(merge) = message.merge() {
        return form_of_merge(merge.branch, message.merged_title());
    }
    if without_prefixes(message.subject()).any(|text| AGAIN.is_match(text)) {
        return None;
    }
    form_of_body(message)
}

/// The title decides. But if the button "Revert" made the branch, the merge is a revert, unless the title lands a reverted
/// change again. Without a title, the branch decides.
fn form_of_merge(branch: &str, title: Option<&str>) -> Option<&'static str> {
    let is_again = |title| without_prefixes(title).any(|text| AGAIN.is_match(text));
    let is_revert_by_branch = match title {
        Some(title) => BUTTON_BRANCH.is_match(branch) && !is_again(title),
        None => is_revert_branch(branch),
    };
    if is_revert_by_branch {
        return Some("it merges a branch that was made for a revert");
    }
    title.and_then(form_of_title).map(|_| "it merges a pull request whose title is a revert")
}

fn form_of_title(title: &str) -> Option<&'static str> {
    for description in without_prefixes(title) {
        if AGAIN.is_match(description) {
            return None;
        }
        if let Some(form) = form_of_description(description) {
            return Some(form);
        }
        // If the text starts with the verb and is not a revert, it must not become one when prefixes are removed.
        if VERB.is_match(description) {
            return None;
        }
    }
    let is_second = SECOND.captures(title).is_some_and(|second| {
        let object = second.get("object").unwrap_or_default();
        !is_modifier(object) && !is_grammatical_subject(object) && !CONDITION.is_match(title)
    });
    (is_second || ANYWHERE.is_match(title)).then_some("its subject says that it also reverts a change")
}

fn form_of_description(text: &str) -> Option<&'static str> {
    if TAG.is_match(text) {
        return Some("its subject has the tag `revert`");
    }
    if TYPE.is_match(text) {
        return Some("its subject has the type `revert`");
    }
    if let Some(verb) = VERB.captures(text) {
        let object = verb.get("object").unwrap_or_default();
        if QUOTE.is_match(object) {
            return Some("its subject is `Revert \"…\"`");
        }
        let is_noun = is_part_of_program(object)
            || is_grammatical_subject(object)
            || (verb.get("ending").is_none() && is_modifier(object));
        let is_condition = CONDITION.is_match(object) || ONLY_CONDITION.is_match(object);
        if !REFERS.is_match(object) && (is_noun || is_condition) {
            return None;
        }
        return Some("its subject starts with the verb `revert`");
    }
    if NOUN.is_match(text) {
        return Some("its subject is `… revert of …`");
    }
    let verb = OTHER_VERB.captures(text)?;
    let object = verb.get("object")?;
    let is_exact = QUOTE.is_match(object) || REFERS.is_match(object);
    let is_noun = is_part_of_program(object) || is_grammatical_subject(object) || is_modifier(object);
    let is_verb = SEPARATE_VERB.is_match(text) && !OTHER_USE.is_match(object);
    (is_exact || (!is_noun && (VERSION.is_match(object) || is_verb)))
        .then_some("its subject rolls a change back")
}

fn form_of_body(message: &CommitMessage<'_>) -> Option<&'static str> {
    let first = message.first_body_line()?;
    let is_simple = |title: &str| {
        TITLE.captures(title).is_some_and(|title| !NESTED.is_match(title.get("quoted").unwrap_or_default()))
    };
    match bullet(first) {
        None if is_simple(first) => return Some("its body starts with `Revert \"…\"`"),
        // The number shows that the reverted commit had landed. Commits inside a branch have no number.
        Some(title) if is_simple(title) && PULL_REQUEST_NUMBER.is_match(title) => {
            return Some("its body starts with the revert of a pull request");
        }
        _ => {}
    }
    let mut bullets = message.bullets().peekable();
    if bullets.peek().is_some() && bullets.all(is_simple) {
        return Some("every bullet of its body is a revert");
    }
    let own_lines = message.body().iter().take_while(|line| {
        // The text after a bullet, or after the subject of another commit, belongs to a squashed commit.
        bullet(line.trim_start()).is_none() && (**line == first || !NESTED.is_match(line))
    });
    let mut reverting_lines = own_lines.filter(|line| LINE.is_match(line) || SENTENCE.is_match(line));
    reverting_lines.next().map(|_| "a line of its body says what it reverts")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reverts_count_in_the_forms_that_people_and_tools_write() {
        for message in [
            "Revert \"X\"",
            "Revert \"Revert \"X\"\"",
            "revert: x",
            "revert(api): x",
            "revert!: x",
            "[API] Revert \"X\" (#14)",
            "fix: revert login",
            "chore(ci): (revert) faster builds (#3)",
            "chore: [revert] faster builds",
            "Revert 1234567",
            "Revert feat: add login",
            "Temporarily revert #12",
            "REVERT",
            "Back out the new parser",
            "Roll back to Rust 1.44",
            "Rollback \"Add login\"",
            "Make login faster\n\nThis reverts commit 1234567.",
            "Make login faster\n\nBecause of the outage.\n\nThis reverts commit 1234567, reversing\nchanges made to 7654321.",
            "Simplify login (#13)\n\nReverts acme/shop#12",
            "Simplify login\n\nThis PR reverts https://github.com/acme/shop/pull/12 for now",
            "Simplify login\n\nReverts: #12",
            "Simplify login (#13)\n\n* Revert \"Add login (#12)\"\n\nThis reverts commit 1234567.\n\n* Fix a test",
            "Simplify login (#13)\n\n- **Revert \"Add login\"**\n- **Revert \"Test login\"**",
            "Merge pull request #2 from acme/revert-1-login\n\nRevert \"Add login\"",
            "Merge pull request #2 from acme/topic\n\nRevert the login page",
            "Merge pull request #2 from acme/revert-1-login\n\nUse the old parser",
            "Merge branch 'revert-1a2b3c4d' into 'main'\n\nUse the old parser",
            "Merge branch 'revert-login-page'",
            "Merge branch 'revert-login-page'\n\n# Conflicts:\n#\tlogin.rs",
            "Merge revert-1-login into main",
            "Manual revert of #12",
            "Revert of #12",
            "Reverted button colours",
            "Revert the button",
            "Revert button changes",
            "Revert #12 on error",
            "Revert to v2: the new one is slow",
            "Raise the timeout and revert the button",
        ] {
            assert!(
                matches!(classify(message), Classification::Counts(_)),
                "{message}: {:?}",
                classify(message)
            );
        }
    }

    #[test]
    fn a_mention_of_a_revert_does_not_count() {
        for (message, reason) in [
            ("Revert button: fix its colour", "its subject line mentions"),
            ("fix: revert button: its colour", "its subject line mentions"),
            ("Reapply \"X\"", "it lands a reverted change again"),
            ("Reapply \"X\"\n\nThis reverts commit 1234567.", "it lands a reverted change again"),
            ("fix: reapply #12", "it lands a reverted change again"),
            ("Rollback pyproject.toml changes on all errors", "its subject line mentions"),
            ("Revert `uv.lock` changes when `uv add` fails", "its subject line mentions"),
            ("Show reverts commit list in the UI", "its subject line mentions"),
            ("Add a revert button", "its subject line mentions"),
            ("Roll back on failure", "its subject line mentions"),
            ("fix: roll back on failure", "its subject line mentions"),
            ("Roll back when the name is taken", "its subject line mentions"),
            ("Roll back if tests fail", "its subject line mentions"),
            ("Roll back button: show it twice", "its subject line mentions"),
            ("Rollback command moves to 2 pages", "its subject line mentions"),
            ("Revert on error", "its subject line mentions"),
            ("fix: revert on error", "its subject line mentions"),
            ("Revert when the name is taken", "its subject line mentions"),
            ("fix: revert to the default theme when none is set", "its subject line mentions"),
            ("fix(revert): keep the file mode", "its subject line mentions"),
            ("feat: revert button", "its subject line mentions"),
            ("Revert dialog opens twice", "its subject line mentions"),
            ("Reverts are shown in the log", "its subject line mentions"),
            ("Reverting is slow", "its subject line mentions"),
            ("fix(git): revert command ignores staged files", "its subject line mentions"),
            ("fix: revert should keep file mode", "its subject line mentions"),
            ("refactor: revert helper renamed to undo", "its subject line mentions"),
            ("Show the undo and revert button", "its subject line mentions"),
            ("Fix revert of transactions", "its subject line mentions"),
            ("Undo revert of X", "it lands a reverted change again"),
            ("Undo the partial revert of X", "it lands a reverted change again"),
            ("Un-revert \"X\"", "it lands a reverted change again"),
            ("fix: unrevert #12", "it lands a reverted change again"),
            ("Merge pull request #9 from me/revert-button\n\nAdd revert button", "its subject line mentions"),
            ("Merge pull request #9 from me/revert-login\n\nAdd an undo page", "its subject line mentions"),
            ("Merge pull request #9 from me/feature/revert-dialog", "its subject line mentions"),
            ("Merge pull request #9 from me/feature/revert-transactions", "its subject line mentions"),
            (
                "Merge pull request #9 from me/revert-8-login\n\nReapply \"Login\"",
                "its subject line mentions",
            ),
            (
                "Add login (#3)\n\n* Draft\n\n* Revert \"Draft\"\n\nThis reverts commit 1234567.\n\n* Finish",
                "the revert is a bullet",
            ),
            (
                "Add login (#3)\n\n* Revert \"Draft\"\n\nThis reverts commit 1234567.\n\n* Finish",
                "the revert is a bullet",
            ),
            (
                "Add login\n\nDraft it.\n\nRevert \"Draft\"\n\nThis reverts commit 1234567.",
                "only the text of its body",
            ),
            ("Add login\n\nIt never reverts a commit.", "only the text of its body"),
            ("Tidy\n\n- This reverts commit 1234567.", "the revert is a bullet"),
        ] {
            let Classification::NearMiss(actual) = classify(message) else {
                panic!("{message}: {:?}", classify(message));
            };
            assert!(actual.starts_with(reason), "{message}: {actual}");
        }
        for message in ["Add login", "Irrevertible", "", "\n"] {
            assert_eq!(classify(message), Classification::Unrelated, "{message}");
        }
    }
}
