//! The standard output as a resource: a program may keep it for data and lead everything else that is printed elsewhere.

use std::{
    fs::File,
    io::{self, Write},
    sync::Arc,
};

use crate::{Context, FromContext, Scope, Unavailable};

/// Where a sink writes that delivers to the standard output. A resource: the standard output of the process unless the
/// program provides another.
///
/// `report` provides a copy, because a collector may print, and data must stay readable for the program behind the
/// pipe.
#[derive(Debug, Clone, Default)]
pub struct StandardOutput(Option<Arc<File>>);

impl StandardOutput {
    /// Writes all of the data, and nothing else in between.
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
