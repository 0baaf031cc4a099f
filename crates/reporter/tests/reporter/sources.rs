//! Sources: their descriptions are remembered, and their failures are visible.

use std::path::Path;

use futures::FutureExt;
use system_health_registry::{
    Catalog, DescribedReading, Facts, OutcomeState, Settings, SharedError, Source, Unavailable, location,
    settings::SettingsBuilder,
};
use system_health_reporter::{FinishedRun, Mode, PatternList, Reporter};

use crate::backend::{Backend, Scene, metric};

/// A catalog with the metric `other`, and a source that returns metrics with these keys. For `None`, the source fails.
fn catalog(keys: Option<&'static [&'static str]>) -> Catalog {
    let source = Source::new("warehouse", "For a test.", location!(), move |_| {
        async move {
            let keys = keys.ok_or_else(|| Unavailable::from("the database is down"))?;
            Ok(keys.iter().map(|key| DescribedReading::new(Facts::new(*key, "A row."), 1.0)).collect())
        }
        .boxed()
    });
    let other = metric(Facts::new("other", "For a test."), 1.0);
    Catalog::new([other]).unwrap().with_sources([source]).unwrap()
}

async fn run(scene: &mut Scene, backend: &Backend, keys: Option<&'static [&'static str]>) -> FinishedRun {
    scene.set_catalog(catalog(keys));
    scene.run(&scene.reporter(&[backend]), Mode::Push).await
}

/// The success of the source in each run.
fn success(backend: &Backend) -> Vec<f64> {
    let points = backend.about_reporter("collector_success").into_iter();
    points.filter(|(tags, _)| tags == "metric_source:warehouse").map(|(_, value)| value).collect()
}

fn states(finished: &FinishedRun) -> Vec<(String, OutcomeState)> {
    let outcomes = finished.report.run().outcomes().iter();
    outcomes.map(|outcome| (outcome.metric.key().to_owned(), outcome.state())).collect()
}

#[tokio::test(start_paused = true)]
async fn a_remembered_metric_has_an_outcome_even_if_its_source_fails() {
    let backend = Backend::new("backend");
    let mut scene = Scene::gauges(&["other"]);

    run(&mut scene, &backend, Some(&["orders.late", "orders.open"])).await;
    let fewer = run(&mut scene, &backend, Some(&["orders.open"])).await;
    let failed = run(&mut scene, &backend, None).await;

    let expected = |late, open| {
        [("orders.late", late), ("orders.open", open), ("other", OutcomeState::Value)]
            .map(|(key, state)| (key.to_owned(), state))
    };
    assert_eq!(states(&fewer), expected(OutcomeState::NoData, OutcomeState::Value));
    assert_eq!(states(&failed), expected(OutcomeState::Error, OutcomeState::Error));
    assert_eq!(success(&backend), [1.0, 1.0, 0.0]);
}

#[tokio::test(start_paused = true)]
async fn refused_metrics_are_counted() {
    let backend = Backend::new("backend");
    let mut scene = Scene::gauges(&["other"]);

    run(&mut scene, &backend, Some(&["orders.open", "other"])).await;

    let of_warehouse = |value| vec![("metric_source:warehouse".to_owned(), value)];
    assert_eq!(backend.about_reporter("refused_metrics"), of_warehouse(1.0));
    assert_eq!(success(&backend), [0.0]);
}

#[tokio::test(start_paused = true)]
async fn a_sink_gets_the_descriptions_of_a_source_in_the_first_run() {
    let backend = Backend::new("backend");
    let mut scene = Scene::gauges(&["other"]);

    run(&mut scene, &backend, Some(&["orders.open"])).await;

    assert_eq!(backend.description("orders.open").as_deref(), Some("A row."));
    assert_eq!(backend.description("other").as_deref(), Some("For a test."));
}

#[tokio::test(start_paused = true)]
async fn patterns_that_match_nothing_are_returned_after_all_sources_have_answered() {
    let backend = Backend::new("backend");
    let toml =
        "[report]\nskip = ['orders.lat?', 'ordrs.*']\n[goals]\n'orders.opn' = '< 5'\n'orders.open' = '< 5'";
    let mut scene = Scene::gauges(&["other"]).settings(toml);
    let other_folder = scene.folder.path().join("other");

    // While a source fails, nobody knows what it would have returned.
    scene.set_catalog(catalog(None));
    let reporter =
        scene.builder(&[&backend]).state_dir(other_folder).only(["orders.*", "otter"]).build().unwrap();
    assert_eq!(scene.run(&reporter, Mode::Push).await.unmatched, []);

    scene.set_catalog(catalog(Some(&["orders.late", "orders.open"])));
    let reporter = scene.builder(&[&backend]).only(["orders.*", "otter"]).build().unwrap();
    let finished = scene.run(&reporter, Mode::Push).await;
    let again = scene.run(&reporter, Mode::Push).await;

    let unmatched: Vec<_> =
        finished.unmatched.iter().map(|unmatched| (unmatched.list, unmatched.to_string())).collect();
    let [only, skip, goal] = &unmatched[..] else { panic!("{unmatched:?}") };
    assert_eq!(only.0, PatternList::Only);
    assert!(only.1.starts_with("`otter` matches no metric; did you mean `other`?"), "{only:?}");
    assert_eq!(skip.0, PatternList::Skip);
    // `orders.lat?` is not returned, because it matches a metric of the source, even if the metric is skipped.
    let place = "a.toml:2:24: `skip[1]` in [report]: `ordrs.*` matches no metric; did you mean `orders.*`?";
    assert!(skip.1.starts_with(place), "{skip:?}");
    assert_eq!(goal.0, PatternList::Goals);
    assert!(goal.1.contains("`orders.opn` matches no metric; did you mean `orders.open`?"), "{goal:?}");
    assert_eq!(again.unmatched, []);
}

#[tokio::test(start_paused = true)]
async fn the_name_of_a_source_is_not_the_key_of_a_metric() {
    let backend = Backend::new("backend");
    let mut scene = Scene::gauges(&["other"]);
    scene.set_catalog(catalog(Some(&["orders.open"])));

    let reporter = scene.builder(&[&backend]).only(["other", "warehouse"]).build().unwrap();
    let finished = scene.run(&reporter, Mode::Push).await;

    let [only] = &finished.unmatched[..] else { panic!("{:?}", finished.unmatched) };
    assert_eq!(
        only.to_string(),
        "`warehouse` matches no metric; it is the name of a source, so write the keys of the metrics of this source"
    );
}

#[tokio::test(start_paused = true)]
async fn a_refused_metric_leaves_patterns_open_only_if_its_key_is_invalid() {
    let backend = Backend::new("backend");
    let mut scene = Scene::gauges(&["other"]).settings("[report]\nskip = ['ordrs.*', 'orders.late']");
    let unmatched = async |scene: &mut Scene, key: &'static str| {
        let source = Source::new("warehouse", "For a test.", location!(), move |_| {
            // The empty unit is refused.
            let refused = Facts::new(key, "A row.").with_unit("");
            async { Ok(vec![DescribedReading::new(refused, 1.0)]) }.boxed()
        });
        let other = metric(Facts::new("other", "For a test."), 1.0);
        scene.set_catalog(Catalog::new([other]).unwrap().with_sources([source]).unwrap());
        let finished = scene.run(&scene.reporter(&[&backend]), Mode::Push).await;
        let unmatched = finished.unmatched.iter().map(ToString::to_string);
        unmatched.map(|text| text.split(" matches").next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let [first, second] =
        ["a.toml:2:9: `skip[0]` in [report]: `ordrs.*`", "a.toml:2:20: `skip[1]` in [report]: `orders.late`"];

    assert_eq!(unmatched(&mut scene, "orders.late").await, [first]);
    assert_eq!(unmatched(&mut scene, "orders.open").await, [first, second]);
    // The key is not valid, so nobody knows which metric is meant.
    assert_eq!(unmatched(&mut scene, "Orders Late!").await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn the_metrics_of_a_skipped_source_do_not_count_as_missing() {
    let backend = Backend::new("backend");
    let goals = "[goals]\n'orders.opn' = '< 5'\n[goals.'orders.ok']\ngoal = 'orders.open / other < 5'";
    let mut scene = Scene::gauges(&["other"]).settings(goals);
    let before = run(&mut scene, &backend, Some(&["orders.open"])).await;
    scene.set_catalog(catalog(None));

    let reporter = scene.builder(&[&backend]).skip_sources(["warehouse"]).build().unwrap();
    let finished = scene.run(&reporter, Mode::Push).await;

    assert_eq!((before.report.goals().len(), before.unmatched.len()), (1, 1));
    assert_eq!(states(&finished), [("other".to_owned(), OutcomeState::Value)]);
    assert!(finished.report.run().sources().is_empty(), "{finished:?}");
    // Nobody knows which of these metrics the source would have returned.
    assert_eq!((finished.report.goals().len(), finished.unmatched.len()), (0, 0));
}

#[test]
fn a_skipped_source_that_does_not_exist_is_refused_unless_the_file_is_shared() {
    let build = |settings: SettingsBuilder, toml: &str, names: &[&str]| {
        let settings = settings.toml(Path::new("a.toml"), toml).unwrap().build().unwrap();
        let builder = Reporter::builder(settings).catalog(catalog(None)).without_state();
        builder
            .skip_sources(names.iter().copied())
            .build()
            .map_err(|error| SharedError::new(error).to_string())
    };
    let toml = "[report]\nskip_sources = ['warehouse', 'warehous']";
    let message = "there is no source `warehous`; did you mean `warehouse`?";

    assert_eq!(
        build(Settings::builder(), toml, &[]).unwrap_err(),
        format!("a.toml:2:30: `skip_sources[1]` in [report]: {message}")
    );
    assert_eq!(build(Settings::builder(), "", &["warehous"]).unwrap_err(), message);
    assert!(build(Settings::builder().shared(), toml, &[]).is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_source_does_not_run_if_none_of_its_metrics_is_named() {
    let backend = Backend::new("backend");
    let mut scene = Scene::gauges(&["other"]);
    scene.set_catalog(catalog(None));
    let ran = async |scene: &Scene, only: &str| {
        let reporter = scene.builder(&[&backend]).only([only]).build().unwrap();
        !scene.run(&reporter, Mode::Push).await.report.run().sources().is_empty()
    };

    // Before a source has described its metrics, a glob may match one of them.
    assert!(!ran(&scene, "other").await);
    assert!(ran(&scene, "oth*").await && ran(&scene, "orders.*").await);

    scene.set_catalog(catalog(Some(&["orders.open"])));
    assert!(ran(&scene, "orders.*").await);
    scene.set_catalog(catalog(None));
    assert!(!ran(&scene, "oth*").await);
    assert!(ran(&scene, "o*").await);
}

#[tokio::test(start_paused = true)]
async fn a_metric_that_a_source_described_earlier_is_known_to_patterns() {
    let backend = Backend::new("backend");
    let mut scene = Scene::gauges(&["other"]).settings("[goals]\n'orders.late' = '< 5'");

    run(&mut scene, &backend, Some(&["orders.late", "orders.open"])).await;
    let fewer = run(&mut scene, &backend, Some(&["orders.open"])).await;

    assert_eq!(fewer.unmatched, []);
}

#[tokio::test(start_paused = true)]
async fn the_reason_for_a_missing_metric_says_how_long_it_is_remembered() {
    let backend = Backend::new("backend");
    let mut scene = Scene::gauges(&["other"]).settings("[state]\nkeep = '10d'");

    run(&mut scene, &backend, Some(&["orders.late", "orders.open"])).await;
    let fewer = run(&mut scene, &backend, Some(&["orders.open"])).await;

    let outcomes = fewer.report.run().outcomes().iter();
    let reasons: Vec<String> =
        outcomes.filter_map(|outcome| Some(outcome.result.as_ref().err()?.to_string())).collect();
    let [reason] = &reasons[..] else { panic!("{reasons:?}") };
    assert!(reason.contains("did not return it in this run; a metric is remembered for 10 days"), "{reason}");
    assert!(reason.ends_with("add it to `skip` in [report]"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn a_goal_of_the_settings_is_not_remembered() {
    let backend = Backend::new("backend");
    let mut scene = Scene::gauges(&["other"]).settings("[goals]\n'orders.open' = '< 10'");
    let goals = |finished: &FinishedRun| -> Vec<String> {
        let outcomes = finished.report.run().outcomes().iter();
        outcomes.filter_map(|outcome| outcome.metric.condition()).collect()
    };

    let first = run(&mut scene, &backend, Some(&["orders.open"])).await;
    let failed = run(&mut scene, &backend, None).await;
    let mut scene = scene.settings("");
    let without = run(&mut scene, &backend, None).await;

    assert_eq!((goals(&first), goals(&failed)), (vec!["< 10".to_owned()], vec!["< 10".to_owned()]));
    assert_eq!(states(&without), states(&failed));
    assert_eq!(goals(&without), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_selection_that_leaves_neither_a_metric_nor_a_source_is_refused() {
    let backend = Backend::new("backend");
    let mut scene = Scene::gauges(&["other"]);
    scene.set_catalog(catalog(Some(&["orders.open"])));
    let builder = |scene: &Scene, pattern: &str| scene.builder(&[&backend]).only([pattern]).skip([pattern]);
    let nothing = "the selection leaves no metric to collect";

    // A source cannot return the key of a linked metric.
    assert_eq!(builder(&scene, "other").build().unwrap_err().to_string(), nothing);

    // The source may return a metric that the glob matches, until its metrics are known.
    let reporter = builder(&scene, "oth*").build().unwrap();
    assert_eq!(reporter.collect().await.unwrap().report.run().sources().len(), 1);
    run(&mut scene, &backend, Some(&["orders.open"])).await;
    assert_eq!(reporter.collect().await.unwrap_err().to_string(), nothing);
}
