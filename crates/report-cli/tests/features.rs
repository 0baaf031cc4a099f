//! What a feature that is turned off leaves out is not compiled.

use std::{env, process::Command};

/// The crates that the command needs with these features alone.
fn tree(features: &str) -> Vec<String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["tree", "--offline", "--package", env!("CARGO_PKG_NAME"), "--no-default-features"])
        .args(["--features", features, "--edges", "normal", "--prefix", "none", "--format", "{p}"])
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
