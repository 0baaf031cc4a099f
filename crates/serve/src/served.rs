//! What the HTTP server needs besides the runs. It is made from the settings.

use std::{path::PathBuf, time::Duration};

use system_health_registry::{Catalog, Settings};
use system_health_reporter::Selection;

use crate::{page_part::PartSettings, token::Token};

/// The metrics, the settings and the token that the HTTP server uses.
#[derive(Debug)]
pub(crate) struct Served {
    /// The time between two runs.
    pub(crate) every: Duration,
    pub(crate) catalog: Catalog,
    pub(crate) selection: Selection,
    pub(crate) settings: Settings,
    /// The state folder, if state is kept.
    pub(crate) folder: Option<PathBuf>,
    /// The token that requests must have, if there is one.
    pub(crate) token: Option<Token>,
}

impl Served {
    /// What the parts of the page know.
    pub(crate) fn for_parts(&self) -> PartSettings {
        let Self { catalog, selection, settings, folder, .. } = self;
        PartSettings {
            catalog: catalog.clone(),
            selection: selection.clone(),
            settings: settings.clone(),
            folder: folder.clone(),
        }
    }
}
