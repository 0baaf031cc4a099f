//! The standard output as a resource. A program may reserve it for data and redirect everything else that is printed.

use std::{
    fs::File,
    io::{self, Write},
    sync::Arc,
};

use crate::{Context, FromContext, Scope, Unavailable};

/// The output of a sink that delivers to standard output, as a resource. It is the standard output of the process
/// unless the program provides another file.
///
/// `report` provides a copy of the original file descriptor and redirects the descriptor itself, so that a collector that
/// prints does not corrupt the data.
#[derive(Debug, Clone, Default)]
pub struct StandardOutput(Option<Arc<File>>);

impl StandardOutput {
    /// Writes all of the data. If no file is provided, other threads cannot write to standard output in between.
    pub fn write_all(&self, data: &[u8]) -> io::Result<()> {
        if let Some(file) = &self.0 {
            return (&**file).write_all(data);
        }
        let mut stdout = io::stdout().lock();
        stdout.write_all(data)?;
        stdout.flush()
    }
}

impl From<Arc<File>> for StandardOutput {
    fn from(file: Arc<File>) -> Self {
        Self(Some(file))
    }
}

impl FromContext for StandardOutput {
    const SCOPE: Scope = Scope::Process;

    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Ok(Self::default())
    }
}
