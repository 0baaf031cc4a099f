//! DORA's metrics: hand-computed cases with every request to a fake GitHub, and random histories.

mod deployments;
mod failures;
mod lead_times;
mod needs;
mod random;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use system_health_collectors::dora;
use system_health_registry::{EvidenceItem, IntoReading, Reading, Unavailable, Window};
use system_health_test_support::github::{Commit, Deployment, FakeGitHub, Repository};

use crate::stage::{OneRepository, Stage, days};

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_hours(485_772)
}

fn hours(hours: u64) -> Duration {
    Duration::from_hours(hours)
}

/// The repository `acme/shop`, whose branch `main` starts with an old commit.
fn shop() -> (FakeGitHub, Repository) {
    let github = FakeGitHub::builder().now(now()).start();
    let shop = github.repository("acme/shop");
    shop.commit(Commit::new("Open the shop").age(days(300)));
    (github, shop)
}

/// Pushes a commit and returns its id.
fn push(shop: &Repository, message: &str, age: Duration) -> String {
    shop.commit(Commit::new(message).age(age));
    shop.tip("main")
}

/// Deploys a commit to production.
fn deploy(shop: &Repository, commit: &str, age: Duration) {
    shop.deployment(Deployment::new("production", commit).success(age));
}

/// Pushes a commit, and deploys it an hour later, `age` ago. Returns its id.
fn push_and_deploy(shop: &Repository, message: &str, age: Duration) -> String {
    let commit = push(shop, message, age + hours(1));
    deploy(shop, &commit, age);
    commit
}

fn one_repository(github: &FakeGitHub, settings: &str) -> OneRepository {
    Stage::on(github).settings(settings).started_at(now()).one_repository()
}

async fn collect(context: &OneRepository, metric: &str) -> Result<Reading, Unavailable> {
    let window = Window::ending_at(now(), days(7));
    match metric {
        "frequency" => dora::deployment_frequency(context.get().await?, window).into_reading(),
        "deployments" => dora::change_fail_ratio_samples(context.get().await?, window).into_reading(),
        "lead_time" => dora::change_lead_time(context.get().await?, window).into_reading(),
        "commits" => dora::change_lead_time_samples(context.get().await?, window).into_reading(),
        "fail_ratio" => dora::change_fail_ratio(context.get().await?, window).into_reading(),
        "recovery" => dora::failed_deployment_recovery(context.get().await?, window).into_reading(),
        "recoveries" => dora::failed_deployment_recovery_samples(context.get().await?, window).into_reading(),
        "rework_ratio" => dora::deployment_rework_ratio(context.get().await?, window).into_reading(),
        "rework_deployments" => {
            dora::deployment_rework_ratio_samples(context.get().await?, window).into_reading()
        }
        other => panic!("there is no metric {other}"),
    }
}

/// The values of a metric over the last seven days, rounded to three digits, or the reason of no data or the error.
async fn value(context: &OneRepository, metric: &str) -> String {
    match collect(context, metric).await {
        Ok(reading) => {
            let round = |value: f64| (value * 1_000.0).round() / 1_000.0;
            let values =
                reading.samples().iter().map(|sample| round(sample.value().number().unwrap()).to_string());
            values.collect::<Vec<_>>().join(" ")
        }
        Err(Unavailable::NoData(reason)) => format!("no data: {reason}"),
        Err(Unavailable::Error(error)) => format!("error: {error}"),
    }
}

/// The evidence of a metric: `+` before what counts, `-` before what does not. The ids of commits are shown as `ID`.
async fn evidence(context: &OneRepository, metric: &str) -> String {
    let line = |item: &EvidenceItem| {
        let mark = if item.is_counted() { '+' } else { '-' };
        format!("{mark} {}: {}", item.title(), item.reason())
    };
    let lines: Vec<_> = match collect(context, metric).await {
        Ok(reading) => reading.samples()[0].evidence().items().iter().map(line).collect(),
        Err(Unavailable::NoData(none)) => none.evidence().items().iter().map(line).collect(),
        Err(Unavailable::Error(error)) => panic!("{error}"),
    };
    let is_id = |word: &&str| word.len() == 10 && word.chars().all(|c| c.is_ascii_hexdigit());
    let without_ids = |line: String| {
        line.split(' ').map(|word| if is_id(&word) { "ID" } else { word }).collect::<Vec<_>>().join(" ")
    };
    lines.into_iter().map(without_ids).collect::<Vec<_>>().join("\n")
}
