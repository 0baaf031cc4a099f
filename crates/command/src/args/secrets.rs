//! Keeps secrets out of errors about the command line. People paste tokens into the wrong place, and clap repeats the
//! arguments that it refuses.

use std::{ffi::OsString, iter};

use system_health_registry::settings::may_be_secret;

/// Removes arguments that may be secrets from an error.
pub(super) fn without_secrets(error: clap::Error, arguments: &[OsString]) -> clap::Error {
    if !error.use_stderr() {
        return error;
    }
    // Names of flags and commands stay, so that a typo in them is visible.
    let is_name = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    let arguments: Vec<_> = arguments.iter().skip(1).map(|argument| argument.to_string_lossy()).collect();
    let mut secrets: Vec<&str> = arguments
        .iter()
        .flat_map(|argument| parts(argument))
        .filter(|text| may_be_secret(text) && !is_name(text.split('=').next().unwrap_or_default()))
        .collect();
    secrets.sort_by_key(|text| std::cmp::Reverse(text.len()));
    let message = error.to_string();
    let shown = secrets.iter().fold(message.clone(), |shown, secret| shown.replace(secret, "..."));
    if shown == message {
        return error;
    }
    clap::Error::raw(error.kind(), format!("{}\n", shown.trim_start_matches("error: ").trim_end()))
}

/// What an error may repeat of an argument: all of it, the value of a flag, or one of several words or globs.
fn parts(argument: &str) -> impl Iterator<Item = &str> {
    let value = argument.split_once('=').map(|(_, value)| value);
    let separates = |c: char| matches!(c, '=' | ',') || c.is_whitespace();
    iter::once(argument).chain(value).chain(argument.split(separates))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Arguments, command_line};

    fn read(words: &[OsString]) -> String {
        Arguments::read(command_line("report", "1.0", &[], []), words).unwrap_err().to_string()
    }

    #[test]
    fn refused_arguments_that_may_be_tokens_are_not_repeated() {
        const TOKEN: &str = "ghp_0123456789abcdefABCDEF";
        for (arguments, expected) in [
            (&[TOKEN][..], "unrecognized subcommand '...'"),
            (&["--deadline", TOKEN], "'...' for '--deadline <DURATION>'"),
            (&["--deadline=ghp_0123456789abcdefABCDEF"], "'...' for '--deadline <DURATION>'"),
            (&["--deadline==ghp_0123456789abcdefABCDEF"], "'...' for '--deadline <DURATION>'"),
            (
                &["--deadline", "Bearer ghp_0123456789abcdefABCDEF"],
                "'Bearer ...' for '--deadline <DURATION>'",
            ),
            (&["--align", TOKEN], "'...' for '--align <SLOT>'"),
            (&["--fail-on", TOKEN], "'...' for '--fail-on <WHAT>'"),
            (&["--format", TOKEN], "'...' for '--format <FORMAT>'"),
            (&["--only", "[ghp_0123456789abcdefABCDEF"], "'...' for '--only <GLOB>'"),
            (&["--only", "ci.*,[ghp_0123456789abcdefABCDEF"], "'...' for '--only <GLOB>'"),
            (&["--ghp_0123456789abcdefABCDEF"], "unexpected argument '...'"),
            (&["--ghp_0123456789abcdefABCDEF=1"], "unexpected argument '...'"),
            (&["list", TOKEN], "'...'"),
        ] {
            let words: Vec<OsString> = ["report"].iter().chain(arguments).map(OsString::from).collect();
            let error = read(&words);
            assert!(error.starts_with("error: ") && error.contains(expected), "{error}");
            assert!(!error.contains("ghp_") && !error.contains("error: error"), "{error}");
        }
        let shown = read(&["report", "--no-progress-display"].map(OsString::from));
        assert!(shown.contains("--no-progress-display"), "{shown}");
    }
}
