//! The runs and jobs that were considered, each with its result.

use system_health_registry::EvidenceItem;

use super::{job::Job, workflow_run::WorkflowRun};
use crate::short_id::short_id;

/// The runs and jobs, in the order in which they were considered.
#[derive(Debug, Default)]
pub(super) struct EvidenceLog(Vec<LogEntry>);

#[derive(Debug)]
struct LogEntry {
    title: String,
    link: Option<String>,
    reason: String,
    is_counted: bool,
}

/// Identifies an entry that may change later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct EntryId(usize);

impl EvidenceLog {
    /// Adds an attempt of a run. It does not count before [`Self::count`] is called. `run` is the run in its latest attempt.
    pub(super) fn add_run(&mut self, run: &WorkflowRun, attempt: u32, reason: impl Into<String>) -> EntryId {
        let sha = short_id(&run.head_sha);
        let attempt_of_latest = match run.attempt {
            1 => String::new(),
            latest => format!(", attempt {attempt} of {latest}"),
        };
        let display_title = run.display_title.as_ref().map_or_else(String::new, |title| format!(": {title}"));
        let title = format!("{}{attempt_of_latest} ({}, {sha}){display_title}", run.name(), run.event);
        self.add(title, run.page(attempt), reason.into())
    }

    /// Adds a job. It does not count before [`Self::count`] is called.
    pub(super) fn add_job(&mut self, job: &Job, run: &WorkflowRun) -> EntryId {
        let title = format!("job `{}` of {}", job.name, run.name());
        self.add(title, job.html_url.clone(), job.ending_in_words().to_owned())
    }

    /// Marks an entry as counted.
    pub(super) fn count(&mut self, EntryId(index): EntryId) {
        self.0[index].is_counted = true;
    }

    /// Adds to the reason of an entry.
    pub(super) fn explain(&mut self, EntryId(index): EntryId, reason: &str) {
        let entry = &mut self.0[index];
        entry.reason += ", ";
        entry.reason += reason;
    }

    /// The items for a sample or for no data.
    pub(super) fn into_items(self) -> Vec<EvidenceItem> {
        let item = |entry: LogEntry| {
            EvidenceItem::new(entry.title, entry.is_counted, entry.reason).with_link(entry.link.as_deref())
        };
        self.0.into_iter().map(item).collect()
    }

    fn add(&mut self, title: String, link: Option<String>, reason: String) -> EntryId {
        self.0.push(LogEntry { title, link, reason, is_counted: false });
        EntryId(self.0.len() - 1)
    }
}
