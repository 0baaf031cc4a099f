//! Globs on the command line: one, or several that are separated by commas.

use std::{mem, str::FromStr};

use globset::Glob;
use system_health_registry::KeyPattern;

/// One or more globs, such as `commits.*,ci.runs`. A comma within braces or brackets, as in `{ci,prs}.*`, does not separate
/// globs.
#[derive(Debug, Clone)]
pub(crate) struct GlobList(Vec<Glob>);

/// The text contains no glob, or one that is invalid or too long.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GlobListError {
    /// An empty list would select everything, which its author does not expect.
    #[error("no glob is given")]
    Empty,
    /// One of the globs is too long.
    #[error("a glob is longer than {} bytes", KeyPattern::MAX_LENGTH)]
    Length,
    /// One of the globs is invalid.
    #[error(transparent)]
    Glob(#[from] globset::Error),
}

impl GlobList {
    /// The globs of all lists.
    pub(crate) fn globs(lists: &[Self]) -> impl Iterator<Item = &Glob> {
        lists.iter().flat_map(|Self(globs)| globs)
    }

    /// The text of the only glob of all lists, if it has no special characters and so matches only itself.
    pub(crate) fn only_text(lists: &[Self]) -> Option<&str> {
        let mut globs = Self::globs(lists).map(Glob::glob);
        match (globs.next(), globs.next()) {
            (Some(text), None) => Some(text).filter(|text| !text.contains(['*', '?', '[', '{', '\\'])),
            _ => None,
        }
    }
}

impl FromStr for GlobList {
    type Err = GlobListError;

    fn from_str(text: &str) -> Result<Self, GlobListError> {
        let parse = |glob: String| match glob.len() {
            0..=KeyPattern::MAX_LENGTH => Ok(Glob::new(&glob)?),
            _ => Err(GlobListError::Length),
        };
        let globs: Vec<Glob> = split(text).into_iter().map(parse).collect::<Result<_, _>>()?;
        if globs.is_empty() { Err(GlobListError::Empty) } else { Ok(Self(globs)) }
    }
}

/// Splits a text at the commas that do not belong to a glob. A backslash escapes a comma.
fn split(text: &str) -> Vec<String> {
    let (mut parts, mut part, mut braces, mut is_escaped) = (Vec::new(), String::new(), 0_u32, false);
    // Where the contents of a class, such as `a-z` in `[a-z]`, begin in the part.
    let mut class = None;
    for c in text.chars() {
        match c {
            ']' if class.is_some_and(|start| !matches!(&part[start..], "" | "!" | "^")) => class = None,
            _ if class.is_some() => {}
            ',' if braces == 0 && !is_escaped => {
                parts.push(mem::take(&mut part));
                continue;
            }
            '[' if !is_escaped => class = Some(part.len() + 1),
            '{' if !is_escaped => braces += 1,
            '}' if !is_escaped => braces = braces.saturating_sub(1),
            _ => {}
        }
        is_escaped = c == '\\' && !is_escaped;
        part.push(c);
    }
    parts.push(part);
    let parts = parts.iter().map(|part| part.trim().to_owned());
    parts.filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_separates_globs_unless_it_is_part_of_a_glob() {
        for (text, globs) in [
            ("commits.hotfix", &["commits.hotfix"][..]),
            ("commits.*,ci.runs", &["commits.*", "ci.runs"]),
            ("commits.*, ci.runs,", &["commits.*", "ci.runs"]),
            ("{ci,prs}.*,commits.[a,b]*", &["{ci,prs}.*", "commits.[a,b]*"]),
            (r"a\,b,c", &[r"a\,b", "c"]),
            ("a[[]b,c", &["a[[]b", "c"]),
            ("a[],]b,c", &["a[],]b", "c"]),
            ("a[!],]b,c", &["a[!],]b", "c"]),
        ] {
            let list: GlobList = text.parse().unwrap();
            assert_eq!(GlobList::globs(&[list]).map(Glob::glob).collect::<Vec<_>>(), globs, "{text}");
        }
    }

    #[test]
    fn a_single_glob_without_special_characters_matches_only_its_text() {
        let only = |texts: &[&str]| {
            let lists: Vec<GlobList> = texts.iter().map(|text| text.parse().unwrap()).collect();
            GlobList::only_text(&lists).map(str::to_owned)
        };

        assert_eq!(only(&["commits.hotfix"]), Some("commits.hotfix".to_owned()));
        for texts in [&[][..], &["commits.*"], &["ci.runs,prs.open"], &["ci.runs", "prs.open"]] {
            assert_eq!(only(texts), None, "{texts:?}");
        }
    }

    #[test]
    fn an_empty_list_and_an_invalid_glob_are_refused() {
        for text in ["", ",", "ci.*,commits.["] {
            assert!(text.parse::<GlobList>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_glob_that_is_too_long_is_refused() {
        let nested = |levels| format!("{}v{}", "{a".repeat(levels), "}".repeat(levels));

        let error = format!("ci.*,{}", nested(133)).parse::<GlobList>().unwrap_err();

        assert_eq!(error.to_string(), "a glob is longer than 300 bytes");
        let longest: GlobList = nested(99).parse().unwrap();
        let matches = |glob: &Glob| glob.compile_matcher().is_match("a".repeat(99) + "v");
        assert!(GlobList::globs(&[longest]).all(matches));
    }
}
