//! The output of lines: a file or standard output.

use std::{
    ffi::OsString,
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use system_health_registry::StandardOutput;

/// A file, or the standard output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LocalOutput {
    File(PathBuf),
    Stdout,
}

/// Why writing lines failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LocalOutputError {
    /// No line was written, or all were removed again.
    #[error("cannot write to {output}")]
    NotWritten { output: LocalOutput, source: io::Error },
    /// Some lines may have been written.
    #[error("cannot write to {output}, and some lines may have been written")]
    Unclear { output: LocalOutput, source: io::Error },
}

impl LocalOutput {
    /// Writes all lines. If this fails, removes lines that were already written, if possible.
    pub(crate) fn write(&self, lines: &[u8], stdout: &StandardOutput) -> Result<(), LocalOutputError> {
        match self {
            Self::File(path) => self.append(path, lines),
            Self::Stdout => {
                // A reader that closes the pipe early, such as `head`, has read only some of the lines.
                let written = stdout.write_all(lines);
                written.map_err(|source| LocalOutputError::Unclear { output: self.clone(), source })
            }
        }
    }

    /// Whether writing may block until another process reads, as with a pipe.
    pub(crate) fn needs_reader(&self) -> bool {
        match self {
            Self::File(path) => path.exists() && !path.is_file(),
            Self::Stdout => true,
        }
    }

    /// Checks that the output can be opened or created. Writes nothing to it.
    pub(crate) fn try_open(&self) -> Result<(), LocalOutputError> {
        match self {
            Self::Stdout => Ok(()),
            Self::File(path) => {
                let opened = if path.exists() { open(path).map(drop) } else { try_folder(path) };
                opened.map_err(|source| LocalOutputError::NotWritten { output: self.clone(), source })
            }
        }
    }

    fn append(&self, path: &Path, lines: &[u8]) -> Result<(), LocalOutputError> {
        let not_written = |source| LocalOutputError::NotWritten { output: self.clone(), source };
        let mut file = open(path).map_err(not_written)?;
        // Two reporters may share a file. The lock is released when the file is closed.
        file.lock().map_err(not_written)?;
        let length = file.metadata().map_err(not_written)?.len();
        let written = end_last_line(&mut file, length).and_then(|()| file.write_all(lines));
        let Err(source) = written else { return Ok(()) };
        // An incomplete line would make the file invalid, and the next run writes all lines again. So remove what was
        // written.
        match file.set_len(length) {
            Ok(()) => Err(not_written(source)),
            Err(_) => Err(LocalOutputError::Unclear { output: self.clone(), source }),
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    if is_pipe(path) {
        return open_pipe(path);
    }
    let opened = OpenOptions::new().create(true).read(true).append(true).open(path);
    opened.map_err(|error| with_missing_folder(path, error))
}

/// Whether the path is a named pipe.
#[cfg(unix)]
fn is_pipe(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt;

    fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_fifo())
}

/// Opens a named pipe for writing only. If this process also opened the pipe for reading, it could write without another
/// reader, and the lines would be lost when it closes the pipe.
#[cfg(unix)]
fn open_pipe(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;

    use rustix::{
        fs::{OFlags, fcntl_setfl},
        io::Errno,
    };

    // Without this flag, opening the pipe would wait for a reader.
    let opened =
        OpenOptions::new().write(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed()).open(path);
    let pipe = opened.map_err(|error| match Errno::from_io_error(&error) {
        Some(Errno::NXIO) => io::Error::new(ErrorKind::BrokenPipe, "no process reads from it"),
        _ => error,
    })?;
    // With the flag, writing would fail whenever the pipe is full.
    fcntl_setfl(&pipe, OFlags::empty())?;
    Ok(pipe)
}

/// Names the folder if it is missing. The error of the system only says that something does not exist.
fn with_missing_folder(path: &Path, error: io::Error) -> io::Error {
    match path.parent() {
        Some(folder)
            if error.kind() == ErrorKind::NotFound && !folder.as_os_str().is_empty() && !folder.exists() =>
        {
            io::Error::new(ErrorKind::NotFound, format!("the folder {} does not exist", folder.display()))
        }
        _ => error,
    }
}

/// Checks that a file can be created beside the path. The file itself is not created, because the check would have to
/// remove it, and another reporter may have written lines to it in the meantime.
fn try_folder(path: &Path) -> io::Result<()> {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    // Processes in different containers may have the same id.
    name.push(format!(".{:016x}.tmp", fastrand::u64(..)));
    let probe = path.with_file_name(name);
    File::create_new(&probe).map_err(|error| with_missing_folder(path, error))?;
    fs::remove_file(&probe)
}

/// Ends a line that a killed process left incomplete.
fn end_last_line(file: &mut File, length: u64) -> io::Result<()> {
    let mut last = [b'\n'];
    if length > 0 {
        file.seek(SeekFrom::Start(length - 1))?;
        file.read_exact(&mut last)?;
    }
    if last == *b"\n" { Ok(()) } else { file.write_all(b"\n") }
}

impl fmt::Display for LocalOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Stdout => f.write_str("the standard output"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_and_a_regular_file_need_no_reader() {
        let folder = tempfile::tempdir().unwrap();
        let (missing, regular) = (folder.path().join("missing"), folder.path().join("regular"));
        fs::write(&regular, "").unwrap();

        assert!(!LocalOutput::File(missing).needs_reader());
        assert!(!LocalOutput::File(regular).needs_reader());
        assert!(LocalOutput::Stdout.needs_reader());
    }
}
