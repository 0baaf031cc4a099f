//! A `report` with additional collectors, many of which misbehave. Each has its own key, so that `--only` can select it.
//! `TEST_SAMPLES` sets the number of values of `test.many`, and `TEST_MESSAGES` the number of items that count for
//! `test.evidence`.

mod queue;
mod sink;

use std::{env, future::pending, process::ExitCode, thread};

use system_health_registry::{
    Distribution, Event, EventError, Events, EvidenceItem, NoData, Sample, SampleError, Unavailable,
    system_health_metric,
};
use system_health_report_cli::ReportCommand;
use tokio::runtime::Handle;

/// A plain value, to be delivered together with the others.
#[system_health_metric(key = "test.value")]
fn value() -> u64 {
    7
}

/// An error.
#[system_health_metric(key = "test.error")]
fn error() -> Result<u64, Unavailable> {
    Err("this collector always fails")?
}

/// A panic.
#[system_health_metric(key = "test.panic")]
fn panics() -> u64 {
    panic!("this collector always panics")
}

/// A value that is not a number.
#[system_health_metric(key = "test.nan")]
fn nan() -> f64 {
    f64::NAN
}

/// Waits for ever.
#[system_health_metric(key = "test.hang.async", timeout = "1h")]
async fn hangs() -> u64 {
    pending().await
}

/// Blocks its thread for ever.
#[system_health_metric(key = "test.hang.sync", timeout = "1h")]
fn blocks() -> u64 {
    loop {
        thread::park();
    }
}

/// Blocks all threads for ever.
#[system_health_metric(key = "test.hang.threads", timeout = "1h")]
async fn blocks_all() -> u64 {
    for _ in 0..Handle::current().metrics().num_workers() {
        tokio::spawn(async { blocks() });
    }
    blocks()
}

/// Prints to the standard output.
#[system_health_metric(key = "test.prints")]
fn prints() -> u64 {
    println!("this collector prints");
    7
}

/// Attaches an event.
#[system_health_metric(key = "test.event")]
fn event(events: Events) -> Result<u64, EventError> {
    events.attach(Event::new("deploy-1207", "Deployed version 4.2")?.with_tag("team", "shop")?);
    Ok(1)
}

/// The durations of four builds.
#[system_health_metric(key = "test.distribution", kind = "distribution", unit = "second")]
fn distribution() -> Result<Distribution, SampleError> {
    Distribution::from_values([0.5, 1.0, 2.0, 4.0])
}

/// Very many values.
#[system_health_metric(key = "test.many", unit = "item", tags = ["team:platform"])]
fn many() -> Result<Vec<Sample>, Unavailable> {
    let count: u32 = env::var("TEST_SAMPLES").map_or(Ok(100_000), |text| text.parse())?;
    (0..count)
        .map(|number| Ok(Sample::new(f64::from(number) / 8.0)?.with_tag("item", &format!("{number:06}"))?))
        .collect()
}

/// Waiting messages, with titles that contain markup.
#[system_health_metric(key = "test.evidence", unit = "message", goal = "< 5")]
fn evidence() -> Result<Sample, Unavailable> {
    let count: u32 = env::var("TEST_MESSAGES").map_or(Ok(312), |text| text.parse())?;
    let items = (0..count + 4).map(|number| {
        let (counted, reason) = if number < count { (true, "it waits") } else { (false, "it was read") };
        EvidenceItem::new(format!("message {number} of @ada </details> %%%"), counted, reason)
            .with_link(Some(&format!("https://mail.example.com/{number}")))
    });
    let sample = Sample::new(count)?.with_link("https://mail.example.com")?;
    Ok(sample.with_tag("queue", "mail")?.with_evidence(items))
}

/// No data, with evidence.
#[system_health_metric(key = "test.evidence.none")]
fn evidence_of_no_data() -> Result<u64, Unavailable> {
    let items = [EvidenceItem::new("message 1", false, "it is locked")];
    Err(NoData::new("all messages are locked").with_evidence(items))?
}

fn main() -> ExitCode {
    ReportCommand::new().sink(sink::FILE).main()
}
