//! Cuts a delivery into batches, one for each request.

use std::collections::{BTreeMap, VecDeque};

use system_health_registry::{Point, Tag, Value};

use crate::histogram;

/// Maximum size of a request's body, in bytes before compression. A receiver should accept 20 MiB
/// (<https://opentelemetry.io/docs/specs/otlp/#otlphttp-request>), but some receivers and proxies accept less.
pub(crate) const MAX_BODY: usize = 4 * 1024 * 1024;

/// The size of the fixed parts of a data point: two timestamps, a value, and protobuf's field numbers and lengths.
const DATA_POINT_SIZE: usize = 64;
/// The size of an attribute without its texts.
const ATTRIBUTE_SIZE: usize = 16;

/// Points that are sent in one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Batch {
    /// The positions of the points in the delivery, in ascending order.
    pub(crate) positions: Vec<usize>,
    /// Whether the points count twice if they are sent twice.
    pub(crate) adds_up: bool,
    /// The progress of the search for refused points.
    pub(crate) search: Search,
}

/// The progress of the search for the refused points of a batch. A receiver says only how many points it refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Search {
    /// The points have not been sent yet, or the receiver has accepted none of them.
    NotStarted,
    /// The receiver has refused this number of points and accepted the others. The same batch is sent again, to find out whether
    /// the receiver accepts a point twice.
    Repeat(usize),
    /// The receiver accepts a point twice, so parts of the batch may be sent.
    Started,
}

impl Batch {
    /// The two halves of a batch of at least two points.
    pub(crate) fn halves(self) -> [Self; 2] {
        let Self { mut positions, adds_up, search } = self;
        let second = positions.split_off(positions.len() / 2);
        [positions, second].map(|positions| Self { positions, adds_up, search })
    }
}

/// Cuts points into batches of about `limit` bytes. Points that add up are in batches of their own, because only they must not be
/// sent again after an unclear response.
///
/// The points of each run are in batches of their own, too, the oldest run first. Some receivers refuse a point that they have
/// already stored. If new points were in the same batch, it would be unknown which points were refused, so all of them would be
/// sent again by each later run. Without new points, the receiver refuses the whole batch, so each point is known to be refused.
pub(crate) fn cut(
    points: &[Point],
    positions: impl IntoIterator<Item = usize>,
    adds_up: impl Fn(&Point) -> bool,
    limit: usize,
) -> VecDeque<Batch> {
    let mut runs = BTreeMap::<_, Vec<usize>>::new();
    for position in positions {
        if let Some(point) = points.get(position) {
            runs.entry(point.timestamp).or_default().push(position);
        }
    }
    runs.into_values().flat_map(|run| cut_run(points, run, &adds_up, limit)).collect()
}

fn cut_run(
    points: &[Point],
    positions: Vec<usize>,
    adds_up: impl Fn(&Point) -> bool,
    limit: usize,
) -> Vec<Batch> {
    let mut batches = Vec::new();
    let mut open =
        [false, true].map(|adds_up| (0, Batch { positions: vec![], adds_up, search: Search::NotStarted }));
    for position in positions {
        let Some(point) = points.get(position) else { continue };
        let (size, batch) = &mut open[usize::from(adds_up(point))];
        let added = estimated_size(point);
        if *size + added > limit && !batch.positions.is_empty() {
            let next = Batch { positions: vec![], ..*batch };
            batches.push(std::mem::replace(batch, next));
            *size = 0;
        }
        *size += added;
        batch.positions.push(position);
    }
    batches.extend(open.map(|(_, batch)| batch).into_iter().filter(|batch| !batch.positions.is_empty()));
    batches
}

/// Approximate size of a point in a request. Its key and tags are counted, although the points of a metric share some of them.
fn estimated_size(point: &Point) -> usize {
    let tags: usize = point.tags.iter().map(|tag: &Tag| tag.as_str().len() + ATTRIBUTE_SIZE).sum();
    let values = match &point.value {
        Value::Number(_) => 0,
        Value::Distribution(distribution) => histogram::estimated_size(distribution),
    };
    DATA_POINT_SIZE + point.key.len() + tags + values
}
