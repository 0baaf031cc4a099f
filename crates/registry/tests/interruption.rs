//! An interrupted run keeps the results that it already has. All other metrics are errors.

use std::future::pending;

use futures::channel::oneshot;
use system_health_registry::{
    Catalog, Context, Engine, Facts, Interruption, IntoReading, Metric, OutcomeState, Reading, Unavailable,
    location,
};

fn metric<F>(key: &str, collect: impl Fn() -> F + Send + Sync + 'static) -> Metric
where
    F: Future<Output = Result<Reading, Unavailable>> + Send + 'static,
{
    Metric::new(Facts::new(key, "A test."), location!(), move |_| Box::pin(collect()))
}

#[tokio::test]
async fn an_interrupted_run_keeps_finished_outcomes() {
    let (interrupt, signal) = oneshot::channel::<()>();
    let interrupt = std::sync::Mutex::new(Some(interrupt));
    let catalog = Catalog::new([
        metric("a.value", || async { 7.into_reading() }),
        metric("b.hangs", pending::<Result<Reading, Unavailable>>),
    ]);
    let engine = Engine::new()
        .with_observer(move |progress| {
            if let system_health_registry::Progress::Finished(_) = progress {
                drop(interrupt.lock().unwrap().take());
            }
        })
        .with_interruption(Interruption::new(async move {
            // Dropping the sender is the signal.
            let _ = signal.await;
        }));

    let run = engine.run(&catalog.unwrap(), &Context::new()).await;

    let [value, hangs] = run.outcomes() else { panic!("{run:?}") };
    assert_eq!((value.state(), hangs.state()), (OutcomeState::Value, OutcomeState::Error));
    assert_eq!(hangs.result.as_ref().unwrap_err().to_string(), "interrupted before there was a result");
}

#[tokio::test]
async fn no_metric_is_started_after_an_interruption() {
    let catalog = Catalog::new([metric("a.metric", || async { panic!("this collector was started") })]);
    let engine = Engine::new().with_interruption(Interruption::new(async {}));

    let run = engine.run(&catalog.unwrap(), &Context::new()).await;

    let error = run.outcomes()[0].result.as_ref().unwrap_err().to_string();
    assert_eq!(error, "interrupted before there was a result");
}
