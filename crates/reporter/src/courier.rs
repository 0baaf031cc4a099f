//! Delivers the points in the outbox of one destination. Points of earlier runs come first. Each destination has its own
//! courier, so that a failure does not affect the others.

mod page;

use std::{
    ops::Range,
    sync::Arc,
    time::{Duration, SystemTime},
};

use system_health_registry::{DeliveryError, Repeat, Report, Sink, Unavailable};
use system_health_state::{PendingPoint, Recipient, RunId};
use tokio::time::Instant;

use crate::{
    Receipt, StateError,
    deadlines::Deadlines,
    error::Chain,
    guard,
    outbox::Outbox,
    receipt::Contact,
    state::{CurrentStore, Recorded, RunState},
    target::Target,
    withheld::Contents,
};

/// Maximum number of points that are read from the outbox at once, for a backend that keeps timestamps: enough for full
/// payloads, but few enough to save memory.
const PAGE_SIZE: usize = 20_000;

/// Points with a time further in the future are dropped. The clock was very wrong when they were collected, and they would
/// wait for more than a day.
const MAX_AHEAD: Duration = Duration::from_hours(24);

/// Points and events that have been marked as being sent for longer than this are given up, because the run that marked them was
/// probably killed. A run whose deadline is longer may still be sending them.
pub(crate) const MAX_SENDING_TIME: Duration = Duration::from_hours(1);

/// Delivers to one destination.
#[derive(Debug)]
pub(crate) struct Courier<'a> {
    pub(crate) target: &'a Target,
    /// The recipient that points are recorded for.
    pub(crate) recipient: Recipient,
    /// The connected sink, or the error.
    pub(crate) sink: Result<Box<dyn Sink>, Unavailable>,
    /// The time of the points of this run.
    pub(crate) timestamp: SystemTime,
    /// The deadlines of the parts of the delivery.
    pub(crate) deadlines: Deadlines,
}

impl Courier<'_> {
    /// Delivers a recorded report and the waiting points. If the store fails, the report is recorded in another store and
    /// delivered from that store. If the failed store may still contain the report, the points that the destination would add
    /// up are not delivered from the other store. Also returns the report as it was recorded last.
    pub(crate) async fn deliver(
        &self,
        state: &RunState,
        mut recorded: Recorded,
        report: &Arc<Report>,
    ) -> (Receipt, Recorded) {
        let mut receipt = Receipt::default();
        loop {
            let Err(error) = self.try_to_deliver(&recorded, report, &mut receipt).await else {
                return (receipt, recorded);
            };
            if receipt.sent_additive_points {
                // If the report were recorded again, these points would also be sent again. The destination may be reachable,
                // so the metrics about the reporter are still sent.
                receipt.error.get_or_insert_with(|| Chain(&error).to_string());
                self.count_left(&recorded.current, &mut receipt).await;
                return (receipt, recorded);
            }
            // The run must not be lost with the store. Points that were already delivered are overwritten with equal
            // values.
            let (failed, recipients) = (&recorded.current, [self.recipient.clone()]);
            let again =
                state.record_in_another_store(failed, Contents::Report, error, report, &recipients).await;
            match again {
                Ok(again) => {
                    recorded = again;
                    receipt = receipt.carried_over();
                }
                Err(error) => {
                    receipt.fail(Chain(&error).to_string());
                    return (receipt, recorded);
                }
            }
        }
    }

    async fn try_to_deliver(
        &self,
        recorded: &Recorded,
        report: &Report,
        receipt: &mut Receipt,
    ) -> Result<(), StateError> {
        let Recorded { current, run, .. } = recorded;
        receipt.run = Some(*run);
        let outbox = self.outbox(current, *run);
        receipt.withhold(recorded.withheld.as_ref(), &self.target.outbox);
        let times = self.times();
        receipt.repeated = outbox.repeated_count().await?;
        receipt.baselines = outbox.baseline_count().await?;
        let continuing = outbox.withheld_count().await?;
        receipt.lose(continuing);
        receipt.expired += outbox.expire(times.clone()).await?;
        if !self.target.capabilities.keeps_timestamps {
            // The backend would show a point of an earlier run as the current value.
            receipt.superseded += outbox.supersede().await?;
        }
        self.give_up_sending(outbox, receipt).await?;
        match &self.sink {
            Err(unavailable) => receipt.fail(match &self.target.settings_hints {
                None => unavailable.to_string(),
                Some(hints) => format!("{unavailable}; no destination is configured ({hints})"),
            }),
            Ok(_) if self.timestamp < times.start => receipt.fail(format!(
                "the run took so long that {} no longer accepts its points",
                self.target.destination.sink()
            )),
            Ok(sink) => {
                let (sink, deadline) = (sink.as_ref(), self.deadlines.points);
                // A backend without timestamps would show the points of earlier runs as current values.
                let unwritable = current.unwritable().filter(|_| self.target.capabilities.keeps_timestamps);
                if let Some(unwritable) = unwritable {
                    // An error is only logged for debugging, because the file may have been unusable from the start.
                    let outbox = Outbox { store: unwritable, own: receipt.failed_run, ..outbox };
                    if let Err(error) = self.deliver_waiting(sink, outbox, deadline, receipt).await {
                        tracing::debug!(
                            "cannot read the waiting points in the state folder: {}",
                            Chain(&error)
                        );
                    }
                }
                self.deliver_waiting(sink, outbox, deadline, receipt).await?;
                self.clear_if_no_value(sink, report, deadline, receipt).await;
            }
        }
        self.count_left(current, receipt).await;
        receipt.explain(recorded.withheld.as_ref());
        if continuing > 0 {
            receipt.error.get_or_insert_with(|| why_continuing_points_are_withheld(current).to_owned());
        }
        Ok(())
    }

    /// Delivers the waiting points of earlier runs, when there is no current run.
    pub(crate) async fn deliver_earlier(
        &self,
        current: &CurrentStore,
        receipt: &mut Receipt,
    ) -> Result<(), StateError> {
        let delivered = self.try_to_deliver_earlier(current, receipt).await;
        // If the store cannot be written, it may still be read.
        self.count_left(current, receipt).await;
        delivered
    }

    async fn try_to_deliver_earlier(
        &self,
        current: &CurrentStore,
        receipt: &mut Receipt,
    ) -> Result<(), StateError> {
        let outbox = Outbox::new(current, self.target);
        receipt.expired += outbox.expire(self.times()).await?;
        self.give_up_sending(outbox, receipt).await?;
        match &self.sink {
            Err(unavailable) => receipt.fail(unavailable.to_string()),
            Ok(sink) => self.deliver_waiting(sink.as_ref(), outbox, self.deadlines.points, receipt).await?,
        }
        Ok(())
    }

    /// Gives up points that a killed process was sending, if the destination would add them up.
    async fn give_up_sending(&self, outbox: Outbox<'_>, receipt: &mut Receipt) -> Result<(), StateError> {
        if self.has_additive_kind() {
            let marked_before =
                SystemTime::now().checked_sub(MAX_SENDING_TIME).unwrap_or(SystemTime::UNIX_EPOCH);
            receipt.give_up_earlier(outbox.give_up_sending(marked_before).await?);
        }
        Ok(())
    }

    /// Removes the values of earlier runs from a backend that does not keep timestamps, if this run has no value or the
    /// backend refused all values. Otherwise the backend would show the old values as current values.
    async fn clear_if_no_value(
        &self,
        sink: &dyn Sink,
        report: &Report,
        deadline: Instant,
        receipt: &mut Receipt,
    ) {
        let accepted = receipt.accepted + receipt.accepted_earlier;
        // If this run has values and none was refused, a concurrent run has delivered or replaced them.
        let is_handled_elsewhere = receipt.refused.is_empty() && report.points().next().is_some();
        let has_value = accepted + receipt.repeated + receipt.baselines + receipt.withheld() > 0;
        let has_value = has_value || is_handled_elsewhere;
        // After an error, values of this run may be in the outbox or may have arrived.
        if self.target.capabilities.keeps_timestamps || has_value || receipt.error.is_some() {
            return;
        }
        match guard::clear(sink, deadline).await {
            Ok(()) => receipt.contact = Contact::Made,
            Err(error) => receipt.fail(error.to_string()),
        }
    }

    /// Delivers the metrics about the reporter itself, which contain the numbers of the `receipt`. `previous` is the store from
    /// which the other points were delivered.
    pub(crate) async fn deliver_self_metrics(
        &self,
        recorded: &Recorded,
        previous: &CurrentStore,
        receipt: &mut Receipt,
    ) {
        let unwritable = recorded.current.unwritable();
        let is_same_store = Arc::ptr_eq(previous.store(), recorded.current.store());
        if !is_same_store {
            receipt.leave_store(unwritable.is_some());
        }
        let some_waited = receipt.left + receipt.lost > 0;
        let mut all_delivered = false;
        // If no point could be delivered before, the metrics about the reporter would fail as well. They wait in the outbox.
        if let (Ok(sink), true) = (&self.sink, receipt.is_reachable()) {
            let mut self_metrics_receipt = Receipt::default();
            let deadline = self.deadlines.self_metrics;
            // The points about the reporter must not be in the same payload as points that could not be delivered before.
            let own = Outbox { only_own: true, ..self.outbox(&recorded.current, recorded.run) };
            let mut done =
                self.deliver_waiting(sink.as_ref(), own, deadline, &mut self_metrics_receipt).await;
            receipt.self_metrics = self_metrics_receipt.accepted;
            if done.is_ok() && self_metrics_receipt.error.is_none() {
                // Other points get another chance: those that this run has left, and those of a concurrent run.
                let own_run = receipt.run.filter(|_| is_same_store);
                let all = Outbox { only_own: false, own: own_run, ..own };
                done = self.deliver_waiting(sink.as_ref(), all, deadline, &mut self_metrics_receipt).await;
                all_delivered = done.is_ok() && self_metrics_receipt.error.is_none();
            }
            receipt.withhold(recorded.withheld.as_ref(), &self.target.outbox);
            receipt.lose(self_metrics_receipt.withheld());
            receipt.accepted += self_metrics_receipt.accepted - receipt.self_metrics;
            receipt.accepted_earlier += self_metrics_receipt.accepted_earlier;
            receipt.unknown += self_metrics_receipt.unknown;
            receipt.repeated += self_metrics_receipt.repeated;
            receipt.refused.append(&mut self_metrics_receipt.refused);
            let error = done.err().map(|error| Chain(&error).to_string()).or(self_metrics_receipt.error);
            receipt.error = receipt.error.take().or(error);
            if self_metrics_receipt.contact != Contact::Untried {
                receipt.contact = self_metrics_receipt.contact;
            }
        }
        self.count_left(&recorded.current, receipt).await;
        // Points in a store that cannot be written did not get another chance.
        if some_waited && all_delivered && unwritable.is_none() {
            receipt.clear_error_if_none_left();
        }
        receipt.explain(recorded.withheld.as_ref());
    }

    /// Checks the sink if there was nothing to deliver. So a wrong credential is found before the first value is delivered.
    pub(crate) async fn check(&self, receipt: &mut Receipt) {
        if let (Ok(sink), Contact::Untried, None) = (&self.sink, receipt.contact, &receipt.error) {
            let checked = guard::check(sink.as_ref(), self.deadlines.self_metrics).await;
            receipt.error = checked.err().map(|error: DeliveryError| error.to_string());
        }
    }

    pub(crate) fn outbox<'s>(&'s self, current: &'s CurrentStore, own: RunId) -> Outbox<'s> {
        Outbox { own: Some(own), ..Outbox::new(current, self.target) }
    }

    /// The times of points that the destination accepts now or will accept later.
    fn times(&self) -> Range<SystemTime> {
        let now = SystemTime::now();
        let oldest = now.checked_sub(self.target.capabilities.max_age).unwrap_or(SystemTime::UNIX_EPOCH);
        oldest..now.checked_add(MAX_AHEAD).unwrap_or(now)
    }

    fn has_additive_kind(&self) -> bool {
        let capabilities = &self.target.capabilities;
        let repeats =
            [capabilities.gauges, capabilities.counts, capabilities.rates, capabilities.distributions];
        repeats.contains(&Repeat::AddsUp)
    }

    /// Delivers the waiting points. Ends at the deadline at the latest.
    async fn deliver_waiting(
        &self,
        sink: &dyn Sink,
        outbox: Outbox<'_>,
        deadline: Instant,
        receipt: &mut Receipt,
    ) -> Result<(), StateError> {
        let oldest = self.times().start;
        let mut after = None;
        loop {
            let mut page = outbox.pending(self.page_size(), after).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            // Older points are still in the outbox only if the store cannot be written.
            page.retain(|pending| pending.point.timestamp >= oldest);
            page.retain(|pending| !outbox.only_own || Some(pending.id.run()) == outbox.own);
            if !outbox.is_writable() {
                page.retain(|pending| {
                    self.target.capabilities.repeat(pending.point.kind) == Repeat::Overwrites
                });
            }
            hold_back(&mut page, self.target.capabilities.max_ahead, receipt);
            if !page.is_empty() && !self.deliver_page(sink, outbox, page, deadline, receipt).await? {
                break;
            }
        }
        Ok(())
    }

    /// A backend without timestamps shows what it got last, and each delivery replaces all values. So it gets all points at once.
    /// In pages, some values would be missing for a moment, and the first page would be sent again with each further page.
    fn page_size(&self) -> usize {
        if self.target.capabilities.keeps_timestamps { PAGE_SIZE } else { usize::MAX }
    }

    async fn count_left(&self, current: &CurrentStore, receipt: &mut Receipt) {
        match Outbox::new(current, self.target).pending_count().await {
            Ok(waiting) => {
                receipt.count_waiting(waiting, current.is_kept());
                receipt.no_state = !current.is_wanted();
            }
            Err(error) => tracing::warn!("cannot count the points in the outbox: {}", Chain(&error)),
        }
    }
}

/// Why points that continue points of earlier runs are not delivered.
fn why_continuing_points_are_withheld(current: &CurrentStore) -> &'static str {
    if current.is_wanted() {
        "the run could not be recorded in the state folder, so counts since the previous run and distributions of all runs are not \
         sent"
    } else {
        "without state, the distributions of all runs are not known, so they are not sent"
    }
}

/// Removes from a page the points whose time is too far in the future for the sink. Either the clock was wrong when they
/// were collected, or it was set back since then. They wait in the outbox.
fn hold_back(page: &mut Vec<PendingPoint>, max_ahead: Duration, receipt: &mut Receipt) {
    let Some(latest) = SystemTime::now().checked_add(max_ahead) else { return };
    let all = page.len();
    page.retain(|pending| pending.point.timestamp <= latest);
    if page.len() < all {
        receipt.error.get_or_insert_with(|| {
            "the times of some points of earlier runs are too far in the future; either the clock was wrong when they were \
             collected, or it was set back since then"
                .to_owned()
        });
    }
}
