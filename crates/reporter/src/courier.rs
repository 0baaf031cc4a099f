//! Delivers what waits in the outbox of one destination, what earlier runs could not deliver first. Whatever happens
//! there stays there: each destination has a courier of its own.

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
    state::{Kept, Recorded, RunState},
    target::Target,
};

/// Maximum number of points that leave the outbox at once: enough for whole payloads, few enough for little memory.
const PAGE: usize = 20_000;

/// Points that are dated farther ahead do not wait for their time: a clock was very wrong, and they would wait for a
/// day or more.
const FARTHEST_AHEAD: Duration = Duration::from_hours(24);

/// No run takes longer to send something. What is being sent since then was cut off.
pub(crate) const LONGEST_SENDING: Duration = Duration::from_hours(1);

/// Delivers to one destination, with an outbox, until the deadline at the latest.
#[derive(Debug)]
pub(crate) struct Courier<'a> {
    pub(crate) target: &'a Target,
    /// How the store puts points into the outbox.
    pub(crate) recipient: Recipient,
    /// The connected sink, or why there is none.
    pub(crate) sink: Result<Box<dyn Sink>, Unavailable>,
    /// The time of this run's points.
    pub(crate) timestamp: SystemTime,
    /// When each part of the delivery has to end.
    pub(crate) deadlines: Deadlines,
}

impl Courier<'_> {
    /// Delivers a report that was recorded, and what waits. Where the store fails, the report is recorded anew; gives
    /// the store that it is in at last.
    pub(crate) async fn deliver(
        &self,
        state: &RunState,
        mut recorded: Recorded,
        report: &Arc<Report>,
    ) -> (Receipt, Recorded) {
        loop {
            let mut receipt = Receipt::default();
            let Err(error) = self.try_to_deliver(&recorded.kept, recorded.run, &mut receipt).await else {
                return (receipt, recorded);
            };
            if receipt.sent_what_adds_up {
                // Recorded anew, it would be sent again.
                receipt.fail(Chain(&error).to_string());
                return (receipt, recorded);
            }
            // The run is not lost with the store: what was delivered already replaces itself.
            let recipients = [self.recipient.clone()];
            match state.record_anew(&recorded.kept, error, report, &recipients).await {
                Ok(anew) => recorded = anew,
                Err(error) => {
                    receipt.fail(Chain(&error).to_string());
                    return (receipt, recorded);
                }
            }
        }
    }

    async fn try_to_deliver(&self, kept: &Kept, own: RunId, receipt: &mut Receipt) -> Result<(), StateError> {
        let outbox = self.outbox(kept, own);
        let times = self.times();
        receipt.repeated = outbox.repeated().await?;
        receipt.expired = outbox.expire(times.clone()).await?;
        if !self.target.limits.keeps_timestamps {
            // An earlier point would be shown as a current one.
            receipt.superseded = outbox.expire(self.timestamp..times.end).await?;
        }
        if self.adds_up_any() {
            let dead = SystemTime::now().checked_sub(LONGEST_SENDING).unwrap_or(SystemTime::UNIX_EPOCH);
            receipt.unknown = outbox.give_up_sending(dead).await?;
        }
        match &self.sink {
            Err(unavailable) => receipt.fail(unavailable.to_string()),
            Ok(_) if self.timestamp < times.start => receipt.fail(format!(
                "the run took longer than {} takes points after their time",
                self.target.destination.sink()
            )),
            Ok(sink) => {
                let (sink, deadline) = (sink.as_ref(), self.deadlines.points);
                if let Some(unwritable) = kept.unwritable() {
                    // It may be a file that nothing could ever be written to.
                    let outbox = Outbox { store: unwritable, own: None, ..outbox };
                    if let Err(error) = self.empty(sink, outbox, deadline, receipt).await {
                        tracing::debug!("cannot read what waits in the state folder: {}", Chain(&error));
                    }
                }
                self.empty(sink, outbox, deadline, receipt).await?;
            }
        }
        self.count_left(kept, receipt).await;
        Ok(())
    }

    /// Delivers what the reporter says about itself, after `receipt` was written.
    pub(crate) async fn deliver_self_metrics(&self, recorded: &Recorded, receipt: &mut Receipt) {
        // Where no point got out, these would not either; they wait beside them.
        if let (Ok(sink), true) = (&self.sink, receipt.is_reachable()) {
            let mut about_itself = Receipt::default();
            let deadline = self.deadlines.self_metrics;
            // What could not be delivered must not be in one payload with the word that it could not.
            let own = Outbox { only_own: true, ..self.outbox(&recorded.kept, recorded.run) };
            let mut done = self.empty(sink.as_ref(), own, deadline, &mut about_itself).await;
            if done.is_ok() && about_itself.error.is_none() {
                // Others, such as those of a run beside this one, have another chance.
                let all = Outbox { only_own: false, ..own };
                done = self.empty(sink.as_ref(), all, deadline, &mut about_itself).await;
            }
            receipt.self_metrics = about_itself.accepted;
            receipt.unknown += about_itself.unknown;
            receipt.refused.append(&mut about_itself.refused);
            let error = done.err().map(|error| Chain(&error).to_string()).or(about_itself.error);
            receipt.error = receipt.error.take().or(error);
            if about_itself.contact != Contact::Untried {
                receipt.contact = about_itself.contact;
            }
        }
        self.count_left(&recorded.kept, receipt).await;
    }

    /// Asks the sink whether it would take a delivery, if nothing that was delivered has shown it: a wrong key is found
    /// now rather than with the first value.
    pub(crate) async fn check(&self, receipt: &mut Receipt) {
        if let (Ok(sink), Contact::Untried, None) = (&self.sink, receipt.contact, &receipt.error) {
            let checked = guard::check(sink.as_ref(), self.deadlines.self_metrics).await;
            receipt.error = checked.err().map(|error: DeliveryError| error.to_string());
        }
    }

    pub(crate) fn outbox<'s>(&'s self, kept: &'s Kept, own: RunId) -> Outbox<'s> {
        Outbox { kept, store: kept.store(), name: &self.target.outbox, own: Some(own), only_own: false }
    }

    /// The times of points that the destination takes, now or while an outbox can wait for it.
    fn times(&self) -> Range<SystemTime> {
        let now = SystemTime::now();
        let oldest = now.checked_sub(self.target.limits.max_age).unwrap_or(SystemTime::UNIX_EPOCH);
        oldest..now.checked_add(FARTHEST_AHEAD).unwrap_or(now)
    }

    fn adds_up_any(&self) -> bool {
        let limits = &self.target.limits;
        [limits.gauges, limits.counts, limits.rates].contains(&Repeat::AddsUp)
    }

    /// Delivers what waits until the deadline at the latest.
    async fn empty(
        &self,
        sink: &dyn Sink,
        outbox: Outbox<'_>,
        deadline: Instant,
        receipt: &mut Receipt,
    ) -> Result<(), StateError> {
        let oldest = self.times().start;
        let mut after = None;
        loop {
            let mut page = outbox.pending(PAGE, after).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            // Only where expired points cannot be dropped are there any.
            page.retain(|pending| pending.point.timestamp >= oldest);
            page.retain(|pending| !outbox.only_own || Some(pending.id.run()) == outbox.own);
            if outbox.own.is_none() {
                // Nobody could write down that they are being sent.
                page.retain(|pending| self.target.limits.repeat(pending.point.kind) == Repeat::Overwrites);
            }
            hold_back(&mut page, self.target.limits.max_ahead, receipt);
            if !page.is_empty() && !self.deliver_page(sink, outbox, page, deadline, receipt).await? {
                break;
            }
        }
        Ok(())
    }

    async fn count_left(&self, kept: &Kept, receipt: &mut Receipt) {
        let outbox =
            Outbox { kept, store: kept.store(), name: &self.target.outbox, own: None, only_own: false };
        match outbox.waiting().await {
            Ok(waiting) if kept.is_kept() => receipt.left = waiting,
            Ok(waiting) => {
                receipt.lost = waiting;
                receipt.no_state = !kept.is_wanted();
            }
            Err(error) => tracing::warn!("cannot count what is left in the outbox: {}", Chain(&error)),
        }
    }
}

/// Takes points out of a page whose time the sink would not take yet. The clock was set back since they were
/// collected, or was wrong then: they wait in the outbox until it gets there.
fn hold_back(page: &mut Vec<PendingPoint>, max_ahead: Duration, receipt: &mut Receipt) {
    let Some(latest) = SystemTime::now().checked_add(max_ahead) else { return };
    let all = page.len();
    page.retain(|pending| pending.point.timestamp <= latest);
    if page.len() < all {
        receipt.error.get_or_insert_with(|| {
            "the clock was set back: some points of earlier runs are dated too far ahead of it".to_owned()
        });
    }
}
