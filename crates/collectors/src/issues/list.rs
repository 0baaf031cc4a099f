//! The issues of a repository, read once for all metrics about them.

use std::{sync::Arc, time::SystemTime};

use system_health_registry::{
    Context, EvidenceItem, FromContext, Sample, SampleError, Scope, Unavailable, Window, Windows,
};

use super::{issue::Issue, reader};
use crate::{
    date::format_date,
    github::{GitHubRepository, GitHubSettings, Permission, no_data_without},
    measured::Measured,
    web_page::with_page_link,
};

/// The issues that were updated in the longest window of the metrics about them, and the number of all open issues.
#[derive(Debug, Clone)]
pub struct Issues(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    web_page: String,
    open: u64,
    changed: Vec<Issue>,
}

impl Issues {
    /// The updated issues, the number of all open issues, and the page that lists them.
    pub(super) fn new(page: String, open: u64, changed: Vec<Issue>) -> Self {
        Self(Arc::new(Inner { web_page: page, open, changed }))
    }

    /// The number of open issues.
    pub(super) fn open(&self) -> Result<Sample, SampleError> {
        Ok(with_page_link(Sample::new(self.0.open)?, Some(&self.0.web_page)))
    }

    /// The number of issues for which `at` returns an instant in the window.
    pub(super) fn count(
        &self,
        window: &Window,
        verb: &str,
        at: impl Fn(&Issue) -> Option<SystemTime>,
    ) -> Result<Sample, SampleError> {
        let within = |issue: &Issue| Some((issue.clone(), at(issue).filter(|at| window.contains(*at))?));
        let counted_issues: Vec<_> = self.0.changed.iter().filter_map(within).collect();
        let evidence = counted_issues
            .iter()
            .map(|(issue, at)| evidence(issue, true, format!("{verb} at {}", format_date(*at))));
        Ok(with_page_link(Sample::new(counted_issues.len())?.with_evidence(evidence), Some(&self.0.web_page)))
    }

    /// The quantiles of the time to close.
    pub(super) fn times_to_close(&self, window: &Window) -> Result<Vec<Sample>, Unavailable> {
        self.closed_by_completion(window)
            .quantiles("issues that were closed as completed", Some(&self.0.web_page))
    }

    /// The number of values behind [`Self::times_to_close`].
    pub(super) fn times_to_close_samples(&self, window: &Window) -> Result<Sample, SampleError> {
        self.closed_by_completion(window).count(Some(&self.0.web_page))
    }

    fn closed_by_completion(&self, window: &Window) -> Measured {
        let mut measured = Measured::default();
        for issue in &self.0.changed {
            let Some(closed_at) = issue.closed_at.filter(|at| window.contains(*at)) else { continue };
            match issue.time_to_close(closed_at) {
                Ok(time) => {
                    measured.values.push(time.as_secs_f64());
                    let date = format_date(closed_at);
                    let reason = format!("closed at {date}, after {}", humantime::format_duration(time));
                    measured.evidence.push(evidence(issue, true, reason));
                }
                Err(reason) => measured.evidence.push(evidence(issue, false, reason)),
            }
        }
        measured
    }
}

fn evidence(issue: &Issue, counted: bool, reason: String) -> EvidenceItem {
    EvidenceItem::new(format!("#{} {}", issue.number, issue.title), counted, reason)
        .with_link(Some(&issue.web_page))
}

impl FromContext for Issues {
    const SCOPE: Scope = Scope::Subject;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let repository = context.get::<GitHubRepository>().await?;
        let bots = context.get::<GitHubSettings>().await?.bots;
        let window = context.get::<Windows>().await?.longest(&["issues.*"]);
        let read = reader::read(&repository, window.start(), &bots).await;
        let read = read.map_err(|error| no_data_without(Permission::Issues, repository.name(), error))?;
        read.ok_or_else(|| Unavailable::no_data(format!("issues are turned off in {}", repository.name())))
    }
}
