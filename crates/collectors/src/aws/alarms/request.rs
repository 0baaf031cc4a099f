//! One request to CloudWatch, with the retries, time limits, proxies and signature of the configuration.

use aws_config::{BehaviorVersion, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_credential_types::provider::error::CredentialsError;
use aws_runtime::{
    auth::{
        SigV4OperationSigningConfig,
        sigv4::{SCHEME_ID, SigV4AuthScheme},
    },
    retries::classifiers::AwsErrorCodeClassifier,
};
use aws_sdk_codebuild::error::SdkError;
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

use super::{endpoint::endpoint, request_error::CloudWatchError};
use crate::aws::regions::AwsRegion;

/// Calls an operation of CloudWatch, such as `DescribeAlarms`.
pub(super) async fn call(
    region: &AwsRegion,
    operation: &'static str,
    input: &Value,
) -> Result<Value, SdkError<CloudWatchError>> {
    let config = region.config();
    let plugin = signing(&config).map_err(SdkError::construction_failure)?;
    let mut builder = Operation::builder()
        .service_name("CloudWatch")
        .behavior_version(config.behavior_version().unwrap_or_else(BehaviorVersion::latest))
        .operation_name(operation)
        .endpoint_url(&endpoint(&config, &region.name))
        .standard_retry(&config.retry_config().cloned().unwrap_or_else(RetryConfig::standard))
        .timeout_config(config.timeout_config().cloned().unwrap_or_else(TimeoutConfig::disabled))
        .retry_classifier(TransientErrorClassifier::<CloudWatchError>::new())
        .retry_classifier(AwsErrorCodeClassifier::<CloudWatchError>::new())
        .retry_classifier(HttpStatusCodeClassifier::default())
        .interceptor(region.attempt_counter())
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
    let operation =
        builder.serializer(move |input: String| request(operation, input)).deserializer(response).build();
    operation.invoke(input.to_string()).await
}

/// Signs with the credentials for the region of the configuration. See
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>.
fn signing(config: &SdkConfig) -> Result<StaticRuntimePlugin, BoxError> {
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

fn request(operation: &str, input: String) -> Result<HttpRequest, BoxError> {
    let mut request = HttpRequest::new(SdkBody::from(input));
    request.set_method("POST")?;
    request.headers_mut().try_insert("content-type", "application/x-amz-json-1.0")?;
    let target = format!("GraniteServiceVersion20100801.{operation}");
    request.headers_mut().try_insert("x-amz-target", target)?;
    Ok(request)
}

fn response(response: &HttpResponse) -> Result<Value, OrchestratorError<CloudWatchError>> {
    let body = response.body().bytes().unwrap_or_default();
    if !response.status().is_success() {
        return Err(OrchestratorError::operation(CloudWatchError::from_body(body)));
    }
    serde_json::from_slice(body).map_err(|error| OrchestratorError::response(error.into()))
}
