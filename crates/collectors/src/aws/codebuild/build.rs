//! One build of a project.

use std::time::{Duration, SystemTime};

use aws_sdk_codebuild::types;
use system_health_registry::{EvidenceItem, Window};

use crate::aws::{AwsError, page::console_page};

/// The action that reads builds.
pub(super) const GET_BUILDS: &str = "codebuild:BatchGetBuilds";

/// One build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Build {
    id: String,
    pub(super) started_at: SystemTime,
    /// The end and the status. `None` while the build runs.
    ended: Option<(SystemTime, String)>,
}

impl Build {
    /// The status of a build that passed.
    pub(super) const SUCCEEDED: &str = "succeeded";
    /// The status of a build that failed.
    pub(super) const FAILED: &str = "failed";

    pub(super) fn from_response(build: &types::Build) -> Result<Self, AwsError> {
        let invalid = |what: String| AwsError::Response { action: GET_BUILDS, what };
        let id = build.id().ok_or_else(|| invalid("a build without an id".to_owned()))?.to_owned();
        let lacks = |what: &str| invalid(format!("the build {id} without {what}"));
        let started_at = build.start_time().and_then(|time| SystemTime::try_from(*time).ok());
        let started_at = started_at.ok_or_else(|| lacks("a start"))?;
        let status = build.build_status().ok_or_else(|| lacks("a status"))?;
        let ended = if matches!(status, types::StatusType::InProgress) {
            None
        } else {
            let end = build.end_time().and_then(|time| SystemTime::try_from(*time).ok());
            Some((end.ok_or_else(|| lacks("an end"))?, status.as_str().to_lowercase()))
        };
        Ok(Self { id, started_at, ended })
    }

    /// The status, if the build ended within the window.
    pub(super) fn status_in(&self, window: Window) -> Option<&str> {
        let (end, status) = self.ended.as_ref()?;
        window.contains(*end).then_some(status)
    }

    /// The time from the start to the end, including the time in the queue. `None` while the build runs.
    pub(super) fn duration(&self) -> Option<Duration> {
        self.ended.as_ref()?.0.duration_since(self.started_at).ok()
    }

    pub(super) fn evidence(&self, region: &str, status: &str) -> EvidenceItem {
        let project = self.id.split(':').next().unwrap_or_default();
        let path = ["codesuite", "codebuild", "projects", project, "build", &self.id];
        let page = console_page(region, path);
        EvidenceItem::new(&self.id, true, format!("it {}", ending(status))).with_link(page.as_deref())
    }
}

fn ending(status: &str) -> String {
    match status {
        Build::SUCCEEDED | Build::FAILED => status.to_owned(),
        "stopped" => "was stopped".to_owned(),
        "timed_out" => "timed out".to_owned(),
        other => format!("ended with the status {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_says_what_a_build_lacks() {
        let error = |build: types::Build| Build::from_response(&build).unwrap_err().to_string();

        let without_id = error(types::Build::builder().build());
        assert!(without_id.ends_with(" contains a build without an id"), "{without_id}");
        let without_start = error(types::Build::builder().id("shop:7").build());
        assert!(without_start.ends_with(" contains the build shop:7 without a start"), "{without_start}");
    }
}
