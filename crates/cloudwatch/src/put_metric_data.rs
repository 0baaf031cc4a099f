//! The action `PutMetricData`. See
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html>.

use std::io::{self, Write};

use flate2::{Compression, write::GzEncoder};
use serde_json::json;
use system_health_credentials::{CloudWatchClient, CloudWatchInput};
use tokio::time::{Instant, timeout_at};

use crate::{
    namespace::Namespace,
    put_error::{PutError, PutFailure},
};

const OPERATION: &str = "PutMetricData";

/// Smaller bodies are not compressed. This is the default of AWS's SDKs. See
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-compression.html>.
const MIN_BYTES_TO_COMPRESS: usize = 10_240;

/// Writes to a namespace in one region.
#[derive(Debug, Clone)]
pub(crate) struct MetricWriter {
    pub(crate) client: CloudWatchClient,
    pub(crate) namespace: Namespace,
}

impl MetricWriter {
    /// Sends a request once.
    pub(crate) async fn put(&self, body: &str, deadline: Instant) -> Result<(), PutError> {
        let input = if body.len() < MIN_BYTES_TO_COMPRESS {
            CloudWatchInput::Json(body.to_owned())
        } else {
            CloudWatchInput::Gzip(compressed(body))
        };
        let sending = self.client.call_once(OPERATION, input);
        match timeout_at(deadline, sending).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(error.into()),
            Err(_) => Err(PutError::NoResponse),
        }
    }

    /// Checks the credentials and the permission, and stores nothing: the datum has both a value and a list of values, so
    /// CloudWatch refuses it after it has checked the credentials and the permission.
    pub(crate) async fn probe(&self, deadline: Instant) -> Result<(), PutError> {
        let datum = json!({"MetricName": "system-health.probe", "Value": 0.0, "Values": [0.0]});
        let body = json!({"Namespace": self.namespace.as_str(), "MetricData": [datum]}).to_string();
        match self.put(&body, deadline).await {
            Err(error) if error.failure() == PutFailure::Invalid => Ok(()),
            other => other,
        }
    }
}

fn compressed(body: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let finished: io::Result<Vec<u8>> = encoder.write_all(body.as_bytes()).and_then(|()| encoder.finish());
    finished.expect("writing to a vector cannot fail")
}
