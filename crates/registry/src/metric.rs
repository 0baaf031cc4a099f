//! What is known about a metric before it runs: everything the attribute said, and where it said it.

use std::{fmt, time::Duration};

use futures::future::BoxFuture;

use crate::{Aggregate, Alias, Context, Goal, Reading, Unavailable};

/// Collects one reading of a metric. The attribute writes this function; it resolves the collector's
/// arguments from the [`Context`] and calls it.
pub type Collect = fn(Context) -> BoxFuture<'static, Result<Reading, Unavailable>>;

/// A registered function and its facts.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    key: &'static str,
    description: &'static str,
    source: Source,
    collect: Collect,
    kind: Kind,
    unit: Option<&'static str>,
    goal: Option<Goal>,
    tags: &'static [&'static str],
    timeout: Option<Duration>,
    owner: Option<&'static str>,
    runbook: Option<&'static str>,
    window: Option<Duration>,
    aggregate: Option<Aggregate>,
    recovery: Option<f64>,
    notify: &'static [&'static str],
    alias: Option<Alias>,
}

/// How the values of a metric relate to time.
/// See <https://docs.datadoghq.com/metrics/types/>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A value as of now, such as a queue's length.
    Gauge,
    /// How often something happened during the interval.
    Count {
        /// The time that a value covers, in whole seconds.
        interval: Duration,
    },
    /// How often something happened in a second, on average over the interval.
    Rate {
        /// The time that a value covers, in whole seconds.
        interval: Duration,
    },
}

/// Where a metric was registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    module: &'static str,
    file: &'static str,
    line: u32,
}

impl Metric {
    /// Describes a metric. This is what the attribute calls; call it yourself to make a metric without
    /// one, for a [`Catalog`](crate::Catalog) of your own.
    #[must_use]
    pub const fn new(key: &'static str, description: &'static str, source: Source, collect: Collect) -> Self {
        Self {
            key,
            description,
            source,
            collect,
            kind: Kind::Gauge,
            unit: None,
            goal: None,
            tags: &[],
            timeout: None,
            owner: None,
            runbook: None,
            window: None,
            aggregate: None,
            recovery: None,
            notify: &[],
            alias: None,
        }
    }

    /// Sets the kind, which is a gauge otherwise.
    #[must_use]
    pub const fn with_kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    /// Sets the unit of the values, such as `commit`.
    #[must_use]
    pub const fn with_unit(mut self, unit: &'static str) -> Self {
        self.unit = Some(unit);
        self
    }

    /// Sets what the values should be.
    #[must_use]
    pub const fn with_goal(mut self, goal: Goal) -> Self {
        self.goal = Some(goal);
        self
    }

    /// Sets tags for every sample of the metric.
    #[must_use]
    pub const fn with_tags(mut self, tags: &'static [&'static str]) -> Self {
        self.tags = tags;
        self
    }

    /// Sets how long one collection may take. The default is the engine's.
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets who answers for the metric, such as `team-platform`.
    #[must_use]
    pub const fn with_owner(mut self, owner: &'static str) -> Self {
        self.owner = Some(owner);
        self
    }

    /// Sets the address of the page that says what to do when the goal is missed.
    #[must_use]
    pub const fn with_runbook(mut self, runbook: &'static str) -> Self {
        self.runbook = Some(runbook);
        self
    }

    /// Sets how much time a monitor of the metric looks at: whole minutes, from one to those of 7 days.
    #[must_use]
    pub const fn with_window(mut self, window: Duration) -> Self {
        self.window = Some(window);
        self
    }

    /// Sets how several series of the metric become one value. See [`aggregate`](Self::aggregate) for what
    /// goes without it.
    #[must_use]
    pub const fn with_aggregate(mut self, aggregate: Aggregate) -> Self {
        self.aggregate = Some(aggregate);
        self
    }

    /// Sets the value at which an alert about a missed goal ends. It meets the goal itself.
    #[must_use]
    pub const fn with_recovery(mut self, recovery: f64) -> Self {
        self.recovery = Some(recovery);
        self
    }

    /// Sets who is told when the goal is missed, such as `@slack-platform`.
    #[must_use]
    pub const fn with_notify(mut self, notify: &'static [&'static str]) -> Self {
        self.notify = notify;
        self
    }

    /// Sets a former key under which the values are delivered, too, for a while.
    #[must_use]
    pub const fn with_alias(mut self, alias: Alias) -> Self {
        self.alias = Some(alias);
        self
    }

    /// The name of the metric, such as `commits.hotfix`.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        self.key
    }

    /// What the metric says, from the collector's doc comment.
    #[must_use]
    pub const fn description(&self) -> &'static str {
        self.description
    }

    /// Where the metric was registered.
    #[must_use]
    pub const fn source(&self) -> Source {
        self.source
    }

    /// How the values relate to time.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// What the values count.
    #[must_use]
    pub const fn unit(&self) -> Option<&'static str> {
        self.unit
    }

    /// What the values should be.
    #[must_use]
    pub const fn goal(&self) -> Option<Goal> {
        self.goal
    }

    /// The tags of every sample, as written.
    #[must_use]
    pub const fn tags(&self) -> &'static [&'static str] {
        self.tags
    }

    /// How long one collection may take, where the metric says so itself.
    #[must_use]
    pub const fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// Who answers for the metric.
    #[must_use]
    pub const fn owner(&self) -> Option<&'static str> {
        self.owner
    }

    /// The address of the page that says what to do when the goal is missed.
    #[must_use]
    pub const fn runbook(&self) -> Option<&'static str> {
        self.runbook
    }

    /// How much time a monitor of the metric looks at.
    #[must_use]
    pub const fn window(&self) -> Option<Duration> {
        self.window
    }

    /// How several series of the metric become one value. Where the metric does not say so, counts and rates
    /// add up, of gauges with a goal `<`, `<=`, `>` or `>=` the one farthest from it counts, and of others the
    /// average.
    #[must_use]
    pub const fn aggregate(&self) -> Option<Aggregate> {
        self.aggregate
    }

    /// The value at which an alert about a missed goal ends.
    #[must_use]
    pub const fn recovery(&self) -> Option<f64> {
        self.recovery
    }

    /// Who is told when the goal is missed.
    #[must_use]
    pub const fn notify(&self) -> &'static [&'static str] {
        self.notify
    }

    /// The former key under which the values are delivered, too.
    #[must_use]
    pub const fn alias(&self) -> Option<Alias> {
        self.alias
    }

    pub(crate) fn collect(&self, context: Context) -> BoxFuture<'static, Result<Reading, Unavailable>> {
        (self.collect)(context)
    }
}

impl Kind {
    /// The kind's name: `gauge`, `count` or `rate`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Count { .. } => "count",
            Self::Rate { .. } => "rate",
        }
    }

    /// The time that a value covers, for a count or a rate.
    #[must_use]
    pub const fn interval(&self) -> Option<Duration> {
        match self {
            Self::Gauge => None,
            Self::Count { interval } | Self::Rate { interval } => Some(*interval),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self.interval() {
            Some(interval) => write!(f, " per {}", humantime::format_duration(interval)),
            None => Ok(()),
        }
    }
}

impl Source {
    /// Names a place; [`source!`](crate::source) names the place where it stands.
    #[must_use]
    pub const fn new(module: &'static str, file: &'static str, line: u32) -> Self {
        Self { module, file, line }
    }

    /// The crate, as its name is written in code.
    #[must_use]
    pub fn crate_name(&self) -> &'static str {
        self.module.split("::").next().unwrap_or(self.module)
    }

    /// The file, as the compiler was given it.
    #[must_use]
    pub const fn file(&self) -> &'static str {
        self.file
    }

    /// The line, starting at 1.
    #[must_use]
    pub const fn line(&self) -> u32 {
        self.line
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}:{})", self.crate_name(), self.file, self.line)
    }
}

/// The [`Source`] of the line on which this stands.
#[macro_export]
macro_rules! source {
    () => {
        $crate::Source::new(::core::module_path!(), ::core::file!(), ::core::line!())
    };
}
