//! What a feature that is turned off leaves out is not compiled.

use std::{env, process::Command};

/// The crates that the command needs with these features alone.
fn tree(features: &str) -> Vec<String> {
    tree_of(env!("CARGO_PKG_NAME"), &["--no-default-features", "--features", features])
}

/// The crates that a package needs.
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
fn without_the_feature_aws_there_is_nothing_of_its_sdk() {
    // `aws-lc` is the cryptography of rustls, and no part of the SDK.
    let of_sdk = |name: &String| name.starts_with("aws-") && !name.starts_with("aws-lc");
    assert_eq!(tree("datadog").into_iter().filter(of_sdk).collect::<Vec<_>>(), [""; 0]);
    assert!(tree("aws").contains(&"aws-sdk-secretsmanager".to_owned()));
}

#[test]
fn without_the_feature_datadog_there_is_nothing_of_its_client() {
    assert!(!tree("aws").contains(&"datadog-api-client".to_owned()));
    assert!(tree("datadog").contains(&"datadog-api-client".to_owned()));
}

#[test]
fn a_program_that_delivers_to_datadog_without_a_command_line_needs_no_clap() {
    let clap = "clap".to_owned();

    assert!(!tree_of("system-health-datadog", &[]).contains(&clap));
    assert!(tree_of("system-health-datadog-commands", &[]).contains(&clap));
}

#[test]
fn the_command_itself_needs_no_sink() {
    let crates = tree_of("system-health-command", &[]);

    let sinks = ["system-health-datadog", "system-health-local", "system-health-prometheus"];
    assert!(crates.iter().all(|name| !sinks.contains(&name.as_str())), "{crates:?}");
}

#[test]
fn without_the_feature_git_there_is_nothing_of_gix() {
    let of_gix = |name: &String| name == "gix" || name.starts_with("gix-");
    assert_eq!(tree("aws,github").into_iter().filter(of_gix).collect::<Vec<_>>(), [""; 0]);
    assert!(tree("git").contains(&"gix".to_owned()));
}

#[test]
fn without_the_feature_github_there_is_nothing_of_octocrab() {
    assert!(!tree("aws,git").contains(&"octocrab".to_owned()));
    assert!(tree("github").contains(&"octocrab".to_owned()));
}
