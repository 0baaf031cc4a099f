//! A shop that records its orders while it serves customers, and reports them every minute.

use std::time::Duration;

use system_health_datadog as _; // keeps the sink linked
use system_health_recorder::Recorder;
use system_health_registry::Settings;
use system_health_reporter::Reporter;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let settings = Settings::builder().shared().environment().build()?;
    let reporter = Reporter::builder(settings).build()?;
    let reporting = reporter.push_every(Duration::from_mins(1));
    serve().await?;
    let last = reporting.finish().await?; // with the receipts of the last push
    anyhow::ensure!(last.is_delivered(), "not everything was delivered");
    Ok(())
}

/// Stands for the service of a real shop, which ends when it is interrupted.
async fn serve() -> std::io::Result<()> {
    let recorder = Recorder::global();
    recorder.count("orders.placed", &[("shop", "eu")], 1); // a counter
    recorder.gauge("orders.waiting", &[], 12.0); // the last value
    recorder.record("orders.seconds", &[], 0.35); // a distribution
    tokio::signal::ctrl_c().await
}
