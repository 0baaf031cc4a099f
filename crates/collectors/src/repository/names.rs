//! A list of repositories without duplicates.

use std::{collections::HashSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error, SeqAccess, Visitor},
};

use super::RepositoryName;

/// At least one repository, and none of them twice. In a string, such as an environment variable, commas or whitespace separate
/// them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryNames(Vec<RepositoryName>);

impl RepositoryNames {
    /// The names, in the order of the settings.
    #[must_use]
    pub fn as_slice(&self) -> &[RepositoryName] {
        &self.0
    }

    fn new<E: Error>(names: Vec<RepositoryName>) -> Result<Self, E> {
        if names.is_empty() {
            return Err(E::custom("no repository is named; write at least one, such as [\"acme/shop\"]"));
        }
        let mut lowercase_names = HashSet::new();
        match names.iter().find(|name| !lowercase_names.insert(name.lowercase())) {
            Some(duplicate) => Err(E::custom(format!(
                "`{duplicate}` is named twice; GitHub does not distinguish upper and lower case"
            ))),
            None => Ok(Self(names)),
        }
    }
}

impl<'de> Deserialize<'de> for RepositoryNames {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;

        impl<'de> Visitor<'de> for Names {
            type Value = RepositoryNames;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of names, such as [\"acme/shop\", \"acme/web\"]")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<RepositoryNames, E> {
                let names = text.split([',', ' ', '\t', '\n', '\r']).filter(|name| !name.is_empty());
                let names: Result<_, _> = names.map(str::parse).collect();
                RepositoryNames::new(names.map_err(E::custom)?)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut names: A) -> Result<RepositoryNames, A::Error> {
                let mut read = Vec::new();
                while let Some(name) = names.next_element()? {
                    read.push(name);
                }
                RepositoryNames::new(read)
            }
        }

        deserializer.deserialize_any(Names)
    }
}
