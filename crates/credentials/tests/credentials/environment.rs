//! Secrets in the environment, which is searched first.

use std::{fs, net::TcpListener};

use system_health_credentials::{CredentialError, Credentials, InvalidSecret, SecretsSettings};

use super::{
    API_KEY, APP_KEY, TOKEN, chain_of, from_aws, get, sdk_config, with_token_secret, without_environment,
};

async fn github_token(variables: &[(&str, &str)]) -> Result<String, CredentialError> {
    get(&Credentials::from_variables(variables.iter().copied()), &TOKEN).await
}

/// A file with this content, and its path.
fn file(content: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    fs::write(&path, content).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

#[tokio::test]
async fn the_first_variable_that_is_not_empty_is_used() {
    let all = [("GH_TOKEN", "third"), ("GITHUB_TOKEN", "second"), ("GITHUB_DASHBOARD_TOKEN", "first")];
    assert_eq!(github_token(&all).await.unwrap(), "first");
    assert_eq!(github_token(&all[..2]).await.unwrap(), "second");
    assert_eq!(github_token(&all[..1]).await.unwrap(), "third");

    let blank = [("GITHUB_DASHBOARD_TOKEN", ""), ("GITHUB_TOKEN", " \n"), ("GH_TOKEN", "third")];
    assert_eq!(github_token(&blank).await.unwrap(), "third");
}

#[tokio::test]
async fn the_file_of_a_variable_is_read_unless_the_variable_is_set() {
    let (_folder, path) = file("  from-file\n");
    let spaced = format!(" {path}\n");
    let variables = [("GITHUB_TOKEN_FILE", &*spaced), ("GH_TOKEN", "third")];
    assert_eq!(github_token(&variables).await.unwrap(), "from-file");

    let variables = [("GITHUB_TOKEN_FILE", &*path), ("GITHUB_TOKEN", "second")];
    assert_eq!(github_token(&variables).await.unwrap(), "second");
}

#[tokio::test]
async fn each_secret_has_its_own_variables() {
    let credentials = Credentials::from_variables([("DD_API_KEY", " api "), ("DD_APP_KEY", "app")]);
    assert_eq!(get(&credentials, &API_KEY).await.unwrap(), "api");
    assert_eq!(get(&credentials, &APP_KEY).await.unwrap(), "app");
    assert!(get(&credentials, &TOKEN).await.unwrap_err().is_absent());
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_an_error() {
    let (folder, _) = file("");
    let path = folder.path().join("none").to_str().unwrap().to_owned();
    let variables = [("GITHUB_TOKEN_FILE", &*path), ("GH_TOKEN", "third")];
    let missing = github_token(&variables).await.unwrap_err();
    assert!(!missing.is_absent());
    insta::assert_snapshot!(chain_of(missing).replace(&path, "PATH"), @"cannot read PATH, which GITHUB_TOKEN_FILE names as the file of the GitHub token: No such file or directory (os error 2)");

    let pasted = github_token(&[("GITHUB_TOKEN_FILE", "ghp_one")]).await.unwrap_err();
    insta::assert_snapshot!(chain_of(pasted), @"GITHUB_TOKEN_FILE names a file that cannot be read (its path is not shown, because it may be the secret itself): No such file or directory (os error 2)");

    let (_folder, path) = file("\n");
    let empty = github_token(&[("GITHUB_TOKEN_FILE", &path)]).await.unwrap_err();
    assert!(!empty.is_absent());
    insta::assert_snapshot!(chain_of(empty).replace(&path, "PATH"), @"cannot use the content of PATH (GITHUB_TOKEN_FILE) as the GitHub token: it is empty");
}

#[tokio::test]
async fn a_secret_in_place_of_the_path_of_its_file_is_not_shown() {
    for pasted in [
        "ghp_SECRET",
        "eyJhbGciOiJIUzI1NiJ9.SECRET.x",
        "c2Vj/SECRET+0123456789==",
        "/SECRETtnFEMI+K7MDENG==",
        "/SECRET/K7MDENG+bPxRfi==",
        "S3cret.SECRET",
        "https://me:SECRET@example.com/x",
        "-----BEGIN PRIVATE KEY-----\nMIIE/SECRET\n-----END PRIVATE KEY-----",
    ] {
        let error = github_token(&[("GITHUB_TOKEN_FILE", pasted)]).await.unwrap_err();
        let text = format!("{error:?} {}", chain_of(error.clone()));
        assert!(text.contains("GITHUB_TOKEN_FILE") && !text.contains("SECRET"), "{text}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_variable_that_is_not_unicode_is_an_error() {
    use std::{ffi::OsString, os::unix::ffi::OsStringExt};

    let variables =
        [("GITHUB_TOKEN", OsString::from_vec(b"ghp_one\xff".to_vec())), ("GH_TOKEN", "third".into())];
    let error = get(&Credentials::from_variables(variables), &TOKEN).await.unwrap_err();
    let text = format!("{error:?} {}", chain_of(error.clone()));
    assert!(text.contains("cannot use the value of GITHUB_TOKEN") && !text.contains("ghp_"), "{text}");
}

#[tokio::test]
async fn an_invalid_token_is_refused_without_showing_it() {
    let error = github_token(&[("GITHUB_TOKEN", "ghp_one\nghp_two")]).await.unwrap_err();
    assert!(matches!(error, CredentialError::Unusable(_, _, InvalidSecret::Character)), "{error:?}");
    let text = format!("{error:?} {}", chain_of(error.clone()));
    assert!(!text.contains("ghp_"), "{text}");
    insta::assert_snapshot!(chain_of(error), @"cannot use the value of GITHUB_TOKEN as the GitHub token: it contains white space, a control character or a non-ASCII character, which tokens and keys do not contain");
}

#[tokio::test]
async fn an_object_in_a_variable_is_refused() {
    let error = github_token(&[("GITHUB_TOKEN", r#"{"token":"ghp_one"}"#)]).await.unwrap_err();
    insta::assert_snapshot!(chain_of(error), @"cannot use the value of GITHUB_TOKEN as the GitHub token: it is a JSON object instead of the plain value; store only the value of its field");
}

#[tokio::test]
async fn no_request_is_sent_if_the_environment_has_the_secret() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let credentials = Credentials::builder()
        .variables([("GITHUB_TOKEN", "second")])
        .aws_config(sdk_config(&endpoint, "AKIDEXAMPLE", "example"))
        .build();

    let token = get(&credentials, &TOKEN).await.unwrap();

    let connection = listener.accept().map(|(_, peer)| peer);
    assert_eq!((token, connection.unwrap_err().kind()), ("second".into(), std::io::ErrorKind::WouldBlock));
}

#[tokio::test]
async fn without_aws_the_error_names_the_variable() {
    let error = github_token(&[]).await.unwrap_err();
    assert!(error.is_absent());
    insta::assert_snapshot!(chain_of(error), @"found no GitHub token: GITHUB_TOKEN is not set, and AWS is not used (`aws = false` in [secrets]); set GITHUB_TOKEN");
}

#[tokio::test]
async fn a_secret_that_the_settings_name_is_required_without_aws() {
    let settings = SecretsSettings { aws: false, ..SecretsSettings::default() };
    let credentials =
        without_environment().settings(settings).secret_names_from(with_token_secret("acme/token")).build();
    let error = get(&credentials, &TOKEN).await.unwrap_err();
    assert!(!error.is_absent());
    insta::assert_snapshot!(chain_of(error), @"cannot get the GitHub token: `token_secret` in [github] names the secret `acme/token` in AWS Secrets Manager, but AWS is not used (`aws = false` in [secrets]); remove one of the two settings, or set GITHUB_TOKEN");
    assert!(get(&credentials, &API_KEY).await.unwrap_err().is_absent());
}

#[tokio::test]
async fn debug_output_contains_no_secret() {
    let builder = Credentials::builder().variables([("GITHUB_TOKEN", "ghp_one")]);
    assert_eq!(format!("{builder:?}"), "CredentialsBuilder { .. }");
    let credentials = builder.build();
    let token = credentials.get(&TOKEN).await.unwrap();
    assert_eq!(format!("{credentials:?}"), "Credentials { .. }");
    assert!(!format!("{token:?}").contains("ghp_one"), "{token:?}");
    assert!(!format!("{:?}", from_aws("http://127.0.0.1:1")).contains("AKID"));
}
