//! Errors of building or running a reporter. Failures of metrics, sources and deliveries are not errors of this kind,
//! but part of the result of a run.

use std::{error::Error, fmt};

use system_health_registry::{
    CatalogError, SharedError, Unavailable,
    settings::{NameSuggestions, SettingsError},
};

use crate::{SelectionError, SlotError, StateError, tags::TagsError};

/// Why a reporter cannot be built, or cannot run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReporterError {
    /// The settings are wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The linked metrics do not form a valid catalog.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The metrics to collect cannot be selected.
    #[error(transparent)]
    Selection(#[from] SelectionError),
    /// The schedule slot is too long.
    #[error(transparent)]
    Slot(#[from] SlotError),
    /// A tag cannot be used.
    #[error(transparent)]
    Tags(#[from] TagsError),
    /// There is no destination, or the destinations cannot be used.
    #[error(transparent)]
    Destinations(#[from] DestinationsError),
    /// The state cannot be used. A run first tries a store in memory in place of the state folder.
    #[error("the state cannot be used")]
    State(#[from] StateError),
    /// The runtime ended before the last push of a [`PeriodicReporter`](crate::PeriodicReporter).
    #[error("the last push did not happen: {0}")]
    Cancelled(String),
    /// A preview cannot be made.
    #[error("cannot preview the delivery to {sink}: {error}")]
    Preview {
        /// The name of the sink.
        sink: &'static str,
        /// Why.
        error: Unavailable,
    },
}

/// Why there is no destination, or the destinations cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum DestinationsError {
    /// The program has no sink.
    #[error("this program was built without any sink, so there is nothing to deliver to")]
    NoSink,
    /// There is no such sink.
    #[error("{place} names the sink `{name}`, which is not linked into this program{known}")]
    Unknown {
        /// Where the sink is named: `to`, and the line and the file if `to` is set in a file.
        place: String,
        /// The name.
        name: String,
        /// The sinks that exist.
        known: NameSuggestions,
    },
    /// No sink is chosen, and the settings configure no destination.
    #[error("no destination is configured ({sinks})")]
    NoneConfigured {
        /// The sinks with their settings.
        sinks: String,
    },
    /// The settings of a sink configure no destination.
    #[error("the sink `{name}` has no destination; set {settings}")]
    NotConfigured {
        /// The name of the sink.
        name: &'static str,
        /// The settings that configure a destination.
        settings: &'static str,
    },
    /// Two destinations would share an outbox.
    #[error("the destination `{outbox}` is configured twice; remove one of them")]
    Twice {
        /// The name of the outbox.
        outbox: String,
    },
    /// The settings of a sink are wrong.
    #[error("{0}")]
    Settings(SharedError),
}

/// An error with all its causes: `outer: cause: root cause`.
pub(crate) struct Chain<'a>(pub(crate) &'a dyn Error);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
