//! The recorder of the whole program.

use std::{io, sync::LazyLock};

use system_health_registry::{
    Context, DescribedReading, FromContext, Scope, Unavailable, system_health_source,
};

use crate::Recorder;

static GLOBAL: LazyLock<Recorder> = LazyLock::new(Recorder::new);

impl Recorder {
    /// The recorder of the whole program. Every reporter whose catalog contains the linked sources reports what
    /// this recorder recorded.
    #[must_use]
    pub fn global() -> Self {
        GLOBAL.clone()
    }
}

/// Values that the program records itself.
#[system_health_source(name = "recorder")]
#[expect(clippy::unnecessary_wraps, reason = "a source returns a Result")]
fn recorded() -> io::Result<Vec<DescribedReading>> {
    Ok(Recorder::global().take())
}

/// The recorder of the whole program, unless another one is provided.
impl FromContext for Recorder {
    const SCOPE: Scope = Scope::Process;

    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Ok(Self::global())
    }
}
