//! Finds the provisioned tools, such as a Python environment with moto, and the API descriptions of Datadog and GitHub.
//! `cargo xtask test` installs them and sets [`TOOLS_VARIABLE`]. Plain `cargo test` needs no tools, because it ignores the
//! tests that need them.

use std::{
    env,
    ffi::OsStr,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The environment variable that names the tools folder.
pub const TOOLS_VARIABLE: &str = "SYSTEM_HEALTH_TEST_TOOLS";

/// The tools folder.
///
/// # Panics
/// If the variable is not set or does not name a folder. The message says how to provision the tools.
#[must_use]
pub fn folder() -> PathBuf {
    let Some(folder) = env::var_os(TOOLS_VARIABLE).map(PathBuf::from) else {
        panic!("this test needs provisioned tools and {TOOLS_VARIABLE} is not set; run `cargo xtask test`");
    };
    assert!(
        folder.is_dir(),
        "{TOOLS_VARIABLE} names {}, which is not a folder; run `cargo xtask test`",
        folder.display()
    );
    folder
}

/// A file in the tools folder, such as `datadog/v2.json`.
///
/// # Panics
/// If there is no such file.
#[must_use]
pub fn file(name: &str) -> PathBuf {
    let file = folder().join(name);
    assert!(file.is_file(), "{} is missing; run `cargo xtask tools`", file.display());
    file
}

/// The provisioned Python.
#[must_use]
pub fn python() -> Command {
    Command::new(file("python/bin/python"))
}

/// A program that needs Node.js, such as one of an npm package. If the machine has no Node.js, the provisioned one is used.
///
/// # Panics
/// If the tools are not provisioned.
#[must_use]
pub fn with_node(program: impl AsRef<OsStr>) -> Command {
    let mut folders: Vec<PathBuf> = env::var_os("PATH").iter().flat_map(env::split_paths).collect();
    folders.push(folder().join("python/bin"));
    let mut command = Command::new(program);
    command.env("PATH", env::join_paths(folders).expect("folders without a separator in their names"));
    command
}

/// Runs a script of the folder `contract` of this crate with the provisioned Python, and returns what
/// it wrote to its standard output.
///
/// # Panics
/// If the script fails: the message contains its arguments, its status and both its streams.
#[must_use]
pub fn run_contract_script(script: &str, arguments: &[&Path], input: &[u8]) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("contract").join(script);
    let mut child = python()
        .arg(path)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("start python");
    // The scripts read all their input before they write, so writing the input before reading the output cannot block. A script
    // that ends early is reported below, with its own message.
    let _ = child.stdin.take().expect("a pipe to python").write_all(input);
    let output = child.wait_with_output().expect("wait for python");
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(
        output.status.success(),
        "{script} {arguments:?}: {}\n--- stdout\n{stdout}\n--- stderr\n{stderr}",
        output.status
    );
    stdout.into_owned()
}
