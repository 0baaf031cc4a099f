//! Events of goals that flip. Each destination that accepts events gets each of them once.

use std::{fmt, sync::Arc, sync::Mutex, time::Duration};

use futures::FutureExt;
use rusqlite::Connection;
use system_health_registry::{
    ApiCalls, Capabilities, Catalog, Context, Events, Facts, IntoReading, Metric, OutcomeState, Subject, Tag,
    TagError, Unavailable, location,
};
use system_health_reporter::{DeliveryResult, Mode};

use crate::backend::{Backend, Behaviour, Scene, metric};

#[derive(Clone)]
struct Repository(u32);

impl Subject for Repository {
    async fn list(_context: &Context) -> Result<Vec<Self>, Unavailable> {
        Ok((0..1000).map(Repository).collect())
    }

    fn tags(&self) -> Result<Vec<Tag>, TagError> {
        Ok(vec![Tag::new("repository", &self.to_string())?])
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "acme/{:04}", self.0)
    }
}

/// A metric about each repository. It misses its goal for repositories with at least this number.
fn scene(missed_from: &Arc<Mutex<u32>>) -> Scene {
    let missed_from = Arc::clone(missed_from);
    let facts = Facts::new("hotfixes", "For a test.").with_goal("< 5".parse().unwrap());
    let metric = Metric::new(facts, location!(), move |context: Context| {
        let missed_from = *missed_from.lock().unwrap();
        async move {
            let Repository(number) = context.get().await?;
            (if number >= missed_from { 9.0 } else { 1.0 }).into_reading()
        }
        .boxed()
    });
    Scene::with(Catalog::new([metric.each::<Repository>()]).unwrap())
}

#[tokio::test(start_paused = true)]
async fn many_flips_of_one_metric_are_one_event() {
    let missed_from = Arc::new(Mutex::new(1000));
    let scene = scene(&missed_from);
    let backend = Backend::new("backend");

    scene.push(&[&backend]).await;
    assert_eq!(backend.events(), [], "the first run has nothing to compare with");
    *missed_from.lock().unwrap() = 0;
    scene.push(&[&backend]).await;

    let [event] = &backend.events()[..] else { panic!("{:?}", backend.events()) };
    let text = event.text().unwrap();
    assert_eq!(event.title(), "hotfixes misses its goal (< 5)");
    assert!(text.contains("`repository:acme/0000`") && text.contains("and 990 more series"), "{text}");
    assert!(text.chars().count() < 3500 && !event.tags().iter().any(|tag| tag.name() == "repository"));
}

#[tokio::test(start_paused = true)]
async fn an_event_contains_only_the_subjects_that_flip() {
    let missed_from = Arc::new(Mutex::new(999));
    let scene = scene(&missed_from);
    let backend = Backend::new("backend");

    scene.push(&[&backend]).await;
    *missed_from.lock().unwrap() = 998;
    scene.push(&[&backend]).await;

    let [event] = &backend.events()[..] else { panic!("{:?}", backend.events()) };
    assert!(event.tags().iter().any(|tag| tag.as_str() == "repository:acme/0998"), "{event:?}");
}

#[tokio::test(start_paused = true)]
async fn each_destination_that_accepts_events_gets_each_event_once() {
    let missed_from = Arc::new(Mutex::new(1000));
    let scene = scene(&missed_from);
    let (good, late) = (Backend::new("good"), Backend::new("late"));
    let no_events = Capabilities { max_event_age: None, ..Capabilities::default() };
    let without_events = Backend::new("without_events").with_capabilities(no_events);
    let backends = [&good, &late, &without_events];

    scene.push(&backends).await;
    *missed_from.lock().unwrap() = 0;
    late.set_behaviour(Behaviour::Leave);
    let [_, of_late, _] = scene.push(&backends).await.try_into().unwrap();
    assert_eq!((good.events().len(), of_late.events_left), (1, 1));
    late.set_behaviour(Behaviour::Accept);
    scene.push(&backends).await;

    let titles =
        |backend: &Backend| backend.events().iter().map(|event| event.title().to_owned()).collect::<Vec<_>>();
    assert_eq!(titles(&late), ["hotfixes misses its goal (< 5)"]);
    assert_eq!(titles(&good), titles(&late));
    assert_eq!(without_events.events(), []);
}

#[tokio::test(start_paused = true)]
async fn the_flip_of_a_goal_of_two_metrics_is_an_event_and_not_a_point() {
    let errors = Arc::new(Mutex::new(1.0));
    let value = Arc::clone(&errors);
    let facts = Facts::new("ci.errors", "For a test.");
    let counted = Metric::new(facts, location!(), move |_| {
        let value = *value.lock().unwrap();
        async move { value.into_reading() }.boxed()
    });
    let runs = metric(Facts::new("ci.runs", "For a test."), 20.0);
    let scene = Scene::with(Catalog::new([counted, runs]).unwrap()).settings(
        "[goals.'ci.error_ratio']\ngoal = 'ci.errors / ci.runs < 0.1'\nrunbook = 'https://example.com/ci'",
    );
    let backend = Backend::new("backend");

    scene.push(&[&backend]).await;
    *errors.lock().unwrap() = 4.0;
    scene.push(&[&backend]).await;

    let [event] = &backend.events()[..] else { panic!("{:?}", backend.events()) };
    assert_eq!(event.title(), "ci.error_ratio misses its goal (ci.errors / ci.runs < 0.1)");
    let text = event.text().unwrap();
    for words in ["**0.2**", "It should be < 0.1.", "Runbook: https://example.com/ci"] {
        assert!(text.contains(words), "{text}");
    }
    let keys: Vec<_> = backend.stored().into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, ["ci.errors", "ci.runs", "ci.errors", "ci.runs"]);
}

#[tokio::test(start_paused = true)]
async fn a_waiting_event_is_delivered_without_a_run_even_if_no_points_wait() {
    let missed_from = Arc::new(Mutex::new(1000));
    let scene = scene(&missed_from);
    let backend = Backend::new("backend");
    scene.push(&[&backend]).await;
    *missed_from.lock().unwrap() = 0;
    backend.set_behaviour(Behaviour::LeaveEvents);
    let [left] = scene.push(&[&backend]).await.try_into().unwrap();
    backend.set_behaviour(Behaviour::Accept);

    let deliveries = scene.reporter(&[&backend]).deliver_waiting().await.unwrap();

    assert_eq!((left.left, left.events_left), (0, 1), "{left:?}");
    assert_eq!(deliveries[0].receipt().unwrap().events, 1);
    assert_eq!(backend.events().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stored_event_that_cannot_be_read_does_not_hold_up_the_next_one() {
    let missed_from = Arc::new(Mutex::new(1000));
    let scene = scene(&missed_from);
    let backend = Backend::new("backend");
    scene.push(&[&backend]).await;
    *missed_from.lock().unwrap() = 0;
    backend.set_behaviour(Behaviour::LeaveEvents);
    scene.push(&[&backend]).await;
    let file = Connection::open(scene.folder.path().join("state.db")).unwrap();
    file.execute("UPDATE events SET body = 'damaged'", []).unwrap();
    backend.set_behaviour(Behaviour::Accept);
    *missed_from.lock().unwrap() = 1000;

    let [receipt] = scene.push(&[&backend]).await.try_into().unwrap();

    assert_eq!((receipt.events, receipt.events_left), (1, 0), "{receipt:?}");
    let [event] = &backend.events()[..] else { panic!("{:?}", backend.events()) };
    assert_eq!(event.title(), "hotfixes meets its goal again (< 5)");
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_shows_no_event_that_is_too_old() {
    let missed_from = Arc::new(Mutex::new(1000));
    let scene = scene(&missed_from);
    let backend = Backend::new("backend").with_behaviour(Behaviour::LeaveEvents);
    scene.push(&[&backend]).await;
    *missed_from.lock().unwrap() = 0;
    scene.push(&[&backend]).await;
    let shown = async |backend: &Backend| {
        let finished = scene.run(&scene.reporter(&[backend]), Mode::DryRun).await;
        let DeliveryResult::DryRun(preview) = &finished.deliveries[0].result else { panic!("{finished:?}") };
        preview.events.len()
    };

    // The runs of a scene are about half an hour ago.
    for (max_age, events) in [(Duration::from_hours(18), 1), (Duration::from_mins(1), 0)] {
        let capabilities = Capabilities { max_event_age: Some(max_age), ..Capabilities::default() };
        assert_eq!(shown(&backend.clone().with_capabilities(capabilities)).await, events, "{max_age:?}");
    }
}

/// Otherwise, the reporter would wait for them in vain after a collector has asked for them and then blocked all threads.
#[tokio::test]
async fn events_and_the_counters_of_requests_exist_from_the_start() {
    let metric = Metric::new(Facts::new("a", "For a test."), location!(), |context: Context| {
        async move {
            let events = context.get::<Events>().now_or_never();
            let api_calls = context.get::<ApiCalls>().now_or_never();
            match (events, api_calls) {
                (Some(Ok(_)), Some(Ok(_))) => 1.0_f64.into_reading(),
                _ => Err("they have to be built".into()),
            }
        }
        .boxed()
    });
    let scene = Scene::with_metrics([metric]);

    let finished = scene.run(&scene.reporter(&[]), Mode::Collect).await;

    assert_eq!(finished.report.run().outcomes()[0].state(), OutcomeState::Value, "{finished:?}");
}
