//! What becomes of a report: its points go through the outbox to the sink, those that an earlier run
//! could not deliver first, and every one is accounted for.

use std::{
    ops::Range,
    sync::Arc,
    time::{Duration, SystemTime},
};

use futures::StreamExt;
use system_health_registry::{DeliveryError, Event, Fate as PointFate, Limits, Point, Sink, Unavailable};
use system_health_state::{Pending, PendingId, RunId, Store};
use tokio::time::{Instant, timeout_at};

use crate::{events, state::State};

/// The name of the one sink that there is.
pub(crate) const DATADOG: &str = "datadog";

/// How many points leave the outbox at once: enough for whole payloads, few enough for little memory.
const PAGE: usize = 20_000;

/// Points that are dated farther ahead do not wait for their time: a clock was very wrong, and they would
/// wait for a day or more.
const FARTHEST_AHEAD: Duration = Duration::from_hours(24);

/// What one sink did with a report.
#[derive(Debug)]
pub(crate) struct Delivery {
    /// The sink's name.
    pub(crate) sink: &'static str,
    /// What became of the report there.
    pub(crate) fate: Fate,
}

/// How a delivery ended.
#[derive(Debug)]
pub(crate) enum Fate {
    /// It was tried.
    Pushed(Receipt),
    /// Nothing was sent.
    DryRun {
        /// The number of series.
        series: usize,
        /// What would be sent.
        payload: serde_json::Value,
        /// The events that would be sent.
        events: Vec<serde_json::Value>,
    },
}

/// What became of the points of a run, and of those that earlier runs had left.
#[derive(Debug, Clone, Default)]
pub(crate) struct Receipt {
    /// Series of this run that the sink took.
    pub(crate) accepted: u64,
    /// Points of earlier runs that the sink took.
    pub(crate) accepted_earlier: u64,
    /// Series about the reporter itself that the sink took.
    pub(crate) self_metrics: u64,
    /// What the sink does not take, now or later, and why.
    pub(crate) refused: Vec<Refusal>,
    /// Points that wait in the outbox for the next run.
    pub(crate) left: u64,
    /// Points that nothing keeps for the next run.
    pub(crate) lost: u64,
    /// Points of earlier runs that had become too old for the sink, or were dated a day ahead, and were dropped.
    pub(crate) expired: u64,
    /// Events that the sink took.
    pub(crate) events: u64,
    /// Events that wait for the next run.
    pub(crate) events_left: u64,
    /// Why points or events are left or lost.
    pub(crate) error: Option<String>,
    /// Whether nothing is kept because nobody wants it to be.
    pub(crate) no_state: bool,
    contact: Contact,
}

/// Whether the sink was reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Contact {
    /// There was nothing to ask it.
    #[default]
    Untried,
    /// No point got out, although some were to.
    Failed,
    /// It took points, or refused them all.
    Made,
}

/// Some series that the sink refused for one reason.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    /// How many.
    pub(crate) series: u64,
    /// Why, with all causes.
    pub(crate) error: String,
}

/// The one word for a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Success {
    /// Everything got out.
    Accepted,
    /// Some of it.
    Partial,
    /// Nothing.
    Failed,
}

/// Delivers through a sink, with an outbox, until the deadline at the latest.
pub(crate) struct Courier<'a> {
    /// The sink, or why there is none.
    pub(crate) sink: &'a Result<Box<dyn Sink>, Unavailable>,
    /// What its backend supports.
    pub(crate) limits: Limits,
    /// The name of its outbox.
    pub(crate) outbox: &'a str,
    /// The time of this run's points.
    pub(crate) timestamp: SystemTime,
    /// When each part of the delivery has to end.
    pub(crate) deadlines: Deadlines,
}

/// Points that wait in a store.
#[derive(Clone, Copy)]
struct Waiting<'a> {
    state: &'a State,
    store: &'a Arc<Store>,
    /// This run; its points are counted apart.
    own: Option<RunId>,
    /// Whether the points of other runs stay where they are.
    only_own: bool,
}

/// When the parts of a delivery have to end. They follow each other, and each retries until its deadline: so an
/// outage that lasts takes no time from what comes next.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadlines {
    points: Instant,
    events: Instant,
    self_metrics: Instant,
}

impl Deadlines {
    /// The parts of a delivery in a run that ends at `end`, with a [`reserve`] that collecting does not use. What is
    /// left of it is for printing.
    pub(crate) fn new(end: Instant, reserve: Duration) -> Self {
        Self { points: end - reserve / 2, events: end - reserve / 4, self_metrics: end - reserve / 10 }
    }
}

impl Delivery {
    /// Whether something did not get out.
    pub(crate) fn failed(&self) -> bool {
        match &self.fate {
            Fate::Pushed(receipt) => receipt.success() != Success::Accepted,
            Fate::DryRun { .. } => false,
        }
    }

    /// A delivery that was tried.
    pub(crate) fn pushed(receipt: Receipt) -> Self {
        Self { sink: DATADOG, fate: Fate::Pushed(receipt) }
    }

    /// A delivery that is only shown.
    pub(crate) fn dry_run(payload: serde_json::Value, series: usize, events: Vec<serde_json::Value>) -> Self {
        Self { sink: DATADOG, fate: Fate::DryRun { series, payload, events } }
    }
}

impl Receipt {
    /// Whether everything got out.
    pub(crate) fn success(&self) -> Success {
        let any_left = self.left > 0 || self.lost > 0 || self.events_left > 0;
        let failed = !self.refused.is_empty() || any_left || self.error.is_some();
        match (failed, self.accepted + self.accepted_earlier) {
            (false, _) => Success::Accepted,
            (true, 0) => Success::Failed,
            (true, _) => Success::Partial,
        }
    }

    /// Whether it makes sense to send more: points got out, or none were tried.
    fn is_reachable(&self) -> bool {
        self.contact != Contact::Failed
    }

    /// Notes a page of points, some of which may have been left.
    fn note_contact(&mut self, left_any: bool) {
        let got_none_out = self.accepted + self.accepted_earlier == 0;
        self.contact = if left_any && got_none_out { Contact::Failed } else { Contact::Made };
    }

    /// The number of series that were refused.
    pub(crate) fn refused_series(&self) -> u64 {
        self.refused.iter().map(|refusal| refusal.series).sum()
    }
}

impl Courier<'_> {
    /// Delivers all that waits in the outbox. `own` are the points of this run. Fails where the store does:
    /// it may have to be recorded anew.
    pub(crate) async fn deliver(&self, state: &State, own: RunId) -> anyhow::Result<Receipt> {
        let mut receipt = Receipt::default();
        let times = self.times();
        let (outbox, valid) = (self.outbox.to_owned(), times.clone());
        receipt.expired = state.ask(state.store(), move |store| store.expire(&outbox, &valid)).await?;
        match self.sink {
            Err(unavailable) => {
                receipt.contact = Contact::Failed;
                receipt.error = Some(unavailable.to_string());
            }
            Ok(_) if self.timestamp < times.start => {
                receipt.contact = Contact::Failed;
                receipt.error =
                    Some(format!("the run took longer than {DATADOG} takes points after their time"));
            }
            Ok(sink) => {
                let (sink, deadline) = (sink.as_ref(), self.deadlines.points);
                if let Some(unwritable) = state.unwritable() {
                    // It may be a file that nothing could ever be written to.
                    let waiting = Waiting { state, store: unwritable, own: None, only_own: false };
                    if let Err(error) = self.empty_outbox(sink, waiting, deadline, &mut receipt).await {
                        tracing::debug!("cannot read what waits in the state folder: {error:#}");
                    }
                }
                let waiting = Waiting { state, store: state.store(), own: Some(own), only_own: false };
                self.empty_outbox(sink, waiting, deadline, &mut receipt).await?;
            }
        }
        self.count_left(state, &mut receipt).await;
        Ok(receipt)
    }

    /// Delivers what the reporter says about itself, after `receipt` was written.
    pub(crate) async fn deliver_self_metrics(&self, state: &State, own: RunId, receipt: &mut Receipt) {
        // Where no point got out, these would not either; they wait beside them.
        if let (Ok(sink), true) = (self.sink, receipt.is_reachable()) {
            let mut about_itself = Receipt::default();
            let deadline = self.deadlines.self_metrics;
            // What could not be delivered must not be in one payload with the word that it could not.
            let own = Waiting { state, store: state.store(), own: Some(own), only_own: true };
            let mut done = self.empty_outbox(sink.as_ref(), own, deadline, &mut about_itself).await;
            if done.is_ok() && about_itself.error.is_none() {
                // Others, such as those of a run beside this one, have another chance.
                let all = Waiting { only_own: false, ..own };
                done = self.empty_outbox(sink.as_ref(), all, deadline, &mut about_itself).await;
            }
            receipt.self_metrics = about_itself.accepted;
            receipt.refused.append(&mut about_itself.refused);
            let error = done.err().map(|error| format!("{error:#}")).or(about_itself.error);
            receipt.error = receipt.error.take().or(error);
            if about_itself.contact != Contact::Untried {
                receipt.contact = about_itself.contact;
            }
        }
        self.count_left(state, receipt).await;
    }

    /// Asks the sink whether it would take a delivery, if nothing that was delivered has shown it: a wrong key is
    /// found now rather than with the first value.
    pub(crate) async fn check(&self, receipt: &mut Receipt) {
        if let (Ok(sink), Contact::Untried, None) = (self.sink, receipt.contact, &receipt.error) {
            let deadline = self.deadlines.self_metrics;
            let checked = timeout_at(deadline, sink.check(deadline)).await;
            let checked = checked.unwrap_or_else(|_| Err(DeliveryError::new(TOO_LATE)));
            receipt.error = checked.err().map(|error| error.to_string());
        }
    }

    /// Sends the events that wait, after the points were delivered. What goes wrong with one that may have
    /// arrived, or will never be taken, is only said: it is not sent again.
    pub(crate) async fn announce(&self, state: &State, receipt: &mut Receipt) -> anyhow::Result<()> {
        let outbox = || self.outbox.to_owned();
        let max_age = self.limits.max_event_age.unwrap_or_default();
        let oldest = SystemTime::now().checked_sub(max_age).unwrap_or(SystemTime::UNIX_EPOCH);
        let own = outbox();
        if !state.ask(state.store(), move |store| store.has_unsettled_events(&own)).await? {
            return Ok(());
        }
        let own = outbox();
        let now = SystemTime::now();
        let dead = now.checked_sub(LONGEST_SENDING).unwrap_or(SystemTime::UNIX_EPOCH);
        let (unseen, old) =
            state.ask(state.store(), move |store| store.give_up_events(&own, dead, oldest)).await?;
        for id in unseen {
            tracing::warn!("the run that was sending the event `{id}` was cut off; it is not sent again");
        }
        for id in old {
            tracing::warn!("the event `{id}` happened too long ago to be sent any more");
        }
        // An outage that outlasted the points is not waited for again.
        while let (Ok(sink), true) = (self.sink, receipt.is_reachable())
            && Instant::now() < self.deadlines.events
        {
            let own = outbox();
            let Some(next) =
                state.ask(state.store(), move |store| store.next_event(&own, SystemTime::now())).await?
            else {
                break;
            };
            let announced = match events::read(&next) {
                Ok(event) => self.announce_one(sink.as_ref(), &event).await,
                Err(error) => PointFate::Refused(DeliveryError::new(error)),
            };
            let (own, id) = (outbox(), next.id.clone());
            match announced {
                PointFate::Accepted => {
                    receipt.contact = Contact::Made;
                    receipt.events += 1;
                }
                PointFate::Refused(error) => tracing::warn!("the event `{id}` was refused: {error}"),
                PointFate::Unknown(error) => {
                    tracing::warn!("the event `{id}` may have arrived and is not sent again: {error}");
                }
                PointFate::Left(error) => {
                    receipt.error.get_or_insert_with(|| error.to_string());
                    state.ask(state.store(), move |store| store.return_event(&own, &id)).await?;
                    break;
                }
            }
            state.ask(state.store(), move |store| store.settle_event(&own, &id)).await?;
        }
        let own = outbox();
        let left = state.ask(state.store(), move |store| store.pending_events(&own)).await?;
        receipt.events_left = left.len() as u64;
        Ok(())
    }

    async fn announce_one(&self, sink: &dyn Sink, event: &Event) -> PointFate {
        let deadline = self.deadlines.events;
        let sent = timeout_at(deadline, sink.announce(event, deadline)).await;
        sent.unwrap_or_else(|_| PointFate::Unknown(DeliveryError::new(TOO_LATE)))
    }

    /// The times of points that Datadog takes, now or while an outbox can wait for it.
    fn times(&self) -> Range<SystemTime> {
        let now = SystemTime::now();
        let max_age = self.limits.max_age;
        let oldest = now.checked_sub(max_age).unwrap_or(SystemTime::UNIX_EPOCH);
        oldest..now.checked_add(FARTHEST_AHEAD).unwrap_or(now)
    }

    /// Delivers what waits until the deadline at the latest.
    async fn empty_outbox(
        &self,
        sink: &dyn Sink,
        waiting: Waiting<'_>,
        deadline: Instant,
        receipt: &mut Receipt,
    ) -> anyhow::Result<()> {
        let oldest = self.times().start;
        let mut after = None;
        loop {
            let outbox = self.outbox.to_owned();
            let page = waiting.state.ask(waiting.store, move |store| store.pending(&outbox, PAGE, after));
            let mut page = page.await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            // Only where expired points cannot be dropped are there any.
            page.retain(|pending| pending.point.timestamp >= oldest);
            page.retain(|pending| !waiting.only_own || Some(pending.id.run()) == waiting.own);
            hold_back(&mut page, self.limits.max_ahead, receipt);
            if !page.is_empty() && !self.deliver_page(sink, waiting, page, deadline, receipt).await {
                break;
            }
        }
        Ok(())
    }

    /// Whether the sink took or refused any point, so that it makes sense to go on.
    async fn deliver_page(
        &self,
        sink: &dyn Sink,
        waiting: Waiting<'_>,
        page: Vec<Pending>,
        deadline: Instant,
        receipt: &mut Receipt,
    ) -> bool {
        let (ids, points): (Vec<PendingId>, Vec<Point>) =
            page.into_iter().map(|pending| (pending.id, pending.point)).unzip();
        let mut settlements = sink.deliver(&points, deadline);
        let (mut settled_any, mut left_any) = (false, false);
        let mut unsettled = points.len();
        while unsettled > 0 {
            let Ok(next) = timeout_at(deadline, settlements.next()).await else {
                receipt.error.get_or_insert_with(|| TOO_LATE.to_owned());
                break;
            };
            let Some(settlement) = next else { break };
            let settled = &ids[settlement.points];
            unsettled = unsettled.saturating_sub(settled.len());
            match settlement.fate {
                PointFate::Accepted => {
                    let of_own = settled.iter().filter(|id| Some(id.run()) == waiting.own).count();
                    receipt.accepted += of_own as u64;
                    receipt.accepted_earlier += (settled.len() - of_own) as u64;
                }
                PointFate::Refused(error) => receipt.refuse(settled.len() as u64, &error),
                PointFate::Left(error) | PointFate::Unknown(error) => {
                    left_any = true;
                    receipt.error.get_or_insert_with(|| error.to_string());
                    continue;
                }
            }
            settled_any = true;
            self.settle(waiting, settled.to_vec()).await;
        }
        receipt.note_contact(left_any || unsettled > 0);
        settled_any
    }

    /// Takes points out of the outbox. Failing that, they are delivered again, which changes nothing.
    async fn settle(&self, Waiting { state, store, .. }: Waiting<'_>, ids: Vec<PendingId>) {
        let outbox = self.outbox.to_owned();
        if let Err(error) = state.ask(store, move |store| store.settle(&outbox, &ids)).await {
            tracing::warn!("delivered points stay in the outbox and will be delivered again: {error:#}");
        }
    }

    async fn count_left(&self, state: &State, receipt: &mut Receipt) {
        let outbox = self.outbox.to_owned();
        match state.ask(state.store(), move |store| store.waiting(&outbox)).await {
            Ok(waiting) if state.is_kept() => receipt.left = waiting,
            Ok(waiting) => {
                receipt.lost = waiting;
                receipt.no_state = !state.is_wanted();
            }
            Err(error) => tracing::warn!("cannot count what is left in the outbox: {error:#}"),
        }
    }
}

impl Receipt {
    fn refuse(&mut self, series: u64, error: &DeliveryError) {
        let error = error.to_string();
        match self.refused.iter_mut().find(|refusal| refusal.error == error) {
            Some(refusal) => refusal.series += series,
            None => self.refused.push(Refusal { series, error }),
        }
    }
}

/// Takes points out of a page whose time the sink would not take yet. The clock was set back since they
/// were collected, or was wrong then: they wait in the outbox until it gets there.
fn hold_back(page: &mut Vec<Pending>, max_ahead: Duration, receipt: &mut Receipt) {
    let Some(latest) = SystemTime::now().checked_add(max_ahead) else { return };
    let all = page.len();
    page.retain(|pending| pending.point.timestamp <= latest);
    if page.len() < all {
        receipt.error.get_or_insert_with(|| {
            "the clock was set back: some points of earlier runs are dated too far ahead of it".to_owned()
        });
    }
}

/// No run takes longer to send an event: one that is being sent since then was cut off.
const LONGEST_SENDING: Duration = Duration::from_hours(1);

const TOO_LATE: &str = "no answer before the run's deadline";

/// How much of a run's time is kept for delivery: a fifth, but no more than half a minute.
pub(crate) fn reserve(deadline: Duration) -> Duration {
    (deadline / 5).min(Duration::from_secs(30))
}

#[cfg(all(test, feature = "datadog"))]
mod tests;
