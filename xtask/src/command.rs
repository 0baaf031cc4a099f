//! Runs programs quietly. Their output is shown only if they fail, together with a hint.

use std::process::{Command, Output};

use anyhow::{Result, bail};

/// Runs a program and returns its standard output. If it cannot be started or fails, the error message ends with
/// the hint.
pub(crate) fn run(command: &mut Command, hint: &str) -> Result<String> {
    let Output { status, stdout, stderr } = match command.output() {
        Ok(output) => output,
        Err(error) => bail!("cannot run `{}`: {error}\n{hint}", command_line(command)),
    };
    let stdout = String::from_utf8_lossy(&stdout).into_owned();
    if !status.success() {
        let stderr = String::from_utf8_lossy(&stderr);
        bail!("`{}` failed ({status})\n{}\n{}\n{hint}", command_line(command), stdout.trim(), stderr.trim());
    }
    Ok(stdout)
}

fn command_line(command: &Command) -> String {
    let words = [command.get_program()].into_iter().chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_shows_the_command_both_streams_and_the_hint() {
        let mut command = Command::new("sh");
        let error = run(command.args(["-c", "echo out; echo err >&2; exit 3"]), "install it").unwrap_err();
        assert_eq!(
            error.to_string(),
            "`sh -c echo out; echo err >&2; exit 3` failed (exit status: 3)\nout\nerr\ninstall it"
        );

        let error = run(&mut Command::new("no-such-program"), "install it").unwrap_err();
        assert!(error.to_string().starts_with("cannot run `no-such-program`: "), "{error}");
        assert!(error.to_string().ends_with("\ninstall it"), "{error}");
    }
}
