//! Which messages a metric counts: those of the built-in forms, or those that match the settings' patterns.

use serde::Deserialize;

use super::{Classification, MessagePatterns, MessagePatternsError, hotfix, revert};

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
