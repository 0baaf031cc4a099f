//! The metrics use the APIs of GitHub that they declare.

use std::{collections::BTreeSet, path::Path};

use system_health_collectors::github::{GitHubAccess, GitHubApi};
use system_health_registry::Settings;
use system_health_test_support::github::{Conclusion, Job, Release, Run, Tag};

use super::{days, deploy, hours, one_repository, push, shop, value};

const METRICS: [(&str, &str); 9] = [
    ("frequency", "dora.deployment_frequency"),
    ("deployments", "dora.change_fail_ratio_samples"),
    ("lead_time", "dora.change_lead_time_seconds"),
    ("commits", "dora.change_lead_time_seconds_samples"),
    ("fail_ratio", "dora.change_fail_ratio"),
    ("recovery", "dora.failed_deployment_recovery_seconds"),
    ("recoveries", "dora.failed_deployment_recovery_seconds_samples"),
    ("rework_ratio", "dora.deployment_rework_ratio"),
    ("rework_deployments", "dora.deployment_rework_ratio_samples"),
];

#[tokio::test]
async fn each_metric_uses_the_apis_that_it_declares() {
    let (github, shop) = shop();
    for (message, name, age) in [("Sell socks", "v1", days(9)), ("Sell shoes", "v2", hours(50))] {
        let commit = push(&shop, message, age + hours(2));
        deploy(&shop, &commit, age);
        let job = Job::new("deploy", Conclusion::Success).started(age + hours(1)).completed(age);
        shop.release(Release::new(name, &commit).age(age).created(age))
            .tag(Tag::new(name, &commit).annotated(age))
            .run(Run::new("deploy.yml").head_sha(&commit).age(age + hours(1)).with_job(job));
    }
    for deployments in ["github", "releases", "tags", "workflow"] {
        let toml = format!("[dora]\ndeployments = '{deployments}'");
        let settings = Settings::builder().toml(Path::new("a.toml"), &toml).unwrap().build().unwrap();
        for (metric, key) in METRICS {
            let earlier = github.requests().len();
            let value = value(&one_repository(&github, &toml), metric).await;
            let api = |path: &str| if path == "/graphql" { GitHubApi::GraphQl } else { GitHubApi::Rest };
            let requests = github.requests();
            let used: BTreeSet<GitHubApi> =
                requests[earlier..].iter().map(|request| api(request.path())).collect();
            let needs = (GitHubAccess::for_key(key).unwrap().needs)(key, &settings).unwrap();
            assert_eq!(needs.apis, used, "{key} with {deployments}: {value}");
        }
    }
}
