//! New ids. They are computed with Rust's default hash function, which has a random seed.

use std::{
    hash::{BuildHasher, RandomState},
    time::{SystemTime, UNIX_EPOCH},
};

use system_health_registry::trace::{SpanId, TraceId};

/// The ids of one trace.
#[derive(Debug)]
pub(super) struct Ids {
    random: RandomState,
    pub(super) trace: TraceId,
}

impl Ids {
    /// Makes the id of a trace as Datadog's clients do: the time in seconds, 32 zero bits, and 64 random bits.
    pub(super) fn new(started_at: SystemTime) -> Self {
        let random = RandomState::new();
        let seconds = started_at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let id = (u128::from(seconds & u64::from(u32::MAX)) << 96) | u128::from(random.hash_one(u64::MAX));
        Self { trace: TraceId::new(id).unwrap_or(TraceId::new(1).expect("one is not zero")), random }
    }

    /// The id of a span by its number in the trace.
    pub(super) fn span(&self, number: usize) -> SpanId {
        SpanId::new(self.random.hash_one(number)).unwrap_or(SpanId::new(1).expect("one is not zero"))
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, time::Duration};

    use super::*;

    #[test]
    fn a_trace_id_starts_with_the_time() {
        let ids = Ids::new(UNIX_EPOCH + Duration::from_secs(0x692f_5c3a));
        assert!(ids.trace.to_string().starts_with("692f5c3a00000000"), "{}", ids.trace);
    }

    #[test]
    fn ids_are_different() {
        let ids: Vec<Ids> = (0..10).map(|_| Ids::new(UNIX_EPOCH)).collect();
        let traces: HashSet<_> = ids.iter().map(|ids| ids.trace).collect();
        let spans: HashSet<_> = ids.iter().flat_map(|ids| (0..100).map(|number| ids.span(number))).collect();
        assert_eq!((traces.len(), spans.len()), (10, 1000));
    }
}
