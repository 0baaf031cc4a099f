//! Tests with the real moto server. It implements AWS's protocols. In its authenticating mode, it checks signatures and
//! policies.

use system_health_credentials::CredentialError;
use system_health_test_support::moto::Moto;

use super::{API_KEY, APP_KEY, TOKEN, chain::lookup_in, from_aws, get, sdk_config, without_environment};

#[tokio::test]
#[ignore = "needs moto: run cargo xtask test"]
async fn a_stored_secret_is_found_unless_it_is_an_object_or_deleted() {
    let moto = Moto::start();
    moto.create_secret("github/dashboard-token", " ghp_stored\n");
    moto.create_secret("datadog/api-key", r#"{"api_key": "stored"}"#);
    moto.create_secret("datadog/app-key", "stored");
    moto.delete_secret("datadog/app-key");
    let credentials = from_aws(&moto.url());

    let (token, object, deleted) =
        tokio::join!(get(&credentials, &TOKEN), get(&credentials, &API_KEY), get(&credentials, &APP_KEY),);

    assert_eq!(token.unwrap(), "ghp_stored");
    assert!(matches!(object, Err(CredentialError::WholeObject(..))), "{object:?}");
    assert!(matches!(deleted, Err(CredentialError::MarkedForDeletion(..))), "{deleted:?}");
}

#[tokio::test]
#[ignore = "needs moto: run cargo xtask test"]
async fn a_secret_that_is_not_stored_is_absent() {
    let moto = Moto::start();
    let error = get(&from_aws(&moto.url()), &TOKEN).await.unwrap_err();
    assert!(matches!(error, CredentialError::NotFound(..)) && error.is_absent(), "{error:?}");
}

#[tokio::test]
#[ignore = "needs moto: run cargo xtask test"]
async fn a_user_without_permission_is_refused() {
    let moto = Moto::start_authenticating(3);
    moto.create_secret("github/dashboard-token", "ghp_stored");
    let key = moto.create_user("reporter");
    let ask = async |access_key: &str, secret_key: &str| {
        let config = sdk_config(&moto.url(), access_key, secret_key);
        get(&without_environment().aws_config(config).build(), &TOKEN).await
    };

    let without_rights = ask(&key.id, &key.secret).await;
    assert!(matches!(without_rights, Err(CredentialError::AccessDenied(..))), "{without_rights:?}");

    let wrong_key = ask(&key.id, "wrong").await;
    assert!(wrong_key.as_ref().is_err_and(|error| !error.is_absent()), "{wrong_key:?}");
}

/// The login of a Kubernetes pod (IRSA): AWS STS exchanges a token in a file for credentials.
#[tokio::test]
#[ignore = "needs moto: run cargo xtask test"]
async fn a_web_identity_is_exchanged_for_credentials() {
    let moto = Moto::start();
    moto.create_secret("github/dashboard-token", "ghp_stored");
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "example").unwrap();

    let answer = lookup_in(&[
        ("AWS_WEB_IDENTITY_TOKEN_FILE", token.to_str().unwrap()),
        ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/reporter"),
        ("AWS_REGION", Moto::REGION),
        ("AWS_ENDPOINT_URL", &moto.url()),
    ]);

    assert_eq!(answer, "token ghp_stored");
}
