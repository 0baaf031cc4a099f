//! Tests of AWS's default chain. Each case runs in its own process, because the SDK reads the environment of the process.

use std::{
    env,
    ffi::OsStr,
    net::TcpListener,
    path::Path,
    process::{Command, Output},
};

use secrecy::ExposeSecret;
use serde_json::json;
use system_health_credentials::Credentials;
use system_health_registry::{Context, Settings, SharedError};
use system_health_test_support::{
    moto::Moto,
    server::{Answer, Request, Server},
};

use super::{TOKEN, with_token_secret};

/// The variable that makes the child process look up a secret.
const LOOKS_UP: &str = "SYSTEM_HEALTH_TEST_ASKS_FOR_A_SECRET";
/// The variable with the name of the secret in the settings of the child process.
const SECRET_NAME: &str = "SYSTEM_HEALTH_TEST_NAMES_A_SECRET";
const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "example")];
const REGION: (&str, &str) = ("AWS_REGION", "eu-west-1");
const NO_METADATA: (&str, &str) = ("AWS_EC2_METADATA_DISABLED", "true");
/// For a `credential_process`, which is run by a shell.
const PATH: (&str, &str) = ("PATH", "/usr/bin:/bin");

/// The child process: looks up the GitHub token like a metric. It is a test, so that it can be started by its name. In
/// a normal test run it does nothing.
#[tokio::test]
async fn child_that_looks_up_a_secret() {
    if env::var_os(LOOKS_UP).is_none() {
        return;
    }
    let settings =
        env::var(SECRET_NAME).map_or_else(|_| Settings::default(), |name| with_token_secret(&name));
    let context = Context::new().provide(settings);
    let credentials: Credentials = context.get().await.unwrap();
    match credentials.get(&TOKEN).await {
        Ok(token) => println!("\nanswer: token {}", token.expose_secret()),
        Err(error) => {
            let absent = if error.is_absent() { "absent" } else { "failed" };
            println!("\nanswer: {absent}: {}", SharedError::new(error));
        }
    }
}

/// The result of a lookup in an environment with only these variables, and without AWS's configuration files.
pub(crate) fn lookup_in(variables: &[(&str, &str)]) -> String {
    let home = tempfile::tempdir().unwrap();
    lookup_at_home(home.path(), variables)
}

fn lookup_at_home(home: &Path, variables: &[(&str, &str)]) -> String {
    let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, OsStr::new(*value))).collect();
    lookup_with(home, &variables)
}

fn lookup_with(home: &Path, variables: &[(&str, &OsStr)]) -> String {
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", "chain::child_that_looks_up_a_secret", "--nocapture", "--include-ignored"])
        .env_clear()
        .env("HOME", home)
        .env(LOOKS_UP, "yes")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let Output { status, stdout, stderr } = &output;
    let (stdout, stderr) = (String::from_utf8_lossy(stdout), String::from_utf8_lossy(stderr));
    let answer = stdout.lines().find_map(|line| line.strip_prefix("answer: "));
    match answer {
        Some(answer) if status.success() => answer.to_owned(),
        _ => panic!("{variables:?}: {status}\n--- stdout\n{stdout}\n--- stderr\n{stderr}"),
    }
}

fn home_with_profile(content: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".aws")).unwrap();
    std::fs::write(home.path().join(".aws/config"), content).unwrap();
    home
}

/// A server that returns the same value for every secret.
struct SecretsManager(Server);

impl SecretsManager {
    fn start() -> Self {
        let body = json!({"Name": "name", "SecretString": "ghp_stored"}).to_string();
        let answer = Answer::text(200, "application/x-amz-json-1.1", &body);
        Self(Server::start(move |_: &Request| answer.clone()))
    }

    /// The access key, the region and the service in the signature of the only request.
    fn signing_scope(&self) -> String {
        let requests = self.0.requests();
        let [request] = &requests[..] else { panic!("one request, not {requests:?}") };
        let signature = request.header("authorization").unwrap();
        let scope = signature.split_once("Credential=").unwrap().1.split(',').next().unwrap();
        // The second part is the date.
        scope
            .split('/')
            .enumerate()
            .filter(|(position, _)| *position != 1)
            .map(|(_, part)| part)
            .collect::<Vec<_>>()
            .join("/")
    }
}

/// Answers like a metadata service with a region and a role.
fn metadata(request: &Request) -> Answer {
    let text = |text: &str| Answer::text(200, "text/plain", text);
    let keys = json!({
        "Code": "Success", "Type": "AWS-HMAC", "LastUpdated": "2026-01-01T00:00:00Z",
        "AccessKeyId": "ASIAINSTANCE", "SecretAccessKey": "example", "Token": "example",
        "Expiration": "2999-01-01T00:00:00Z",
    });
    match &*request.line() {
        "PUT /latest/api/token" => {
            text("example").with_header("x-aws-ec2-metadata-token-ttl-seconds", "21600")
        }
        "GET /latest/meta-data/placement/region" => text("eu-central-1"),
        "GET /latest/meta-data/iam/security-credentials/" => text("reporter"),
        "GET /latest/meta-data/iam/security-credentials/reporter" => Answer::json(200, &keys),
        _ => Answer::text(404, "text/plain", "not found"),
    }
}

#[test]
fn a_secret_is_absent_without_aws_credentials() {
    insta::assert_snapshot!(lookup_in(&[NO_METADATA]), @"absent: found no GitHub token: GITHUB_TOKEN is not set, and there are no AWS credentials for AWS Secrets Manager; set GITHUB_TOKEN, or give this process AWS credentials");
}

#[test]
fn a_metadata_service_that_does_not_respond_is_ignored() {
    // The kernel accepts connections, but there is never a response.
    let silent = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = format!("http://{}", silent.local_addr().unwrap());
    let answer = lookup_in(&[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &address)]);
    assert!(answer.starts_with("absent: found no GitHub token"), "{answer}");
    assert!(answer.contains("no AWS credentials"), "{answer}");
}

#[test]
fn the_metadata_service_of_another_cloud_is_ignored() {
    for status in [400, 403, 404, 405] {
        let foreign = Server::start(move |_: &Request| Answer::text(status, "text/plain", "what?"));
        for region in [&[][..], &[REGION]] {
            let answer =
                lookup_in(&[&[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &*foreign.url())], region].concat());
            assert!(answer.contains("no AWS credentials"), "{status}: {answer}");
            assert!(answer.starts_with("absent: "), "{status}: {answer}");
        }
    }
}

#[test]
fn a_metadata_service_that_fails_is_an_error() {
    let failing = Server::start(|_: &Request| Answer::text(503, "text/plain", "later"));
    for region in [&[][..], &[REGION]] {
        let answer = lookup_in(&[&[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &*failing.url())], region].concat());
        assert!(answer.starts_with("failed: "), "{answer}");
        assert!(answer.contains("AWS credentials of this process could not be loaded"), "{answer}");
    }
}

#[test]
fn an_instance_provides_region_and_credentials() {
    let (metadata, secrets) = (Server::start(metadata), SecretsManager::start());
    let answer = lookup_in(&[
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &metadata.url()),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", &secrets.0.url()),
    ]);
    assert_eq!(answer, "token ghp_stored");
    assert_eq!(secrets.signing_scope(), "ASIAINSTANCE/eu-central-1/secretsmanager/aws4_request");
}

#[test]
fn a_container_provides_credentials() {
    let agent = Server::start(|request: &Request| {
        assert_eq!(request.header("authorization"), Some("pod-identity"));
        let keys = json!({
            "AccessKeyId": "ASIACONTAINER", "SecretAccessKey": "example", "Token": "example",
            "Expiration": "2999-01-01T00:00:00Z",
        });
        Answer::json(200, &keys)
    });
    let secrets = SecretsManager::start();
    let answer = lookup_in(&[
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", &format!("{}/v1/credentials", agent.url())),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "pod-identity"),
        ("AWS_ENDPOINT_URL", &secrets.0.url()),
        REGION,
    ]);
    assert_eq!(answer, "token ghp_stored");
    assert_eq!(secrets.signing_scope(), "ASIACONTAINER/eu-west-1/secretsmanager/aws4_request");
}

#[test]
fn a_profile_provides_region_and_credentials() {
    let home = home_with_profile(
        "[profile ci]\nregion = eu-west-3\naws_access_key_id = AKIDPROFILE\naws_secret_access_key = example\n",
    );
    let secrets = SecretsManager::start();
    let endpoint = secrets.0.url();
    let variables = [("AWS_PROFILE", "ci"), ("AWS_REGION", ""), ("AWS_ENDPOINT_URL", &endpoint), NO_METADATA];
    assert_eq!(lookup_at_home(home.path(), &variables), "token ghp_stored");
    assert_eq!(secrets.signing_scope(), "AKIDPROFILE/eu-west-3/secretsmanager/aws4_request");
}

#[test]
fn an_empty_region_does_not_hide_the_default_region() {
    let secrets = SecretsManager::start();
    let endpoint = secrets.0.url();
    let [id, key] = KEYS;
    let regions = [("AWS_REGION", ""), ("AWS_DEFAULT_REGION", " eu-west-3\n")];
    let variables = [id, key, regions[0], regions[1], ("AWS_ENDPOINT_URL", endpoint.as_str()), NO_METADATA];
    assert_eq!(lookup_in(&variables), "token ghp_stored");
    assert_eq!(secrets.signing_scope(), "AKIDEXAMPLE/eu-west-3/secretsmanager/aws4_request");
}

#[test]
fn an_invalid_region_is_refused_without_repeating_it() {
    insta::assert_snapshot!(lookup_in(&[KEYS[0], KEYS[1], ("AWS_REGION", "hunter2"), NO_METADATA]), @"failed: cannot get the GitHub token: no connection to AWS can be set up: AWS_REGION is not the name of an AWS region, such as `eu-west-1`; correct this, or set GITHUB_TOKEN, or write `aws = false` in [secrets]");
}

#[cfg(unix)]
#[test]
fn a_region_that_is_not_unicode_is_an_error() {
    use std::os::unix::ffi::OsStrExt;

    let home = tempfile::tempdir().unwrap();
    let variables =
        [("AWS_REGION", OsStr::from_bytes(b"eu\xff")), ("AWS_DEFAULT_REGION", OsStr::new("eu-west-3"))];
    insta::assert_snapshot!(lookup_with(home.path(), &variables), @"failed: cannot get the GitHub token: no connection to AWS can be set up: AWS_REGION is not valid UTF-8; correct this, or set GITHUB_TOKEN, or write `aws = false` in [secrets]");
}

#[test]
fn credentials_without_a_region_are_an_error() {
    insta::assert_snapshot!(lookup_in(&[KEYS[0], KEYS[1], NO_METADATA]), @"failed: cannot get the GitHub token: there are AWS credentials, but the AWS region is not known; set AWS_REGION or `region` in [secrets], or set GITHUB_TOKEN, or write `aws = false` in [secrets]");
}

#[test]
fn a_secret_that_the_settings_name_requires_credentials() {
    insta::assert_snapshot!(lookup_in(&[NO_METADATA, (SECRET_NAME, "team/github")]), @"failed: cannot get the GitHub token: `token_secret` in [github] names the secret `team/github` in AWS Secrets Manager, but there are no AWS credentials to read it with; give this process AWS credentials, or set GITHUB_TOKEN");
}

/// A profile with a `credential_process` that prints these lines.
fn profile_with_process(home: &Path, lines: &str) -> String {
    let script = home.join("credentials.sh");
    std::fs::write(&script, format!("cat <<'END'\n{lines}\nEND\n")).unwrap();
    format!("[default]\nregion = eu-west-1\ncredential_process = sh {}\n", script.display())
}

const PROCESS_OUTPUT: &str = r#"{"Version": 1, "AccessKeyId": "AKIDPROCESS", "SecretAccessKey": "example"}"#;

#[test]
fn a_credential_process_provides_credentials() {
    let home = home_with_profile("");
    std::fs::write(home.path().join(".aws/config"), profile_with_process(home.path(), PROCESS_OUTPUT))
        .unwrap();
    let secrets = SecretsManager::start();

    let answer = lookup_at_home(home.path(), &[("AWS_ENDPOINT_URL", &secrets.0.url()), NO_METADATA, PATH]);

    assert_eq!(answer, "token ghp_stored");
    assert_eq!(secrets.signing_scope(), "AKIDPROCESS/eu-west-1/secretsmanager/aws4_request");
}

#[test]
#[ignore = "needs moto: run cargo xtask test"]
fn moto_accepts_the_credentials_of_a_process() {
    let moto = Moto::start();
    moto.create_secret("github/dashboard-token", "ghp_stored");
    let home = home_with_profile("");
    let config = profile_with_process(home.path(), PROCESS_OUTPUT).replace("eu-west-1", Moto::REGION);
    std::fs::write(home.path().join(".aws/config"), config).unwrap();

    let answer = lookup_at_home(home.path(), &[("AWS_ENDPOINT_URL", &moto.url()), NO_METADATA, PATH]);

    assert_eq!(answer, "token ghp_stored");
}

#[test]
fn a_credential_process_that_fails_is_an_error() {
    let home = home_with_profile("");
    for (program, expected) in [
        ("echo cannot log in >&2; false", "cannot log in"),
        ("echo '{\"Version\": 1, \"SecretAccessKey\": \"wJalrSECRET\"}'", "AccessKeyId"),
    ] {
        let config = format!("[default]\nregion = eu-west-1\ncredential_process = {program}\n");
        std::fs::write(home.path().join(".aws/config"), config).unwrap();
        let answer = lookup_at_home(home.path(), &[NO_METADATA, PATH]);
        assert!(answer.starts_with("failed: cannot get the GitHub token: the AWS credentials"), "{answer}");
        assert!(answer.contains(expected) && !answer.contains("SECRET"), "{answer}");
    }
}

const SSO: &str = "[default]\nregion = eu-west-1\nsso_start_url = https://example.awsapps.com/start\n\
                   sso_region = eu-west-1\nsso_account_id = 123456789012\nsso_role_name = Developer\n";

#[test]
fn an_unsupported_profile_is_an_error() {
    let home = home_with_profile(SSO);
    insta::assert_snapshot!(lookup_at_home(home.path(), &[NO_METADATA]), @r#"failed: cannot get the GitHub token: the AWS profile in use logs in through `sso`, which is not supported; log in first with `eval "$(aws configure export-credentials --format env)"`, or set GITHUB_TOKEN, or write `aws = false` in [secrets]"#);
}

#[test]
fn a_broken_profile_is_an_error() {
    let home =
        home_with_profile("[default]\nregion = eu-west-1\nrole_arn = arn:aws:iam::123456789012:role/ci\n");
    insta::assert_snapshot!(lookup_at_home(home.path(), &[NO_METADATA]), @"failed: cannot get the GitHub token: the AWS credentials of this process could not be loaded; fix the profile, web identity or role that they come from, or set GITHUB_TOKEN, or write `aws = false` in [secrets]: ProfileFile provider could not be built: invalid credential source in `default`: profile must contain `source_profile` or `credential_source` but neither were defined");
}

#[test]
fn the_endpoint_can_be_set_by_a_variable() {
    for variable in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SECRETS_MANAGER"] {
        let secrets = SecretsManager::start();
        let answer = lookup_in(&[KEYS[0], KEYS[1], REGION, (variable, &secrets.0.url())]);
        assert_eq!(answer, "token ghp_stored", "{variable}");
        assert_eq!(
            secrets.signing_scope(),
            "AKIDEXAMPLE/eu-west-1/secretsmanager/aws4_request",
            "{variable}"
        );
    }
}

#[test]
fn aws_is_not_used_if_the_environment_has_the_secret() {
    let (metadata, secrets) = (Server::start(metadata), SecretsManager::start());
    let answer = lookup_in(&[
        ("GH_TOKEN", "ghp_variable"),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &metadata.url()),
        ("AWS_ENDPOINT_URL", &secrets.0.url()),
    ]);
    assert_eq!(answer, "token ghp_variable");
    assert_eq!((metadata.requests().len(), secrets.0.requests().len()), (0, 0));
}

#[test]
fn unusable_variables_for_aws_credentials_are_an_error() {
    for variables in [
        [("AWS_PROFILE", "nope"), NO_METADATA],
        [("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"), NO_METADATA],
        [("AWS_SHARED_CREDENTIALS_FILE", "/no/such/file"), NO_METADATA],
    ] {
        let answer = lookup_in(&variables);
        assert!(answer.starts_with("failed: cannot get the GitHub token: the AWS credentials"), "{answer}");
        assert!(answer.contains(variables[0].0), "{answer}");
    }
}

#[test]
fn responses_of_a_metadata_service_are_never_shown() {
    for status in [400, 500] {
        let dump = r#"{"Code": "Success", "SecretAccessKey": "wJalrSECRET", "Token": "SECRET"}"#;
        let server = Server::start(move |_: &Request| Answer::text(status, "application/json", dump));
        let answer = lookup_in(&[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &server.url())]);
        assert!(!answer.contains("SECRET"), "{answer}");
        assert_ne!(server.requests().len(), 0);
    }
}
