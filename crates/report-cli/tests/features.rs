//! Checks which dependencies are compiled: those of a disabled feature are not.

use std::{env, process::Command};

/// The dependencies of this crate with only these features.
fn tree(features: &str) -> Vec<String> {
    tree_of(env!("CARGO_PKG_NAME"), &["--no-default-features", "--features", features])
}

/// The dependencies of a package.
fn tree_of(package: &str, arguments: &[&str]) -> Vec<String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["tree", "--offline", "--package", package, "--edges", "normal"])
        .args(["--prefix", "none", "--format", "{p}"])
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo starts");
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "cargo tree failed: {}\n{stderr}", output.status);
    assert!(stdout.contains("system-health-registry"), "unexpected output:\n{stdout}");
    stdout.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

#[test]
fn without_the_feature_aws_the_sdk_is_not_compiled() {
    // `aws-lc` is the cryptography library of rustls, not a part of the SDK.
    let is_sdk = |name: &String| name.starts_with("aws-") && !name.starts_with("aws-lc");
    assert_eq!(tree("datadog").into_iter().filter(is_sdk).collect::<Vec<_>>(), [""; 0]);
    assert!(tree("aws").contains(&"aws-sdk-secretsmanager".to_owned()));
}

#[test]
fn without_the_feature_aws_ci_its_clients_are_not_compiled() {
    let is_client = |name: &String| name.starts_with("aws-sdk-code");
    assert_eq!(tree("aws,github").into_iter().filter(is_client).collect::<Vec<_>>(), [""; 0]);
    assert!(tree("aws-ci").iter().any(is_client));
}

#[test]
fn without_the_features_of_collectors_their_crate_is_not_compiled() {
    let collectors = "system-health-collectors".to_owned();

    assert!(!tree("aws,local,prometheus,serve").contains(&collectors));
    for feature in ["aws-ci", "git", "github"] {
        assert!(tree(feature).contains(&collectors), "{feature}");
    }
}

#[test]
fn without_the_feature_datadog_the_client_is_not_compiled() {
    assert!(!tree("aws").contains(&"datadog-api-client".to_owned()));
    assert!(tree("datadog").contains(&"datadog-api-client".to_owned()));
}

#[test]
fn without_the_feature_datadog_there_are_still_the_commands_for_prometheus() {
    let crates = tree("prometheus");

    assert!(crates.contains(&"system-health-prometheus-commands".to_owned()));
    assert!(
        !crates.iter().any(|name| name.starts_with("datadog") || name.contains("-datadog")),
        "{crates:?}"
    );
}

#[test]
fn only_the_feature_datadog_preview_connects_the_service_with_datadog() {
    let is_datadog = |name: &String| name.starts_with("datadog") || name.contains("-datadog");

    assert_eq!(tree("intake,serve").into_iter().filter(is_datadog).collect::<Vec<_>>(), [""; 0]);
    let preview = "system-health-datadog-preview".to_owned();
    assert!(!tree("datadog,intake,serve").contains(&preview));
    assert!(tree("datadog-preview").contains(&preview));
}

#[test]
fn sinks_do_not_depend_on_clap_but_their_command_crates_do() {
    let clap = "clap".to_owned();

    assert!(!tree_of("system-health-datadog", &[]).contains(&clap));
    assert!(tree_of("system-health-datadog-commands", &[]).contains(&clap));
    assert!(!tree_of("system-health-prometheus", &[]).contains(&clap));
    assert!(tree_of("system-health-prometheus-commands", &[]).contains(&clap));
}

#[test]
fn the_command_crate_depends_neither_on_collectors_nor_on_sinks() {
    let crates = tree_of("system-health-command", &[]);

    let forbidden = [
        "system-health-cloudwatch",
        "system-health-collectors",
        "system-health-datadog",
        "system-health-dogstatsd",
        "system-health-local",
        "system-health-otlp",
        "system-health-prometheus",
    ];
    assert!(crates.iter().all(|name| !forbidden.contains(&name.as_str())), "{crates:?}");
}

#[test]
fn without_the_feature_git_gix_is_not_compiled() {
    let is_gix = |name: &String| name == "gix" || name.starts_with("gix-");
    assert_eq!(tree("aws,github").into_iter().filter(is_gix).collect::<Vec<_>>(), [""; 0]);
    assert!(tree("git").contains(&"gix".to_owned()));
}

#[test]
fn without_the_feature_github_octocrab_is_not_compiled() {
    assert!(!tree("aws,git").contains(&"octocrab".to_owned()));
    assert!(tree("github").contains(&"octocrab".to_owned()));
}
