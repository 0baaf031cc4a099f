//! The choice of destinations.

use std::path::Path;

use system_health_registry::{Catalog, Destination, Facts, Settings, SharedError, SinkType};
use system_health_reporter::{Mode, Reporter, ReporterBuilder, ReporterError};

use crate::backend::{Backend, Behaviour, Scene, metric};

#[expect(clippy::unnecessary_wraps, reason = "a sink may refuse its settings")]
fn configure(_settings: &Settings) -> Result<Vec<Box<dyn Destination>>, SharedError> {
    Ok(vec![Box::new(Backend::new("first"))])
}

const FIRST: SinkType =
    SinkType { name: "first", summary: "The first", settings_hint: "`a` in [first]", configure };
const SECOND: SinkType = SinkType {
    name: "second",
    summary: "Not configured",
    settings_hint: "`a` or `b` in [second]",
    configure: |_settings| Ok(vec![]),
};
const NEEDS_NOTHING: SinkType = SinkType {
    name: "needs_nothing",
    summary: "Perhaps there are credentials somewhere",
    settings_hint: "`key` in [needs_nothing]",
    configure: |_settings| {
        let backend = Backend::new("needs_nothing").with_behaviour(Behaviour::FailWhenConnecting);
        Ok(vec![Box::new(backend.without_settings())])
    },
};
const WRONG: SinkType = SinkType {
    name: "wrong",
    summary: "With wrong settings",
    settings_hint: "`url` in [wrong]",
    configure: |_| Err(SharedError::new("`url` in [wrong]")),
};

/// A builder with these settings and one metric.
fn builder(settings: &str) -> ReporterBuilder {
    let settings = Settings::builder().toml(Path::new("a.toml"), settings).unwrap().build().unwrap();
    let catalog = Catalog::new([metric(Facts::new("a", "For a test."), 1.0)]).unwrap();
    Reporter::builder(settings).catalog(catalog).without_state()
}

/// Why a reporter cannot be built, or cannot push.
async fn refusal(builder: ReporterBuilder) -> String {
    match builder.build() {
        Err(error) => error.to_string(),
        Ok(reporter) => match reporter.push().await {
            Err(error @ ReporterError::Destinations(_)) => error.to_string(),
            other => panic!("{other:?}"),
        },
    }
}

async fn delivers_to(builder: ReporterBuilder) -> Vec<(&'static str, String)> {
    let finished = builder.build().unwrap().push().await.unwrap();
    finished.deliveries.into_iter().map(|delivery| (delivery.sink, delivery.address)).collect()
}

#[tokio::test]
async fn the_only_sink_that_is_configured_need_not_be_named() {
    let only = delivers_to(builder("").sink(FIRST).sink(SECOND)).await;
    let named = delivers_to(builder("[report]\nto = ['first', 'first']").sink(FIRST).sink(SECOND)).await;
    let own = delivers_to(builder("").sink(FIRST).destination(Backend::new("own")).to(["own"])).await;

    assert_eq!(only, [("first", "memory".to_owned())]);
    assert_eq!(named, only);
    assert_eq!(own, [("own", "memory".to_owned())]);
}

#[tokio::test]
async fn without_a_choice_values_are_delivered_to_all_configured_destinations() {
    let own = || Backend::new("own").at("here");
    let all = delivers_to(builder("").sink(FIRST).sink(SECOND).sink(NEEDS_NOTHING).destination(own())).await;
    let chosen =
        delivers_to(builder("[report]\nto = ['needs_nothing']").sink(FIRST).sink(NEEDS_NOTHING)).await;

    assert_eq!(all, [("first", "memory".to_owned()), ("own", "here".to_owned())]);
    assert_eq!(chosen, [("needs_nothing", "memory".to_owned())]);
}

#[tokio::test]
async fn a_sink_that_is_tried_without_settings_fails_with_a_list_of_settings() {
    let reporter = builder("").sink(SECOND).sink(NEEDS_NOTHING).build().unwrap();

    let finished = reporter.push().await.unwrap();

    let [delivery] = &finished.deliveries[..] else { panic!("{finished:?}") };
    assert_eq!(
        delivery.receipt().unwrap().error.as_deref(),
        Some(
            "no credentials; no destination is configured (second: set `a` or `b` in [second]; needs_nothing: set \
             `key` in [needs_nothing])"
        )
    );
    assert!(delivery.has_failed());
}

#[tokio::test]
async fn a_fallback_is_used_if_it_is_the_only_destination_or_is_named() {
    let agent = || Backend::new("agent").only_as_fallback();
    let names = |reporter: &Reporter| -> Vec<&str> {
        reporter.destinations().unwrap().map(Destination::sink).collect()
    };

    let both = builder("").destination(agent()).destination(Backend::new("api").without_settings());
    let alone = builder("").destination(agent());
    let chosen = builder("").destination(agent()).destination(Backend::new("api")).to(["agent", "api"]);

    assert_eq!(names(&both.build().unwrap()), ["api"]);
    assert_eq!(names(&alone.build().unwrap()), ["agent"]);
    assert_eq!(names(&chosen.build().unwrap()), ["agent", "api"]);
}

#[tokio::test]
async fn a_wrong_choice_is_refused_with_the_reason() {
    for (builder, said) in [
        (builder(""), "this program was built without any sink, so there is nothing to deliver to"),
        (builder("").sink(SECOND), "no destination is configured (second: set `a` or `b` in [second])"),
        (
            builder("[report]\nto = ['frist']").sink(FIRST).sink(SECOND),
            "a.toml:2:7: `to` in [report] names the sink `frist`, which is not linked into this program; did you mean `first`?",
        ),
        (
            builder("[report]\nto = ['first']").sink(FIRST).to(["frist"]),
            "`to` names the sink `frist`, which is not linked into this program; did you mean `first`?",
        ),
        (
            builder("[report]\nto = ['first']").sink(FIRST).to(["second"]).sink(SECOND),
            "the sink `second` has no destination; set `a` or `b` in [second]",
        ),
        (
            builder("").sink(FIRST).destination(Backend::new("first")),
            "the destination `first memory` is configured twice; remove one of them",
        ),
        (builder("").sink(WRONG), "`url` in [wrong]"),
    ] {
        let refusal = refusal(builder).await;
        assert!(refusal.starts_with(said), "{refusal}");
    }
}

#[test]
fn to_must_be_a_list_that_is_not_empty() {
    for (to, said) in [
        (
            "[]",
            "no sink is named; name one, such as [\"datadog\"], or leave `to` out for all that are configured",
        ),
        ("'local'", "this must be a list; write [\"local\"]"),
    ] {
        let settings =
            Settings::builder().toml(Path::new("a.toml"), &format!("[report]\nto = {to}")).unwrap();
        assert_eq!(
            settings.build().unwrap_err().to_string(),
            format!("a.toml:2:1: `to` in [report]: {said}")
        );
    }
}

#[tokio::test]
async fn a_run_that_only_collects_needs_valid_settings_but_no_sink() {
    let scene = Scene::gauges(&["a"]);
    let reporter = scene.reporter(&[]);
    assert_eq!(scene.run(&reporter, Mode::Collect).await.deliveries.len(), 0);

    let wrong = scene.builder(&[]).sink(WRONG).build().unwrap_err();
    assert_eq!(wrong.to_string(), "`url` in [wrong]");
}

#[tokio::test(start_paused = true)]
async fn a_preview_that_never_ends_or_panics_is_an_error() {
    for (behaviour, reason) in [
        (Behaviour::Hang, "no preview before the run's deadline"),
        (Behaviour::Panic, "the sink panicked: a bug"),
    ] {
        let backend = Backend::new("own").with_behaviour(behaviour);
        let reporter = builder("").destination(backend).build().unwrap();

        let error = reporter.dry_run().await.unwrap_err();

        assert_eq!(error.to_string(), format!("cannot preview the delivery to own: {reason}"));
    }
}
