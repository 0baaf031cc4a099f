//! The metrics `dora.*`. They have the names of DORA's metrics, and share their requests.

use system_health_registry::{Reading, Unavailable, Window, group_title, system_health_metric};

use super::{Changes, Deployments, Failures};
use crate::repository::Repository;

group_title!("dora", "Delivery");

/// Successful deployments to production per day.
#[system_health_metric(
    key = "dora.deployment_frequency",
    each = Repository,
    unit = "deployment",
    aggregate = "sum",
    enabled = false,
    requests = 1,
    timeout = "1h",
    only_now = "failures, tags and labels are known only as they are now"
)]
pub fn deployment_frequency(deployments: Deployments, window: Window) -> Result<Reading, Unavailable> {
    deployments.frequency(window)
}

/// The time from the first commit of a change to the deployment that brought it to production in the window.
#[system_health_metric(
    key = "dora.change_lead_time_seconds",
    each = Repository,
    unit = "second",
    aggregate = "max",
    by = ["quantile"],
    enabled = false,
    requests = 9,
    timeout = "1h",
    only_now = "failures, tags and labels are known only as they are now"
)]
pub fn change_lead_time(changes: Changes, window: Window) -> Result<Reading, Unavailable> {
    changes.lead_times(window)
}

/// Number of values behind `dora.change_lead_time_seconds`: commits that were first deployed in the window.
#[system_health_metric(
    key = "dora.change_lead_time_seconds_samples",
    each = Repository,
    unit = "commit",
    aggregate = "sum",
    enabled = false,
    requests = 9,
    timeout = "1h",
    only_now = "failures, tags and labels are known only as they are now"
)]
pub fn change_lead_time_samples(changes: Changes, window: Window) -> Result<Reading, Unavailable> {
    changes.lead_time_samples(window)
}

/// Share of the deployments in the window that failed: an incident, a revert, a hotfix or a rollback followed.
#[system_health_metric(
    key = "dora.change_fail_ratio",
    each = Repository,
    unit = "fraction",
    aggregate = "max",
    enabled = false,
    requests = 11,
    timeout = "1h",
    only_now = "failures, tags and labels are known only as they are now"
)]
pub fn change_fail_ratio(failures: Failures, window: Window) -> Result<Reading, Unavailable> {
    failures.fail_ratio(window)
}

/// Number of deployments behind `dora.change_fail_ratio`: those that succeeded in the window.
#[system_health_metric(
    key = "dora.change_fail_ratio_samples",
    each = Repository,
    unit = "deployment",
    aggregate = "sum",
    enabled = false,
    requests = 1,
    timeout = "1h",
    only_now = "failures, tags and labels are known only as they are now"
)]
pub fn change_fail_ratio_samples(deployments: Deployments, window: Window) -> Result<Reading, Unavailable> {
    deployments.count(window)
}

/// The time from a deployment in the window that failed to the end of its failure.
#[system_health_metric(
    key = "dora.failed_deployment_recovery_seconds",
    each = Repository,
    unit = "second",
    aggregate = "max",
    by = ["quantile"],
    enabled = false,
    requests = 11,
    timeout = "1h",
    only_now = "failures, tags and labels are known only as they are now"
)]
pub fn failed_deployment_recovery(failures: Failures, window: Window) -> Result<Reading, Unavailable> {
    failures.recovery_times(window)
}

/// Number of values behind `dora.failed_deployment_recovery_seconds`: failed deployments in the window whose failure has ended.
#[system_health_metric(
    key = "dora.failed_deployment_recovery_seconds_samples",
    each = Repository,
    unit = "deployment",
    aggregate = "sum",
    enabled = false,
    requests = 11,
    timeout = "1h",
    only_now = "failures, tags and labels are known only as they are now"
)]
pub fn failed_deployment_recovery_samples(
    failures: Failures,
    window: Window,
) -> Result<Reading, Unavailable> {
    failures.recovery_samples(window)
}

/// Share of the deployments in the window that were made because a deployment before them failed.
#[system_health_metric(
    key = "dora.deployment_rework_ratio",
    each = Repository,
    unit = "fraction",
    aggregate = "max",
    enabled = false,
    requests = 11,
    timeout = "1h",
    only_now = "failures, tags and labels are known only as they are now"
)]
pub fn deployment_rework_ratio(failures: Failures, window: Window) -> Result<Reading, Unavailable> {
    failures.rework_ratio(window)
}

/// Number of deployments behind `dora.deployment_rework_ratio`: those that succeeded in the window.
#[system_health_metric(
    key = "dora.deployment_rework_ratio_samples",
    each = Repository,
    unit = "deployment",
    aggregate = "sum",
    enabled = false,
    requests = 1,
    timeout = "1h",
    only_now = "failures, tags and labels are known only as they are now"
)]
pub fn deployment_rework_ratio_samples(
    deployments: Deployments,
    window: Window,
) -> Result<Reading, Unavailable> {
    deployments.count(window)
}
