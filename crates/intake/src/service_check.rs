//! A service check, as Datadog's API takes it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// The greatest status.
pub(crate) const MAX_STATUS: u8 = 3;

/// A service check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ServiceCheck {
    /// Its name.
    pub(crate) check: String,
    /// 0 for OK, 1 for a warning, 2 for critical, 3 for unknown.
    pub(crate) status: u8,
    pub(crate) host_name: Option<String>,
    /// In seconds since 1970.
    pub(crate) timestamp: Option<i64>,
    pub(crate) message: Option<String>,
    pub(crate) tags: Option<BTreeSet<String>>,
}
