//! The trace of the last run, as a file in the state folder. It can be read there even if no backend receives
//! traces.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process,
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
        Ok(Err(panic)) => tracing::debug!("the trace of the run was not kept: {panic}"),
        Err(_) => tracing::debug!("the trace of the run was not kept in time"),
    }
}

/// Writes a new file and renames it, so that a reader never sees an incomplete file. Other processes may use the folder at the
/// same time, so each has a new file of its own.
fn replace(folder: &Path, trace: &Trace) -> io::Result<()> {
    let document = serde_json::to_vec(trace)?;
    let new = new_file(folder, process::id());
    let replaced = fs::write(&new, document).and_then(|()| fs::rename(&new, folder.join(FILE)));
    if replaced.is_err() {
        // A failed attempt must not leave the new file behind.
        let _ = fs::remove_file(&new);
    }
    replaced
}

/// The new file of a process, before it is renamed.
fn new_file(folder: &Path, process_id: u32) -> PathBuf {
    folder.join(format!("{FILE}.{process_id}.new"))
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use system_health_registry::trace::TraceId;

    use super::*;

    fn trace() -> Trace {
        Trace {
            trace_id: TraceId::new(7).unwrap(),
            service: "shop".to_owned(),
            env: None,
            version: None,
            started_at: SystemTime::UNIX_EPOCH,
            spans: Vec::new(),
            dropped_spans: 0,
        }
    }

    fn names(folder: &Path) -> Vec<String> {
        let files = fs::read_dir(folder).unwrap();
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn the_unfinished_file_of_another_process_is_neither_used_nor_changed() {
        let folder = tempfile::tempdir().unwrap();
        let unfinished = new_file(folder.path(), process::id() + 1);
        fs::write(&unfinished, "{").unwrap();

        replace(folder.path(), &trace()).unwrap();

        assert_eq!(last_trace(folder.path()).unwrap(), Some(trace()));
        assert_eq!(fs::read(unfinished).unwrap(), b"{");
    }

    #[test]
    fn a_failed_attempt_leaves_no_file_behind() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(FILE)).unwrap();

        replace(folder.path(), &trace()).unwrap_err();

        assert_eq!(names(folder.path()), [FILE]);
    }
}
