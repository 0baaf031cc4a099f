//! The sink for a Pushgateway or a textfile. Prometheus accepts no timestamps from either, so values of different runs
//! would look equally new. Therefore the store must contain the values of exactly one run. All points of a run have the
//! same time. The first points with a newer time replace the contents of the store. Further points with that time are
//! added.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::Arc,
    time::SystemTime,
};

use futures::{
    StreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use system_health_registry::{DeliveryError, Event, Fate, Point, Settlement, Sink};
use tokio::{sync::Mutex, time::Instant};

use crate::{
    family::{Encoder, Families, PointError},
    family_store::{FamilyStore, WriteError},
    fates::{Fates, RefusedMetric},
    part::Part,
};

/// Delivers points to a store.
pub(crate) struct PrometheusSink<T> {
    store: T,
    encoder: Encoder,
    written: Mutex<Written>,
}

/// The families that this sink has written to the store.
#[derive(Debug, Default)]
struct Written {
    values: Snapshot,
    reporter: Snapshot,
}

/// The families of one run.
#[derive(Debug, Default)]
struct Snapshot {
    timestamp: Option<SystemTime>,
    families: Families,
    /// Whether the first families of the run have replaced the earlier contents of the store.
    has_replaced: bool,
}

/// Families that are written together, and the positions of the points of each.
#[derive(Debug)]
struct Batch {
    /// Shared with the store while it writes them.
    families: Arc<Families>,
    positions: BTreeMap<String, Vec<usize>>,
}

/// The values of an earlier run could not be removed.
#[derive(Debug, thiserror::Error)]
#[error("cannot remove the values of an earlier run, so Prometheus continues to read them")]
struct NotCleared(#[source] DeliveryError);

impl<T: FamilyStore> PrometheusSink<T> {
    pub(crate) fn new(store: T, encoder: Encoder) -> Self {
        Self { store, encoder, written: Mutex::default() }
    }

    async fn settle(&self, points: &[Point], deadline: Instant) -> Vec<Settlement> {
        let mut written = self.written.lock().await;
        let mut fates = Fates::new(points.len());
        for part in Part::ALL {
            let positions: Vec<usize> = points
                .iter()
                .enumerate()
                .filter(|(_, point)| Part::from_key(&point.key) == part)
                .map(|(at, _)| at)
                .collect();
            let snapshot = written.snapshot_mut(part);
            if positions.is_empty() {
                continue;
            }
            snapshot
                .begin(positions.iter().filter_map(|at| points.get(*at)).map(|point| point.timestamp).max());
            let had_replaced = snapshot.has_replaced;
            self.deliver_part(part, snapshot, points, positions, deadline, &mut fates).await;
            if part == Part::Values && snapshot.has_replaced && !had_replaced {
                self.store.clean_up(deadline).await;
            }
        }
        fates.settlements()
    }

    async fn deliver_part(
        &self,
        part: Part,
        snapshot: &mut Snapshot,
        points: &[Point],
        positions: Vec<usize>,
        deadline: Instant,
        fates: &mut Fates,
    ) {
        let is_current = |at: &usize| points.get(*at).map(|point| point.timestamp) == snapshot.timestamp;
        let (current, earlier): (Vec<usize>, Vec<usize>) = positions.into_iter().partition(is_current);
        for (at, point) in earlier.into_iter().filter_map(|at| Some((at, points.get(at)?))) {
            fates.refuse(at, PointError::Superseded(point.key.clone()));
        }
        let encoded = self.encoder.encode(points, current, &snapshot.families);
        for (at, error) in encoded.refused {
            fates.refuse(at, error);
        }
        let (mut families, mut positions) = (Families::new(), BTreeMap::new());
        for (name, (family, positions_of_family)) in encoded.families {
            families.insert(name.clone(), family);
            positions.insert(name, positions_of_family);
        }
        let mut batches = VecDeque::from([Batch { families: Arc::new(families), positions }]);
        while let Some(batch) = batches.pop_front().filter(|batch| !batch.families.is_empty()) {
            match self.write(part, snapshot, &batch.families, deadline).await {
                Ok(()) => {
                    fates.set(batch.positions.into_values().flatten(), &Fate::Accepted);
                    snapshot.families.extend(Arc::unwrap_or_clone(batch.families));
                }
                Err(WriteError::Refused(_)) if batch.families.len() > 1 => {
                    for half in batch.halves().into_iter().rev() {
                        batches.push_front(half);
                    }
                }
                Err(WriteError::Refused(source)) => {
                    for (family, positions) in batch.families.values().zip(batch.positions.into_values()) {
                        let error = RefusedMetric { key: family.key.clone(), source: source.clone() };
                        fates.set(positions, &Fate::Refused(DeliveryError::new(error)));
                    }
                }
                Err(WriteError::Unknown(error)) => {
                    fates.set(batch.positions.into_values().flatten(), &Fate::Unknown(error.clone()));
                    return leave(fates, batches, &error);
                }
                Err(WriteError::Left(error)) => {
                    batches.push_front(batch);
                    return leave(fates, batches, &error);
                }
            }
        }
    }

    async fn write(
        &self,
        part: Part,
        snapshot: &mut Snapshot,
        families: &Arc<Families>,
        deadline: Instant,
    ) -> Result<(), WriteError> {
        if snapshot.has_replaced {
            return self.store.add(part, families, &snapshot.families, deadline).await;
        }
        self.store.replace(part, families, deadline).await?;
        snapshot.has_replaced = true;
        Ok(())
    }

    /// Removes all values.
    async fn clear_values(&self, deadline: Instant) -> Result<(), DeliveryError> {
        let mut written = self.written.lock().await;
        written.values = Snapshot::default();
        match self.store.replace(Part::Values, &Arc::default(), deadline).await {
            Ok(()) => Ok(()),
            Err(WriteError::Refused(error) | WriteError::Left(error) | WriteError::Unknown(error)) => {
                Err(DeliveryError::new(NotCleared(error)))
            }
        }
    }
}

fn leave(fates: &mut Fates, batches: impl IntoIterator<Item = Batch>, error: &DeliveryError) {
    let positions = batches.into_iter().flat_map(|batch| batch.positions.into_values().flatten());
    fates.set(positions, &Fate::Left(error.clone()));
}

impl Batch {
    fn halves(self) -> [Self; 2] {
        let (mut families, mut positions) = (Arc::unwrap_or_clone(self.families), self.positions);
        let middle = families.keys().nth(families.len() / 2).cloned().unwrap_or_default();
        let rest = (families.split_off(&middle), positions.split_off(&middle));
        [(families, positions), rest]
            .map(|(families, positions)| Self { families: Arc::new(families), positions })
    }
}

impl<T: FamilyStore> Sink for PrometheusSink<T> {
    fn check(&self, deadline: Instant) -> BoxFuture<'_, Result<(), DeliveryError>> {
        Box::pin(self.store.check(deadline))
    }

    fn deliver<'a>(&'a self, points: &'a [Point], deadline: Instant) -> BoxStream<'a, Settlement> {
        stream::once(self.settle(points, deadline)).flat_map(stream::iter).boxed()
    }

    fn clear(&self, deadline: Instant) -> BoxFuture<'_, Result<(), DeliveryError>> {
        Box::pin(self.clear_values(deadline))
    }

    fn announce<'a>(&'a self, _event: &'a Event, _deadline: Instant) -> BoxFuture<'a, Fate> {
        Box::pin(async { Fate::Refused(DeliveryError::new("Prometheus does not accept events")) })
    }
}

impl Written {
    fn snapshot_mut(&mut self, part: Part) -> &mut Snapshot {
        match part {
            Part::Values => &mut self.values,
            Part::Reporter => &mut self.reporter,
        }
    }
}

impl Snapshot {
    /// Starts an empty snapshot if the points belong to a newer run.
    fn begin(&mut self, newest: Option<SystemTime>) {
        if newest > self.timestamp {
            *self = Self { timestamp: newest, ..Self::default() };
        }
    }
}

impl<T: FamilyStore> fmt::Debug for PrometheusSink<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrometheusSink").field("store", &self.store).finish_non_exhaustive()
    }
}
