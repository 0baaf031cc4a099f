//! The pull requests of a repository, read once for all metrics about them.

use std::{borrow::Cow, time::SystemTime};

use system_health_registry::{
    Context, EvidenceItem, FromContext, Sample, SampleError, Scope, Unavailable, Window, Windows,
};

use super::{
    current_list::PullRequestList,
    measure::{Measure, STALE_AFTER, Verdict},
    pull_request::PullRequest,
    reader,
};
use crate::{
    github::{GitHubRepository, GitHubSettings, Permission, no_data_without},
    measured::Measured,
};

/// All open pull requests of a repository, and those that were closed in the last 14 days or in the longest window of the
/// metrics about them, whichever is longer. In a backfill, as they were at the instant.
#[derive(Debug, Clone)]
pub struct PullRequests {
    list: PullRequestList,
    instant: Option<SystemTime>,
}

impl PullRequests {
    /// The web page that lists the pull requests.
    fn page(&self) -> &str {
        self.list.page()
    }

    /// The number of pull requests that count.
    pub(super) fn count(&self, verdict: impl Fn(&PullRequest) -> Verdict) -> Result<Sample, SampleError> {
        self.measure(verdict).count(Some(self.page()))
    }

    /// The quantiles of the values of the pull requests that count.
    /// If none count, there is no data, and `what` names the pull requests in the reason.
    pub(super) fn quantiles(
        &self,
        window: &Window,
        measure: Measure,
        what: &str,
    ) -> Result<Vec<Sample>, Unavailable> {
        self.measure(|pull_request| measure(pull_request, window)).quantiles(what, Some(self.page()))
    }

    /// The number of values behind [`Self::quantiles`].
    pub(super) fn samples(&self, window: &Window, measure: Measure) -> Result<Sample, SampleError> {
        self.count(|pull_request| measure(pull_request, window))
    }

    fn measure(&self, verdict: impl Fn(&PullRequest) -> Verdict) -> Measured {
        let mut measured = Measured::default();
        for pull_request in self.list.pull_requests() {
            let pull_request = match self.instant {
                None => Cow::Borrowed(pull_request),
                Some(instant) => match pull_request.at(instant) {
                    Some(past) => past,
                    None => continue,
                },
            };
            let (counted, reason) = match verdict(&pull_request) {
                Verdict::Counts(value, reason) => {
                    measured.values.push(value);
                    (true, reason)
                }
                Verdict::Excluded(reason) => (false, reason),
                Verdict::Unrelated => continue,
            };
            let title = format!("#{} {}", pull_request.number, pull_request.title);
            let item = EvidenceItem::new(title, counted, reason).with_link(Some(&pull_request.web_page));
            measured.evidence.push(item);
        }
        measured
    }
}

impl FromContext for PullRequests {
    const SCOPE: Scope = Scope::Metric;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let instant = context.instants().map(|_| context.started_at());
        Ok(Self { list: context.get().await?, instant })
    }
}

impl FromContext for PullRequestList {
    const SCOPE: Scope = Scope::Subject;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let repository = context.get::<GitHubRepository>().await?;
        let bots = context.get::<GitHubSettings>().await?.bots;
        let window = context.get::<Windows>().await?.longest(&["prs.*"]);
        let read = reader::read(&repository, since(&window), &bots).await;
        read.map_err(|error| no_data_without(Permission::PullRequests, repository.name(), error))
    }
}

/// The start of the history that the metrics need. What happened to pull requests earlier does not matter, except whether they
/// are open.
fn since(window: &Window) -> SystemTime {
    let stale = window.end().checked_sub(STALE_AFTER).unwrap_or(SystemTime::UNIX_EPOCH);
    window.start().min(stale)
}
