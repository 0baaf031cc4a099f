//! Which messages a metric counts: those in the built-in forms, or those that match the settings' patterns.

use std::sync::Once;

use serde::Deserialize;

use super::{Classification, MessagePatterns, MessagePatternsError, hotfix, message, revert, usage};

/// Decides whether a message counts.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct Classifier(Rule);

#[derive(Debug, Clone)]
enum Rule {
    BuiltIn(fn(&str) -> Classification),
    Patterns(MessagePatterns),
}

impl Classifier {
    /// The built-in forms of hotfixes.
    #[must_use]
    pub fn hotfixes() -> Self {
        Self(Rule::BuiltIn(hotfix::classify))
    }

    /// The built-in forms of reverts.
    #[must_use]
    pub fn reverts() -> Self {
        Self(Rule::BuiltIn(revert::classify))
    }

    /// Whether a message counts, and why.
    #[must_use]
    pub fn classify(&self, message: &str) -> Classification {
        match &self.0 {
            Rule::BuiltIn(classify) => classify(message),
            Rule::Patterns(patterns) => match patterns.find(message) {
                Some(pattern) => Classification::Counts(format!("its message matches `{pattern}`")),
                None => Classification::Unrelated,
            },
        }
    }
}

/// Starts to compile the patterns of the built-in forms on another thread, while the commits are requested. A pattern
/// that is needed earlier is compiled where it is needed.
pub(super) fn compile_in_background() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| drop(tokio::task::spawn_blocking(compile_patterns)));
}

fn compile_patterns() {
    for pattern in
        [message::PATTERNS, usage::PATTERNS, revert::PATTERNS, hotfix::PATTERNS].into_iter().flatten()
    {
        pattern.compile();
    }
}

impl From<MessagePatterns> for Classifier {
    fn from(patterns: MessagePatterns) -> Self {
        Self(Rule::Patterns(patterns))
    }
}

impl TryFrom<Vec<String>> for Classifier {
    type Error = MessagePatternsError;

    fn try_from(patterns: Vec<String>) -> Result<Self, MessagePatternsError> {
        MessagePatterns::new(&patterns).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_patterns_of_the_built_in_forms_compile() {
        compile_patterns();
    }
}
