//! A crate that only adds collectors compiles this crate and its dependencies. That must take only seconds, so this test
//! limits the number of dependencies and refuses large ones.

use std::{collections::BTreeSet, env, process::Command};

/// The names, or prefixes of the names, of dependencies that belong to collectors, sinks and the binary.
const FORBIDDEN: [&str; 10] = [
    "aws-",
    "clap",
    "datadog",
    "gix",
    "hyper",
    "octocrab",
    "openssl",
    "reqwest",
    "rustls",
    "system-health-report",
];

/// The maximum number of crates. There are about forty small ones.
const MAX_CRATES: usize = 48;

#[test]
fn this_crate_has_few_and_small_dependencies() {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["tree", "--offline", "--package", env!("CARGO_PKG_NAME")])
        .args(["--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo starts");
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "cargo tree failed: {}\n{stderr}", output.status);

    let names: BTreeSet<&str> = stdout.lines().filter_map(|line| line.split(' ').next()).collect();

    assert!(
        names.contains("system-health-registry") && names.contains("tokio"),
        "unexpected output:\n{stdout}"
    );
    let heavy: Vec<_> =
        names.iter().filter(|name| FORBIDDEN.iter().any(|start| name.starts_with(start))).collect();
    assert!(heavy.is_empty(), "{heavy:?} must not be needed to write a collector:\n{stdout}");
    assert!(names.len() <= MAX_CRATES, "{} crates are needed to write a collector:\n{stdout}", names.len());
}
