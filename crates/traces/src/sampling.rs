//! Which traces are kept. The decision depends only on the rate and the id of the trace, so it is always the same for a trace.

use serde::{Deserialize, Deserializer, de};
use system_health_registry::trace::TraceId;

/// Datadog's clients multiply ids by this number, so that the decision does not depend on how ids are made
/// (<https://github.com/DataDog/dd-trace-go/blob/main/ddtrace/tracer/sampler.go>).
const FACTOR: u64 = 1_111_111_111_111_111_111;

/// The part of traces that is kept, from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct SampleRate(f64);

impl SampleRate {
    pub(crate) fn get(self) -> f64 {
        self.0
    }

    /// Whether a trace is kept.
    #[expect(clippy::cast_precision_loss, reason = "the error is far below the differences between rates")]
    pub(crate) fn keeps(self, trace: TraceId) -> bool {
        trace.low().wrapping_mul(FACTOR) as f64 <= self.0 * u64::MAX as f64
    }
}

/// Deserializes a rate.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<SampleRate>, D::Error> {
    let rate = f64::deserialize(deserializer)?;
    if !(0.0..=1.0).contains(&rate) {
        return Err(de::Error::custom("write a number from 0 (keep no trace) to 1 (keep all)"));
    }
    Ok(Some(SampleRate(rate)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_keeps_its_part_of_the_traces() {
        let kept = |rate: f64| {
            let traces = (1..=10_000_u128).filter_map(|id| TraceId::new(id << 96 | id));
            traces.filter(|trace| SampleRate(rate).keeps(*trace)).count()
        };
        assert_eq!((kept(0.0), kept(1.0)), (0, 10_000));
        assert!((2300..2700).contains(&kept(0.25)), "{}", kept(0.25));
    }
}
