//! Runs of one reporter.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use futures::FutureExt;
use system_health_registry::{
    Catalog, Context, Facts, FromContext, IntoReading, Metric, Scope, Unavailable, location,
};
use system_health_reporter::{DeliveryResult, Mode};

use crate::backend::{Backend, Behaviour, Scene};

/// The number of connections that were made.
static CONNECTIONS: AtomicUsize = AtomicUsize::new(0);

#[derive(Clone)]
struct Connection(#[expect(dead_code, reason = "only shared")] Arc<()>);

impl FromContext for Connection {
    const SCOPE: Scope = Scope::Process;

    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        CONNECTIONS.fetch_add(1, Ordering::Relaxed);
        Ok(Self(Arc::new(())))
    }
}

#[tokio::test(start_paused = true)]
async fn connections_outlive_a_run() {
    let metric = Metric::new(Facts::new("a", "For a test."), location!(), |context: Context| {
        async move {
            context.get::<Connection>().await?;
            1.0.into_reading()
        }
        .boxed()
    });
    let scene = Scene::with(Catalog::new([metric]).unwrap());
    let backend = Backend::new("backend");
    let reporter = scene.reporter(&[&backend]);

    for _ in 0..3 {
        assert!(scene.run(&reporter, Mode::Push).await.is_delivered());
    }

    assert_eq!(CONNECTIONS.load(Ordering::Relaxed), 1);
    assert_eq!(backend.stored().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_preview_gets_the_name_of_the_reporter_and_all_descriptions() {
    let scene = Scene::gauges(&["a"]);
    let backend = Backend::new("backend");

    let finished = scene.run(&scene.reporter(&[&backend]), Mode::DryRun).await;

    let DeliveryResult::DryRun(preview) = &finished.deliveries[0].result else { panic!("{finished:?}") };
    assert!(preview.series == 1 && preview.self_metrics > 0, "{preview:?}");
    assert_eq!((&preview.payload["described"], &preview.payload["reporter"]), (&true.into(), &"test".into()));
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_previews_a_push_and_delivers_nothing() {
    let scene = Scene::gauges(&["a", "b"]);
    let backend = Backend::new("backend");
    let reporter = scene.builder(&[&backend]).without_self_metrics().build().unwrap();

    let finished = scene.run(&reporter, Mode::DryRun).await;
    let shown = format!("{:?}", finished.deliveries);
    assert!(shown.contains("series: 2") && shown.contains(r#"[String("a"), String("b")]"#), "{shown}");
    assert_eq!(backend.stored(), []);

    let [pushed] = scene.push(&[&backend]).await.try_into().unwrap();
    assert_eq!((pushed.accepted, pushed.accepted_earlier), (2, 0), "a dry run puts nothing into the outbox");
}

#[tokio::test(start_paused = true)]
async fn without_state_undelivered_points_are_reported_as_lost() {
    let scene = Scene::gauges(&["a"]);
    let backend = Backend::new("backend").with_behaviour(Behaviour::Leave);
    let reporter = scene.builder(&[&backend]).without_self_metrics().without_state().build().unwrap();

    let finished = scene.run(&reporter, Mode::Push).await;

    let receipt = finished.deliveries[0].receipt().unwrap();
    assert_eq!((receipt.left, receipt.lost, receipt.no_state), (0, 1, true));
    assert!(!finished.state_is_unusable && !finished.is_delivered());
}

#[tokio::test(start_paused = true)]
async fn points_are_delivered_even_if_the_state_folder_is_unusable() {
    let scene = Scene::gauges(&["a"]);
    let backend = Backend::new("backend");
    let file = tempfile::NamedTempFile::new().unwrap();
    let reporter = scene.builder(&[&backend]).state_dir(file.path()).build().unwrap();

    let finished = scene.run(&reporter, Mode::Push).await;

    assert!(finished.is_delivered() && finished.state_is_unusable);
}
