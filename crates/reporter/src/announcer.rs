//! Sends the events of a run to one destination. If an event were sent twice, the backend would show it twice. So the
//! state of an event is stored before it is sent, and again when its fate is known.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use system_health_registry::{Event, Fate, Report};
use system_health_state::{GoalState, PendingEvent, StoreError};
use tokio::time::Instant;

use crate::{
    Receipt, StateError,
    courier::{Courier, MAX_SENDING_TIME},
    events, guard,
    receipt::Contact,
    state::CurrentStore,
};

impl Courier<'_> {
    /// Stores the states of the goals and the events of a run. This run or a later one sends each event at most once. If
    /// `announces` is false, only the states of the goals are stored. If no state is kept, nothing is stored.
    pub(crate) async fn record_events(
        &self,
        current: &CurrentStore,
        report: &Arc<Report>,
        attached: &[Event],
        announces: bool,
    ) -> Result<(), StateError> {
        let Some(max_age) = self.target.capabilities.max_event_age else { return Ok(()) };
        let attached =
            if announces { events::collector_events(report, attached, max_age) } else { Vec::new() };
        if !current.is_kept() {
            // Without state, events could be sent twice.
            if !attached.is_empty() {
                tracing::warn!("the events of collectors are not sent, because no state is kept");
            }
            return Ok(());
        }
        let (outbox, report) = (self.target.outbox.clone(), Arc::clone(report));
        current
            .ask(current.store(), move |store| {
                let goals = events::goal_states(&report);
                store.record_goals(&outbox, report.timestamp(), &goals, |flipped| {
                    if announces { events::flip_events(&report, flipped) } else { Vec::new() }
                })?;
                if attached.is_empty() { Ok(()) } else { store.add_events(&outbox, &attached) }
            })
            .await
    }

    /// Sends the waiting events, after the points were delivered. If an event was refused or may have arrived, a
    /// warning is logged, and it is not sent again.
    pub(crate) async fn announce(
        &self,
        current: &CurrentStore,
        receipt: &mut Receipt,
    ) -> Result<(), StateError> {
        let Some(max_age) = self.target.capabilities.max_event_age else { return Ok(()) };
        let outbox = || self.target.outbox.clone();
        let name = outbox();
        if !current.ask(current.store(), move |store| store.has_unsettled_events(&name)).await? {
            return Ok(());
        }
        let (name, sending_before, happened_before) = (outbox(), ago(MAX_SENDING_TIME), ago(max_age));
        let (unknown, old) = current
            .ask(current.store(), move |store| store.give_up_events(&name, sending_before, happened_before))
            .await?;
        for id in unknown {
            tracing::warn!(
                "the event `{id}` may have arrived and is not sent again: the run that was sending it was killed, or could not \
                 store the result"
            );
        }
        for id in old {
            tracing::warn!("the event `{id}` is not sent, because it happened too long ago");
        }
        // If points could not be delivered because of an outage, events could not be sent either.
        while let (Ok(sink), true) = (&self.sink, receipt.is_reachable())
            && Instant::now() < self.deadlines.events
        {
            let name = outbox();
            let next = current.ask(current.store(), move |store| store.next_event(&name, SystemTime::now()));
            let Some(next) = next.await? else { break };
            let (name, id) = (outbox(), next.id.clone());
            let event = match events::parse(&next) {
                Ok(event) => event,
                Err(error) => {
                    tracing::warn!("the stored event `{id}` cannot be read, and is not sent: {error}");
                    current.ask(current.store(), move |store| store.settle_event(&name, &id)).await?;
                    continue;
                }
            };
            let fate = guard::announce(sink.as_ref(), &event, self.deadlines.events).await;
            match fate {
                Fate::Accepted | Fate::Repeated => {
                    receipt.contact = Contact::Made;
                    receipt.events += 1;
                }
                Fate::Refused(error) => tracing::warn!("the event `{id}` was refused: {error}"),
                Fate::Unknown(error) => {
                    tracing::warn!("the event `{id}` may have arrived and is not sent again: {error}");
                }
                Fate::Left(error) => {
                    receipt.error.get_or_insert_with(|| error.to_string());
                    current.ask(current.store(), move |store| store.return_event(&name, &id)).await?;
                    break;
                }
            }
            current.ask(current.store(), move |store| store.settle_event(&name, &id)).await?;
        }
        let name = outbox();
        let left = current.ask(current.store(), move |store| store.pending_events(&name)).await?;
        receipt.events_left = left.len() as u64;
        Ok(())
    }
}

fn ago(age: Duration) -> SystemTime {
    SystemTime::now().checked_sub(age).unwrap_or(SystemTime::UNIX_EPOCH)
}

/// The events that a push would now send to the destination of this outbox. A waiting event that is older than `max_age` is left
/// out, because a push would give it up.
pub(crate) async fn events_to_show(
    outbox: &str,
    current: &CurrentStore,
    report: &Report,
    attached: Vec<PendingEvent>,
    max_age: Duration,
) -> Result<Vec<PendingEvent>, StateError> {
    let (outbox, goals, timestamp) = (outbox.to_owned(), events::goal_states(report), report.timestamp());
    let (flipped, waiting) = current
        .ask(current.store(), move |store| {
            let flipped: Vec<GoalState> =
                store.flipped_goals(&outbox, timestamp, &goals)?.into_iter().cloned().collect();
            let mut waiting = store.pending_events(&outbox)?;
            let oldest = ago(max_age);
            waiting.retain(|event| event.time >= oldest);
            for event in attached {
                if !store.knows_event(&outbox, &event.id)? {
                    waiting.push(event);
                }
            }
            Ok::<_, StoreError>((flipped, waiting))
        })
        .await?;
    let mut to_send = events::flip_events(report, &flipped.iter().collect::<Vec<_>>());
    to_send.extend(waiting);
    Ok(to_send)
}
