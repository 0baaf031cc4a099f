//! The parts of the page that linked crates add, as the service uses them.

use std::{collections::BTreeSet, sync::Arc};

use system_health_page::Documents;
use system_health_reporter::FinishedRun;
use tokio::task::spawn_blocking;

use crate::{
    http::is_own_path,
    page_part::{PagePart, PagePartType},
    served::Served,
};

/// Running parts. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parts(Arc<[RunningPart]>);

#[derive(Debug)]
struct RunningPart {
    kind: PagePartType,
    part: Arc<dyn PagePart>,
}

/// Why a part cannot have a path.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PathError {
    /// Two parts have the same path.
    #[error("two linked crates add {0} to the service; link only one of them")]
    Duplicate(&'static str),
    /// The service itself has the path.
    #[error(
        "a linked crate adds {0} to the service, but the service itself has this path; the crate must use another one"
    )]
    Own(&'static str),
    /// The router would refuse the path, or take it for a pattern.
    #[error(
        "a linked crate adds `{0}` to the service, but a path starts with `/`, has no braces, and has no segment that starts \
         with `:` or `*`"
    )]
    NotPlain(&'static str),
}

impl Parts {
    /// Starts the parts that are linked into this program.
    pub(crate) fn linked(served: &Served) -> Result<Self, PathError> {
        Self::start(inventory::iter::<PagePartType>.into_iter().copied(), served)
    }

    /// Starts parts.
    pub(crate) fn start(
        kinds: impl IntoIterator<Item = PagePartType>,
        served: &Served,
    ) -> Result<Self, PathError> {
        let kinds: Vec<PagePartType> = kinds.into_iter().collect();
        let mut paths = BTreeSet::new();
        // Without these checks, the router would panic, or take a path for a pattern.
        for &path in kinds.iter().flat_map(|kind| kind.paths) {
            if !is_plain(path) {
                return Err(PathError::NotPlain(path));
            }
            if is_own_path(path) {
                return Err(PathError::Own(path));
            }
            if !paths.insert(path) {
                return Err(PathError::Duplicate(path));
            }
        }
        let start = |kind: PagePartType| RunningPart { kind, part: (kind.start)(served.for_parts()) };
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

/// Whether the router takes a path as it is written.
fn is_plain(path: &str) -> bool {
    let is_pattern =
        path.contains(['{', '}']) || path.split('/').any(|segment| segment.starts_with([':', '*']));
    path.starts_with('/') && !is_pattern
}
