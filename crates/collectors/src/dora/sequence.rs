//! The deployments to one environment, or all deployments if their source has no environments.

use std::{
    collections::HashSet,
    time::{Duration, SystemTime},
};

use system_health_registry::{EvidenceItem, Sample, SampleError, SampleValue, Window};

use super::deployment::{Deployment, DeploymentState, Success};
use crate::date::format_date;

const DAY: Duration = Duration::from_hours(24);

/// Deployments of a repository in the longest window of the metrics `dora.*`, and those before this window that were read. Each
/// replaces the one before it.
#[derive(Debug)]
pub(super) struct Sequence {
    environment: Option<String>,
    /// From the first to the last.
    successes: Vec<Success>,
    /// Deployments that do not count, with the time that decides whether they are in a window, and the reason.
    ignored: Vec<(Deployment, SystemTime, String)>,
    /// What may be missing, because it was not read.
    unread: Option<EvidenceItem>,
    /// The longest window.
    window: Window,
}

impl Sequence {
    /// A sequence of the deployments that were found. `found` starts with the newest one.
    pub(super) fn new(environment: Option<String>, found: Vec<Deployment>, window: Window) -> Self {
        let (mut successes, mut ignored) = (Vec::new(), Vec::new());
        let mut seen = HashSet::new();
        // The oldest first, so that the newer of two deployments at the same time follows the older one.
        for deployment in found.into_iter().rev().filter(|found| seen.insert(found.id.clone())) {
            match deployment.state.clone() {
                // The date of a tag comes from somebody's clock.
                DeploymentState::Succeeded(at) if at > window.end() => {
                    let reason = format!("its date is in the future, {}", format_date(at));
                    ignored.push((deployment, at, reason));
                }
                DeploymentState::Succeeded(at) => {
                    let Deployment { title, tag, commit, web_page: page, .. } = deployment;
                    successes.push(Success { title, tag, commit, at, web_page: page });
                }
                DeploymentState::CreatedTooEarly { succeeded_at, reason } => {
                    ignored.push((deployment, succeeded_at, reason));
                }
                DeploymentState::NotSuccessful(reason) => {
                    let created_at = deployment.created_at;
                    ignored.push((deployment, created_at, reason));
                }
            }
        }
        // The sort is stable, so deployments at the same time keep their order.
        successes.sort_by_key(|success| success.at);
        Self { environment, successes, ignored, unread: None, window }
    }

    /// Adds to the evidence what may be missing, because it was not read.
    pub(super) fn with_unread(self, unread: Option<EvidenceItem>) -> Self {
        Self { unread, ..self }
    }

    /// The successful deployments, from the first to the last. They include those from before the longest window that were
    /// found.
    pub(super) fn successes(&self) -> &[Success] {
        &self.successes
    }

    /// The longest window.
    pub(super) fn window(&self) -> Window {
        self.window
    }

    /// The successful deployments in a window, with their positions in [`Self::successes`].
    pub(super) fn within(&self, window: Window) -> impl Iterator<Item = (usize, &Success)> {
        self.successes.iter().enumerate().filter(move |(_, success)| window.contains(success.at))
    }

    /// The number of successful deployments in a window.
    pub(super) fn count(&self, window: Window) -> Result<Sample, SampleError> {
        self.sample(window, self.within(window).count())
    }

    /// The number of deployments per day.
    pub(super) fn frequency(&self, window: Window) -> Result<Sample, SampleError> {
        let count = u32::try_from(self.within(window).count()).unwrap_or(u32::MAX);
        let days = window.duration().as_secs_f64() / DAY.as_secs_f64();
        self.sample(window, f64::from(count) / days)
    }

    /// Adds the tag `environment:`, if the deployments have an environment.
    pub(super) fn tagged(&self, sample: Sample) -> Result<Sample, SampleError> {
        match &self.environment {
            Some(environment) => sample.with_tag("environment", environment),
            None => Ok(sample),
        }
    }

    /// A sample about the successful deployments in a window. The evidence also lists what does not count.
    fn sample(&self, window: Window, value: impl SampleValue) -> Result<Sample, SampleError> {
        let counted = self
            .within(window)
            .map(|(_, success)| success.item(true, format!("it succeeded at {}", format_date(success.at))));
        let not_counted = self.ignored_since_start(window).chain(self.unread.clone());
        let evidence: Vec<_> = counted.chain(not_counted).collect();
        Ok(Sample::new(value)?.with_evidence(evidence))
    }

    /// The deployments since the start of a window that do not count, as evidence.
    fn ignored_since_start(&self, window: Window) -> impl Iterator<Item = EvidenceItem> {
        let is_since_start = move |ignored: &&(Deployment, SystemTime, String)| ignored.1 > window.start();
        self.ignored.iter().filter(is_since_start).map(|(deployment, _, reason)| {
            EvidenceItem::new(&deployment.title, false, reason).with_link(deployment.web_page.as_deref())
        })
    }
}
