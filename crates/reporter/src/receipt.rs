//! The result of a delivery to one destination. Every point is accounted for.

use system_health_registry::DeliveryError;
use system_health_state::RunId;

use crate::withheld::Withheld;

/// The result of a delivery to one destination. It includes points that earlier runs have left.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Receipt {
    /// Series of this run that the destination accepted.
    pub accepted: u64,
    /// Points of earlier runs that the destination accepted.
    pub accepted_earlier: u64,
    /// Series about the reporter itself that the destination accepted.
    pub self_metrics: u64,
    /// Series that the destination refused for good, with the reasons.
    pub refused: Vec<Refusal>,
    /// Points that wait in the outbox for the next run: those of this run, of earlier runs and about the reporter.
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
    /// Points that do not count, because an earlier run had the same series at the same time, or a total of the counter at a later
    /// time. Either they were not sent, because the destination would add up their values, or the destination kept the first value.
    pub repeated: u64,
    /// Counters of this run that were not sent, because the destination gets increases and the previous total is not known. The
    /// next run sends the increase since this run.
    pub baselines: u64,
    /// Events that the destination accepted or already had.
    pub events: u64,
    /// Events that wait for the next run.
    pub events_left: u64,
    /// Why points or events are left, unknown or lost.
    pub error: Option<String>,
    /// Whether the run deliberately keeps no state.
    pub no_state: bool,
    /// The run whose series count as `accepted`.
    pub(crate) run: Option<RunId>,
    /// The same run in a store that has failed during the delivery.
    pub(crate) failed_run: Option<RunId>,
    pub(crate) contact: Contact,
    /// Whether the sink got points that would be added up if they were sent again.
    pub(crate) sent_additive_points: bool,
    /// Whether points that the sink has accepted or refused may still be in the outbox.
    pub(crate) has_unsettled: bool,
    /// The part of `refused` that is of other runs.
    refused_earlier: Vec<Refusal>,
    /// The part of `unknown` that other runs were sending when they were killed.
    unknown_earlier: u64,
    /// Points that are not in the outbox of the store in which the run was recorded, and that may be lost.
    withheld_lost: u64,
    /// Points that are not in that outbox either, but that the next run delivers from another store.
    withheld_left: u64,
}

/// Whether the destination was reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Contact {
    /// Nothing was sent.
    #[default]
    Untried,
    /// Nothing could be delivered.
    Failed,
    /// The destination responded, for example accepted or refused points.
    Made,
}

/// Series that a destination refused for the same reason.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// The number of series.
    pub series: u64,
    /// The reason, with all causes.
    pub error: String,
}

/// A summary of a receipt.
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
    /// Whether everything, a part or nothing was delivered.
    #[must_use]
    pub fn status(&self) -> DeliveryStatus {
        let any_undelivered = self.left > 0 || self.lost > 0 || self.events_left > 0;
        let failed = !self.refused.is_empty() || any_undelivered || self.error.is_some();
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

    /// Whether to send more. False if nothing could be delivered.
    pub(crate) fn is_reachable(&self) -> bool {
        self.contact != Contact::Failed
    }

    /// Updates the contact after a page of points.
    pub(crate) fn update_contact(&mut self, any_undelivered: bool) {
        let delivered_none = self.accepted + self.accepted_earlier == 0;
        self.contact = if any_undelivered && delivered_none { Contact::Failed } else { Contact::Made };
    }

    /// Records that nothing can be delivered to the destination.
    pub(crate) fn fail(&mut self, error: String) {
        self.contact = Contact::Failed;
        self.error.get_or_insert(error);
    }

    /// Counts the points of an outbox that only the next run may deliver.
    pub(crate) fn withhold(&mut self, withheld: Option<&Withheld>, outbox: &str) {
        if let Some(Withheld { points, is_certain, .. }) = withheld {
            let counter = if *is_certain { &mut self.withheld_left } else { &mut self.withheld_lost };
            *counter += points.get(outbox).copied().unwrap_or_default();
        }
    }

    /// Counts points that neither this run nor a later one delivers.
    pub(crate) fn lose(&mut self, points: u64) {
        self.withheld_lost += points;
    }

    /// The receipt with which a delivery starts again after its store has failed. It has the numbers of the points that were
    /// removed from that store, because they are not counted again.
    pub(crate) fn carried_over(&self) -> Self {
        // Points that could not be removed are delivered again.
        let (accepted_earlier, refused_earlier) = if self.has_unsettled {
            (0, Vec::new())
        } else {
            (self.accepted_earlier, self.refused_earlier.clone())
        };
        let Self { run: failed_run, expired, superseded, unknown, unknown_earlier, .. } = *self;
        Self {
            accepted_earlier,
            refused: refused_earlier.clone(),
            refused_earlier,
            expired,
            superseded,
            unknown,
            unknown_earlier,
            failed_run,
            ..Self::default()
        }
    }

    /// Keeps the counts of a store that another store replaces. `is_readable`: whether the next run can still deliver the points in
    /// the replaced store.
    pub(crate) fn leave_store(&mut self, is_readable: bool) {
        (self.withheld_lost, self.withheld_left) =
            if is_readable { (self.lost, self.left) } else { (self.lost + self.left, 0) };
    }

    /// Removes the reason why points were left, if none are left now.
    pub(crate) fn clear_error_if_none_left(&mut self) {
        let unknown = self.unknown - self.unknown_earlier;
        if self.left + self.lost + unknown + self.events_left == 0 {
            self.error = None;
        }
    }

    /// The number of points that are not in the outbox of the store in which the run was recorded.
    pub(crate) fn withheld(&self) -> u64 {
        self.withheld_lost + self.withheld_left
    }

    /// Says why points were withheld, if some were and there was no other error.
    pub(crate) fn explain(&mut self, withheld: Option<&Withheld>) {
        if let Some(withheld) = withheld.filter(|_| self.withheld() > 0) {
            self.error.get_or_insert_with(|| withheld.to_string());
        }
    }

    /// Counts the points in the outbox after the delivery, which the next run has if the store is kept.
    pub(crate) fn count_waiting(&mut self, waiting: u64, is_kept: bool) {
        (self.lost, self.left) = (self.withheld_lost, self.withheld_left);
        let counter = if is_kept { &mut self.left } else { &mut self.lost };
        *counter += waiting;
    }

    /// Counts points that other runs were sending when they were killed.
    pub(crate) fn give_up_earlier(&mut self, points: u64) {
        self.unknown += points;
        self.unknown_earlier += points;
    }

    /// Counts points of this run and of other runs that the destination refused.
    pub(crate) fn refuse(&mut self, own: u64, earlier: u64, error: &DeliveryError) {
        let error = error.to_string();
        count_refused(&mut self.refused, own + earlier, &error);
        count_refused(&mut self.refused_earlier, earlier, &error);
    }
}

fn count_refused(refused: &mut Vec<Refusal>, series: u64, error: &str) {
    if series == 0 {
        return;
    }
    match refused.iter_mut().find(|refusal| refusal.error == error) {
        Some(refusal) => refusal.series += series,
        None => refused.push(Refusal { series, error: error.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_points_of_other_runs_are_carried_over_to_another_store() {
        let mut receipt = Receipt::default();
        receipt.refuse(2, 3, &DeliveryError::new("invalid"));
        receipt.refuse(1, 0, &DeliveryError::new("too long"));
        assert_eq!((receipt.refused_series(), receipt.refused.len()), (6, 2));

        // The points of this run are refused again.
        let mut again = receipt.carried_over();
        assert_eq!((again.refused_series(), again.refused.len()), (3, 1));
        again.refuse(2, 0, &DeliveryError::new("invalid"));
        assert_eq!((again.refused_series(), again.refused.len()), (5, 1));

        receipt.has_unsettled = true;
        assert_eq!(receipt.carried_over().refused_series(), 0);
    }

    #[test]
    fn an_error_is_removed_although_a_killed_run_was_sending_points() {
        let mut receipt = Receipt { error: Some("no connection".to_owned()), ..Receipt::default() };
        receipt.give_up_earlier(2);

        receipt.unknown += 1;
        receipt.clear_error_if_none_left();
        assert!(receipt.error.is_some());

        receipt.unknown -= 1;
        receipt.clear_error_if_none_left();
        assert_eq!((receipt.error, receipt.unknown), (None, 2));
    }

    #[test]
    fn a_destination_is_unreachable_only_if_no_point_was_delivered() {
        let mut receipt = Receipt { error: Some("the clock was set back".to_owned()), ..Receipt::default() };
        assert!(receipt.is_reachable());

        receipt.update_contact(true);
        assert!(!receipt.is_reachable());

        receipt.accepted = 1;
        receipt.update_contact(true);
        assert!(receipt.is_reachable());
    }
}
