//! A shop whose reporter traces its runs, with the shop's own subscriber.

use system_health_datadog as _; // keeps the sink linked
use system_health_registry::{Settings, system_health_metric, traced};
use system_health_reporter::Reporter;
use system_health_traces::Traces;
use tracing_subscriber::{layer::SubscriberExt, util::SubscriberInitExt};

/// Orders that wait to be packed.
#[system_health_metric(key = "shop.orders.waiting", unit = "order", goal = "< 100")]
fn orders_waiting() -> u64 {
    queue_length()
}

#[traced]
fn queue_length() -> u64 {
    12 // stands for the queue of a real shop
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(panic.place = place, "panic at {place}");
    }));
    let settings = Settings::builder().shared().environment().build()?;
    let traces = Traces::new([env!("CARGO_CRATE_NAME")]); // also collects what this crate logs during a run
    tracing_subscriber::registry().with(tracing_subscriber::fmt::layer()).with(traces.layer()).init();

    let mut reporter = Reporter::builder(settings.clone());
    if let Some(tracer) = traces.tracer(&settings)? {
        reporter = reporter.tracer(tracer);
    }
    let finished = reporter.build()?.push().await?;
    anyhow::ensure!(finished.is_delivered(), "not everything was delivered");
    Ok(())
}
