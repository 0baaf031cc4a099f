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
    /// Asks on the terminal whether something may be deleted.
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
        Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
    }
}
