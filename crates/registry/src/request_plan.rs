//! The requests that a run is expected to make to one API.

use std::fmt;

/// The requests that a run is expected to make to one API, and how many it may make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestPlan {
    /// The name of the API in messages, such as `GitHub`.
    pub api: &'static str,
    /// The estimate for each group.
    pub groups: Vec<RequestEstimate>,
    /// How many requests the API and the settings allow, such as `4988 requests remain until 14:05 UTC`.
    pub limits: Vec<String>,
}

/// The requests that the metrics of a group are expected to make together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestEstimate {
    /// The first segment of the keys, such as `prs`.
    pub group: String,
    /// The number of requests.
    pub requests: u64,
    /// What the number is based on, such as `1 for each of 12 repositories`.
    pub basis: String,
    /// Why the group is not collected, if it is not.
    pub skipped: Option<String>,
}

impl RequestPlan {
    /// The number of requests of all groups that are collected.
    #[must_use]
    pub fn total(&self) -> u64 {
        let collected = self.groups.iter().filter(|group| group.skipped.is_none());
        collected.fold(0, |total, group| total.saturating_add(group.requests))
    }

    /// The total and the limits in one line.
    #[must_use]
    pub fn summary(&self) -> String {
        let total = format!("about {}", requests(self.total()));
        [vec![total], self.limits.clone()].concat().join("; ")
    }
}

impl RequestEstimate {
    /// The estimate, or why the group is not collected. The name of the group is not included.
    #[must_use]
    pub fn summary(&self) -> String {
        self.skipped.clone().unwrap_or_else(|| format!("about {}: {}", requests(self.requests), self.basis))
    }
}

/// The estimate in a line: `prs.* about 12 requests: 1 for each of 12 repositories`.
impl fmt::Display for RequestEstimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.* {}", self.group, self.summary())
    }
}

fn requests(number: u64) -> String {
    if number == 1 { "1 request".to_owned() } else { format!("{number} requests") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_group_has_a_line_and_the_total_omits_skipped_groups() {
        let group = |group: &str, requests, skipped: Option<&str>| RequestEstimate {
            group: group.to_owned(),
            requests,
            basis: "1 for each of 12 repositories".to_owned(),
            skipped: skipped.map(str::to_owned),
        };
        let groups = vec![
            group("ci", 600, Some("skipped: there are too few")),
            group("prs", 12, None),
            group("issues", 1, None),
        ];
        let plan =
            RequestPlan { api: "GitHub", groups, limits: vec!["20 remain until 14:05 UTC".to_owned()] };

        let lines: Vec<String> = plan.groups.iter().map(ToString::to_string).collect();

        assert_eq!(
            lines,
            [
                "ci.* skipped: there are too few",
                "prs.* about 12 requests: 1 for each of 12 repositories",
                "issues.* about 1 request: 1 for each of 12 repositories",
            ]
        );
        assert_eq!(plan.summary(), "about 13 requests; 20 remain until 14:05 UTC");
    }
}
