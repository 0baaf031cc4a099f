//! `cargo xtask test`: all tests of the workspace, including those that plain `cargo test` ignores.

use std::{
    env,
    ffi::OsString,
    process::{Command, ExitCode},
};

use anyhow::{Context, Result};

use crate::tools;

/// The variable with the folder of the tools, which `crates/test-support/src/tools.rs` reads.
const TOOLS_VARIABLE: &str = "SYSTEM_HEALTH_TEST_TOOLS";

/// Provisions the tools and runs the tests. Options before `--` go to cargo, options after it to the tests.
pub(crate) fn run(options: &[OsString]) -> Result<ExitCode> {
    let tools = tools::provision()?;
    let status = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(cargo_arguments(options))
        .env(TOOLS_VARIABLE, tools)
        .current_dir(tools::workspace())
        .status()
        .context("cannot run cargo")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn cargo_arguments(options: &[OsString]) -> Vec<OsString> {
    let end = options.iter().position(|option| option == "--").unwrap_or(options.len());
    let (for_cargo, for_tests) = options.split_at(end);
    let mut arguments: Vec<OsString> = ["test", "--workspace", "--no-fail-fast"].map(OsString::from).into();
    arguments.extend_from_slice(for_cargo);
    arguments.extend(["--", "--include-ignored"].map(OsString::from));
    arguments.extend(for_tests.iter().skip(1).cloned());
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(options: &[&str]) -> String {
        let options: Vec<OsString> = options.iter().map(OsString::from).collect();
        cargo_arguments(&options).join(" ".as_ref()).into_string().unwrap()
    }

    #[test]
    fn options_are_passed_to_cargo_and_to_the_tests() {
        let all = "test --workspace --no-fail-fast";
        assert_eq!(arguments(&[]), format!("{all} -- --include-ignored"));
        assert_eq!(arguments(&["--locked", "moto"]), format!("{all} --locked moto -- --include-ignored"));
        assert_eq!(
            arguments(&["--locked", "--", "--nocapture"]),
            format!("{all} --locked -- --include-ignored --nocapture")
        );
    }
}
