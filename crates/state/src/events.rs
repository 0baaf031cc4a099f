//! Events, each of which arrives at most once. The state of an event is written before it is sent, and again when its fate
//! is known. If the fate stays unknown, because the process was killed or there was no response, the event may have
//! arrived and is never sent again. If the event has certainly not arrived, the next run sends it again.

use std::time::SystemTime;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use crate::{
    Store, StoreError,
    convert::{DAY, FAR_AHEAD, seconds, time},
};

/// An event that waits to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingEvent {
    /// Identifies the event: of several events with the same id, only the first is sent.
    pub id: String,
    /// When the event happened.
    pub time: SystemTime,
    /// The event itself, in a format of the caller.
    pub body: String,
}

/// Whether one series meets the goal of its metric.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GoalState {
    /// The metric's key.
    pub key: String,
    /// Tags that identify the series.
    pub tags: String,
    /// The goal. If the goal of a metric changes, the stored state no longer applies.
    pub goal: String,
    /// Whether the goal is met.
    pub met: bool,
}

impl Store {
    /// Stores the states of goals at a time. The caller makes events of the states that differ from the stored ones,
    /// and the events are stored in the same transaction. A series that is new, or that had another goal, does not
    /// count as different. A stored state with a later time is kept, unless its time comes from a wrong clock.
    pub fn record_goals(
        &self,
        destination: &str,
        timestamp: SystemTime,
        goals: &[GoalState],
        events: impl FnOnce(&[&GoalState]) -> Vec<PendingEvent>,
    ) -> Result<(), StoreError> {
        // Usually nothing has changed, and a write takes milliseconds.
        if self.read(|connection| are_known(connection, destination, timestamp, goals))? {
            return Ok(());
        }
        self.write(|transaction| {
            let flipped = flipped_goals(transaction, destination, timestamp, goals)?;
            let mut write = transaction.prepare(
                "INSERT INTO goals (destination, key, tags, goal, met, timestamp)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT DO UPDATE
                 SET goal = excluded.goal, met = excluded.met, timestamp = excluded.timestamp
                 WHERE excluded.timestamp >= timestamp OR timestamp > excluded.timestamp + ?7",
            )?;
            for GoalState { key, tags, goal, met } in goals {
                let time = seconds(timestamp);
                write.execute(params![destination, key, tags, goal, met, time, FAR_AHEAD])?;
            }
            insert(transaction, destination, &events(&flipped))
        })
    }

    /// The goals whose state differs from the stored one. Stores nothing.
    pub fn flipped_goals<'a>(
        &self,
        destination: &str,
        timestamp: SystemTime,
        goals: &'a [GoalState],
    ) -> Result<Vec<&'a GoalState>, StoreError> {
        self.read(|connection| flipped_goals(connection, destination, timestamp, goals))
    }

    /// Whether the store has an event with this id, in any state.
    pub fn knows_event(&self, destination: &str, id: &str) -> Result<bool, StoreError> {
        self.read(|connection| {
            connection.query_row(
                "SELECT EXISTS (SELECT 1 FROM events WHERE destination = ?1 AND id = ?2)",
                [destination, id],
                |row| row.get(0),
            )
        })
    }

    /// Adds events that wait to be sent. Events with known ids are ignored.
    pub fn add_events(&self, destination: &str, events: &[PendingEvent]) -> Result<(), StoreError> {
        self.write(|transaction| insert(transaction, destination, events))
    }

    /// Gives up two kinds of events, and returns the ids of each kind. Events of the first kind have an unknown fate: their
    /// sending began before `sending_before`, or at a time that comes from a wrong clock. Events of the second kind are
    /// still waiting, but happened before `happened_before`.
    pub fn give_up_events(
        &self,
        destination: &str,
        sending_before: SystemTime,
        happened_before: SystemTime,
    ) -> Result<(Vec<String>, Vec<String>), StoreError> {
        self.write(|transaction| {
            let give_up = |condition: &str, before| -> rusqlite::Result<Vec<String>> {
                transaction
                    .prepare(&format!(
                        "UPDATE events SET state = 'settled', body = ''
                         WHERE destination = ?1 AND {condition} RETURNING id"
                    ))?
                    .query_map(params![destination, seconds(before)], |row| row.get(0))?
                    .collect()
            };
            let unknown = give_up(
                &format!("state = 'sending' AND sending_since NOT BETWEEN ?2 AND ?2 + {FAR_AHEAD}"),
                sending_before,
            )?;
            let old = give_up("state = 'waiting' AND timestamp < ?2", happened_before)?;
            Ok((unknown, old))
        })
    }

    /// Takes the next waiting event, and marks it as being sent.
    pub fn next_event(&self, destination: &str, now: SystemTime) -> Result<Option<PendingEvent>, StoreError> {
        self.write(|transaction| {
            transaction
                .query_row(
                    "UPDATE events SET state = 'sending', sending_since = ?2
                     WHERE destination = ?1 AND id = (
                         SELECT id FROM events WHERE destination = ?1 AND state = 'waiting'
                         ORDER BY timestamp, id LIMIT 1)
                     RETURNING id, timestamp, body",
                    params![destination, seconds(now)],
                    pending,
                )
                .optional()
        })
    }

    /// Settles an event: it is never sent again.
    pub fn settle_event(&self, destination: &str, id: &str) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "UPDATE events SET state = 'settled', body = '' WHERE destination = ?1 AND id = ?2",
                [destination, id],
            )?;
            Ok(())
        })
    }

    /// Marks an event as waiting again, because it has certainly not arrived.
    pub fn return_event(&self, destination: &str, id: &str) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "UPDATE events SET state = 'waiting'
                 WHERE destination = ?1 AND id = ?2 AND state = 'sending'",
                [destination, id],
            )?;
            Ok(())
        })
    }

    /// Whether any events wait or are being sent.
    pub fn has_unsettled_events(&self, destination: &str) -> Result<bool, StoreError> {
        self.read(|connection| {
            connection.query_row(
                "SELECT EXISTS (SELECT 1 FROM events WHERE destination = ?1 AND state <> 'settled')",
                [destination],
                |row| row.get(0),
            )
        })
    }

    /// The waiting events.
    pub fn pending_events(&self, destination: &str) -> Result<Vec<PendingEvent>, StoreError> {
        self.read(|connection| {
            connection
                .prepare(
                    "SELECT id, timestamp, body FROM events WHERE destination = ?1 AND state = 'waiting'
                     ORDER BY timestamp, id",
                )?
                .query_map([destination], pending)?
                .collect()
        })
    }
}

fn pending(row: &Row<'_>) -> rusqlite::Result<PendingEvent> {
    Ok(PendingEvent { id: row.get("id")?, time: time(row.get("timestamp")?), body: row.get("body")? })
}

/// Whether the stored states are the same as these, and at most a day old. Older ones are stored again with the new time, so that
/// [`Store::delete_older_than`] does not delete them.
fn are_known(
    connection: &Connection,
    destination: &str,
    timestamp: SystemTime,
    goals: &[GoalState],
) -> rusqlite::Result<bool> {
    let mut known = connection.prepare(
        "SELECT EXISTS (SELECT 1 FROM goals WHERE destination = ?1 AND key = ?2 AND tags = ?3
                        AND goal = ?4 AND met = ?5 AND timestamp BETWEEN ?6 - ?7 AND ?6)",
    )?;
    for GoalState { key, tags, goal, met } in goals {
        let state = params![destination, key, tags, goal, met, seconds(timestamp), DAY];
        if !known.query_row(state, |row| row.get(0))? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn flipped_goals<'a>(
    connection: &Connection,
    destination: &str,
    timestamp: SystemTime,
    goals: &'a [GoalState],
) -> rusqlite::Result<Vec<&'a GoalState>> {
    let mut flips = connection.prepare(
        "SELECT EXISTS (SELECT 1 FROM goals WHERE destination = ?1 AND key = ?2 AND tags = ?3
                        AND goal = ?4 AND met <> ?5 AND timestamp <= ?6)",
    )?;
    let mut flipped = Vec::new();
    for goal in goals {
        let GoalState { key, tags, goal: target, met } = goal;
        let known = params![destination, key, tags, target, met, seconds(timestamp)];
        if flips.query_row(known, |row| row.get(0))? {
            flipped.push(goal);
        }
    }
    Ok(flipped)
}

fn insert(transaction: &Transaction<'_>, destination: &str, events: &[PendingEvent]) -> rusqlite::Result<()> {
    let mut insert = transaction.prepare(
        "INSERT INTO events (destination, id, timestamp, body, state) VALUES (?1, ?2, ?3, ?4, 'waiting')
         ON CONFLICT DO NOTHING",
    )?;
    for PendingEvent { id, time, body } in events {
        insert.execute(params![destination, id, seconds(*time), body])?;
    }
    Ok(())
}
