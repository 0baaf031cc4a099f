//! The parts of the page that linked crates add, as the service uses them.

use std::{collections::BTreeSet, sync::Arc};

use system_health_page::Documents;
use system_health_reporter::FinishedRun;
use tokio::task::spawn_blocking;

use crate::{
    page_part::{PagePart, PagePartType},
    served::Served,
};

/// Running parts. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parts(Arc<[Running]>);

#[derive(Debug)]
struct Running {
    kind: PagePartType,
    part: Arc<dyn PagePart>,
}

/// Two parts have the same path.
#[derive(Debug, thiserror::Error)]
#[error("two linked crates add {0} to the service; link only one of them")]
pub(crate) struct DuplicatePath(&'static str);

impl Parts {
    /// Starts the parts that are linked into this program.
    pub(crate) fn linked(served: &Served) -> Result<Self, DuplicatePath> {
        Self::start(inventory::iter::<PagePartType>.into_iter().copied(), served)
    }

    /// Starts parts.
    pub(crate) fn start(
        kinds: impl IntoIterator<Item = PagePartType>,
        served: &Served,
    ) -> Result<Self, DuplicatePath> {
        let kinds: Vec<PagePartType> = kinds.into_iter().collect();
        let mut paths = BTreeSet::new();
        if let Some(path) = kinds.iter().flat_map(|kind| kind.paths).find(|path| !paths.insert(**path)) {
            return Err(DuplicatePath(path));
        }
        let start = |kind: PagePartType| Running { kind, part: (kind.start)(served.for_parts()) };
        Ok(Self(kinds.into_iter().map(start).collect()))
    }

    /// The documents of all parts.
    pub(crate) fn documents(&self) -> impl Iterator<Item = Documents> {
        self.0.iter().flat_map(|running| running.kind.documents.iter().copied())
    }

    /// The paths, each with the part that answers.
    pub(crate) fn paths(&self) -> impl Iterator<Item = (&'static str, &Arc<dyn PagePart>)> {
        self.0.iter().flat_map(|running| running.kind.paths.iter().map(|path| (*path, &running.part)))
    }

    /// Uses other settings from now on.
    pub(crate) fn configure(&self, served: &Served) {
        for running in &*self.0 {
            running.part.configure(served.for_parts());
        }
    }

    /// Passes a finished run on, in threads that may block. A part that panics affects nothing else.
    pub(crate) async fn observe(&self, finished: &FinishedRun) {
        for running in &*self.0 {
            let (part, finished) = (Arc::clone(&running.part), finished.clone());
            if let Err(error) = spawn_blocking(move || part.observe(&finished)).await {
                tracing::error!("a part of the page failed to process the run: {error}");
            }
        }
    }
}
