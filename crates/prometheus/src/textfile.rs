//! Files for the textfile collector of the node exporter
//! (<https://github.com/prometheus/node_exporter#textfile-collector>). The collector may read a file at any time, so
//! files are always replaced atomically.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use system_health_registry::DeliveryError;
use tokio::{task::spawn_blocking, time::Instant};

use crate::{
    exposition::Exposition,
    family::Families,
    family_store::{FamilyStore, WriteError},
    part::Part,
};

/// The extension of the files that the collector reads.
pub(crate) const EXTENSION: &str = "prom";

/// The paths of two files: one with the values, and one with the metrics about the reporter.
#[derive(Debug, Clone)]
pub(crate) struct Textfile {
    values: PathBuf,
    reporter: PathBuf,
}

/// A file that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}", .path.display())]
struct FileError {
    path: PathBuf,
    source: io::Error,
}

impl Textfile {
    /// The values are written to a file such as `health.prom`, and the metrics about the reporter to
    /// `health-reporter.prom` in the same folder.
    pub(crate) fn new(path: &Path) -> Self {
        let mut reporter = path.file_stem().unwrap_or_default().to_owned();
        reporter.push("-reporter.");
        reporter.push(EXTENSION);
        Self { values: path.to_owned(), reporter: path.with_file_name(reporter) }
    }

    pub(crate) fn path(&self, part: Part) -> &Path {
        match part {
            Part::Values => &self.values,
            Part::Reporter => &self.reporter,
        }
    }

    /// Checks that files can be created in the folder.
    pub(crate) fn try_folder(&self) -> Result<(), DeliveryError> {
        let temporary = temporary_path(&self.values);
        let tried = File::create_new(&temporary).and_then(|_| fs::remove_file(&temporary));
        tried.map_err(|source| DeliveryError::new(FileError { path: self.values.clone(), source }))
    }

    async fn write(&self, part: Part, families: Arc<Families>) -> Result<(), WriteError> {
        let path = self.path(part).to_owned();
        let written = spawn_blocking(move || {
            replace_file(&path, &Exposition(&families)).map_err(|source| FileError { path, source })
        });
        match written.await {
            Ok(written) => written.map_err(|error| WriteError::Left(DeliveryError::new(error))),
            Err(error) => Err(WriteError::Unknown(DeliveryError::new(error))),
        }
    }
}

impl FamilyStore for Textfile {
    async fn check(&self, _deadline: Instant) -> Result<(), DeliveryError> {
        let textfile = self.clone();
        spawn_blocking(move || textfile.try_folder()).await.map_err(DeliveryError::new)?
    }

    async fn replace(
        &self,
        part: Part,
        families: &Arc<Families>,
        _deadline: Instant,
    ) -> Result<(), WriteError> {
        self.write(part, Arc::clone(families)).await
    }

    async fn add(
        &self,
        part: Part,
        families: &Families,
        written: &Families,
        _deadline: Instant,
    ) -> Result<(), WriteError> {
        let mut combined = written.clone();
        combined.extend(families.iter().map(|(name, family)| (name.clone(), family.clone())));
        self.write(part, Arc::new(combined)).await
    }

    async fn clean_up(&self, _deadline: Instant) {}
}

/// Replaces a file atomically. Even after a power failure, it has either the old or the new contents.
fn replace_file(path: &Path, text: &Exposition<'_>) -> io::Result<()> {
    let temporary = temporary_path(path);
    let replaced = write_file(&temporary, text).and_then(|()| fs::rename(&temporary, path));
    if replaced.is_err() {
        // A failed attempt must not leave the temporary file behind.
        let _ = fs::remove_file(&temporary);
        return replaced;
    }
    // Without this, a power failure could undo the rename. The file is already replaced, so an error here is ignored.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

fn write_file(path: &Path, text: &Exposition<'_>) -> io::Result<()> {
    let file = File::create_new(path)?;
    // The node exporter usually runs as another user, so everybody may read the file.
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    // The text may be large, so it is written piece by piece.
    let mut writer = BufWriter::new(file);
    write!(writer, "{text}")?;
    writer.into_inner()?.sync_all()
}

/// The path of a new temporary file in the same folder, with a name that the collector ignores. The name is random, because other
/// processes may write the same file. Processes in different containers may have the same id.
fn temporary_path(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{:016x}.tmp", fastrand::u64(..)));
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::*;

    #[test]
    fn temporary_files_have_different_names() {
        let path = Path::new("folder/health.prom");

        let [one, other] = [temporary_path(path), temporary_path(path)];

        assert_ne!(one, other);
        assert_eq!((one.parent(), other.extension()), (path.parent(), Some(OsStr::new("tmp"))));
    }
}
