//! The two tables of options as one.

use crate::{MetricOption, monitoring::MONITORING_OPTIONS, options::OPTIONS};

impl MetricOption {
    /// All options, in the order in which they are documented and set.
    pub fn all() -> impl Iterator<Item = &'static Self> + Clone {
        OPTIONS.iter().chain(MONITORING_OPTIONS)
    }

    /// The options that every metric may need.
    #[must_use]
    pub const fn general() -> &'static [Self] {
        OPTIONS
    }

    /// The options that only monitors need.
    #[must_use]
    pub const fn monitoring() -> &'static [Self] {
        MONITORING_OPTIONS
    }
}
