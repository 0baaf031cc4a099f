//! The metrics about issues. All of them read the same list.

use system_health_registry::{Sample, SampleError, Unavailable, Window, system_health_metric};

use super::Issues;
use crate::{github_access, repository::Repository};

github_access!("issues.*", GraphQl, [Issues]);

/// Open issues, without pull requests.
#[system_health_metric(
    key = "issues.open",
    each = Repository,
    unit = "issue",
    aggregate = "sum",
    enabled = false,
    requests = 1,
    timeout = "1h",
    only_now = "issues that were deleted or moved since are not listed, and reopening an issue removes its closing time"
)]
pub fn open_issues(issues: Issues) -> Result<Sample, SampleError> {
    issues.open()
}

/// Issues that were opened in the window.
#[system_health_metric(
    key = "issues.opened",
    each = Repository,
    unit = "issue",
    aggregate = "sum",
    enabled = false,
    requests = 1,
    timeout = "1h",
    only_now = "issues that were deleted or moved since are not listed, and reopening an issue removes its closing time"
)]
pub fn opened_issues(issues: Issues, window: Window) -> Result<Sample, SampleError> {
    issues.count(&window, "opened", |issue| Some(issue.created_at))
}

/// Issues that were closed in the window, for whatever reason.
#[system_health_metric(
    key = "issues.closed",
    each = Repository,
    unit = "issue",
    aggregate = "sum",
    enabled = false,
    requests = 1,
    timeout = "1h",
    only_now = "issues that were deleted or moved since are not listed, and reopening an issue removes its closing time"
)]
pub fn closed_issues(issues: Issues, window: Window) -> Result<Sample, SampleError> {
    issues.count(&window, "closed", |issue| issue.closed_at)
}

/// The time from the creation to the closing of the issues that people opened and that were closed as completed in the window.
#[system_health_metric(
    key = "issues.time_to_close_seconds",
    each = Repository,
    unit = "second",
    aggregate = "max",
    by = ["quantile"],
    enabled = false,
    requests = 1,
    timeout = "1h",
    only_now = "issues that were deleted or moved since are not listed, and reopening an issue removes its closing time"
)]
pub fn time_to_close(issues: Issues, window: Window) -> Result<Vec<Sample>, Unavailable> {
    issues.times_to_close(&window)
}

/// Number of values behind `issues.time_to_close_seconds`: issues that people opened and that were closed as completed in the
/// window.
#[system_health_metric(
    key = "issues.time_to_close_seconds_samples",
    each = Repository,
    unit = "issue",
    aggregate = "sum",
    enabled = false,
    requests = 1,
    timeout = "1h",
    only_now = "issues that were deleted or moved since are not listed, and reopening an issue removes its closing time"
)]
pub fn time_to_close_samples(issues: Issues, window: Window) -> Result<Sample, SampleError> {
    issues.times_to_close_samples(&window)
}
