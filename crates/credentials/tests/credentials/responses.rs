//! The responses of AWS Secrets Manager, with AWS's own error codes and messages, received by the real SDK.

use std::time::Duration;

use aws_config::{Region, retry::RetryConfig};
use futures::future::join_all;
use serde_json::json;
use system_health_credentials::CredentialError;
use system_health_registry::ApiCalls;
use system_health_test_support::server::{Answer, Fault, Request, Server};
use tokio::time::Instant;

use super::{API_KEY, TOKEN, chain_of, from_aws, get, sdk_config, with_token_secret, without_environment};

/// The response with a secret.
fn value(text: &str) -> Answer {
    let body = json!({"ARN": "arn", "Name": "name", "SecretString": text});
    Answer::text(200, "application/x-amz-json-1.1", &body.to_string())
}

/// An error response of AWS.
fn refusal(status: u16, code: &str, message: &str) -> Answer {
    let body = json!({"__type": code, "message": message});
    Answer::text(status, "application/x-amz-json-1.1", &body.to_string())
}

/// A server that gives every request the same response.
fn always(answer: Answer) -> Server {
    Server::start(move |_: &Request| answer.clone())
}

async fn token_from(answer: Answer) -> Result<String, CredentialError> {
    get(&from_aws(&always(answer).url()), &TOKEN).await
}

/// Whether the error means that the secret is absent, and the error as users see it.
async fn error_from(answer: Answer) -> (bool, String) {
    let error = token_from(answer).await.unwrap_err();
    (error.is_absent(), chain_of(error))
}

#[tokio::test]
async fn a_value_is_trimmed() {
    assert_eq!(token_from(value(" ghp_one\n")).await.unwrap(), "ghp_one");
}

#[tokio::test]
async fn a_binary_secret_may_hold_text() {
    let body = json!({"Name": "name", "SecretBinary": "Z2hwX29uZQo="}).to_string();
    let answer = Answer::text(200, "application/x-amz-json-1.1", &body);
    assert_eq!(token_from(answer).await.unwrap(), "ghp_one");
}

#[tokio::test]
async fn a_binary_secret_without_text_is_refused() {
    let body = json!({"Name": "name", "SecretBinary": "/wD/"}).to_string();
    let (_, text) = error_from(Answer::text(200, "application/x-amz-json-1.1", &body)).await;
    insta::assert_snapshot!(text, @"cannot use the secret `github/dashboard-token` in AWS Secrets Manager in us-east-1 as the GitHub token: it contains white space, a control character or a non-ASCII character, which tokens and keys do not contain");
}

#[tokio::test]
async fn a_whole_object_is_refused() {
    let (absent, text) = error_from(value(r#"{"token": "ghp_one"}"#)).await;
    assert!(!absent);
    insta::assert_snapshot!(text, @r#"cannot get the GitHub token: the secret `github/dashboard-token` in AWS Secrets Manager in us-east-1 is a JSON object; name the field that contains the value, `token_secret = "github/dashboard-token#FIELD"` in [github], or store the plain value"#);
}

#[tokio::test]
async fn settings_may_name_a_field() {
    let server = always(value(r#"{"token": "ghp_one", "id": 7}"#));
    let ask = async |name: &str| {
        let config = sdk_config(&server.url(), "AKIDEXAMPLE", "example");
        let credentials =
            without_environment().secret_names_from(with_token_secret(name)).aws_config(config).build();
        get(&credentials, &TOKEN).await
    };

    assert_eq!(ask("github#token").await.unwrap(), "ghp_one");
    let missing = ask("github#key").await.unwrap_err();

    insta::assert_snapshot!(chain_of(missing), @"cannot use the secret `github` in AWS Secrets Manager in us-east-1 as the GitHub token: it has no field `key`");
}

#[tokio::test]
async fn a_secret_that_aws_does_not_have_is_absent() {
    let message = "Secrets Manager can't find the specified secret.";
    let (absent, text) = error_from(refusal(400, "ResourceNotFoundException", message)).await;
    assert!(absent);
    insta::assert_snapshot!(text, @"found no GitHub token: GITHUB_TOKEN is not set, and these AWS credentials find no secret `github/dashboard-token` in AWS Secrets Manager in us-east-1; set GITHUB_TOKEN, create the secret, or name another with `token_secret` in [github]");
}

#[tokio::test]
async fn a_secret_that_the_settings_name_must_exist() {
    let server = always(refusal(400, "ResourceNotFoundException", "No."));
    let credentials = without_environment()
        .secret_names_from(with_token_secret("github/tokne"))
        .aws_config(sdk_config(&server.url(), "AKIDEXAMPLE", "example"))
        .build();

    let mistyped = get(&credentials, &TOKEN).await.unwrap_err();

    assert!(!mistyped.is_absent());
    insta::assert_snapshot!(chain_of(mistyped), @"cannot get the GitHub token: these AWS credentials find no secret `github/tokne` in AWS Secrets Manager in us-east-1, which `token_secret` in [github] names; correct the name or the region, create the secret, or set GITHUB_TOKEN");
    // The settings do not name the API key's secret.
    assert!(get(&credentials, &API_KEY).await.unwrap_err().is_absent());
}

#[tokio::test]
async fn the_error_says_how_to_restore_a_deleted_secret() {
    let message = "You can't perform this operation on the secret because it was marked for deletion.";
    let (absent, text) = error_from(refusal(400, "InvalidRequestException", message)).await;
    assert!(!absent);
    insta::assert_snapshot!(text, @"cannot get the GitHub token: the secret `github/dashboard-token` in AWS Secrets Manager in us-east-1 is marked for deletion; restore it with `aws secretsmanager restore-secret --secret-id github/dashboard-token`, or set GITHUB_TOKEN");
}

#[tokio::test]
async fn the_error_names_the_missing_permission() {
    let message = "User: arn:aws:iam::123456789012:user/ci is not authorized to perform: \
                   secretsmanager:GetSecretValue on resource: github/dashboard-token because no \
                   identity-based policy allows the secretsmanager:GetSecretValue action";
    let (absent, text) = error_from(refusal(400, "AccessDeniedException", message)).await;
    assert!(!absent);
    insta::assert_snapshot!(text, @"cannot get the GitHub token: access to the secret `github/dashboard-token` in AWS Secrets Manager in us-east-1 is denied; allow these AWS credentials the action secretsmanager:GetSecretValue on it: User: arn:aws:iam::123456789012:user/ci is not authorized to perform: secretsmanager:GetSecretValue on resource: github/dashboard-token because no identity-based policy allows the secretsmanager:GetSecretValue action");
}

#[tokio::test]
async fn the_error_says_that_access_to_the_encryption_key_is_denied() {
    let (absent, text) =
        error_from(refusal(400, "AccessDeniedException", "Access to KMS is not allowed")).await;
    assert!(!absent);
    insta::assert_snapshot!(text, @"cannot get the GitHub token: access to the key that encrypts the secret `github/dashboard-token` in AWS Secrets Manager in us-east-1 is denied; allow these AWS credentials the action kms:Decrypt on that key: Access to KMS is not allowed");
}

#[tokio::test]
async fn the_error_says_that_a_refusal_is_not_from_aws() {
    let (absent, text) = error_from(Answer::text(403, "text/html", "<h1>Forbidden</h1>")).await;
    assert!(!absent);
    insta::assert_snapshot!(text, @"cannot get the GitHub token: access to the secret `github/dashboard-token` in AWS Secrets Manager in us-east-1 is denied; allow these AWS credentials the action secretsmanager:GetSecretValue on it: HTTP status 403 with a body that is not from AWS");
}

#[tokio::test]
async fn the_error_says_that_aws_refuses_the_credentials() {
    for code in ["ExpiredTokenException", "UnrecognizedClientException", "InvalidSignatureException"] {
        let error = token_from(refusal(400, code, "No.")).await.unwrap_err();
        assert!(matches!(error, CredentialError::AwsCredentialsRefused(..)), "{code}: {error:?}");
    }
    let message = "The security token included in the request is expired";
    let (absent, text) = error_from(refusal(400, "ExpiredTokenException", message)).await;
    assert!(!absent);
    insta::assert_snapshot!(text, @"cannot get the GitHub token: AWS does not accept the AWS credentials of this process; renew them, and check this machine's clock: The security token included in the request is expired");
}

#[tokio::test]
async fn the_error_says_that_aws_limits_the_rate_of_requests() {
    let (absent, text) = error_from(refusal(400, "ThrottlingException", "Rate exceeded")).await;
    assert!(!absent);
    insta::assert_snapshot!(text, @"cannot get the GitHub token: AWS limits the rate of requests at the moment; try again later, or set GITHUB_TOKEN: Rate exceeded");
}

#[tokio::test]
async fn any_other_failure_has_its_code_and_text() {
    let (absent, text) = error_from(refusal(500, "InternalServiceError", "An error occurred.")).await;
    assert!(!absent);
    insta::assert_snapshot!(text, @"cannot get the GitHub token: AWS returned no value for the secret `github/dashboard-token` in AWS Secrets Manager in us-east-1: InternalServiceError: An error occurred.");
}

#[tokio::test]
async fn an_unknown_response_is_an_error() {
    let (absent, text) = error_from(Answer::text(200, "text/html", "<h1>Hello</h1>")).await;
    assert!(!absent);
    insta::assert_snapshot!(text, @"cannot get the GitHub token: AWS returned no value for the secret `github/dashboard-token` in AWS Secrets Manager in us-east-1: HTTP status 200 with a body that is not from AWS");
}

#[tokio::test]
async fn the_error_says_that_aws_cannot_be_reached() {
    let server = always(value("ghp_one"));
    server.fail("POST", Fault::Disconnect);
    let error = get(&from_aws(&server.url()), &TOKEN).await.unwrap_err();
    assert!(matches!(error, CredentialError::Unreachable(..)), "{error:?}");
    assert!(!error.is_absent());

    let error = get(&from_aws("http://127.0.0.1:1"), &TOKEN).await.unwrap_err();
    insta::assert_snapshot!(chain_of(error), @"cannot get the GitHub token: AWS Secrets Manager cannot be reached; check the network, the region and AWS_ENDPOINT_URL, or set GITHUB_TOKEN: Connection refused (os error 111)");
}

#[tokio::test(start_paused = true)]
async fn a_hanging_response_times_out() {
    let server = always(value("ghp_one"));
    server.fail("POST", Fault::Hang);
    let started = Instant::now();

    let error = get(&from_aws(&server.url()), &TOKEN).await.unwrap_err();

    // The clock is paused: it only advances while all tasks wait.
    assert_eq!(started.elapsed().as_secs(), 10);
    insta::assert_snapshot!(chain_of(error), @"cannot get the GitHub token: AWS Secrets Manager cannot be reached; check the network, the region and AWS_ENDPOINT_URL, or set GITHUB_TOKEN: no response within 10s");
}

#[tokio::test]
async fn an_arn_is_looked_up_in_its_region() {
    let server = always(value("ghp_one"));
    let arn = "arn:aws:secretsmanager:eu-west-3:123456789012:secret:github-AbCdEf";
    let config = sdk_config(&server.url(), "AKIDEXAMPLE", "example");
    let without_region = config.to_builder().region(None::<Region>).build();
    for config in [config, without_region] {
        let credentials =
            without_environment().secret_names_from(with_token_secret(arn)).aws_config(config).build();
        assert_eq!(get(&credentials, &TOKEN).await.unwrap(), "ghp_one");
    }
    for request in server.requests() {
        let signature = request.header("authorization").unwrap();
        assert!(signature.contains("/eu-west-3/secretsmanager/"), "{signature}");
        assert_eq!(request.body, json!({"SecretId": arn}).to_string().as_bytes());
    }
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn concurrent_callers_share_one_request_for_each_secret() {
    let server = always(value("one"));
    server.set_latency(Duration::from_millis(20));
    let credentials = from_aws(&server.url());

    let callers = (0..100).map(|number| {
        let (credentials, secret) = (credentials.clone(), [&TOKEN, &API_KEY][number % 2]);
        tokio::spawn(async move { get(&credentials, secret).await })
    });
    for answer in join_all(callers).await {
        assert_eq!(answer.unwrap().unwrap(), "one");
    }

    let mut requested: Vec<_> = server.requests().into_iter().map(|request| request.body).collect();
    requested.sort();
    let body = |name: &str| json!({"SecretId": name}).to_string().into_bytes();
    assert_eq!(requested, [body("datadog/api-key"), body("github/dashboard-token")]);
}

/// The number of counted attempts for each API and each status of the responses.
fn attempts_by_status(calls: &ApiCalls) -> Vec<(&'static str, Option<u16>, u64)> {
    calls.by_status().into_iter().map(|calls| (calls.api, calls.status, calls.count)).collect()
}

#[tokio::test]
async fn retries_of_the_sdk_are_counted() {
    let server = always(value("ghp_one"));
    server.fail_times(1, "POST", Fault::Disconnect);
    server.fail_times(1, "POST", refusal(503, "ServiceUnavailable", "Later."));
    let retries = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
    let config = sdk_config(&server.url(), "AKIDEXAMPLE", "example").into_builder().retry_config(retries);
    let calls = ApiCalls::default();
    let credentials = without_environment().aws_config(config.build()).api_calls(calls.clone()).build();

    assert_eq!(get(&credentials, &TOKEN).await.unwrap(), "ghp_one");

    let api = "aws_secrets_manager";
    assert_eq!(attempts_by_status(&calls), [(api, None, 1), (api, Some(200), 1), (api, Some(503), 1)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_cancelled_attempt_is_counted_without_a_status() {
    let server = always(value("ghp_one"));
    server.fail("POST", Fault::Hang);
    let calls = ApiCalls::default();
    let config = sdk_config(&server.url(), "AKIDEXAMPLE", "example");
    let credentials = without_environment().aws_config(config).api_calls(calls.clone()).build();

    let caller = tokio::spawn(async move { get(&credentials, &TOKEN).await });
    let _ = server.wait_for("POST");
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());

    assert_eq!(attempts_by_status(&calls), [("aws_secrets_manager", None, 1)]);
}

#[tokio::test]
async fn later_calls_get_the_same_error_without_a_request() {
    let server = always(refusal(400, "ResourceNotFoundException", "No."));
    let credentials = from_aws(&server.url());
    for _ in 0..3 {
        assert!(get(&credentials, &TOKEN).await.unwrap_err().is_absent());
    }
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_cancelled_lookup_is_restarted_by_the_next_caller() {
    let server = always(value("ghp_one"));
    server.fail_times(1, "POST", Fault::Hang);
    let credentials = from_aws(&server.url());
    let ask = || {
        let credentials = credentials.clone();
        tokio::spawn(async move { get(&credentials, &TOKEN).await })
    };

    let first = ask();
    let _ = server.wait_for("POST");
    let second = ask();
    first.abort();

    assert_eq!(second.await.unwrap().unwrap(), "ghp_one");
}
