//! The parts of the settings that requests need.

use std::{path::PathBuf, time::Duration};

use system_health_registry::Catalog;
use system_health_reporter::Selection;

use crate::token::Token;

/// What the HTTP server needs to know besides the runs.
#[derive(Debug)]
pub(crate) struct Served {
    /// The time between two runs.
    pub(crate) every: Duration,
    pub(crate) catalog: Catalog,
    pub(crate) selection: Selection,
    /// The state folder, if state is kept.
    pub(crate) folder: Option<PathBuf>,
    /// The token that requests must have, if there is one.
    pub(crate) token: Option<Token>,
}
