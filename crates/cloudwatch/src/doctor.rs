//! Diagnoses the access to CloudWatch.

use std::time::Duration;

use serde_json::json;
use system_health_registry::{Finding, SharedError};
use tokio::time::Instant;

use crate::{put_error::ACTION, put_metric_data::MetricWriter};

pub(crate) const CHECK: &str = "CloudWatch";

/// Timeout of the request.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Tries the request of a delivery, with data that CloudWatch refuses. If the permission is missing, the finding names it.
pub(crate) async fn diagnose(writer: &MetricWriter) -> Vec<Finding> {
    let (namespace, region) = (&writer.namespace, writer.client.region());
    let finding = match writer.probe(Instant::now() + TIMEOUT).await {
        Ok(()) => {
            Finding::ok(CHECK, format!("{ACTION} is allowed for the namespace {namespace} in {region}"))
        }
        Err(error) => {
            let missing =
                if error.is_denied() { missing_statement(namespace.as_str()) } else { String::new() };
            Finding::failed(CHECK, format!("{} (in {region}){missing}", SharedError::new(error)))
        }
    };
    vec![finding]
}

/// The missing statement of the IAM policy. The action cannot be limited to resources, only to a namespace. See
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/iam-cw-condition-keys-namespace.html>.
fn missing_statement(namespace: &str) -> String {
    let namespace = json!({"StringEquals": {"cloudwatch:namespace": namespace}});
    let statement =
        format!(r#"{{"Effect": "Allow", "Action": "{ACTION}", "Resource": "*", "Condition": {namespace}}}"#);
    format!("; the IAM policy lacks {statement}")
}
