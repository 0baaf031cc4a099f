//! Requests to CloudWatch in one region, with the time limits, proxies and signature of the configuration.
//!
//! The official client for CloudWatch is not used. It would add a second version of `http` and of `http-body`, and a CBOR
//! library with big numbers. CloudWatch also supports the protocol AWS JSON 1.0, which needs none of these.

use aws_config::{BehaviorVersion, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_credential_types::provider::error::CredentialsError;
use aws_runtime::{
    auth::{
        SigV4OperationSigningConfig,
        sigv4::{SCHEME_ID, SigV4AuthScheme},
    },
    retries::classifiers::AwsErrorCodeClassifier,
};
use aws_sdk_secretsmanager::error::SdkError;
use aws_smithy_runtime::client::{
    orchestrator::operation::Operation,
    retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier},
};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        auth::{AuthSchemeOptionResolverParams, static_resolver::StaticAuthSchemeOptionResolver},
        orchestrator::{HttpRequest, HttpResponse, OrchestratorError},
        runtime_components::RuntimeComponentsBuilder,
        runtime_plugin::StaticRuntimePlugin,
    },
};
use aws_smithy_types::{body::SdkBody, config_bag::Layer};
use aws_types::{SigningName, region::SigningRegion};
use serde_json::Value;

use super::{endpoint::endpoint, response_error::CloudWatchResponseError};
use crate::AwsAccess;

/// CloudWatch in one region.
#[derive(Debug, Clone)]
pub struct CloudWatchClient {
    access: AwsAccess,
    region: String,
}

/// The input of an operation, as JSON.
#[derive(Debug)]
pub enum CloudWatchInput {
    /// Not compressed.
    Json(String),
    /// Compressed with gzip.
    Gzip(Vec<u8>),
}

impl CloudWatchClient {
    /// CloudWatch in a region, such as `eu-west-1`.
    #[must_use]
    pub fn new(access: AwsAccess, region: impl Into<String>) -> Self {
        Self { access, region: region.into() }
    }

    /// The region.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Calls an operation that may be repeated, such as `DescribeAlarms`. Retries as configured.
    pub async fn call(
        &self,
        operation: &'static str,
        input: &Value,
    ) -> Result<Value, SdkError<CloudWatchResponseError>> {
        let retries = self.config().retry_config().cloned().unwrap_or_else(RetryConfig::standard);
        self.invoke(operation, CloudWatchInput::Json(input.to_string()), retries).await
    }

    /// Sends one request for an operation that must not be repeated, such as `PutMetricData`.
    pub async fn call_once(
        &self,
        operation: &'static str,
        input: CloudWatchInput,
    ) -> Result<Value, SdkError<CloudWatchResponseError>> {
        self.invoke(operation, input, RetryConfig::disabled()).await
    }

    fn config(&self) -> SdkConfig {
        self.access.config_in(&self.region)
    }

    async fn invoke(
        &self,
        operation: &'static str,
        input: CloudWatchInput,
        retries: RetryConfig,
    ) -> Result<Value, SdkError<CloudWatchResponseError>> {
        let config = self.config();
        let plugin = signing_plugin(&config).map_err(SdkError::construction_failure)?;
        let mut builder = Operation::builder()
            .service_name("CloudWatch")
            .behavior_version(config.behavior_version().unwrap_or_else(BehaviorVersion::latest))
            .operation_name(operation)
            .endpoint_url(&endpoint(&config, &self.region))
            .standard_retry(&retries)
            .timeout_config(config.timeout_config().cloned().unwrap_or_else(TimeoutConfig::disabled))
            .retry_classifier(TransientErrorClassifier::<CloudWatchResponseError>::new())
            .retry_classifier(AwsErrorCodeClassifier::<CloudWatchResponseError>::new())
            .retry_classifier(HttpStatusCodeClassifier::default())
            .interceptor(self.access.attempt_counter())
            .with_connection_poisoning()
            .runtime_plugin(plugin);
        if let Some(client) = config.http_client() {
            builder = builder.http_client(client);
        }
        if let Some(sleep) = config.sleep_impl() {
            builder = builder.sleep_impl(sleep);
        }
        if let Some(time) = config.time_source() {
            builder = builder.time_source(time);
        }
        let operation = builder
            .serializer(move |input: CloudWatchInput| build_request(operation, input))
            .deserializer(parse_output)
            .build();
        operation.invoke(input).await
    }
}

/// Signs requests with the credentials and for the region of the configuration. See
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>.
fn signing_plugin(config: &SdkConfig) -> Result<StaticRuntimePlugin, BoxError> {
    let credentials = config.credentials_provider();
    let credentials = credentials.ok_or_else(|| CredentialsError::not_loaded("no credentials"))?;
    let mut layer = Layer::new("signing");
    layer.store_put(AuthSchemeOptionResolverParams::new(()));
    layer.store_put(SigV4OperationSigningConfig {
        region: config.region().cloned().map(SigningRegion::from),
        name: Some(SigningName::from_static("monitoring")),
        ..SigV4OperationSigningConfig::default()
    });
    let components = RuntimeComponentsBuilder::new("signing")
        .with_auth_scheme(SigV4AuthScheme::new())
        .with_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID])))
        .with_identity_cache(config.identity_cache())
        .with_identity_resolver(SCHEME_ID, credentials);
    Ok(StaticRuntimePlugin::new().with_config(layer.freeze()).with_runtime_components(components))
}

fn build_request(operation: &str, input: CloudWatchInput) -> Result<HttpRequest, BoxError> {
    let (body, encoding) = match input {
        CloudWatchInput::Json(text) => (SdkBody::from(text), None),
        CloudWatchInput::Gzip(bytes) => (SdkBody::from(bytes), Some("gzip")),
    };
    let mut request = HttpRequest::new(body);
    request.set_method("POST")?;
    request.headers_mut().try_insert("content-type", "application/x-amz-json-1.0")?;
    if let Some(encoding) = encoding {
        request.headers_mut().try_insert("content-encoding", encoding)?;
    }
    let target = format!("GraniteServiceVersion20100801.{operation}");
    request.headers_mut().try_insert("x-amz-target", target)?;
    Ok(request)
}

/// The output of an operation. It is null if the operation has none.
fn parse_output(response: &HttpResponse) -> Result<Value, OrchestratorError<CloudWatchResponseError>> {
    let body = response.body().bytes().unwrap_or_default();
    if !response.status().is_success() {
        return Err(OrchestratorError::operation(CloudWatchResponseError::from_body(body)));
    }
    if body.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(body).map_err(|error| OrchestratorError::response(error.into()))
}
