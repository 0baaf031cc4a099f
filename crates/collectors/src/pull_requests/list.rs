//! The pull requests of a repository, read once for all metrics about them.

use std::{sync::Arc, time::SystemTime};

use system_health_registry::{
    Context, EvidenceItem, FromContext, NoData, Sample, SampleError, Scope, Unavailable, Window, Windows,
};

use super::{
    measure::{Measure, STALE_AFTER, Verdict},
    pull_request::PullRequest,
    reader,
};
use crate::{
    github::{GitHubRepository, GitHubSettings, Permission, no_data_without},
    statistics::quantile_samples,
    web_page::with_page_link,
};

/// The pull requests of a repository that matter in the longest window of the metrics about them, and all open ones.
#[derive(Debug, Clone)]
pub struct PullRequests(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// The page that lists them.
    page: String,
    all: Vec<PullRequest>,
}

/// What a measure makes of all pull requests.
struct Measured {
    values: Vec<f64>,
    evidence: Vec<EvidenceItem>,
}

impl PullRequests {
    /// The pull requests, and the page that lists them.
    pub(super) fn new(page: String, all: Vec<PullRequest>) -> Self {
        Self(Arc::new(Inner { page, all }))
    }

    /// The number of pull requests that count.
    pub(super) fn count(&self, verdict: impl Fn(&PullRequest) -> Verdict) -> Result<Sample, SampleError> {
        let Measured { values, evidence } = self.measure(verdict);
        let sample = Sample::new(values.len())?.with_evidence(evidence);
        Ok(with_page_link(sample, Some(&self.0.page)))
    }

    /// The quantiles of the values of the pull requests that count.
    /// `what` names the pull requests for the reason of no data.
    pub(super) fn quantiles(
        &self,
        window: &Window,
        measure: Measure,
        what: &str,
    ) -> Result<Vec<Sample>, Unavailable> {
        let Measured { values, evidence } = self.measure(|pull_request| measure(pull_request, window));
        let samples = match quantile_samples(values, what) {
            Err(Unavailable::NoData(none)) => {
                return Err(NoData::new(none.reason()).with_evidence(evidence).into());
            }
            samples => samples?,
        };
        // One list of the pull requests is enough: it is the same for all quantiles.
        let mut evidence = Some(evidence);
        let with_page = |sample: Sample| {
            let sample = sample.with_evidence(evidence.take().unwrap_or_default());
            with_page_link(sample, Some(&self.0.page))
        };
        Ok(samples.into_iter().map(with_page).collect())
    }

    /// The number of values behind [`Self::quantiles`].
    pub(super) fn samples(&self, window: &Window, measure: Measure) -> Result<Sample, SampleError> {
        self.count(|pull_request| measure(pull_request, window))
    }

    fn measure(&self, verdict: impl Fn(&PullRequest) -> Verdict) -> Measured {
        let mut measured = Measured { values: Vec::new(), evidence: Vec::new() };
        for pull_request in &self.0.all {
            let (counted, reason) = match verdict(pull_request) {
                Verdict::Counts(value, reason) => {
                    measured.values.push(value);
                    (true, reason)
                }
                Verdict::Excluded(reason) => (false, reason),
                Verdict::Unrelated => continue,
            };
            let title = format!("#{} {}", pull_request.number, pull_request.title);
            let item = EvidenceItem::new(title, counted, reason).with_link(Some(&pull_request.page));
            measured.evidence.push(item);
        }
        measured
    }
}

impl FromContext for PullRequests {
    const SCOPE: Scope = Scope::Subject;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let repository = context.get::<GitHubRepository>().await?;
        let bots = context.get::<GitHubSettings>().await?.bots;
        let window = context.get::<Windows>().await?.longest(&["prs.*"]);
        let read = reader::read(&repository, since(&window), &bots).await;
        read.map_err(|error| no_data_without(Permission::PullRequests, repository.name(), error))
    }
}

/// The time before which nothing has to be known about pull requests, except that they are open.
fn since(window: &Window) -> SystemTime {
    let stale = window.end().checked_sub(STALE_AFTER).unwrap_or(SystemTime::UNIX_EPOCH);
    window.start().min(stale)
}
