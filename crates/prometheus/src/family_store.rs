//! The store for families: groups of a Pushgateway, or files. A family is all series of one metric name.

use std::{fmt, sync::Arc};

use system_health_registry::DeliveryError;
use tokio::time::Instant;

use crate::{family::Families, part::Part};

/// Stores the families of two parts: the values, and the metrics about the reporter.
pub(crate) trait FamilyStore: fmt::Debug + Send + Sync {
    /// Checks that the Pushgateway is ready, or that files can be created.
    fn check(&self, deadline: Instant) -> impl Future<Output = Result<(), DeliveryError>> + Send;

    /// Replaces the contents of a part with these families.
    fn replace(
        &self,
        part: Part,
        families: &Arc<Families>,
        deadline: Instant,
    ) -> impl Future<Output = Result<(), WriteError>> + Send;

    /// Adds families to a part that already contains the families `written`.
    fn add(
        &self,
        part: Part,
        families: &Families,
        written: &Families,
        deadline: Instant,
    ) -> impl Future<Output = Result<(), WriteError>> + Send;

    /// Removes the values of other reporters that have not pushed for the time `delete_after` of the settings. Without this
    /// setting, and in files, nothing is removed.
    fn clean_up(&self, deadline: Instant) -> impl Future<Output = ()> + Send;
}

/// Why families were not written.
#[derive(Debug, Clone)]
pub(crate) enum WriteError {
    /// The families are refused for good. Fewer families may be accepted.
    Refused(DeliveryError),
    /// The families were certainly not written.
    Left(DeliveryError),
    /// The families may have been written.
    Unknown(DeliveryError),
}
