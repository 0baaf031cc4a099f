//! Reads files in a clone's git folder that may be missing.

use std::{fs, io, path::Path, time::SystemTime};

use anyhow::Context as _;

/// The content of a file. `None` if it is missing.
pub(super) fn read_if_present(file: &Path) -> anyhow::Result<Option<Vec<u8>>> {
    match fs::read(file) {
        Ok(content) => Ok(Some(content)),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", file.display())),
    }
}

/// When a file was last modified. `None` if it is missing, or if the file system does not record the time.
pub(super) fn modified_at(file: &Path) -> anyhow::Result<Option<SystemTime>> {
    match file.metadata() {
        Ok(metadata) if !metadata.is_file() => Ok(None),
        Ok(metadata) => Ok(metadata.modified().ok()),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", file.display())),
    }
}

/// Whether an error means that a file is missing, or that there is a folder in its place: `logs/refs/heads/a` is a folder if
/// there is a branch `a/b`.
pub(super) fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory
    )
}
