//! Records a run in a second store, after a store that contains the run, or may contain it, has failed.

use std::collections::BTreeMap;

use rusqlite::{Transaction, params};
use system_health_registry::{Report, Temporality};

use crate::{
    Continuity, PendingId, Recipient, RunId, Store, StoreError,
    outbox::remove_from_outbox,
    record::{KIND_IS_IN_LIST, insert},
};

/// A run that was recorded in a second store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunCopy {
    /// The run in the second store.
    pub run: RunId,
    /// The number of points that were not added to the outbox of each destination.
    pub withheld: BTreeMap<String, u64>,
}

impl Store {
    /// Records a run that another store contains or may contain, like [`record_for`](Self::record_for).
    ///
    /// A later run may also deliver the points of the other store. So these points are not added to the outbox of a destination:
    ///
    /// - points that the destination would add up
    /// - points that are converted, because only the other store has the totals
    /// - counts and rates of the time since an earlier run: if the other store does not have this run, the next run counts that
    ///   time again
    pub fn record_copy(&self, report: &Report, recipients: &[Recipient]) -> Result<RunCopy, StoreError> {
        let unconverted: Vec<Recipient> = recipients.iter().map(Recipient::without_conversion).collect();
        self.write(|transaction| {
            let run = insert(transaction, report, &unconverted)?;
            let mut withheld = BTreeMap::new();
            for recipient in recipients {
                let points = points_to_withhold(transaction, run, recipient)?;
                remove_from_outbox(transaction, &recipient.destination, &points)?;
                withheld.insert(recipient.destination.clone(), points.len() as u64);
            }
            Ok(RunCopy { run, withheld })
        })
    }
}

impl Recipient {
    fn without_conversion(&self) -> Self {
        let continuity = Continuity::Kept;
        Self {
            counters: Temporality::Cumulative,
            distributions: Temporality::Delta,
            continuity,
            ..self.clone()
        }
    }

    /// The kinds whose points must come from one store only.
    fn kinds_of_one_store(&self) -> Vec<&'static str> {
        let counters = (self.counters == Temporality::Delta).then_some("counter");
        let distributions = (self.distributions == Temporality::Cumulative).then_some("distribution");
        self.adds_up.iter().copied().chain(counters).chain(distributions).collect()
    }
}

/// The waiting points of a run that a recipient must not get from a second store.
fn points_to_withhold(
    transaction: &Transaction<'_>,
    run: RunId,
    recipient: &Recipient,
) -> rusqlite::Result<Vec<PendingId>> {
    let kinds = recipient.kinds_of_one_store().join(",");
    transaction
        .prepare(&format!(
            "SELECT points.run, position
             FROM outbox
             CROSS JOIN points ON points.run = outbox.run AND position BETWEEN first AND last
             CROSS JOIN series ON series.id = series
             WHERE destination = ?1 AND outbox.run = ?2
               AND ({KIND_IS_IN_LIST} OR kind IN ('count', 'rate') AND since_ms IS NOT NULL)
             ORDER BY position"
        ))?
        .query_map(params![recipient.destination, run.0, kinds], PendingId::from_row)?
        .collect()
}
