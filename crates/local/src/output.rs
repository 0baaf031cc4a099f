//! Where lines go to.

use std::{
    fmt,
    fs::{File, OpenOptions},
    io::{self, ErrorKind, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

/// A file, or the standard output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Output {
    File(PathBuf),
    Stdout,
}

/// Why lines were not written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutputError {
    /// None of them was.
    #[error("cannot write to {output}")]
    NotWritten { output: Output, source: io::Error },
    /// Some of them may have been.
    #[error("cannot write to {output}, and part of it may be there")]
    Unclear { output: Output, source: io::Error },
}

impl Output {
    /// Writes whole lines, all or none where that can be told.
    pub(crate) fn write(&self, lines: &[u8]) -> Result<(), OutputError> {
        match self {
            Self::File(path) => self.append(path, lines),
            Self::Stdout => {
                let mut stdout = io::stdout().lock();
                match stdout.write_all(lines).and_then(|()| stdout.flush()) {
                    // A reader that has read enough, such as `head`, is no failure.
                    Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
                    written => {
                        written.map_err(|source| OutputError::Unclear { output: self.clone(), source })
                    }
                }
            }
        }
    }

    /// Opens a file without writing to it.
    pub(crate) fn try_open(&self) -> Result<(), OutputError> {
        match self {
            Self::Stdout => Ok(()),
            Self::File(path) => {
                let is_new = !path.exists();
                let opened = open(path).map(drop);
                if is_new && opened.is_ok() {
                    // Nothing was asked to be written yet. If it cannot be removed, an empty file does no harm.
                    let _ = std::fs::remove_file(path);
                }
                opened.map_err(|source| OutputError::NotWritten { output: self.clone(), source })
            }
        }
    }

    fn append(&self, path: &Path, lines: &[u8]) -> Result<(), OutputError> {
        let not_written = |source| OutputError::NotWritten { output: self.clone(), source };
        let mut file = open(path).map_err(not_written)?;
        // Two reporters may share a file. The lock ends with this function.
        file.lock().map_err(not_written)?;
        let length = file.metadata().map_err(not_written)?.len();
        let written = end_last_line(&mut file, length).and_then(|()| file.write_all(lines));
        let Err(source) = written else { return Ok(()) };
        // Half a line would make the file unreadable, and half of the lines would be there twice after the next run.
        match file.set_len(length) {
            Ok(()) => Err(not_written(source)),
            Err(_) => Err(OutputError::Unclear { output: self.clone(), source }),
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).read(true).append(true).open(path)
}

/// Ends a line that a process left unfinished when it was killed.
fn end_last_line(file: &mut File, length: u64) -> io::Result<()> {
    let mut last = [b'\n'];
    if length > 0 {
        file.seek(SeekFrom::Start(length - 1))?;
        file.read_exact(&mut last)?;
    }
    if last == *b"\n" { Ok(()) } else { file.write_all(b"\n") }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Stdout => f.write_str("the standard output"),
        }
    }
}
