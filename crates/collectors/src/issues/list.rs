//! The issues of a repository, read once for all metrics about them.

use std::{sync::Arc, time::SystemTime};

use system_health_registry::{
    Context, EvidenceItem, FromContext, NoData, Sample, SampleError, Scope, Unavailable, Window, Windows,
};

use super::{issue::Issue, reader};
use crate::{
    date::format_date,
    github::{GitHubRepository, GitHubSettings, Permission, no_data_without},
    statistics::quantile_samples,
    web_page::with_page_link,
};

/// The issues that were updated in the longest window of the metrics about them, and the number of open ones.
#[derive(Debug, Clone)]
pub struct Issues(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    page: String,
    open: u64,
    changed: Vec<Issue>,
}

impl Issues {
    /// The issues, the number of open ones, and the page that lists them.
    pub(super) fn new(page: String, open: u64, changed: Vec<Issue>) -> Self {
        Self(Arc::new(Inner { page, open, changed }))
    }

    /// The number of open issues.
    pub(super) fn open(&self) -> Result<Sample, SampleError> {
        Ok(with_page_link(Sample::new(self.0.open)?, Some(&self.0.page)))
    }

    /// The number of issues for which an instant is in the window.
    pub(super) fn count(
        &self,
        window: &Window,
        verb: &str,
        at: impl Fn(&Issue) -> Option<SystemTime>,
    ) -> Result<Sample, SampleError> {
        let within = |issue: &Issue| Some((issue.clone(), at(issue).filter(|at| window.contains(*at))?));
        let counted: Vec<_> = self.0.changed.iter().filter_map(within).collect();
        let evidence = counted
            .iter()
            .map(|(issue, at)| evidence(issue, true, format!("{verb} at {}", format_date(*at))));
        Ok(with_page_link(Sample::new(counted.len())?.with_evidence(evidence), Some(&self.0.page)))
    }

    /// The quantiles of the time to close.
    pub(super) fn times_to_close(&self, window: &Window) -> Result<Vec<Sample>, Unavailable> {
        let (values, evidence) = self.closed_by_completion(window);
        let samples = match quantile_samples(values, "issues that were closed as completed") {
            Err(Unavailable::NoData(none)) => {
                return Err(NoData::new(none.reason()).with_evidence(evidence).into());
            }
            samples => samples?,
        };
        // One list of the issues is enough: it is the same for all quantiles.
        let mut evidence = Some(evidence);
        let with_page = |sample: Sample| {
            let sample = sample.with_evidence(evidence.take().unwrap_or_default());
            with_page_link(sample, Some(&self.0.page))
        };
        Ok(samples.into_iter().map(with_page).collect())
    }

    /// The number of values behind [`Self::times_to_close`].
    pub(super) fn times_to_close_samples(&self, window: &Window) -> Result<Sample, SampleError> {
        let (values, evidence) = self.closed_by_completion(window);
        Ok(with_page_link(Sample::new(values.len())?.with_evidence(evidence), Some(&self.0.page)))
    }

    fn closed_by_completion(&self, window: &Window) -> (Vec<f64>, Vec<EvidenceItem>) {
        let (mut values, mut items) = (Vec::new(), Vec::new());
        for issue in &self.0.changed {
            let Some(closed_at) = issue.closed_at.filter(|at| window.contains(*at)) else { continue };
            match issue.time_to_close(closed_at) {
                Ok(time) => {
                    values.push(time.as_secs_f64());
                    let date = format_date(closed_at);
                    let reason = format!("closed at {date}, after {}", humantime::format_duration(time));
                    items.push(evidence(issue, true, reason));
                }
                Err(reason) => items.push(evidence(issue, false, reason)),
            }
        }
        (values, items)
    }
}

fn evidence(issue: &Issue, counted: bool, reason: String) -> EvidenceItem {
    EvidenceItem::new(format!("#{} {}", issue.number, issue.title), counted, reason)
        .with_link(Some(&issue.page))
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
