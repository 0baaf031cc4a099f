//! Runs over synthetic repositories, for tests.

use std::{fmt, time::Duration};

use futures::future::BoxFuture;
use system_health_registry::{
    Catalog, Context, DescribedReading, Engine, Facts, IntoReading, ItemError, Location, Metric, Outcome,
    Reading, Report, Sample, Source, Subject, Subjects, Tag, TagError, Unavailable, location,
};

/// A numbered repository. A test provides the repositories as [`Subjects`]. Otherwise, they cannot be listed.
#[derive(Debug, Clone)]
pub(crate) struct Repository(pub(crate) usize);

impl Subject for Repository {
    async fn list(_context: &Context) -> Result<Vec<Self>, Unavailable> {
        Err("cannot list the repositories of acme: 401 Unauthorized")?
    }

    fn tags(&self) -> Result<Vec<Tag>, TagError> {
        Ok(vec![Tag::new("repository", &self.to_string())?])
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "acme/app-{:04}", self.0)
    }
}

/// Collects a metric for the repository with this number.
pub(crate) type Collect = fn(usize) -> Result<Reading, Unavailable>;

/// The text without colours.
pub(crate) fn plain(text: impl fmt::Display) -> String {
    anstream::adapter::strip_str(&text.to_string()).to_string()
}

/// A metric about repositories.
pub(crate) fn each(facts: Facts, collect: Collect) -> Metric {
    let collector = move |context: Context| -> BoxFuture<'static, Result<Reading, Unavailable>> {
        Box::pin(async move { collect(context.get::<Repository>().await?.0) })
    };
    Metric::new(facts, location!(), collector).each::<Repository>()
}

/// A metric without a subject.
pub(crate) fn without_subject(facts: Facts, collect: fn() -> Result<Reading, Unavailable>) -> Metric {
    Metric::new(facts, location!(), move |_| Box::pin(async move { collect() }))
}

/// A context with this many repositories; `None` if they cannot be listed.
pub(crate) fn context(repositories: Option<usize>) -> Context {
    match repositories {
        Some(count) => Context::new().provide(Subjects::new((0..count).map(Repository))),
        None => Context::new(),
    }
}

/// A run over this many repositories; `None` if they cannot be listed.
pub(crate) async fn run(
    metrics: impl IntoIterator<Item = Metric>,
    sources: impl IntoIterator<Item = Source>,
    repositories: Option<usize>,
) -> Report {
    let catalog = Catalog::new(metrics).unwrap().with_sources(sources).unwrap();
    let context = context(repositories);
    Report::new(Engine::new().run(&catalog, &context).await, [Tag::parse("env:test").unwrap()])
}

/// A run over all metrics and sources of this module, with a thousand repositories.
pub(crate) async fn run_thousand() -> Report {
    run(metrics(), sources(), Some(1_000)).await
}

/// A run with a metric whose two items failed, and one whose only item failed.
pub(crate) async fn run_with_failed_items() -> Report {
    fn failed(queue: &str, error: &str) -> Result<Sample, ItemError> {
        Err(ItemError::new(error).with_tag("queue", queue))
    }
    let metrics = [
        without_subject(Facts::new("queue.age_seconds", "Ages."), || {
            vec![failed("mail", "connection refused")].into_reading()
        }),
        without_subject(Facts::new("queue.length", "Lengths."), || {
            vec![failed("mail", "connection refused"), failed("print", "404 Not Found")].into_reading()
        }),
    ];
    run(metrics, [], None).await
}

/// A run over some of a thousand repositories: those with a number for which `wanted` returns true.
pub(crate) async fn run_some(
    metrics: impl IntoIterator<Item = Metric>,
    wanted: impl Fn(&usize) -> bool,
) -> Report {
    let context = Context::new().provide(Subjects::new((0..1_000).filter(wanted).map(Repository)));
    let catalog = Catalog::new(metrics).unwrap();
    Report::new(Engine::new().run(&catalog, &context).await, [])
}

/// One metric without a subject, and three metrics about repositories with problems: an outage that affects 312 repositories,
/// rare errors, a failed item, missing data and missed goals.
pub(crate) fn metrics() -> Vec<Metric> {
    let goal = |goal: &str| goal.parse().unwrap();
    vec![
        without_subject(Facts::new("account.members", "Members.").with_unit("person"), || 41.into_reading()),
        each(
            Facts::new("ci.tests_passing_on_main", "Tests.").with_goal(goal("== 1")),
            |number| match number {
                0..5 => Err(Unavailable::no_data("the repository has no workflow")),
                5..317 => Err(format!(
                    "GET https://api.github.com/repos/acme/app-{number:04}/actions/runs: connection refused"
                ))?,
                _ => (number % 23 != 0).into_reading(),
            },
        ),
        each(
            Facts::new("commits.hotfix", "Hotfixes.").with_goal(goal("< 5")).with_unit("commit"),
            |number| match number {
                5..317 => Err("connection refused")?,
                990.. => Err(format!("the answer is cut off after {number} bytes"))?,
                700..750 => (number - 700).into_reading(),
                _ => (number % 3).into_reading(),
            },
        ),
        each(Facts::new("commits.reverts", "Reverts.").with_unit("commit"), |number| match number {
            5..317 => Err("connection refused")?,
            317 => vec![
                Ok(Sample::new(2.0)?.with_tag("branch", "main")?),
                Err(ItemError::new("404 Not Found").with_tag("branch", "gone")),
            ]
            .into_reading(),
            _ => 0.into_reading(),
        }),
    ]
}

/// A source that fails, and one with a metric that is refused.
pub(crate) fn sources() -> Vec<Source> {
    vec![
        Source::new("prometheus", "A test.", location!(), |_| {
            Box::pin(async { Err("cannot ask http://prometheus:9090: connection refused")? })
        }),
        // A fixed place, because messages name it.
        Source::new("warehouse", "A test.", Location::code("acme", "db.rs", 7), |_| {
            Box::pin(async {
                let orders = DescribedReading::new(Facts::new("orders.open", "Orders."), 7);
                let taken = DescribedReading::new(Facts::new("commits.hotfix", "Hotfixes."), 7);
                Ok(vec![orders, taken])
            })
        }),
    ]
}

/// A run of two metrics, which misses the goal of these two metrics.
pub(crate) async fn run_with_goal() -> Report {
    let metrics = || [("ci.errors", 4), ("ci.runs", 20)];
    let metric = |(key, value): (&str, u8)| {
        Metric::new(Facts::new(key, "A test."), location!(), move |_| {
            Box::pin(async move { value.into_reading() })
        })
    };
    let report = run(metrics().map(metric), [], None).await;
    let goal = "ci.errors / ci.runs < 0.1".parse().unwrap();
    let result = Outcome {
        metric: Metric::of_two_metric_goal(Facts::new("ci.error_ratio", "A test."), goal, None),
        subject: None,
        result: 0.2.into_reading(),
        duration: Duration::ZERO,
    };
    report.with_goals(vec![result])
}
