//! Packets of `DogStatsD` lines, as they arrive.

use std::{collections::BTreeSet, time::Duration};

use super::{checks, events, state::State};
use crate::{
    dogstatsd::{EventLine, INTERVAL, Line, LineError, MetricLine, MetricType, Values},
    point::{DISTRIBUTION, Point},
    rules::{Finding, Rule, check_name, check_tags, check_time},
    store::{DistributionId, StoreError, WeightedValues},
};

/// Size of the Agent's buffer for a packet, in bytes. The Agent cuts longer packets.
/// See <https://docs.datadoghq.com/developers/dogstatsd/high_throughput/>.
const MAX_PACKET_SIZE: usize = 8192;

const SOURCE: &str = "dogstatsd";

/// What the metric lines of a packet add to the store, and findings about the packet.
#[derive(Default)]
struct Received {
    /// The points of the current 10 seconds.
    points: Vec<Point>,
    /// The points of lines with a timestamp.
    timestamped: Vec<Point>,
    values: Vec<(DistributionId, WeightedValues)>,
    findings: Vec<Finding>,
    /// The number of metric lines that are stored.
    lines: usize,
}

/// Stores what the Agent would send to Datadog.
pub(crate) fn receive(state: &mut State, packet: &[u8]) -> Result<(), StoreError> {
    let mut received = Received::default();
    if packet.len() > MAX_PACKET_SIZE {
        let message = format!(
            "the Agent cuts packets that are longer than {MAX_PACKET_SIZE} bytes, and the end is lost"
        );
        received.findings.push(Finding::new(Rule::PacketSize, SOURCE, message));
    }
    let packet = &packet[..packet.len().min(MAX_PACKET_SIZE)];
    let (mut sent, mut stored) = (0, 0);
    // The Agent also accepts lines that end with `\r\n`.
    let lines = packet.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    for line in lines.filter(|line| !line.is_empty()) {
        sent += 1;
        match Line::parse(line) {
            Ok(Line::Metric(metric)) => add_metric(state, &mut received, &metric),
            Ok(Line::Event(event)) => stored += usize::from(add_event(state, &event)?),
            Ok(Line::ServiceCheck(check)) => {
                checks::store(state, SOURCE, vec![check.0])?;
                stored += 1;
            }
            Err(error) => received.findings.push(finding_about_line(line, &error)),
        }
    }
    for point in received.points.iter().chain(&received.timestamped) {
        state.metadata.learn(&point.metric, point.kind, None);
    }
    for ((metric, ..), _) in &received.values {
        state.metadata.learn(metric, DISTRIBUTION, None);
    }
    state.save_metadata()?;
    // Each line updates the point of its series for the current 10 seconds. This is normal, so it makes no finding.
    state.store.put_points(&received.points)?;
    let replaced = state.store.put_points(&received.timestamped)?;
    state.store.add_values(&received.values)?;
    state.add_findings(received.findings);
    state.add_replaced_findings(&replaced);
    state.count_lines(sent, stored + received.lines);
    Ok(())
}

fn finding_about_line(line: &[u8], error: &LineError) -> Finding {
    Finding::new(Rule::Line, &String::from_utf8_lossy(line), format!("the Agent drops this line: {error}"))
}

/// Returns whether the event was stored.
fn add_event(state: &mut State, event: &EventLine) -> Result<bool, StoreError> {
    let happened = event.timestamp.unwrap_or_else(|| state.now());
    events::store(state, SOURCE, &event.to_json(), happened).map(|stored| stored.is_ok())
}

fn add_metric(state: &mut State, received: &mut Received, line: &MetricLine) {
    let now = state.now();
    let findings = &mut received.findings;
    let Some(name) = check_name(&line.name, findings) else { return };
    let tags = check_tags(&name, &line.tags, findings);
    if let Values::Numbers(numbers) = &line.values
        && !numbers.iter().all(|number| number.is_finite())
    {
        findings.push(Finding::new(Rule::Value, &name, "a value is not a finite number"));
        return;
    }
    if line.sample_rate.is_some() && matches!(line.kind, MetricType::Gauge | MetricType::Set) {
        let message = "the sample rate of a gauge or a set has no effect";
        findings.push(Finding::new(Rule::SampleRate, &name, message));
    } else if line.sample_rate.is_some() && line.timestamp.is_some() {
        let message = "the sample rate of a line with a timestamp has no effect";
        findings.push(Finding::new(Rule::SampleRate, &name, message));
    }
    let weight = 1.0 / line.sample_rate.unwrap_or(1.0);
    match (&line.values, line.kind, line.timestamp) {
        (Values::Numbers(numbers), MetricType::Distribution, _) => {
            if !numbers.iter().all(|number| (number * weight).is_finite()) {
                let message = "a value divided by the sample rate is not a finite number";
                findings.push(Finding::new(Rule::Value, &name, message));
                return;
            }
            let time = now - now.rem_euclid(INTERVAL);
            let values = numbers.iter().map(|number| (*number, weight)).collect();
            received.values.push(((name, tags, time), values));
        }
        (Values::Numbers(numbers), kind, Some(time)) => {
            if !check_time(&name, time, now, findings) {
                return;
            }
            received.timestamped.extend(timestamped_points(&name, &tags, kind, numbers, time));
        }
        _ => {
            let points = state.aggregates.add(&name, &tags, line.kind, &line.values, weight, now);
            if !points.iter().all(|point| point.value.is_finite()) {
                let message = "the sum of the values is not a finite number";
                findings.push(Finding::new(Rule::Value, &name, message));
                return;
            }
            received.points.extend(points);
        }
    }
    received.lines += 1;
}

/// The points of a line with a timestamp. The Agent does not aggregate them, and does not apply the sample rate of the line. It
/// sends counts as rates, as it does with aggregated counts. See
/// <https://github.com/DataDog/datadog-agent/blob/main/pkg/aggregator/no_aggregation_stream_worker.go>.
fn timestamped_points(
    metric: &str,
    tags: &BTreeSet<String>,
    kind: MetricType,
    numbers: &[f64],
    timestamp: i64,
) -> Vec<Point> {
    let seconds = Duration::from_secs(INTERVAL.unsigned_abs()).as_secs_f64();
    let (kind, interval, divisor) = match kind {
        MetricType::Count => ("rate", Some(INTERVAL), seconds),
        _ => ("gauge", None, 1.0),
    };
    let point = |number: &f64| Point {
        metric: metric.to_owned(),
        tags: tags.clone(),
        timestamp,
        value: number / divisor,
        kind,
        interval,
        unit: None,
    };
    numbers.iter().map(point).collect()
}
