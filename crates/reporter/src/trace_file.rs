//! The trace of the last run, as a file in the state folder. It can be read there even if no backend receives
//! traces.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use system_health_registry::trace::Trace;
use tokio::{
    task::spawn_blocking,
    time::{Instant, timeout_at},
};

/// The name of the file in the state folder.
const FILE: &str = "last-trace.json";

/// The spans of the last run that was traced with this state folder. `None` if there was none.
///
/// ```no_run
/// let trace = system_health_reporter::last_trace("/var/lib/system-health".as_ref())?;
/// for span in trace.iter().flat_map(|trace| &trace.spans) {
///     println!("{} {}: {} ns", span.name, span.resource, span.duration_ns);
/// }
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn last_trace(folder: &Path) -> io::Result<Option<Trace>> {
    match fs::read(folder.join(FILE)) {
        Ok(document) => Ok(Some(serde_json::from_slice(&document)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Replaces the file. A failure is not worth a warning, because the file is not needed by other runs.
pub(crate) async fn write(folder: PathBuf, trace: Arc<Trace>, deadline: Instant) {
    let writing = spawn_blocking(move || replace(&folder, &trace));
    match timeout_at(deadline, writing).await {
        Ok(Ok(Ok(()))) => {}
        Ok(Ok(Err(error))) => tracing::debug!("the trace of the run was not kept: {error}"),
        Ok(Err(_)) | Err(_) => tracing::debug!("the trace of the run was not kept in time"),
    }
}

/// Writes a new file and renames it, so that a reader never sees an incomplete file.
fn replace(folder: &Path, trace: &Trace) -> io::Result<()> {
    let new = folder.join(format!("{FILE}.new"));
    fs::write(&new, serde_json::to_vec(trace)?)?;
    fs::rename(new, folder.join(FILE))
}
