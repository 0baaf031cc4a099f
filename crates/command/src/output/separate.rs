//! Keeps the standard output for data. Collectors are other people's code. A line that a collector prints in the
//! middle of a JSON document makes the document unreadable. So data goes to a copy of the descriptor, and what is printed, with
//! `println!` or by a library in C, goes to stderr. On Windows, data and printed lines share the standard output.

use std::{
    fs::File,
    io,
    sync::{Arc, OnceLock},
};

use system_health_registry::StandardOutput;

/// The copy of the original standard output. It is global because descriptors belong to the process.
static ORIGINAL_STDOUT: OnceLock<Arc<File>> = OnceLock::new();

/// Redirects the standard output to stderr. Keeps a copy of the original standard output for [`original_stdout`].
#[cfg(unix)]
pub(crate) fn separate_data() -> io::Result<()> {
    use std::os::fd::AsFd;

    let copy = io::stdout().as_fd().try_clone_to_owned()?;
    if ORIGINAL_STDOUT.set(Arc::new(copy.into())).is_ok() {
        rustix::stdio::dup2_stdout(io::stderr())?;
    }
    Ok(())
}

/// Does nothing: there is no safe way to replace the standard output.
#[cfg(not(unix))]
pub(crate) fn separate_data() -> io::Result<()> {
    Ok(())
}

/// The copy of the original standard output, if there is one.
pub(super) fn original_stdout() -> Option<&'static Arc<File>> {
    ORIGINAL_STDOUT.get()
}

/// The output for sinks that deliver to the standard output.
pub(crate) fn standard_output() -> StandardOutput {
    original_stdout().cloned().map_or_else(StandardOutput::default, StandardOutput::from)
}
