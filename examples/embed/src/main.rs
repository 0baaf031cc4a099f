//! A shop that reports the length of its queue without the `report` command. The shop may share a
//! settings file with the command, and ignores the tables that only the command uses.

use std::{env, path::Path};

use system_health_datadog as _; // keeps the sink linked
use system_health_registry::{Settings, Unavailable, system_health_metric};
use system_health_reporter::Reporter;
use tracing_subscriber::filter::LevelFilter;

/// Orders that wait to be packed.
#[system_health_metric(key = "shop.orders.waiting", unit = "order", goal = "< 100")]
fn orders_waiting() -> Result<u64, std::num::ParseIntError> {
    env::args().nth(1).unwrap_or_default().parse() // stands for the queue of a real shop
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // Shows the warnings of the reporter. A program with a subscriber of its own keeps that one.
    tracing_subscriber::fmt().with_max_level(LevelFilter::WARN).with_writer(std::io::stderr).init();
    let file = Path::new("system-health.toml");
    let settings = Settings::builder().shared().file(file)?.environment().build()?;
    let reporter = Reporter::builder(settings).build()?;
    let finished = reporter.push().await?;
    for outcome in finished.report.run().outcomes() {
        if let Err(Unavailable::Error(error)) = &outcome.result {
            eprintln!("{} failed: {error}", outcome.metric.key());
        }
    }
    for receipt in finished.deliveries.iter().filter_map(|delivery| delivery.receipt()) {
        println!(
            "delivered: {} series, {} about the reporter, {} of earlier runs; waiting: {}",
            receipt.accepted, receipt.self_metrics, receipt.accepted_earlier, receipt.left
        );
    }
    anyhow::ensure!(finished.is_delivered(), "not everything was delivered");
    Ok(())
}
