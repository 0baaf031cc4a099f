//! Where families are written to: groups of a Pushgateway, or files.

use std::fmt;

use system_health_registry::DeliveryError;
use tokio::time::Instant;

use crate::{family::Families, part::Part};

/// A place that holds the families of both parts.
pub(crate) trait Target: fmt::Debug + Send + Sync {
    /// Whether the place can be written to.
    fn check(&self, deadline: Instant) -> impl Future<Output = Result<(), DeliveryError>> + Send;

    /// Replaces a part by these families.
    fn replace(
        &self,
        part: Part,
        families: &Families,
        deadline: Instant,
    ) -> impl Future<Output = Result<(), WriteError>> + Send;

    /// Writes these families beside the other ones of a part, which are `written`.
    fn add(
        &self,
        part: Part,
        families: &Families,
        written: &Families,
        deadline: Instant,
    ) -> impl Future<Output = Result<(), WriteError>> + Send;

    /// Removes what reporters that are gone have left, where the settings want it.
    fn clean_up(&self, deadline: Instant) -> impl Future<Output = ()> + Send;
}

/// Why families were not written.
#[derive(Debug, Clone)]
pub(crate) enum WriteError {
    /// They are not taken, now or later. Fewer of them may be.
    Refused(DeliveryError),
    /// They were certainly not written.
    Left(DeliveryError),
    /// They may have been written.
    Unknown(DeliveryError),
}
