//! Events, each sent once. An event is written down before it is sent, and again when its fate is known: one
//! whose fate nobody saw, because the process was killed or no answer came, may have arrived and is never
//! sent again. What went wrong before that is tried again by the next run.

use std::time::SystemTime;

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::{
    Store, StoreError,
    store::{seconds, time},
};

/// An event that waits to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingEvent {
    /// What tells it from all others: of several events with one id only the first is ever sent.
    pub id: String,
    /// When it happened.
    pub time: SystemTime,
    /// The event itself, in a form that only the caller understands.
    pub body: String,
}

/// Whether one series meets the goal of its metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoalState {
    /// The metric's key.
    pub key: String,
    /// What tells the series from the metric's others.
    pub tags: String,
    /// Whether it does.
    pub met: bool,
}

impl Store {
    /// Writes down which goals are met at a time, and the events that a caller makes of those that were not in
    /// the same state when they were last written down. The state of one that is new was not known, and one
    /// that is known of a later time is left alone.
    pub fn record_goals(
        &self,
        destination: &str,
        timestamp: SystemTime,
        goals: &[GoalState],
        events: impl FnOnce(&[&GoalState]) -> Vec<PendingEvent>,
    ) -> Result<(), StoreError> {
        self.write(|transaction| {
            let flipped = flipped(transaction, destination, timestamp, goals)?;
            let mut write = transaction.prepare(
                "INSERT INTO goals (destination, key, tags, met, timestamp) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET met = excluded.met, timestamp = excluded.timestamp
                 WHERE excluded.timestamp >= timestamp",
            )?;
            for GoalState { key, tags, met } in goals {
                write.execute(params![destination, key, tags, met, seconds(timestamp)])?;
            }
            insert(transaction, destination, &events(&flipped))
        })
    }

    /// The goals that would flip if they were written down.
    pub fn flipped<'a>(
        &self,
        destination: &str,
        timestamp: SystemTime,
        goals: &'a [GoalState],
    ) -> Result<Vec<&'a GoalState>, StoreError> {
        self.read(|connection| flipped(connection, destination, timestamp, goals))
    }

    /// Whether an event waits or was sent.
    pub fn knows_event(&self, destination: &str, id: &str) -> Result<bool, StoreError> {
        self.read(|connection| {
            connection.query_row(
                "SELECT EXISTS (SELECT 1 FROM events WHERE destination = ?1 AND id = ?2)",
                [destination, id],
                |row| row.get(0),
            )
        })
    }

    /// Adds events that wait to be sent, but for those whose ids are known.
    pub fn add_events(&self, destination: &str, events: &[PendingEvent]) -> Result<(), StoreError> {
        self.write(|transaction| insert(transaction, destination, events))
    }

    /// Gives up the events that are being sent, whose fate nobody saw, and those of before a time. Gives
    /// the ids of both.
    pub fn give_up_events(
        &self,
        destination: &str,
        before: SystemTime,
    ) -> Result<(Vec<String>, Vec<String>), StoreError> {
        self.write(|transaction| {
            let give_up = |condition: &str| {
                transaction.prepare(&format!(
                    "UPDATE events SET state = 'settled', body = ''
                         WHERE destination = ?1 AND {condition} AND timestamp < ?2 RETURNING id"
                ))
            };
            let ids = |row: &rusqlite::Row<'_>| row.get(0);
            let unseen = give_up("state = 'sending'")?
                .query_map(params![destination, i64::MAX], ids)?
                .collect::<rusqlite::Result<_>>()?;
            let old = give_up("state = 'waiting'")?
                .query_map(params![destination, seconds(before)], ids)?
                .collect::<rusqlite::Result<_>>()?;
            Ok((unseen, old))
        })
    }

    /// The next event that waits, which counts as being sent from now on.
    pub fn next_event(&self, destination: &str) -> Result<Option<PendingEvent>, StoreError> {
        self.write(|transaction| {
            let next = transaction
                .query_row(
                    "SELECT id, timestamp, body FROM events WHERE destination = ?1 AND state = 'waiting'
                     ORDER BY timestamp, id LIMIT 1",
                    [destination],
                    |row| Ok(PendingEvent { id: row.get(0)?, time: time(row.get(1)?), body: row.get(2)? }),
                )
                .optional()?;
            if let Some(event) = &next {
                set_state(transaction, destination, &event.id, "sending")?;
            }
            Ok(next)
        })
    }

    /// Says that an event is never to be sent again.
    pub fn settle_event(&self, destination: &str, id: &str) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "UPDATE events SET state = 'settled', body = '' WHERE destination = ?1 AND id = ?2",
                [destination, id],
            )?;
            Ok(())
        })
    }

    /// Says that an event has certainly not arrived.
    pub fn return_event(&self, destination: &str, id: &str) -> Result<(), StoreError> {
        self.write(|transaction| set_state(transaction, destination, id, "waiting"))
    }

    /// How many events wait.
    pub fn waiting_events(&self, destination: &str) -> Result<u64, StoreError> {
        self.read(|connection| {
            connection.query_row(
                "SELECT count(*) FROM events WHERE destination = ?1 AND state = 'waiting'",
                [destination],
                |row| row.get::<_, i64>(0).map(i64::unsigned_abs),
            )
        })
    }
}

fn flipped<'a>(
    connection: &Connection,
    destination: &str,
    timestamp: SystemTime,
    goals: &'a [GoalState],
) -> rusqlite::Result<Vec<&'a GoalState>> {
    let mut flips = connection.prepare(
        "SELECT EXISTS (SELECT 1 FROM goals WHERE destination = ?1 AND key = ?2 AND tags = ?3
                        AND met <> ?4 AND timestamp <= ?5)",
    )?;
    let mut flipped = Vec::new();
    for goal in goals {
        let GoalState { key, tags, met } = goal;
        let known = params![destination, key, tags, met, seconds(timestamp)];
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

fn set_state(
    transaction: &Transaction<'_>,
    destination: &str,
    id: &str,
    state: &str,
) -> rusqlite::Result<()> {
    transaction.execute(
        "UPDATE events SET state = ?3 WHERE destination = ?1 AND id = ?2",
        [destination, id, state],
    )?;
    Ok(())
}
