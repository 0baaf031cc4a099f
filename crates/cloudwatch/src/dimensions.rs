//! The dimensions of a metric, made of its tags. Each set of tags has its own set of dimensions, because CloudWatch would add up
//! the values of two series with the same dimensions.

use std::{borrow::Cow, collections::BTreeSet};

use system_health_registry::Tag;

use crate::limits::{MAX_DIMENSION_VALUE_LENGTH, MAX_DIMENSIONS};

/// The value of the dimension for a tag without a value. Tags are in lower case, so no other tag has this value.
const WITHOUT_VALUE: &str = "True";

/// Separates the values of several tags with the same name. Tags contain no comma.
const SEPARATOR: &str = ",";

/// Dimensions, sorted by name. No name occurs twice.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Dimensions<'a>(Vec<(&'a str, Cow<'a, str>)>);

/// Why tags cannot be dimensions.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DimensionsError {
    #[error("it has {0} dimensions, and CloudWatch accepts at most {MAX_DIMENSIONS}; remove tags")]
    TooMany(usize),
    #[error("the tag `{0}` is not ASCII, and CloudWatch accepts only ASCII in dimensions")]
    NotAscii(String),
    #[error(
        "the values of the tags `{0}:` together have more than {MAX_DIMENSION_VALUE_LENGTH} characters; remove tags"
    )]
    LongValue(String),
}

impl<'a> Dimensions<'a> {
    /// The dimensions of a set of tags. A tag has at most 200 characters, so no name is too long: CloudWatch accepts 255.
    pub(crate) fn from_tags(tags: &'a BTreeSet<Tag>) -> Result<Self, DimensionsError> {
        let mut pairs = Vec::with_capacity(tags.len());
        for tag in tags {
            if !tag.as_str().is_ascii() {
                return Err(DimensionsError::NotAscii(tag.to_string()));
            }
            pairs.push(tag.as_str().split_once(':').unwrap_or((tag.as_str(), WITHOUT_VALUE)));
        }
        // Tags are sorted by the whole text: `a`, `a-b:1`, `a:1`.
        pairs.sort_by_key(|(name, _)| *name);
        let mut dimensions = Vec::<(&str, Cow<'_, str>)>::with_capacity(pairs.len());
        for (name, value) in pairs {
            match dimensions.last_mut() {
                Some((last, joined)) if *last == name => {
                    *joined += SEPARATOR;
                    *joined += value;
                }
                _ => dimensions.push((name, value.into())),
            }
        }
        if let Some((name, _)) = dimensions.iter().find(|(_, value)| value.len() > MAX_DIMENSION_VALUE_LENGTH)
        {
            return Err(DimensionsError::LongValue((*name).to_owned()));
        }
        if dimensions.len() > MAX_DIMENSIONS {
            return Err(DimensionsError::TooMany(dimensions.len()));
        }
        Ok(Self(dimensions))
    }

    /// The names and values, sorted by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (*name, &**value))
    }

    pub(crate) fn contains_name(&self, name: &str) -> bool {
        self.0.iter().any(|(dimension, _)| *dimension == name)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn dimensions(tags: &[&str]) -> Result<Vec<(String, String)>, DimensionsError> {
        let tags = tags.iter().map(|tag| Tag::normalised(tag).unwrap()).collect();
        let dimensions = Dimensions::from_tags(&tags)?;
        Ok(dimensions.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    #[test]
    fn names_are_sorted_and_values_of_one_name_are_joined() {
        let found = dimensions(&["team:web", "url:http://x:1", "nightly", "team:api"]).unwrap();
        let expected = [("nightly", "True"), ("team", "api,web"), ("url", "http://x:1")];
        assert_eq!(found, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        // In the set of tags, `nightly-2:a` stands between the two tags with the name `nightly`.
        let found = dimensions(&["nightly", "nightly-2:a", "nightly:b"]).unwrap();
        let expected = [("nightly", "True,b"), ("nightly-2", "a")];
        assert_eq!(found, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn tags_that_cannot_be_dimensions_are_refused_and_named() {
        let many = |count: usize| (0..count).map(|i| format!("t{i:02}:x")).collect::<Vec<_>>();
        let check = |tags: Vec<String>| dimensions(&tags.iter().map(|tag| &**tag).collect::<Vec<_>>());
        assert_eq!(check(many(30)).unwrap().len(), 30);
        assert_eq!(check(many(31)), Err(DimensionsError::TooMany(31)));
        assert_eq!(dimensions(&["stadt:köln"]), Err(DimensionsError::NotAscii("stadt:köln".to_owned())));
        let long = |i: usize| format!("n:{i}{}", "x".repeat(196));
        assert!(check((1..6).map(long).collect()).is_ok());
        assert_eq!(check((1..7).map(long).collect()), Err(DimensionsError::LongValue("n".to_owned())));
    }

    proptest! {
        #[test]
        fn different_tags_have_different_dimensions(
            one in prop::collection::btree_set("[ab](:[at:])?", 0..4),
            other in prop::collection::btree_set("[ab](:[at:])?", 0..4),
        ) {
            let tags = |written: &BTreeSet<String>| -> BTreeSet<Tag> {
                written.iter().filter_map(|tag| Tag::parse(tag).ok()).collect()
            };
            let (one, other) = (tags(&one), tags(&other));
            let same = Dimensions::from_tags(&one).unwrap() == Dimensions::from_tags(&other).unwrap();
            prop_assert_eq!(same, one == other);
        }
    }
}
