//! The window of a metric, as a resource: the time over which the metric is measured. Everything that happened in the window
//! counts.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::{
    Context, FromContext, Instants, KeyPattern, MetricSettings, Scope, Unavailable,
    collected_keys::CollectedKeys,
};

/// The time over which a metric is measured. It ends when the run starts and is as long as `[metrics]` in the settings says
/// for the metric: 7 days by default.
///
/// ```
/// use std::time::{Duration, SystemTime, UNIX_EPOCH};
/// use system_health_registry::{Window, system_health_metric};
/// # fn deploys() -> Vec<SystemTime> { vec![UNIX_EPOCH + Duration::from_hours(30)] }
///
/// /// Deploys within the window.
/// #[system_health_metric(key = "deploys.recent", unit = "deploy")]
/// fn recent_deploys(window: Window) -> usize {
///     deploys().into_iter().filter(|time| window.contains(*time)).count()
/// }
///
/// let window = Window::ending_at(UNIX_EPOCH + Duration::from_hours(48), Duration::from_hours(24));
/// assert_eq!(recent_deploys(window), 1);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    start: SystemTime,
    end: SystemTime,
}

/// The windows of the metrics of a run, for a resource that several metrics share.
#[derive(Debug, Clone)]
pub struct Windows {
    settings: MetricSettings,
    collected: CollectedKeys,
    /// When the window of the first instant ends. In an ordinary run, this is `end`.
    first_end: SystemTime,
    /// When the run started.
    end: SystemTime,
}

impl Window {
    /// The window of this length that ends at `end`.
    #[must_use]
    pub fn ending_at(end: SystemTime, length: Duration) -> Self {
        Self { start: end.checked_sub(length).unwrap_or(UNIX_EPOCH), end }
    }

    /// The start. Something that happened exactly then does not count any more.
    #[must_use]
    pub const fn start(&self) -> SystemTime {
        self.start
    }

    /// The end: the start of the run, or in a backfill the past instant. Something that happened exactly then counts.
    #[must_use]
    pub const fn end(&self) -> SystemTime {
        self.end
    }

    /// The length.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.end.duration_since(self.start).unwrap_or_default()
    }

    /// Whether something that happened at this time counts. What happened at the border of two adjacent windows counts in exactly
    /// one of them.
    #[must_use]
    pub fn contains(&self, time: SystemTime) -> bool {
        self.start < time && time <= self.end
    }
}

impl Windows {
    /// The longest window among the collected metrics whose keys match a pattern, such as `prs.*`, or the default window if
    /// no key matches. A resource that covers this window contains what each of these metrics needs.
    ///
    /// In a [backfill](crate::Engine::backfill), this window starts with the window of the first instant, and ends when the
    /// backfill started.
    ///
    /// # Panics
    /// Panics if one of the patterns is not valid.
    #[must_use]
    pub fn longest(&self, patterns: &[&str]) -> Window {
        let patterns: Vec<KeyPattern> =
            patterns.iter().map(|pattern| pattern.parse().expect("a valid pattern")).collect();
        let matching =
            self.collected.iter().filter(|key| patterns.iter().any(|pattern| pattern.is_match(key)));
        let longest = matching.map(|key| self.settings.window_of(key)).max();
        let first = Window::ending_at(self.first_end, longest.unwrap_or(self.settings.window));
        Window { end: self.end, ..first }
    }
}

impl FromContext for Window {
    const SCOPE: Scope = Scope::Metric;

    /// Without a metric, this is the default window.
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let settings = context.get::<MetricSettings>().await?;
        let length = context.metric().map_or(settings.window, |metric| settings.window_of(metric.key()));
        Ok(Self::ending_at(context.started_at(), length))
    }
}

impl FromContext for Windows {
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let settings = context.get::<MetricSettings>().await?;
        let collected = context.get::<CollectedKeys>().await?;
        let end = context.started_at();
        let first_end = context.instants().map_or(end, Instants::first);
        Ok(Self { settings, collected, first_end, end })
    }
}
