//! The points of one request.

use std::{collections::VecDeque, ops::Range};

use system_health_registry::{DeliveryError, Fate, Point, Settlement};

use crate::{
    datum::data,
    limits::{MAX_DATA, MAX_REQUEST_BYTES},
    namespace::Namespace,
    point::CloudWatchPoint,
};

/// The end of a request's body.
const END: &str = "]}";

/// A point with its data as JSON. All data of a point are in the same request, so that the point has one fate.
#[derive(Debug)]
struct EncodedPoint {
    /// Its position in the delivery.
    position: usize,
    data: Vec<String>,
}

/// The points of one request.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    points: Vec<EncodedPoint>,
    /// The number of data of all points.
    data_count: usize,
    /// The size of the body, in bytes.
    bytes: usize,
}

/// Divides points into requests. Also returns the settlements of points that CloudWatch would refuse.
pub(crate) fn batches(namespace: &Namespace, points: &[Point]) -> (VecDeque<Batch>, VecDeque<Settlement>) {
    let (mut batches, mut refused) = (VecDeque::new(), VecDeque::new());
    let mut batch = Batch::new(namespace);
    for (position, point) in points.iter().enumerate() {
        let encoded = CloudWatchPoint::from_point(point).map_err(DeliveryError::new);
        let encoded = encoded.and_then(|point| data(&point).map_err(DeliveryError::new));
        match encoded {
            Ok(data) => {
                let point = EncodedPoint { position, data };
                if !batch.has_space_for(&point) {
                    batches.push_back(std::mem::replace(&mut batch, Batch::new(namespace)));
                }
                batch.push(point);
            }
            Err(error) => {
                refused.push_back(Settlement { points: position..position + 1, fate: Fate::Refused(error) });
            }
        }
    }
    if batch.len() > 0 {
        batches.push_back(batch);
    }
    (batches, refused)
}

impl Batch {
    fn new(namespace: &Namespace) -> Self {
        Self { bytes: start(namespace).len() + END.len(), ..Self::default() }
    }

    fn has_space_for(&self, point: &EncodedPoint) -> bool {
        self.points.is_empty()
            || self.data_count + point.data.len() <= MAX_DATA
                && self.bytes + point.bytes() <= MAX_REQUEST_BYTES
    }

    fn push(&mut self, point: EncodedPoint) {
        self.data_count += point.data.len();
        self.bytes += point.bytes();
        self.points.push(point);
    }

    /// The number of points.
    pub(crate) fn len(&self) -> usize {
        self.points.len()
    }

    /// Divides the batch into two halves.
    pub(crate) fn halves(mut self, namespace: &Namespace) -> [Self; 2] {
        let second = self.points.split_off(self.points.len() / 2);
        [self.points, second].map(|points| {
            let mut half = Self::new(namespace);
            for point in points {
                half.push(point);
            }
            half
        })
    }

    /// The body of the request.
    pub(crate) fn body(&self, namespace: &Namespace) -> String {
        let mut body = start(namespace);
        body.reserve(self.bytes);
        for (position, datum) in self.points.iter().flat_map(|point| &point.data).enumerate() {
            if position > 0 {
                body.push(',');
            }
            body.push_str(datum);
        }
        body + END
    }

    /// The positions of its points in the delivery.
    pub(crate) fn positions(&self) -> Vec<Range<usize>> {
        let mut ranges = Vec::<Range<usize>>::new();
        for point in &self.points {
            match ranges.last_mut() {
                Some(range) if range.end == point.position => range.end += 1,
                _ => ranges.push(point.position..point.position + 1),
            }
        }
        ranges
    }
}

impl EncodedPoint {
    /// The size of the data, each with a comma.
    fn bytes(&self) -> usize {
        self.data.iter().map(|datum| datum.len() + 1).sum()
    }
}

fn start(namespace: &Namespace) -> String {
    format!(r#"{{"Namespace":{},"MetricData":["#, serde_json::Value::from(namespace.as_str()))
}
