//! What happened to the points of a delivery.

use system_health_registry::{DeliveryError, Fate, Settlement};

use crate::family::PointError;

/// The fates of the points of a delivery, by position.
pub(crate) struct Fates(Vec<Option<Fate>>);

/// A metric that is refused.
#[derive(Debug, thiserror::Error)]
#[error("`{key}` is refused")]
pub(crate) struct RefusedMetric {
    pub(crate) key: String,
    pub(crate) source: DeliveryError,
}

impl Fates {
    /// No point has a fate yet.
    pub(crate) fn new(points: usize) -> Self {
        Self(vec![None; points])
    }

    pub(crate) fn set(&mut self, positions: impl IntoIterator<Item = usize>, fate: &Fate) {
        for position in positions {
            if let Some(current) = self.0.get_mut(position) {
                *current = Some(fate.clone());
            }
        }
    }

    pub(crate) fn refuse(&mut self, position: usize, error: PointError) {
        self.set([position], &Fate::Refused(DeliveryError::new(error)));
    }

    /// The settlements of all points that have a fate. Adjacent points that were accepted are combined, and so are those that were
    /// repeated.
    pub(crate) fn settlements(self) -> Vec<Settlement> {
        let mut settlements = Vec::<Settlement>::new();
        for (position, fate) in self.0.into_iter().enumerate() {
            let Some(fate) = fate else { continue };
            match settlements.last_mut() {
                Some(Settlement { points, fate: previous })
                    if points.end == position
                        && matches!(
                            (&*previous, &fate),
                            (Fate::Accepted, Fate::Accepted) | (Fate::Repeated, Fate::Repeated)
                        ) =>
                {
                    points.end += 1;
                }
                _ => settlements.push(Settlement { points: position..position + 1, fate }),
            }
        }
        settlements
    }
}
