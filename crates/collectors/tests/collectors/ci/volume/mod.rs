//! How many runs tested the branch, how they ended, and how long they took: hand-computed cases with every request to a
//! fake GitHub, and random histories.

mod final_jobs;
mod flaky;
mod lists;
mod random;
mod random_runners;
mod runners;
mod runs;
mod times;

use std::time::Duration;

use system_health_collectors::ci::volume;
use system_health_registry::{IntoReading, Unavailable, Window};
use system_health_test_support::github::{FakeGitHub, Run};

use crate::stage::{OneRepository, Stage, days};

/// The names of the metrics, without `ci.`.
const METRICS: &[&str] = &[
    "runs",
    "success_ratio",
    "success_ratio_samples",
    "cancelled_runs",
    "timed_out_runs",
    "rerun_runs",
    "flaky_runs",
    "flaky_jobs",
    "duration_seconds",
    "duration_seconds_samples",
    "queue_seconds",
    "queue_seconds_samples",
    "runner_minutes",
    "queued_jobs",
    "runners",
];

/// A metric over the last seven days: one line for each sample, without the tag of the branch, or one line with the reason of no
/// data or the error.
async fn lines(metric: &str, context: &OneRepository) -> Vec<String> {
    match collect(metric, context).await {
        Ok(lines) => lines,
        Err(Unavailable::NoData(reason)) => vec![format!("no data: {reason}")],
        Err(Unavailable::Error(error)) => vec![format!("error: {error}")],
    }
}

/// The lines of a metric, joined with `; `.
async fn line(metric: &str, context: &OneRepository) -> String {
    lines(metric, context).await.join("; ")
}

async fn collect(metric: &str, context: &OneRepository) -> Result<Vec<String>, Unavailable> {
    let window: Window = context.get().await?;
    let reading = match metric {
        "runners" => volume::runners(context.get().await?).into_reading(),
        "runs" => volume::runs(context.get().await?, window).into_reading(),
        "success_ratio" => volume::success_ratio(context.get().await?, window).into_reading(),
        "success_ratio_samples" => volume::success_ratio_samples(context.get().await?, window).into_reading(),
        "cancelled_runs" => volume::cancelled_runs(context.get().await?, window).into_reading(),
        "timed_out_runs" => volume::timed_out_runs(context.get().await?, window).into_reading(),
        "rerun_runs" => volume::rerun_runs(context.get().await?, window).into_reading(),
        "flaky_runs" => volume::flaky_runs(context.get().await?, context.get().await?, window).into_reading(),
        "flaky_jobs" => {
            volume::flaky_jobs(context.get().await?, context.get().await?, window).await.into_reading()
        }
        "duration_seconds" => {
            volume::duration_seconds(context.get().await?, context.get().await?, window).await.into_reading()
        }
        "duration_seconds_samples" => {
            volume::duration_seconds_samples(context.get().await?, context.get().await?, window)
                .await
                .into_reading()
        }
        "queue_seconds" => {
            volume::queue_seconds(context.get().await?, context.get().await?, window).await.into_reading()
        }
        "queue_seconds_samples" => {
            volume::queue_seconds_samples(context.get().await?, context.get().await?, window)
                .await
                .into_reading()
        }
        "runner_minutes" => {
            volume::runner_minutes(context.get().await?, context.get().await?, window).await.into_reading()
        }
        "queued_jobs" => volume::queued_jobs(context.get().await?, context.get().await?).await.into_reading(),
        other => panic!("there is no metric {other}"),
    };
    let reading = reading?;
    let samples = reading.samples().iter().map(|sample| {
        let tags = sample.tags().iter().map(ToString::to_string);
        let tags: Vec<String> = tags.filter(|tag| tag != "branch:main").collect();
        format!("{} {}", sample.value(), tags.join(" ")).trim().to_owned()
    });
    Ok(samples.chain(reading.failed_items().iter().map(|failure| format!("failed: {failure}"))).collect())
}

/// The line of a metric over these runs of `acme/shop`.
async fn line_over(metric: &str, runs: impl IntoIterator<Item = Run>) -> String {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    shop.commits(1);
    for run in runs {
        shop.run(run);
    }
    line(metric, &Stage::on(&github).one_repository()).await
}

fn ci() -> Run {
    Run::new("ci.yml")
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
