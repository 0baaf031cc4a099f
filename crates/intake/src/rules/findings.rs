//! All findings so far. Each is kept once, with the number of times that it was made.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Effect, Finding};

/// Maximum number of different findings. A sender could cause any number of them.
const MAX_FINDINGS: usize = 1000;

/// The findings since the start.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    all: BTreeMap<Finding, Occurrences>,
    /// The number of findings that were not kept, because there were too many different ones.
    dropped: u64,
}

#[derive(Debug, Clone, Copy)]
struct Occurrences {
    count: u64,
    first: i64,
    last: i64,
}

/// A finding with the number of times that it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CountedFinding {
    /// The finding.
    #[serde(flatten)]
    pub finding: Finding,
    /// What happens to the submission.
    pub effect: Effect,
    /// Datadog's page about the rule.
    pub link: &'static str,
    /// How often it was made.
    pub count: u64,
    /// When it was made first, in seconds since 1970.
    pub first: i64,
    /// When it was made last, in seconds since 1970.
    pub last: i64,
}

impl Findings {
    /// Counts a finding, and returns whether it is new.
    pub(crate) fn add(&mut self, finding: &Finding, now: i64) -> bool {
        if let Some(occurrences) = self.all.get_mut(finding) {
            occurrences.count += 1;
            occurrences.last = now;
            return false;
        }
        if self.all.len() >= MAX_FINDINGS {
            self.dropped += 1;
            return false;
        }
        self.all.insert(finding.clone(), Occurrences { count: 1, first: now, last: now });
        true
    }

    /// The findings, the most recent one first.
    pub(crate) fn list(&self) -> Vec<CountedFinding> {
        let counted = self.all.iter().map(|(finding, occurrences)| CountedFinding {
            finding: finding.clone(),
            effect: finding.effect(),
            link: finding.rule.link(),
            count: occurrences.count,
            first: occurrences.first,
            last: occurrences.last,
        });
        let mut list: Vec<_> = counted.collect();
        list.sort_by_key(|counted| std::cmp::Reverse(counted.last));
        list
    }

    /// The number of findings that were not kept.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Rule;

    #[test]
    fn equal_findings_are_counted_and_the_number_of_different_ones_is_limited() {
        let mut findings = Findings::default();
        let finding = Finding::new(Rule::Unit, "a", "unknown");

        assert!(findings.add(&finding, 1));
        assert!(!findings.add(&finding, 7));
        for number in 0..2 * MAX_FINDINGS {
            findings.add(&Finding::new(Rule::Unit, &number.to_string(), "unknown"), 3);
        }

        let list = findings.list();
        assert_eq!((list.len(), findings.dropped()), (MAX_FINDINGS, 1001));
        assert_eq!((list[0].count, list[0].first, list[0].last), (2, 1, 7));
    }
}
