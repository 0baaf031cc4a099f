//! One execution of a pipeline, and whether it shows that the pipeline passes.

use std::time::SystemTime;

use aws_sdk_codepipeline::types::{ExecutionType, PipelineExecutionStatus, PipelineExecutionSummary};
use system_health_registry::EvidenceItem;

use crate::aws::AwsError;

/// The action that lists executions.
pub(super) const LIST_EXECUTIONS: &str = "codepipeline:ListPipelineExecutions";

/// One execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Execution {
    id: String,
    pub(super) started_at: SystemTime,
    pub(super) result: ExecutionResult,
}

/// Whether an execution shows that the pipeline passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ExecutionResult {
    Passed,
    Failed,
    /// The execution does not decide, for this reason.
    Undecided(String),
}

impl Execution {
    pub(super) fn from_response(execution: &PipelineExecutionSummary) -> Result<Self, AwsError> {
        let invalid = |what: String| AwsError::Response { action: LIST_EXECUTIONS, what };
        let id = execution.pipeline_execution_id();
        let id = id.ok_or_else(|| invalid("an execution without an id".to_owned()))?;
        let lacks = |what: &str| invalid(format!("the execution {id} without {what}"));
        let started_at = execution.start_time().and_then(|time| SystemTime::try_from(*time).ok());
        let started_at = started_at.ok_or_else(|| lacks("a start"))?;
        let status = execution.status().ok_or_else(|| lacks("a status"))?;
        let is_rollback = matches!(execution.execution_type(), Some(ExecutionType::Rollback));
        Ok(Self { id: id.to_owned(), started_at, result: ExecutionResult::new(status, is_rollback) })
    }

    pub(super) fn evidence(&self, page: Option<&str>) -> EvidenceItem {
        let (decides, reason) = match &self.result {
            ExecutionResult::Passed => (true, "it succeeded"),
            ExecutionResult::Failed => (true, "it failed"),
            ExecutionResult::Undecided(reason) => (false, reason.as_str()),
        };
        EvidenceItem::new(&self.id, decides, reason).with_link(page)
    }
}

impl ExecutionResult {
    /// A rollback runs an old version again. So its result says nothing about the newest version.
    fn new(status: &PipelineExecutionStatus, is_rollback: bool) -> Self {
        let undecided = |reason: &str| Self::Undecided(reason.to_owned());
        match status {
            _ if is_rollback => undecided("it is a rollback"),
            PipelineExecutionStatus::Succeeded => Self::Passed,
            PipelineExecutionStatus::Failed => Self::Failed,
            PipelineExecutionStatus::InProgress => undecided("it is in progress"),
            PipelineExecutionStatus::Stopping => undecided("it is being stopped"),
            PipelineExecutionStatus::Stopped => undecided("it was stopped"),
            PipelineExecutionStatus::Cancelled => undecided("it was cancelled"),
            PipelineExecutionStatus::Superseded => undecided("a newer execution replaced it"),
            other => Self::Undecided(format!("its status is {}", other.as_str())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_says_what_an_execution_lacks() {
        let error = |execution: PipelineExecutionSummary| {
            Execution::from_response(&execution).unwrap_err().to_string()
        };

        let without_id = error(PipelineExecutionSummary::builder().build());
        assert!(without_id.ends_with(" contains an execution without an id"), "{without_id}");
        let without_start = error(PipelineExecutionSummary::builder().pipeline_execution_id("7").build());
        assert!(without_start.ends_with(" contains the execution 7 without a start"), "{without_start}");
    }
}
