//! Parts of the page that linked crates add, such as the monitors of a backend. The service itself names no backend.

use std::{fmt, path::PathBuf, sync::Arc};

use serde_json::Value;
use system_health_page::Documents;
use system_health_registry::{Catalog, Settings};
use system_health_reporter::{FinishedRun, Selection};

/// A part of the page that a linked crate adds to the service. Register one with
/// [`register_page_part!`](crate::register_page_part).
#[derive(Debug, Clone, Copy)]
pub struct PagePartType {
    /// The documents that the part provides. They decide what the page shows.
    pub documents: &'static [Documents],
    /// The paths of the documents, such as `/api/v1/monitors`, without parameters. Neither another part nor the service itself may
    /// have one of them.
    pub paths: &'static [&'static str],
    /// Starts the part. Slow work should be done only when a document is requested.
    pub start: fn(PartSettings) -> Arc<dyn PagePart>,
}

inventory::collect!(PagePartType);

/// A part of the page in a running service.
pub trait PagePart: fmt::Debug + Send + Sync {
    /// Uses other settings from now on, because the service has read them again. Must not block the thread.
    fn configure(&self, settings: PartSettings);

    /// Takes a run that has finished. May block the thread. The service waits for the end of the call before it starts the next
    /// run.
    fn observe(&self, finished: &FinishedRun);

    /// Answers a request for one of the paths with a JSON document. May block the thread. `query` is the part of the request's
    /// target after `?`.
    fn answer(&self, path: &str, query: &str) -> Result<Value, AnswerError>;
}

/// What a part knows of the service.
#[derive(Debug, Clone)]
pub struct PartSettings {
    /// The linked metrics, with the goals of the settings.
    pub catalog: Catalog,
    /// The metrics that the service collects.
    pub selection: Selection,
    /// The settings of runs.
    pub settings: Settings,
    /// The state folder, if state is kept.
    pub folder: Option<PathBuf>,
}

/// Why there is no document. The text is one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// The request is wrong.
    #[error("{0}")]
    Request(String),
    /// The document cannot be made.
    #[error("{0}")]
    Failed(String),
}

/// Registers a [`PagePartType`] when the program is linked, as `register_command!` does for a command.
///
/// ```
/// use std::sync::Arc;
///
/// use serde_json::{Value, json};
/// use system_health_reporter::FinishedRun;
/// use system_health_serve::{AnswerError, PagePart, PagePartType, PartSettings, register_page_part};
///
/// #[derive(Debug)]
/// struct Owners;
///
/// impl PagePart for Owners {
///     fn configure(&self, _settings: PartSettings) {}
///
///     fn observe(&self, _finished: &FinishedRun) {}
///
///     fn answer(&self, _path: &str, _query: &str) -> Result<Value, AnswerError> {
///         Ok(json!({ "owners": ["platform"] }))
///     }
/// }
///
/// register_page_part!(PagePartType {
///     documents: &[],
///     paths: &["/api/v1/owners"],
///     start: |_| Arc::new(Owners),
/// });
/// ```
#[macro_export]
macro_rules! register_page_part {
    ($part:expr $(,)?) => {
        $crate::__private::inventory::submit! { $part }
    };
}
