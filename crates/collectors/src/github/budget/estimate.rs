//! Estimates the requests of each group before the first request.

use std::collections::{BTreeMap, BTreeSet};

use system_health_registry::{Metric, Settings, settings::SettingsError};

use super::used_requests::UsedRequests;
use crate::github::{GitHubAccess, GitHubApi};

/// The metrics whose keys have the same first segment. Metrics that [request the same
/// thing](crate::github::GitHubNeeds::requests) share the requests.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) keys: BTreeSet<String>,
    /// The requests for one repository, as the metrics declare them.
    pub(super) declared: f64,
    /// The APIs that the metrics use.
    pub(super) apis: BTreeSet<GitHubApi>,
}

/// The number of requests of a group to each API, and what it is based on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Estimate {
    pub(super) requests: BTreeMap<GitHubApi, u64>,
    /// The number of requests to all APIs together.
    pub(super) total: u64,
    pub(super) basis: String,
}

/// The name of a metric's group: the first segment of its key.
pub(super) fn group_of(key: &str) -> &str {
    key.split('.').next().unwrap_or(key)
}

/// The groups of the metrics that ask GitHub with these settings.
pub(super) fn groups<'m>(
    metrics: impl IntoIterator<Item = &'m Metric>,
    settings: &Settings,
) -> Result<Vec<Group>, SettingsError> {
    let mut groups = BTreeMap::<&str, Group>::new();
    let mut shared = BTreeMap::<(&str, &str), f64>::new();
    let mut share = |name, what, requests: f64| {
        let known = shared.entry((name, what)).or_default();
        *known = known.max(requests);
    };
    for metric in metrics {
        let Some(requests) = metric.requests() else { continue };
        let name = group_of(metric.key());
        let access = GitHubAccess::for_key(metric.key());
        let needs = access.map(|access| (access.needs)(metric.key(), settings)).transpose()?;
        let (apis, asked) = match needs {
            Some(needs) if needs.is_empty() => continue,
            Some(needs) => (needs.apis, needs.requests),
            None => (BTreeSet::from([GitHubApi::Rest]), BTreeMap::new()),
        };
        if asked.is_empty() {
            share(name, access.map_or("", |access| access.keys), requests);
        }
        for (what, requests) in asked {
            share(name, what, requests.into());
        }
        let group = groups.entry(name).or_insert_with(|| Group {
            name: name.to_owned(),
            keys: BTreeSet::new(),
            declared: 0.0,
            apis: BTreeSet::new(),
        });
        group.keys.insert(metric.key().to_owned());
        group.apis.extend(apis);
    }
    for ((name, _), requests) in shared {
        if let Some(group) = groups.get_mut(name) {
            group.declared += requests;
        }
    }
    Ok(groups.into_values().collect())
}

impl Estimate {
    /// Says that the estimate is a minimum, for a backfill: it reads lists further back than an ordinary run.
    pub(super) fn into_minimum(self) -> Self {
        Self { basis: format!("at least {}, and more for long lists", self.basis), ..self }
    }
}

impl Group {
    /// The estimate from what is known after the previous run, or else from what the metrics of the group declare.
    pub(super) fn estimate(&self, subjects: usize, used: Option<&UsedRequests>) -> Estimate {
        match used {
            Some(used) => self.estimate_from(subjects, used),
            None => self.declared_estimate(subjects),
        }
    }

    fn declared_estimate(&self, subjects: usize) -> Estimate {
        let declared = self.declared;
        let basis = match subjects {
            1 => format!("{declared} for one repository"),
            _ => format!("{declared} for each of {subjects} repositories"),
        };
        // Estimates need no precision, and a cast from a float saturates.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let requests = (declared * subjects as f64).ceil() as u64;
        // It is not declared how many requests go to which API, so the quota of each API must be enough for all of them.
        let by_api = self.apis.iter().map(|api| (*api, requests)).collect();
        Estimate { requests: by_api, total: requests, basis }
    }

    /// One and a half times the used requests, and at least one request for each 20 repositories, because the number of changes
    /// since the previous run varies.
    fn estimate_from(&self, subjects: usize, used: &UsedRequests) -> Estimate {
        let UsedRequests { requests: used, is_measured } = used;
        let minimum = u64::try_from(subjects.div_ceil(20)).unwrap_or(u64::MAX);
        let with_margin = |used: u64| used.saturating_add(used.div_ceil(2)).max(minimum);
        let of_api = |api: &GitHubApi| (*api, with_margin(used.get(api).copied().unwrap_or_default()));
        let total = used.values().fold(0_u64, |total, used| total.saturating_add(*used));
        let origin = if *is_measured {
            "in the previous run"
        } else {
            "assumed, because the previous run was not complete"
        };
        Estimate {
            requests: self.apis.iter().chain(used.keys()).map(of_api).collect(),
            total: with_margin(total),
            basis: format!("{total} {origin}, and a margin"),
        }
    }
}

impl Estimate {
    /// The requests to one API, or to all APIs together for `None`.
    pub(super) fn requests_to(&self, api: Option<GitHubApi>) -> u64 {
        match api {
            Some(api) => self.requests.get(&api).copied().unwrap_or_default(),
            None => self.total,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use futures::FutureExt;
    use system_health_registry::{Facts, location};

    use super::*;

    fn metric(key: &str, requests: Option<f64>) -> Metric {
        let facts = Facts::new(key, "A metric.");
        let facts = requests.into_iter().fold(facts, Facts::with_requests);
        Metric::new(facts, location!(), |_| async { Err("not collected".into()) }.boxed())
    }

    fn group(name: &str) -> Group {
        let metrics = [
            metric("prs.open", Some(1.0)),
            metric("prs.merged", Some(2.5)),
            metric("issues.open", Some(1.0)),
            metric("ci.runs", None),
        ];
        let groups = groups(&metrics, &Settings::default()).unwrap();
        groups.into_iter().find(|group| group.name == name).unwrap()
    }

    #[test]
    fn metrics_of_one_pattern_share_the_requests_of_the_most_expensive_one() {
        let prs = group("prs");
        assert_eq!(prs.keys.len(), 2);

        let estimate = prs.estimate(3, None);

        assert_eq!(estimate.basis, "2.5 for each of 3 repositories");
        assert_eq!(
            (estimate.requests_to(Some(GitHubApi::GraphQl)), estimate.requests_to(Some(GitHubApi::Rest))),
            (8, 0)
        );
        assert_eq!(group("issues").estimate(1, None).basis, "1 for one repository");
    }

    #[test]
    fn requests_of_the_previous_run_replace_the_declared_ones() {
        let used = |requests| UsedRequests::measured(BTreeMap::from([(GitHubApi::GraphQl, requests)]));
        let estimate =
            |subjects, requests| group("prs").estimate(subjects, Some(&used(requests))).requests_to(None);
        assert_eq!((estimate(1, 1), estimate(12, 10), estimate(1_000, 10)), (2, 15, 50));
        assert_eq!((estimate(1, 0), estimate(21, 0), estimate(1, u64::MAX)), (1, 2, u64::MAX));
        assert_eq!(group("prs").estimate(9, Some(&used(7))).basis, "7 in the previous run, and a margin");
        let assumed = UsedRequests::assumed(used(7).requests);
        assert_eq!(
            group("prs").estimate(9, Some(&assumed)).basis,
            "7 assumed, because the previous run was not complete, and a margin"
        );
    }

    #[test]
    fn the_settings_decide_what_a_group_asks() {
        let metrics = [
            metric("commits.hotfix", Some(1.0)),
            metric("commits.reverts", Some(1.0)),
            metric("commits.force_pushes", Some(1.0)),
        ];
        let group = |toml: &str| {
            let settings = Settings::builder().toml(Path::new("a.toml"), toml).unwrap().build().unwrap();
            let [group] = &groups(&metrics, &settings).unwrap()[..] else { panic!("one group") };
            (group.declared, group.apis.iter().copied().collect::<Vec<_>>(), group.keys.len())
        };
        let (rest, rest_and_graphql) = (vec![GitHubApi::Rest], vec![GitHubApi::Rest, GitHubApi::GraphQl]);
        let branch = "[repository]\nbranch = 'main'\n[commits]\n";
        assert_eq!(group(""), (3.0, rest.clone(), 3), "commits, force pushes and the default branch");
        assert_eq!(group(branch), (3.0, rest.clone(), 3), "the branch may not exist");
        assert_eq!(group(&format!("{branch}hotfix_labels = ['hotfix']")), (4.0, rest_and_graphql.clone(), 3));
        assert_eq!(group(&format!("{branch}source = 'clone'")), (2.0, rest, 1));
        let labels = format!("{branch}source = 'clone'\nrevert_labels = ['revert']");
        assert_eq!(
            group(&labels),
            (4.0, rest_and_graphql, 2),
            "landed commits, their pull requests, force pushes and the branch"
        );
    }

    #[test]
    fn metrics_without_a_number_of_requests_are_not_estimated() {
        assert!(groups(&[metric("ci.runs", None)], &Settings::default()).unwrap().is_empty());
    }
}
