//! Diagnoses the connection to a receiver.

use std::time::{Duration, SystemTime};

use system_health_otlp_protocol::GRPC_PORT;
use system_health_registry::{Finding, SharedError};
use tokio::time::Instant;

use crate::{exporter::Exporter, preference::TemporalityPreference};

pub(crate) const RECEIVER: &str = "OTLP receiver";

/// Timeout of a diagnosis.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Sends a request without points.
pub(crate) async fn diagnose(exporter: &Exporter, preference: TemporalityPreference) -> Vec<Finding> {
    match exporter.check(Instant::now() + TIMEOUT).await {
        Ok(server_time) => {
            let message = format!(
                "{} accepts metrics; the preferred temporality is {}",
                exporter.url,
                preference.name()
            );
            let clock =
                server_time.map(|theirs| Finding::clock_skew("OTLP receiver", theirs, SystemTime::now()));
            [Finding::ok(RECEIVER, message)].into_iter().chain(clock).collect()
        }
        Err(error) => {
            let failed = Finding::failed(RECEIVER, SharedError::new(error).to_string());
            let hint = (exporter.url.port() == Some(GRPC_PORT)).then(|| {
                let message = "port 4317 is usually for OTLP over gRPC; metrics are sent over HTTP, usually to port 4318";
                Finding::warning(RECEIVER, message)
            });
            [failed].into_iter().chain(hint).collect()
        }
    }
}
