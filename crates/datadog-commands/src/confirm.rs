//! Asks before something is deleted.

use std::io::{self, IsTerminal, Write};

use anyhow::bail;
use clap::Args;

/// The flag that answers the question in advance.
#[derive(Debug, Args)]
pub(crate) struct YesArguments {
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
}

impl YesArguments {
    /// Whether something may be deleted. Without `--yes`, asks on the terminal.
    pub(crate) fn confirm(&self, question: &str) -> anyhow::Result<bool> {
        if self.yes {
            return Ok(true);
        }
        if !io::stdin().is_terminal() {
            bail!(
                "cannot ask for confirmation, because stdin is not a terminal; --yes deletes without asking"
            );
        }
        let mut stderr = io::stderr().lock();
        write!(stderr, "{question} [y/N] ")?;
        stderr.flush()?;
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        Ok(is_yes(&answer))
    }
}

fn is_yes(answer: &str) -> bool {
    ["y", "yes"].iter().any(|yes| answer.trim().eq_ignore_ascii_case(yes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_y_and_yes_confirm_in_any_case() {
        for answer in ["y\n", "Y\r\n", "yes\n", "Yes", "YES", " yes \n"] {
            assert!(is_yes(answer), "{answer:?}");
        }
        for answer in ["", "\n", "n\n", "no", "ye", "yess", "y e s"] {
            assert!(!is_yes(answer), "{answer:?}");
        }
    }
}
