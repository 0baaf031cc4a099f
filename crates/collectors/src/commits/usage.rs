//! How a subject line uses a word such as `Revert`. `Revert login` says what the commit does, but `Revert button` names a part
//! of the program, and `Reverts are shown` is a statement about reverts. The words that follow show the difference.

use super::pattern::patterns;

patterns! {
    /// `Revert button: fix its colour`: up to three words before a colon name a part of the program. Words with digits are
    /// versions and tickets.
    PART_OF_PROGRAM = r"^(?P<first>[A-Za-z_\x80-\xff]+)(?: [A-Za-z_\x80-\xff]+){0,2}:(?:\s|$)";
    /// The first words of other texts before a colon: `Revert feat: add login`, `Hotfix for login: be exact`.
    NOT_A_PART = concat!(
        r"(?i)^(?:feat|fix|chore|docs?|ci|build|tests?|perf|refactor|style|revert|enhancement",
        r"|for|in|of|on|to|from|with|and|the|an?)$",
    );
    /// The start of a predicate. Only in lower case, because `Revert CAN frames` is about a noun.
    PREDICATE = concat!(
        r"^(?:is|are|was|were|isn't|aren't|has|have|had|does|doesn't|do not|don't|did|didn't|should|shouldn't",
        r"|must|may|might|can|cannot|can't|could|would|will|won't|shall|needs|no longer",
        r"|works|fails|crashes|ignores)\b",
    );
    /// Nouns for parts of a program. In the singular, they need an article to be the object of a verb.
    PART = concat!(
        r"(?i)^(?:button|dialog|modal|popup|menu|shortcut|prompt|command|subcommand|helper|action|flag|option",
        r"|endpoint|handler|hook|function|functionality|logic)(?:[^\w-]|$)",
    );
    /// `Revert button changes`, `Revert flag removal (#12)`, `Revert flag to false`: the commit reverts a change of the
    /// part.
    CHANGE = concat!(
        r"(?i)^\w+ to\s|^\w+(?: \S+){0,2} (?:changes?|updates?|upgrades?|bumps?|removals?|additions?|refactor(?:ing)?",
        r"|renam(?:e|ing)|rewrite|migration|introduction|defaults?)",
        r"(?:$|[,.;(]| \(| (?:in|to|of|for|from|on|because|since|due|until|as|and|made|introduced|that|which)\b)",
    );
}

/// Whether the word and the words that follow name a part of the program, before a colon.
pub(super) fn is_part_of_program(following: &str) -> bool {
    PART_OF_PROGRAM
        .captures(following)
        .is_some_and(|part| !NOT_A_PART.is_match(part.get("first").unwrap_or_default()))
}

/// Whether the word is the subject of a sentence that continues with these words.
pub(super) fn is_grammatical_subject(following: &str) -> bool {
    PREDICATE.is_match(following)
}

/// Whether the word modifies the noun that follows.
pub(super) fn is_modifier(following: &str) -> bool {
    PART.is_match(following) && !CHANGE.is_match(following)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_following_words_show_how_a_word_is_used() {
        for (following, expected) in [
            ("button: fix its colour", "part modifier"),
            ("login page: be exact", "part"),
            ("feat: add login", ""),
            ("for login: be exact", ""),
            ("v2: login", ""),
            ("are shown", "subject"),
            ("is_open, which is slow", ""),
            ("CAN frames", ""),
            ("button", "modifier"),
            ("Command ignores staged files", "modifier"),
            ("button changes its colour", "modifier"),
            ("button changes (#3)", ""),
            ("flag removal", ""),
            ("flag to false", ""),
            ("helper renamed to undo", "modifier"),
            ("action-based login", ""),
            ("buttons", ""),
            ("the button", ""),
            ("login", ""),
            ("", ""),
        ] {
            let found = [
                is_part_of_program(following).then_some("part"),
                is_grammatical_subject(following).then_some("subject"),
                is_modifier(following).then_some("modifier"),
            ];
            assert_eq!(found.into_iter().flatten().collect::<Vec<_>>().join(" "), expected, "{following}");
        }
    }
}
