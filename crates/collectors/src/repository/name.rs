//! The names of a repository on GitHub and of a branch.

use std::{fmt, str::FromStr};

use serde::Deserialize;

/// The name of a repository on GitHub: `owner/name`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct RepositoryName {
    owner: String,
    name: String,
}

/// The name of a branch, such as `main` or `release/2.x`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Branch(String);

/// Why a name was refused. The name is not repeated, because people paste URLs that contain a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// It is not the name of a repository.
    #[error(
        "this is not the name of a repository; write \"owner/name\", such as \"rust-lang/rust\", without a URL around it"
    )]
    Repository,
    /// It is not the name of a branch.
    #[error("this is not the name of a branch; write one such as \"main\"")]
    Branch,
}

impl RepositoryName {
    /// The user or organization that owns the repository.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// The name, without the owner.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether a path on any host is this `owner/name`. Case is ignored.
    pub(crate) fn is_path(&self, path: &str) -> bool {
        self.to_string().eq_ignore_ascii_case(path)
    }

    /// Whether both names are the same for GitHub, which does not distinguish upper and lower case.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.owner.eq_ignore_ascii_case(&other.owner) && self.name.eq_ignore_ascii_case(&other.name)
    }

    /// `owner/name` in lower case, which is equal for all names that are the same for GitHub.
    pub(super) fn lowercase(&self) -> String {
        self.to_string().to_ascii_lowercase()
    }
}

impl Branch {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RepositoryName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let is_valid = |part: &&str| {
            let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            !part.is_empty() && part.chars().all(is_allowed) && !matches!(*part, "." | "..")
        };
        match text.split('/').collect::<Vec<_>>()[..] {
            [owner, name] if [owner, name].iter().all(is_valid) => {
                Ok(Self { owner: owner.to_owned(), name: name.to_owned() })
            }
            _ => Err(NameError::Repository),
        }
    }
}

impl TryFrom<String> for RepositoryName {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl TryFrom<String> for Branch {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        let is_forbidden = |c: char| c.is_whitespace() || c.is_control();
        if text.is_empty() || text.contains(is_forbidden) { Err(NameError::Branch) } else { Ok(Self(text)) }
    }
}

impl fmt::Display for RepositoryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

impl fmt::Display for Branch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shown_as_they_were_parsed() {
        for text in ["rust-lang/rust", "o/.github", "a_b/c.d-e"] {
            assert_eq!(text.parse::<RepositoryName>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn texts_that_are_not_owner_and_name_are_refused() {
        for text in
            ["", "rust", "a/b/c", "/rust", "rust-lang/", "a/..", "a b/c", "https://github.com/a/b", "a/b?x"]
        {
            assert_eq!(text.parse::<RepositoryName>(), Err(NameError::Repository), "{text}");
        }
    }

    #[test]
    fn names_that_differ_only_in_case_are_the_same() {
        let repository = |text: &str| text.parse::<RepositoryName>().unwrap();
        assert!(repository("Acme/App").is_same_as(&repository("acme/app")));
        assert!(!repository("acme/app").is_same_as(&repository("acme/api")));
    }
}
