//! The metrics about builds.

use std::collections::BTreeMap;

use system_health_registry::{Reading, Sample, Unavailable, Window, system_health_metric};

use super::{build::Build, builds::CodeBuildBuilds};
use crate::{
    aws::{inventory::Entry, page::console_page},
    statistics::quantile_samples,
    web_page::with_page_link,
};

const NO_PROJECTS: &str = "CodeBuild has no project that the settings select";

/// Builds of AWS CodeBuild that ended within the window, by project and by their status.
#[system_health_metric(
    key = "aws.codebuild.builds",
    unit = "build",
    aggregate = "sum",
    by = ["status"],
    timeout = "10m",
    enabled = false,
    only_now = "a deleted build is not listed"
)]
pub fn builds(builds: CodeBuildBuilds, window: Window) -> Result<Reading, Unavailable> {
    let samples = |entry: &Entry<Vec<Build>>, builds: &Vec<Build>| {
        // A project without builds has zeros instead of a gap.
        let mut by_status: BTreeMap<&str, Vec<&Build>> =
            [Build::SUCCEEDED, Build::FAILED].map(|status| (status, Vec::new())).into();
        for build in builds {
            if let Some(status) = build.status_in(window) {
                by_status.entry(status).or_default().push(build);
            }
        }
        let sample = |(status, builds): (&str, Vec<&Build>)| {
            let evidence = builds.iter().map(|build| build.evidence(&entry.region, status));
            let sample = Sample::new(builds.len())?.with_tag("status", status)?.with_evidence(evidence);
            Ok(with_page_link(sample, history_page(entry).as_deref()))
        };
        by_status.into_iter().map(sample).collect()
    };
    builds.inventory().reading(samples, NO_PROJECTS)
}

/// Duration of the AWS CodeBuild builds that succeeded within the window, from start to end, including the time in the
/// queue.
#[system_health_metric(
    key = "aws.codebuild.duration_seconds",
    unit = "second",
    aggregate = "max",
    by = ["project", "quantile"],
    timeout = "10m",
    enabled = false,
    only_now = "a deleted build is not listed"
)]
pub fn build_duration_seconds(builds: CodeBuildBuilds, window: Window) -> Result<Reading, Unavailable> {
    let samples = |entry: &Entry<Vec<Build>>, builds: &Vec<Build>| {
        let durations = durations(builds, window);
        if durations.is_empty() {
            return Ok(Vec::new());
        }
        let (samples, page) = (quantile_samples(durations, "builds")?, history_page(entry));
        Ok(samples.into_iter().map(|sample| with_page_link(sample, page.as_deref())).collect())
    };
    builds.inventory().reading(samples, "no build in CodeBuild succeeded in the window")
}

/// Builds behind `aws.codebuild.duration_seconds`, by project.
#[system_health_metric(
    key = "aws.codebuild.duration_seconds_samples",
    unit = "build",
    aggregate = "sum",
    by = ["project"],
    timeout = "10m",
    enabled = false,
    only_now = "a deleted build is not listed"
)]
pub fn build_duration_seconds_samples(
    builds: CodeBuildBuilds,
    window: Window,
) -> Result<Reading, Unavailable> {
    let samples = |entry: &Entry<Vec<Build>>, builds: &Vec<Build>| {
        let sample = Sample::new(durations(builds, window).len())?;
        Ok(vec![with_page_link(sample, history_page(entry).as_deref())])
    };
    builds.inventory().reading(samples, NO_PROJECTS)
}

/// The durations in seconds of the builds that succeeded in the window.
fn durations(builds: &[Build], window: Window) -> Vec<f64> {
    let succeeded = builds.iter().filter(|build| build.status_in(window) == Some(Build::SUCCEEDED));
    succeeded.filter_map(|build| Some(build.duration()?.as_secs_f64())).collect()
}

/// The address of the page with the builds of a project.
fn history_page(entry: &Entry<Vec<Build>>) -> Option<String> {
    let (_, project) = entry.name.as_ref()?;
    console_page(&entry.region, ["codesuite", "codebuild", "projects", project, "history"])
}
