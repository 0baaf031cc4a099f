//! A shop that reports its metrics every minute, and raises an alert each time something was not delivered.

use std::time::Duration;

use system_health_datadog as _; // keeps the sink linked
use system_health_registry::Settings;
use system_health_reporter::{Delivery, Reporter, ReporterError};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let settings = Settings::builder().shared().environment().build()?;
    let reporter = Reporter::builder(settings).build()?;
    let reporting = reporter.push_every_with(Duration::from_mins(1), |result| match result {
        Ok(finished) if finished.is_delivered() => {}
        Ok(finished) => alert(&finished.deliveries),
        Err(error) => alert_failed_push(error),
    });
    tokio::signal::ctrl_c().await?; // stands for the service of a real shop
    reporting.finish().await?;
    Ok(())
}

/// Stands for the alert of a real shop.
fn alert(deliveries: &[Delivery]) {
    for delivery in deliveries.iter().filter(|delivery| delivery.has_failed()) {
        let reason =
            delivery.receipt().and_then(|receipt| receipt.error.as_deref()).unwrap_or("see the receipt");
        eprintln!("not delivered to {} ({}): {reason}", delivery.sink, delivery.address);
    }
}

fn alert_failed_push(error: &ReporterError) {
    let causes: Vec<String> = anyhow::Chain::new(error).map(ToString::to_string).collect();
    eprintln!("the push failed: {}", causes.join(": "));
}
