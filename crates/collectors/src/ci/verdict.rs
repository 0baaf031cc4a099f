//! The verdict as a resource.

use system_health_registry::{Context, EvidenceItem, FromContext, NoData, Scope, Unavailable};

use super::{history::TestHistory, relevance::WatchedWorkflow};
use crate::repository::Branch;

/// Whether the tests pass on the watched branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CiVerdict {
    /// Whether the tests pass.
    pub passed: bool,
    /// The branch.
    pub branch: Branch,
    /// The file name of the workflow.
    pub workflow: String,
    /// The web page of the run that decided, if GitHub gives one.
    pub web_page: Option<String>,
    /// The runs and jobs that were considered.
    pub evidence: Vec<EvidenceItem>,
}

impl FromContext for CiVerdict {
    const SCOPE: Scope = Scope::Subject;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let history = context.get::<TestHistory>().await?;
        let watched = WatchedWorkflow {
            settings: &history.settings,
            tables: &history.tables,
            branch: &history.branch,
            now: context.started_at(),
        };
        let judgment = history.judge(&watched, &mut *history.known.lock().await, None).await?;
        let evidence = judgment.evidence.into_items();
        match judgment.result {
            Ok(decision) => Ok(Self {
                passed: decision.passed,
                web_page: decision.web_page,
                branch: history.branch,
                workflow: history.settings.workflow,
                evidence,
            }),
            Err(reason) => Err(NoData::new(reason).with_evidence(evidence).into()),
        }
    }
}
