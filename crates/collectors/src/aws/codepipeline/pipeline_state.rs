//! Whether one pipeline passes: the latest execution that passed or failed decides.

use aws_sdk_codepipeline::{Client, config};

use super::execution::{Execution, ExecutionResult, LIST_EXECUTIONS};
use crate::aws::{AwsError, regions::AwsRegion};

/// Maximum number of pages that are read. A page has at most 100 executions.
const MAX_PAGES: usize = 10;

/// Whether a pipeline passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PipelineState {
    /// `None` if no execution has passed or failed yet.
    pub(super) is_passing: Option<bool>,
    /// The executions up to the one that decided, newest first. Without a decision, all that were read.
    pub(super) executions: Vec<Execution>,
}

impl PipelineState {
    /// Reads executions from the newest to the oldest, until one decides. Fails if there are more than [`MAX_PAGES`], and
    /// no execution on the pages that were read decides.
    pub(super) async fn read(client: &Client, region: &AwsRegion, pipeline: &str) -> Result<Self, AwsError> {
        let mut executions = Vec::new();
        let mut token = None;
        for _ in 0..MAX_PAGES {
            let request =
                client.list_pipeline_executions().pipeline_name(pipeline).set_next_token(token).customize();
            let override_config = config::Builder::new().interceptor(region.attempt_counter());
            let page = region
                .record_response(LIST_EXECUTIONS, request.config_override(override_config).send().await)?;
            let summaries = page.pipeline_execution_summaries().iter();
            let mut page_executions =
                summaries.map(Execution::from_response).collect::<Result<Vec<_>, _>>()?;
            page_executions.sort_by_key(|execution| std::cmp::Reverse(execution.started_at));
            for execution in page_executions {
                let is_passing = match execution.result {
                    ExecutionResult::Passed => Some(true),
                    ExecutionResult::Failed => Some(false),
                    ExecutionResult::Undecided(_) => None,
                };
                executions.push(execution);
                if is_passing.is_some() {
                    return Ok(Self { is_passing, executions });
                }
            }
            token = page.next_token;
            if token.is_none() {
                return Ok(Self { is_passing: None, executions });
            }
        }
        let what = format!("no execution that passed or failed on the first {MAX_PAGES} pages");
        Err(AwsError::Response { action: LIST_EXECUTIONS, what })
    }
}
