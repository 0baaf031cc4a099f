//! Project tasks. `cargo xtask test` runs all tests, including those that need tools, such as a moto server or Helm. It installs
//! the tools in the target folder first.

mod command;
mod test;
mod tools;

use std::{env, ffi::OsString, process::ExitCode};

use anyhow::Result;

const USAGE: &str = "\
Usage: cargo xtask <TASK>

Tasks:
  test [CARGO OPTIONS] [-- TEST OPTIONS]  provision the tools and run all tests, including ignored ones
  tools                                   only provision the tools, into test-tools in the target folder
";

fn main() -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    match run(&arguments) {
        Ok(status) => status,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[OsString]) -> Result<ExitCode> {
    let (task, rest) = match arguments.split_first() {
        Some((task, rest)) => (task.to_str(), rest),
        None => (None, arguments),
    };
    match (task, rest) {
        (Some("test"), options) => test::run(options),
        (Some("tools"), []) => {
            let folder = tools::provision()?;
            println!("{}", folder.display());
            Ok(ExitCode::SUCCESS)
        }
        (Some("help" | "--help" | "-h"), _) => {
            print!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        _ => {
            eprint!("{USAGE}");
            Ok(ExitCode::from(2))
        }
    }
}
