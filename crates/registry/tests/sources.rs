//! Sources of metrics that are known only at run time. These metrics have the same three states as all others.

mod common;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use insta::assert_snapshot;
use system_health_registry::{
    Alias, Catalog, Context, DescribedReading, Engine, Facts, FromContext, Progress, Run, Sample,
    SampleError, Source, Unavailable, location, system_health_metric, system_health_source,
};

/// The rows of a table, which a test provides.
#[derive(Debug, Clone)]
struct Rows(Result<Vec<(&'static str, f64)>, &'static str>);

impl FromContext for Rows {
    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Ok(Self(Ok(vec![("orders.open", 3.0), ("orders.late", 1.0)])))
    }
}

/// One metric for each row.
#[system_health_source(name = "warehouse", timeout = "1s")]
async fn warehouse(rows: Rows) -> Result<Vec<DescribedReading>, Unavailable> {
    let described = |(key, value)| DescribedReading::new(Facts::new(key, "A row.").with_unit("order"), value);
    Ok(rows.0?.into_iter().map(described).collect())
}

/// A metric that is known before the run.
#[system_health_metric(key = "orders.known", alias = "orders.former", alias_until = "2999-01-01")]
fn known() -> u8 {
    7
}

async fn run(rows: Rows, catalog: &Catalog) -> Run {
    Engine::new().run(catalog, &Context::new().provide(rows)).await
}

fn rows(rows: &[(&'static str, f64)]) -> Rows {
    Rows(Ok(rows.to_vec()))
}

/// The result of the only source of a run, and which of its metrics were refused.
fn source_line(run: &Run) -> String {
    let [source] = run.sources() else { panic!("{:?}", run.sources()) };
    let result = source
        .result
        .as_ref()
        .map_or_else(|error| format!("failed: {error}"), |count| format!("{count} metrics"));
    let refused: Vec<_> = source.refused.iter().map(ToString::to_string).collect();
    format!("{}: {result}; refused: {}", source.name, refused.join(", "))
}

#[tokio::test]
async fn a_source_returns_metrics_with_their_readings() {
    let run =
        run(rows(&[("orders.open", 3.0), ("orders.late", f64::NAN)]), &Catalog::linked().unwrap()).await;

    assert_snapshot!(common::lines(&run), @"
    orders.known: value 7 []
    orders.late: error: a value must be a finite number, this one is NaN
    orders.open: value 3 []
    ");
    assert_eq!(source_line(&run), "warehouse: 2 metrics; refused: ");
    let late = &run.outcomes()[1].metric;
    assert_eq!((late.unit(), late.source().map(AsRef::as_ref)), (Some("order"), Some("warehouse")));
    assert_eq!(late.location().to_string(), "the source `warehouse`");
}

#[tokio::test]
async fn a_remembered_metric_that_is_not_returned_has_no_data() {
    let remembered = ["orders.open", "orders.gone", "orders.known", "not a key"];
    let remembered = remembered.map(|key| Facts::new(key, "A row."));
    let catalog = Catalog::linked().unwrap().with_described_metrics("warehouse", remembered.clone());

    let keys: Vec<_> = catalog.metrics().iter().map(|metric| metric.key()).collect();
    assert_eq!(keys, ["orders.gone", "orders.known", "orders.open"]);
    assert_snapshot!(common::lines(&run(rows(&[("orders.open", 3.0)]), &catalog).await), @"
    orders.gone: no data: the source `warehouse` did not return it in this run
    orders.known: value 7 []
    orders.open: value 3 []
    ");
    let failed = run(Rows(Err("connection refused")), &catalog).await;
    assert_snapshot!(common::lines(&failed), @"
    orders.gone: error: connection refused
    orders.known: value 7 []
    orders.open: error: connection refused
    ");
    assert_eq!(source_line(&failed), "warehouse: failed: connection refused; refused: ");
    assert!(!failed.sources()[0].knows_all_keys);
    let other = Catalog::linked().unwrap().with_described_metrics("elsewhere", remembered);
    assert_eq!(other.metrics().len(), 1, "a source that is not in the catalog has no metrics");
}

#[tokio::test]
async fn only_invalid_and_used_keys_are_refused() {
    let rows = rows(&[
        ("orders open", 1.0),
        ("orders.known", 2.0),
        ("orders.former", 3.0),
        ("orders.late", 4.0),
        ("orders.late", 5.0),
    ]);

    let run = run(rows, &Catalog::linked().unwrap()).await;

    assert!(!run.sources()[0].knows_all_keys);
    assert_snapshot!(common::lines(&run), @"
    orders.known: value 7 []
    orders.late: value 4 []
    ");
    assert_snapshot!(source_line(&run), @"warehouse: 5 metrics; refused: key `orders open` contains ` `; only ASCII letters, digits, `_` and `.` are allowed, the key `orders.known` is used elsewhere; rename one of the metrics, the key `orders.former` is used elsewhere; rename one of the metrics, the key `orders.late` was returned twice; rename one of the metrics");
}

#[tokio::test]
async fn keys_of_metrics_about_the_reporter_are_refused() {
    let run = run(
        rows(&[("system_health.reporter.points", 1.0), ("orders.open", 2.0)]),
        &Catalog::linked().unwrap(),
    )
    .await;

    assert!(run.sources()[0].knows_all_keys, "the refused key is known");
    assert_eq!(common::lines(&run), "orders.known: value 7 []\norders.open: value 2 []");
    assert_snapshot!(source_line(&run), @"warehouse: 2 metrics; refused: the key `system_health.reporter.points` is reserved: only the metrics about the reporter have keys that start with `system_health.`; start it with another name, such as that of your team or product");
}

#[tokio::test]
async fn a_remembered_metric_that_is_refused_is_an_error() {
    let teller = Source::new("teller", "A test.", location!(), |_| {
        let described = [("late", "A row."), ("late", "A row."), ("open", "")];
        let described =
            described.map(|(key, description)| DescribedReading::new(Facts::new(key, description), 1.0));
        Box::pin(async { Ok(described.into()) })
    });
    let remembered = ["gone", "late", "open"].map(|key| Facts::new(key, "A row."));
    let catalog = Catalog::from_sources([teller]).unwrap().with_described_metrics("teller", remembered);

    let run = run(rows(&[]), &catalog).await;

    assert_snapshot!(common::lines(&run), @"
    gone: no data: the source `teller` did not return it in this run
    late: value 1 []
    open: error: the metric `open` has no description
    ");
    assert_snapshot!(source_line(&run), @"teller: 3 metrics; refused: the key `late` was returned twice; rename one of the metrics, the metric `open` has no description");
}

#[tokio::test]
async fn a_metric_refused_because_of_its_alias_does_not_reserve_its_key() {
    let teller = Source::new("teller", "A test.", location!(), |_| {
        let until = Duration::from_hours(24) * 40_000;
        let facts = |key: &str| Facts::new(key, "A row.");
        let with_alias = |key, alias| facts(key).with_alias(Alias::new(alias, until));
        let described = [facts("used"), with_alias("open", "used"), facts("open"), with_alias("own", "own")];
        Box::pin(async { Ok(described.map(|facts| DescribedReading::new(facts, 1.0)).into()) })
    });
    let catalog = Catalog::from_sources([teller]).unwrap();

    let run = run(rows(&[]), &catalog).await;

    assert_snapshot!(common::lines(&run), @"
    open: value 1 []
    used: value 1 []
    ");
    assert_snapshot!(source_line(&run), @"teller: 4 metrics; refused: the key `used` was returned twice; rename one of the metrics, `own` has a wrong `alias`: `own` is the metric's current key; an alias is a former key");
}

#[tokio::test]
async fn two_sources_cannot_return_the_same_key_in_one_run() {
    let facts = |key: &str| Facts::new(key, "A row.");
    let source = |name: &'static str| {
        Source::new(name, "A test.", location!(), move |_| {
            let described = ["orders.new", name].map(|key| DescribedReading::new(facts(key), 1.0));
            Box::pin(async { Ok(described.into()) })
        })
    };
    let sources = Catalog::from_sources(["orders.a", "orders.b"].map(source)).unwrap();
    let catalog = ["orders.a", "orders.b"]
        .into_iter()
        .fold(sources, |catalog, name| catalog.with_described_metrics(name, [facts(name)]));

    let run = run(rows(&[]), &catalog).await;

    assert_eq!(common::lines(&run), "orders.a: value 1 []\norders.b: value 1 []\norders.new: value 1 []");
    let refused: Vec<_> =
        run.sources().iter().flat_map(|source| &source.refused).map(ToString::to_string).collect();
    assert_eq!(refused, ["the key `orders.new` is used elsewhere; rename one of the metrics"]);
}

#[tokio::test]
async fn a_filter_applies_to_the_metrics_of_sources() {
    let catalog = Catalog::linked().unwrap();

    let only_late = run(
        Rows(Ok(vec![("orders.open", 3.0), ("orders.late", 1.0)])),
        &catalog.clone().filter(|key| key.ends_with("late")),
    )
    .await;
    assert_eq!(common::lines(&only_late), "orders.late: value 1 []");
    let invalid = rows(&[("orders open", 3.0), ("orders.known", 2.0), ("orders.late", 1.0)]);
    let only_late = run(invalid, &catalog.clone().filter(|key| key.ends_with("late"))).await;
    assert_eq!(source_line(&only_late), "warehouse: 3 metrics; refused: ");
    assert!(only_late.sources()[0].knows_all_keys, "the filter leaves out the invalid key");

    let described = catalog.with_described_metrics("warehouse", [Facts::new("orders.open", "A row.")]);
    let without_source = described.filter(|key| key == "orders.known");
    assert!(
        without_source.sources().is_empty(),
        "a source is removed if none of its remembered metrics is selected"
    );
}

#[test]
fn removing_a_source_removes_its_remembered_metrics() {
    let remembered = [Facts::new("orders.open", "A row.")];
    let catalog = Catalog::linked().unwrap().with_described_metrics("warehouse", remembered);
    let remaining = |catalog: Catalog| {
        let keys: Vec<String> = catalog.metrics().iter().map(|metric| metric.key().to_owned()).collect();
        (keys.join(" "), catalog.sources().len())
    };

    let unchanged = catalog.clone().without_sources(|name| name == "elsewhere");
    assert_eq!(remaining(unchanged), ("orders.known orders.open".to_owned(), 1));
    assert_eq!(
        remaining(catalog.without_sources(|name| name == "warehouse")),
        ("orders.known".to_owned(), 0)
    );
}

#[tokio::test]
async fn samples_of_a_metric_from_a_source_must_have_different_tags() {
    let twice = Source::new("twice", "A test.", location!(), |_| {
        Box::pin(async {
            let samples: Result<Vec<Sample>, SampleError> = [1, 2].into_iter().map(Sample::new).collect();
            Ok(vec![DescribedReading::new(Facts::new("a.b", "A test."), samples)])
        })
    });
    let catalog = Catalog::linked().unwrap().with_sources([twice]).unwrap().filter(|key| key == "a.b");

    let run = run(rows(&[]), &catalog).await;

    assert_snapshot!(common::lines(&run), @"a.b: error: two samples have the same tags []; each sample needs different tags");
}

#[tokio::test]
async fn a_duplicate_source_is_refused_with_both_places() {
    let again = Source::new("warehouse", "A test.", location!(), |_| Box::pin(async { Ok(vec![]) }));

    let error = Catalog::linked().unwrap().with_sources([again]).unwrap_err().to_string();

    assert!(error.starts_with("the source `warehouse` is registered twice, in sources ("), "{error}");
    assert_eq!(error.matches("in sources (crates/registry/tests/sources.rs:").count(), 2, "{error}");
}

#[tokio::test]
async fn the_metrics_of_a_source_are_planned_before_they_finish() {
    let counts = Arc::new(Mutex::new((0, 0)));
    let observed = Arc::clone(&counts);
    let engine = Engine::new().with_observer(move |progress| {
        let (planned, finished) = &mut *observed.lock().unwrap();
        match progress {
            Progress::Planned { outcomes } => *planned += outcomes,
            Progress::Finished(_) => *finished += 1,
            _ => {}
        }
        assert!(*finished <= *planned);
    });
    let context = Context::new().provide(rows(&[("orders", 1.0), ("returns", 2.0)]));

    engine.run(&Catalog::linked().unwrap(), &context).await;

    assert_eq!(*counts.lock().unwrap(), (3, 3), "one linked metric and two of the source");
}
