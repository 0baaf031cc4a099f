//! Which jobs decide. The patterns are compiled when the settings are read, so the error for an invalid one names its line.

use globset::GlobMatcher;
use regex::Regex;
use serde::Deserialize;
use strsim::jaro_winkler;

use crate::glob::{InvalidGlob, compile_glob};

/// Maximum number of job names in a message.
const MAX_NAMES: usize = 10;

/// Globs for the names of jobs, such as `test*`. A job is selected if any of them matches its whole name. Syntax:
/// <https://docs.rs/globset/latest/globset/#syntax>; `*` also matches `/`.
///
/// Without patterns, the conclusion of the whole run decides.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct JobPatterns(Vec<JobPattern>);

/// Why patterns were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JobPatternsError {
    /// One of them is empty.
    #[error("a pattern is empty; write the name of a job, such as \"unit tests\" or \"test*\"")]
    Empty,
    /// One of them is not a valid glob.
    #[error("`{pattern}` is not a valid glob: {reason}; write one such as \"test*\"")]
    Invalid {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// One glob.
#[derive(Debug, Clone)]
pub(super) struct JobPattern(GlobMatcher);

impl JobPatterns {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &JobPattern> {
        self.0.iter()
    }

    pub(super) fn matches(&self, job: &str) -> bool {
        self.0.iter().any(|pattern| pattern.matches(job))
    }
}

impl JobPattern {
    pub(super) fn as_str(&self) -> &str {
        self.0.glob().glob()
    }

    pub(super) fn matches(&self, job: &str) -> bool {
        self.0.is_match(job)
    }

    /// Whether a skipped job may stand for jobs that match this pattern. See [`stands_for`].
    pub(super) fn may_be_hidden_by(&self, skipped: &str) -> bool {
        let hidden_prefix = match skipped.split_once("${{") {
            Some((prefix, _)) => prefix.to_owned(),
            None => format!("{skipped} / "),
        };
        let literal_prefix = self.as_str().split(['*', '?', '[', '{', '\\']).next().unwrap_or_default();
        hidden_prefix.starts_with(literal_prefix) || literal_prefix.starts_with(&hidden_prefix)
    }

    /// The job names that are most similar to the pattern, for the message that the pattern matches no job.
    pub(super) fn hint<'a>(&self, jobs: impl IntoIterator<Item = &'a str>) -> String {
        let mut jobs: Vec<&str> = jobs.into_iter().collect();
        let similarity = |job: &str| jaro_winkler(job, self.as_str());
        jobs.sort_by(|a, b| similarity(b).total_cmp(&similarity(a)).then(a.cmp(b)));
        jobs.dedup();
        let more = if jobs.len() > MAX_NAMES { " and others" } else { "" };
        jobs.truncate(MAX_NAMES);
        match jobs[..] {
            [] => "no jobs are listed".to_owned(),
            [job] => format!("the nearest name is `{job}`"),
            _ => format!("the nearest names are `{}`{more}", jobs.join("`, `")),
        }
    }
}

impl TryFrom<Vec<String>> for JobPatterns {
    type Error = JobPatternsError;

    fn try_from(patterns: Vec<String>) -> Result<Self, JobPatternsError> {
        patterns.iter().map(|pattern| compile(pattern)).collect::<Result<_, _>>().map(Self)
    }
}

fn compile(pattern: &str) -> Result<JobPattern, JobPatternsError> {
    if pattern.trim().is_empty() {
        return Err(JobPatternsError::Empty);
    }
    compile_glob(pattern)
        .map(JobPattern)
        .map_err(|InvalidGlob { pattern, reason }| JobPatternsError::Invalid { pattern, reason })
}

/// Whether GitHub lists this skipped job in place of the job with this name. GitHub lists a skipped matrix once, with
/// its unevaluated expressions: `test (${{ matrix.os }})`. It lists a skipped reusable workflow once, without its jobs:
/// `call` instead of `call / test`.
pub(super) fn stands_for(skipped: &str, job: &str) -> bool {
    let mut pattern = String::from("^");
    let mut rest = skipped;
    while let Some((before, after)) = rest.split_once("${{") {
        pattern += &regex::escape(before);
        pattern += ".*";
        rest = after.split_once("}}").map_or("", |(_, after)| after);
    }
    pattern += &regex::escape(rest);
    pattern += "( / .*)?$";
    Regex::new(&pattern).is_ok_and(|pattern| pattern.is_match(job))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> JobPattern {
        compile(text).unwrap()
    }

    #[test]
    fn a_pattern_matches_whole_names() {
        for (glob, job, expected) in [
            ("test", "test", true),
            ("test", "test (mac)", false),
            ("test*", "test (mac, 3.12)", true),
            ("test*", "Test", false),
            ("* / test", "call / inner / test", true),
            ("{unit,lint}", "lint", true),
            (r"test \[mac\]", "test [mac]", true),
        ] {
            assert_eq!(pattern(glob).matches(job), expected, "{glob} {job}");
        }
    }

    #[test]
    fn a_skipped_job_stands_for_the_jobs_that_it_would_have_become() {
        for (skipped, job, expected) in [
            ("test", "test", true),
            ("test", "test (mac)", false),
            ("test (${{ matrix.os }})", "test (mac)", true),
            ("test (${{ matrix.os }}, ${{ matrix.v }})", "test (mac, 3.12)", true),
            ("test (${{ matrix.os }})", "tests (mac)", false),
            ("${{ matrix.name }}", "anything", true),
            ("call", "call / test", true),
            ("call (${{ matrix.os }})", "call (mac) / test", true),
            ("call", "callback / test", false),
        ] {
            assert_eq!(stands_for(skipped, job), expected, "{skipped} {job}");
        }
    }

    #[test]
    fn a_skipped_job_hides_only_jobs_with_the_same_start() {
        for (glob, skipped, expected) in [
            ("test (mac)", "test (${{ matrix.os }})", true),
            ("test (mac)", "${{ matrix.name }}", true),
            ("te*", "test (${{ matrix.os }})", true),
            ("call / test", "call", true),
            ("unit", "deploy", false),
            ("unit", "test (${{ matrix.os }})", false),
        ] {
            assert_eq!(pattern(glob).may_be_hidden_by(skipped), expected, "{glob} {skipped}");
        }
    }

    #[test]
    fn a_hint_names_the_nearest_jobs_first() {
        assert_eq!(
            pattern("unti").hint(["lint", "unit", "docs"]),
            "the nearest names are `unit`, `lint`, `docs`"
        );
        assert_eq!(pattern("unti").hint(["unit", "unit"]), "the nearest name is `unit`");
        let many: Vec<String> = (0..30).map(|number| format!("job {number}")).collect();
        assert!(pattern("x").hint(many.iter().map(String::as_str)).ends_with("` and others"));
    }
}
