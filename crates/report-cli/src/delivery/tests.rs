//! What waits must not keep the reporter from saying that it waits.

use std::sync::Mutex;

use futures::{FutureExt, future::BoxFuture, stream, stream::BoxStream};
use system_health_registry::{
    Catalog, Context, Engine, Facts, Fate, IntoReading, Metric, Report, Settlement, location,
};

use super::*;

const OUTBOX: &str = "a backend";

/// A backend that takes two points a payload, and no payload with one of the keys that it fails at.
#[derive(Debug)]
struct Backend {
    fails_at: &'static [&'static str],
    taken: Arc<Mutex<Vec<String>>>,
}

impl Sink for Backend {
    fn check(&self, _deadline: Instant) -> BoxFuture<'_, Result<(), DeliveryError>> {
        async { Ok(()) }.boxed()
    }

    fn deliver<'a>(&'a self, points: &'a [Point], _deadline: Instant) -> BoxStream<'a, Settlement> {
        let settle = move |(number, payload): (usize, &[Point])| {
            let range = number * 2..number * 2 + payload.len();
            if payload.iter().any(|point| self.fails_at.contains(&&*point.key)) {
                return Settlement { points: range, fate: Fate::Left(DeliveryError::new("503")) };
            }
            self.taken.lock().unwrap().extend(payload.iter().map(|point| point.key.clone()));
            Settlement { points: range, fate: Fate::Accepted }
        };
        stream::iter(points.chunks(2).enumerate().map(settle)).boxed()
    }

    fn announce<'a>(&'a self, _event: &'a Event, _deadline: Instant) -> BoxFuture<'a, Fate> {
        async { Fate::Accepted }.boxed()
    }
}

async fn report(keys: &[&'static str]) -> Arc<Report> {
    let metrics = keys.iter().map(|key| {
        Metric::new(Facts::new(*key, "For a test."), location!(), |_| Box::pin(async { 1.0.into_reading() }))
    });
    let run = Engine::new().run(&Catalog::new(metrics).unwrap(), &Context::new()).await;
    Arc::new(Report::new(run, []))
}

/// Delivers three points, and then what the reporter says of itself. Gives the receipt, and what was taken.
async fn deliver(fails_at: &'static [&'static str]) -> (Receipt, Vec<String>) {
    let taken = Arc::default();
    let sink: Result<Box<dyn Sink>, Unavailable> =
        Ok(Box::new(Backend { fails_at, taken: Arc::clone(&taken) }));
    let end = Instant::now() + Duration::from_mins(1);
    let mut state = State::in_memory(end).unwrap();
    let report_of_run = report(&["a", "b", "c"]).await;
    let courier = Courier {
        sink: &sink,
        limits: Limits::default(),
        outbox: OUTBOX,
        timestamp: report_of_run.timestamp(),
        deadlines: Deadlines::new(end, Duration::from_secs(30)),
    };
    let run = state.record(&report_of_run, Some(OUTBOX)).await.unwrap();
    let mut receipt = courier.deliver(&state, run).await.unwrap();
    let run = state.record(&report(&["about_itself"]).await, Some(OUTBOX)).await.unwrap();
    courier.deliver_self_metrics(&state, run, &mut receipt).await;
    let taken = taken.lock().unwrap().clone();
    (receipt, taken)
}

#[tokio::test]
async fn in_a_partial_outage_the_reporter_says_what_waits() {
    let (receipt, taken) = deliver(&["c"]).await;

    assert_eq!((receipt.accepted, receipt.self_metrics, receipt.lost), (2, 1, 1));
    assert_eq!(taken, ["a", "b", "about_itself"]);
}

#[tokio::test]
async fn in_a_full_outage_everything_waits() {
    let (receipt, taken) = deliver(&["a", "c"]).await;

    assert_eq!((receipt.accepted, receipt.self_metrics, receipt.lost), (0, 0, 4));
    assert!(taken.is_empty(), "{taken:?}");
}

#[test]
fn what_waits_for_its_time_keeps_the_reporter_from_nothing() {
    let mut receipt = Receipt { error: Some("the clock was set back".to_owned()), ..Receipt::default() };
    assert!(receipt.is_reachable());

    receipt.note_contact(true);
    assert!(!receipt.is_reachable());

    receipt.accepted = 1;
    receipt.note_contact(true);
    assert!(receipt.is_reachable());
}
