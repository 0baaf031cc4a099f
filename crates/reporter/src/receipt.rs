//! The result of a delivery to one destination. Every point is accounted for.

use system_health_registry::DeliveryError;

/// The result of a delivery to one destination, including points that earlier runs had left.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Receipt {
    /// Series of this run that the destination accepted.
    pub accepted: u64,
    /// Points of earlier runs that it accepted.
    pub accepted_earlier: u64,
    /// Series about the reporter itself that it accepted.
    pub self_metrics: u64,
    /// Series that it refused for good, and why.
    pub refused: Vec<RefusedSeries>,
    /// Points that wait in the outbox for the next run.
    pub left: u64,
    /// Points that may have arrived and are not sent again, because the backend would add them up.
    pub unknown: u64,
    /// Points that were neither delivered nor kept for the next run.
    pub lost: u64,
    /// Points of earlier runs that were dropped, because they were too old for the destination or their time was more than
    /// a day in the future.
    pub expired: u64,
    /// Points of earlier runs that were dropped because the backend keeps no timestamps and would show them as current.
    pub superseded: u64,
    /// Points of this run that were not sent, because an earlier run of the same schedule slot has put the same series
    /// there and the destination would add them up.
    pub repeated: u64,
    /// Events that the destination accepted.
    pub events: u64,
    /// Events that wait for the next run.
    pub events_left: u64,
    /// Why points or events are left, unknown or lost.
    pub error: Option<String>,
    /// Whether no state is kept on purpose.
    pub no_state: bool,
    pub(crate) contact: Contact,
    /// Whether the sink got points that would add up if they were sent again.
    pub(crate) sent_what_adds_up: bool,
}

/// Whether the destination was reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Contact {
    /// There was nothing to deliver.
    #[default]
    Untried,
    /// No point was delivered, although there were some.
    Failed,
    /// It accepted or refused points.
    Made,
}

/// Some series that a destination refused for one reason.
#[derive(Debug, Clone)]
pub struct RefusedSeries {
    /// How many.
    pub series: u64,
    /// Why, with all causes.
    pub error: String,
}

/// A receipt in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryStatus {
    /// Everything was delivered.
    Accepted,
    /// Some points were delivered.
    Partial,
    /// No point was delivered.
    Failed,
}

impl Receipt {
    /// Whether everything got out.
    #[must_use]
    pub fn success(&self) -> DeliveryStatus {
        let any_left = self.left > 0 || self.lost > 0 || self.events_left > 0;
        let failed = !self.refused.is_empty() || any_left || self.error.is_some();
        match (failed, self.accepted + self.accepted_earlier) {
            (false, _) => DeliveryStatus::Accepted,
            (true, 0) => DeliveryStatus::Failed,
            (true, _) => DeliveryStatus::Partial,
        }
    }

    /// The number of series that were refused.
    #[must_use]
    pub fn refused_series(&self) -> u64 {
        self.refused.iter().map(|refusal| refusal.series).sum()
    }

    /// Whether it makes sense to send more: points were delivered, or none were tried.
    pub(crate) fn is_reachable(&self) -> bool {
        self.contact != Contact::Failed
    }

    /// Records the result of a page of points.
    pub(crate) fn note_contact(&mut self, left_any: bool) {
        let got_none_out = self.accepted + self.accepted_earlier == 0;
        self.contact = if left_any && got_none_out { Contact::Failed } else { Contact::Made };
    }

    /// Records that nothing can be delivered to the destination.
    pub(crate) fn fail(&mut self, error: String) {
        self.contact = Contact::Failed;
        self.error.get_or_insert(error);
    }

    pub(crate) fn refuse(&mut self, series: u64, error: &DeliveryError) {
        let error = error.to_string();
        match self.refused.iter_mut().find(|refusal| refusal.error == error) {
            Some(refusal) => refusal.series += series,
            None => self.refused.push(RefusedSeries { series, error }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_for_its_time_keeps_the_reporter_from_nothing() {
        let mut receipt = Receipt { error: Some("the clock was set back".to_owned()), ..Receipt::default() };
        assert!(receipt.is_reachable());

        receipt.note_contact(true);
        assert!(!receipt.is_reachable());

        receipt.accepted = 1;
        receipt.note_contact(true);
        assert!(receipt.is_reachable());
    }
}
