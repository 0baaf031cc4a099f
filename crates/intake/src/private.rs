//! Files and folders that only their owner may use, on Unix. Tags, events and spans can be confidential.

use std::{fs, io, path::Path};

/// Creates a folder and the missing folders above it.
pub(crate) fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Creates an empty file, or removes the rights of others on an existing one. Not every file system supports that.
pub(crate) fn create_file(file: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let opened = options.open(file)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let _ = opened.set_permissions(fs::Permissions::from_mode(0o600));
    }
    drop(opened);
    Ok(())
}
