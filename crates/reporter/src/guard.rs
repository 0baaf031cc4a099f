//! Guarded calls of sinks. Sinks may come from other crates. If a sink panics or never responds, only its own delivery
//! ends.

use std::{any::Any, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures::{FutureExt, StreamExt, stream::BoxStream};
use serde_json::Value;
use system_health_registry::{
    Context, DeliveryError, Destination, Event, Fate, Point, Settlement, Sink, Unavailable,
    trace::delivery_span,
};
use tokio::{
    task::JoinHandle,
    time::{Instant, timeout_at},
};
use tracing::Instrument;

/// The error of a sink that does not respond.
const TOO_LATE: &str = "no answer before the run's deadline";
/// The minimum time for a preview, even if collecting took until the deadline. A resource that cannot be built in time has an
/// error of its own before that.
const MIN_TIME_TO_PREVIEW: Duration = Duration::from_secs(2);

/// The result of waiting for a settlement.
pub(crate) enum Next {
    /// The sink reported the fate of points.
    Settled(Settlement),
    /// The stream has ended.
    End,
    /// The sink was interrupted, possibly in the middle of a request.
    Interrupted(DeliveryError),
}

/// A sink that is being connected in a task.
pub(crate) struct Connecting(JoinHandle<Result<Box<dyn Sink>, Unavailable>>);

impl Connecting {
    /// Starts to connect.
    pub(crate) fn start(destination: &Arc<dyn Destination>, context: Context) -> Self {
        let destination = Arc::clone(destination);
        let span = delivery_span(destination.sink(), &destination.address(), "connection");
        Self(tokio::spawn(async move { destination.connect(context).await }.instrument(span)))
    }

    /// Waits for the sink until the deadline.
    pub(crate) async fn wait_until(mut self, deadline: Instant) -> Result<Box<dyn Sink>, Unavailable> {
        match timeout_at(deadline, &mut self.0).await {
            Ok(Ok(connected)) => connected,
            Ok(Err(error)) => match error.try_into_panic() {
                Ok(panic) => Err(panicked(&*panic).into()),
                Err(_) => Err("the runtime is shutting down".into()),
            },
            Err(_) => Err("no connection before the run's deadline".into()),
        }
    }
}

impl Drop for Connecting {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The request that would be sent. If the sink panics or never responds, the dry run has an error.
pub(crate) async fn preview(
    destination: &dyn Destination,
    context: Context,
    points: &[Point],
    events: &[Event],
    deadline: Instant,
) -> Result<Value, Unavailable> {
    let deadline = deadline.max(Instant::now() + MIN_TIME_TO_PREVIEW);
    let made = AssertUnwindSafe(async { destination.preview(context, points, events).await }).catch_unwind();
    match timeout_at(deadline, made).await {
        Ok(Ok(made)) => made,
        Ok(Err(panic)) => Err(panicked(&*panic).into()),
        Err(_) => Err("no preview before the run's deadline".into()),
    }
}

/// Starts a delivery.
pub(crate) fn deliver<'a>(
    sink: &'a dyn Sink,
    points: &'a [Point],
    deadline: Instant,
) -> BoxStream<'a, Settlement> {
    async move { sink.deliver(points, deadline) }.flatten_stream().boxed()
}

/// The next settlement of a delivery.
pub(crate) async fn next(settlements: &mut BoxStream<'_, Settlement>, deadline: Instant) -> Next {
    match timeout_at(deadline, AssertUnwindSafe(settlements.next()).catch_unwind()).await {
        Ok(Ok(Some(settlement))) => Next::Settled(settlement),
        Ok(Ok(None)) => Next::End,
        Ok(Err(panic)) => Next::Interrupted(DeliveryError::new(panicked(&*panic))),
        Err(_) => Next::Interrupted(DeliveryError::new(TOO_LATE)),
    }
}

/// Sends an event.
pub(crate) async fn announce(sink: &dyn Sink, event: &Event, deadline: Instant) -> Fate {
    let sent = AssertUnwindSafe(async { sink.announce(event, deadline).await }).catch_unwind();
    match timeout_at(deadline, sent).await {
        Ok(Ok(fate)) => fate,
        Ok(Err(panic)) => Fate::Unknown(DeliveryError::new(panicked(&*panic))),
        Err(_) => Fate::Unknown(DeliveryError::new(TOO_LATE)),
    }
}

/// Checks whether the backend would accept a delivery.
pub(crate) async fn check(sink: &dyn Sink, deadline: Instant) -> Result<(), DeliveryError> {
    let checked = AssertUnwindSafe(async { sink.check(deadline).await }).catch_unwind();
    match timeout_at(deadline, checked).await {
        Ok(Ok(checked)) => checked,
        Ok(Err(panic)) => Err(DeliveryError::new(panicked(&*panic))),
        Err(_) => Err(DeliveryError::new(TOO_LATE)),
    }
}

/// Removes the values of earlier runs.
pub(crate) async fn clear(sink: &dyn Sink, deadline: Instant) -> Result<(), DeliveryError> {
    let cleared = AssertUnwindSafe(async { sink.clear(deadline).await }).catch_unwind();
    match timeout_at(deadline, cleared).await {
        Ok(Ok(cleared)) => cleared,
        Ok(Err(panic)) => Err(DeliveryError::new(panicked(&*panic))),
        Err(_) => Err(DeliveryError::new(TOO_LATE)),
    }
}

fn panicked(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    match text.or_else(|| payload.downcast_ref::<String>().cloned()) {
        Some(text) => format!("the sink panicked: {text}"),
        None => "the sink panicked".to_owned(),
    }
}
