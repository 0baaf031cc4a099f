//! Which permissions the metrics of a run need. For some metrics, the settings decide which requests they make.

use std::collections::{BTreeMap, BTreeSet};

use system_health_registry::{Settings, settings::SettingsError};

use crate::github::{GitHubAccess, GitHubNeeds, Permission};

/// The permissions that metrics need with these settings, each with the keys of the metrics that need it. If all `keys` that
/// match a pattern, such as `ci.*`, need the permission, the pattern stands for them.
pub(super) fn needed<'k>(
    keys: impl IntoIterator<Item = &'k str>,
    settings: &Settings,
) -> Result<BTreeMap<Permission, BTreeSet<&'k str>>, SettingsError> {
    let mut by_pattern = BTreeMap::<_, BTreeMap<&str, GitHubNeeds>>::new();
    for key in keys {
        let Some(access) = GitHubAccess::for_key(key) else { continue };
        let mut needs = (access.needs)(key, settings)?;
        if !needs.is_empty() {
            needs.permissions.insert(Permission::Metadata);
        }
        by_pattern.entry(access.keys).or_default().insert(key, needs);
    }
    let mut needed = BTreeMap::<_, BTreeSet<_>>::new();
    for (pattern, metrics) in by_pattern {
        for permission in metrics.values().flat_map(|needs| &needs.permissions) {
            let needing = metrics.iter().filter(|(_, needs)| needs.permissions.contains(permission));
            let keys: Vec<&str> = needing.map(|(key, _)| *key).collect();
            let names = if keys.len() == metrics.len() { vec![pattern] } else { keys };
            needed.entry(*permission).or_default().extend(names);
        }
    }
    Ok(needed)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn needed(keys: &[&'static str], toml: &str) -> Vec<(Permission, Vec<&'static str>)> {
        let settings = Settings::builder().toml(Path::new("a.toml"), toml).unwrap().build().unwrap();
        let needed = super::needed(keys.iter().copied(), &settings).unwrap();
        needed.into_iter().map(|(permission, names)| (permission, names.into_iter().collect())).collect()
    }

    #[test]
    fn each_permission_is_needed_by_the_metrics_that_declare_it() {
        assert_eq!(
            needed(&["ci.runners", "ci.runs", "prs.open", "prs.merged", "someone.elses"], ""),
            [
                (Permission::Actions, vec!["ci.*"]),
                (Permission::Administration, vec!["ci.runners"]),
                (Permission::Metadata, vec!["ci.*", "ci.runners", "prs.*"]),
                (Permission::PullRequests, vec!["prs.*"]),
            ]
        );
        let branch = "[repository]\nbranch = 'main'";
        assert_eq!(
            needed(&["ci.queued_jobs", "ci.runs"], branch)[1],
            (Permission::Contents, vec!["ci.runs"]),
            "the branch may not exist"
        );
    }

    #[test]
    fn the_settings_decide_which_permissions_deployments_need() {
        const RATIO: &str = "dora.change_fail_ratio";
        const TIME: &str = "dora.change_lead_time_seconds";
        const FREQUENCY: &str = "dora.deployment_frequency";
        let without_metadata = |source: &str, keys: &[&'static str]| {
            let settings = format!("[dora]\n{source}");
            let needed = needed(keys, &settings);
            needed
                .into_iter()
                .filter(|(permission, _)| *permission != Permission::Metadata)
                .collect::<Vec<_>>()
        };
        let all_keys = &[RATIO, TIME, FREQUENCY];
        let changes = [
            (Permission::Contents, vec![RATIO, TIME]),
            (Permission::Issues, vec![RATIO]),
            (Permission::PullRequests, vec![RATIO, TIME]),
        ];
        let [contents, issues, pull_requests] = changes;
        for (source, expected) in [
            ("deployments = 'github'", Permission::Deployments),
            ("deployments = 'workflow'", Permission::Actions),
        ] {
            let source_only = vec![(expected, vec!["dora.*"])];
            assert_eq!(without_metadata(source, &[FREQUENCY]), source_only);
            let mut expected =
                [source_only, vec![contents.clone(), issues.clone(), pull_requests.clone()]].concat();
            expected.sort();
            assert_eq!(without_metadata(source, all_keys), expected);
        }
        for source in ["deployments = 'releases'", "deployments = 'tags'"] {
            let contents = (Permission::Contents, vec!["dora.*"]);
            assert_eq!(without_metadata(source, all_keys), [contents, issues.clone(), pull_requests.clone()]);
        }
        let without_incidents = without_metadata("incident_labels = []", all_keys);
        assert!(
            without_incidents.iter().all(|(permission, _)| *permission != Permission::Issues),
            "{without_incidents:?}"
        );
    }

    #[test]
    fn the_settings_of_each_repository_count() {
        let names = "[repository]\nnames = ['acme/shop', 'acme/web']";
        let permissions = |key: &'static str, tables: &str| -> Vec<Permission> {
            let needed = needed(&[key], &format!("{names}\n{tables}"));
            let other = needed.into_iter().filter(|(permission, _)| *permission != Permission::Metadata);
            other.map(|(permission, _)| permission).collect()
        };
        let frequency = |tables: &str| permissions("dora.deployment_frequency", tables);
        let workflow = |name: &str| format!("[repositories.'acme/{name}'.dora]\ndeployments = 'workflow'\n");
        assert_eq!(frequency(""), [Permission::Deployments]);
        assert_eq!(frequency(&workflow("shop")), [Permission::Actions, Permission::Deployments]);
        assert_eq!(frequency(&(workflow("shop") + &workflow("web"))), [Permission::Actions]);
        let incidents =
            "[dora]\nincident_labels = []\n[repositories.'acme/web'.dora]\nincident_labels = ['a']";
        assert!(permissions("dora.change_fail_ratio", incidents).contains(&Permission::Issues));
        let branch = "[repositories.'acme/web']\nbranch = 'develop'";
        assert_eq!(permissions("ci.runs", branch), [Permission::Actions, Permission::Contents]);
    }

    #[test]
    fn commits_of_a_clone_need_no_permission_but_their_labels_do() {
        let keys = &["commits.hotfix", "commits.reverts"];
        let clone = "[commits]\nsource = 'clone'";
        assert_eq!(needed(keys, clone), []);
        assert_eq!(
            needed(keys, "[commits]\nhotfix_labels = ['hotfix']")[2],
            (Permission::PullRequests, vec!["commits.hotfix"])
        );
        assert_eq!(
            needed(keys, &format!("{clone}\nrevert_labels = ['revert']")),
            [Permission::Contents, Permission::Metadata, Permission::PullRequests]
                .map(|permission| (permission, vec!["commits.reverts"])),
            "the hotfixes come from the clone"
        );
    }
}
