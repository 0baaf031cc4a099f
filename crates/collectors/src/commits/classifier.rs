//! Which messages a metric counts: the built-in forms, or the patterns of the settings.

use serde::Deserialize;

use super::{Patterns, PatternsError, Verdict, hotfix, revert};

/// What decides whether a message counts.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct Classifier(Kind);

#[derive(Debug, Clone)]
enum Kind {
    BuiltIn(fn(&str) -> Verdict),
    Patterns(Patterns),
}

impl Classifier {
    /// Messages of hotfixes.
    #[must_use]
    pub fn hotfixes() -> Self {
        Self(Kind::BuiltIn(hotfix::classify))
    }

    /// Messages of reverts.
    #[must_use]
    pub fn reverts() -> Self {
        Self(Kind::BuiltIn(revert::classify))
    }

    /// Whether a message counts, and why.
    #[must_use]
    pub fn classify(&self, message: &str) -> Verdict {
        match &self.0 {
            Kind::BuiltIn(classify) => classify(message),
            Kind::Patterns(patterns) => match patterns.find(message) {
                Some(pattern) => Verdict::Counts(format!("its message matches `{pattern}`")),
                None => Verdict::Unrelated,
            },
        }
    }
}

impl From<Patterns> for Classifier {
    fn from(patterns: Patterns) -> Self {
        Self(Kind::Patterns(patterns))
    }
}

impl TryFrom<Vec<String>> for Classifier {
    type Error = PatternsError;

    fn try_from(patterns: Vec<String>) -> Result<Self, PatternsError> {
        Patterns::new(&patterns).map(Self::from)
    }
}
