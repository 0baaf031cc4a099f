//! The preferred temporality of counts, counters and distributions. See
//! <https://opentelemetry.io/docs/specs/otel/metrics/sdk_exporters/otlp/#additional-environment-variable-configuration>.

use serde::{Deserialize, Deserializer, de};
use system_health_registry::{Capabilities, Repeat, Temporality};

/// A value of the setting `temporality`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum TemporalityPreference {
    /// Totals since a start, as Prometheus expects.
    #[default]
    Cumulative,
    /// What was added since the previous run.
    Delta,
    /// Like `delta`, except that counters stay totals. So their previous totals need not be stored.
    LowMemory,
}

impl TemporalityPreference {
    /// The name, as in the settings.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Cumulative => "cumulative",
            Self::Delta => "delta",
            Self::LowMemory => "lowmemory",
        }
    }

    /// The temporality of distributions. Counts become deltas if it is `Delta`, and gauges otherwise.
    pub(crate) const fn temporality(self) -> Temporality {
        match self {
            Self::Cumulative => Temporality::Cumulative,
            Self::Delta | Self::LowMemory => Temporality::Delta,
        }
    }

    /// The capabilities of a receiver with this preference. OTLP does not say what happens to a repeated point: a receiver may
    /// add up repeated deltas.
    pub(crate) fn capabilities(self) -> Capabilities {
        let repeat = match self.temporality() {
            Temporality::Cumulative => Repeat::Overwrites,
            Temporality::Delta => Repeat::AddsUp,
        };
        let counter_temporality = match self {
            Self::Cumulative | Self::LowMemory => Temporality::Cumulative,
            Self::Delta => Temporality::Delta,
        };
        Capabilities {
            counts: repeat,
            distributions: repeat,
            counter_temporality,
            distribution_temporality: self.temporality(),
            ..Capabilities::default()
        }
    }
}

impl<'de> Deserialize<'de> for TemporalityPreference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let known = [Self::Cumulative, Self::Delta, Self::LowMemory];
        let found = known.into_iter().find(|known| known.name().eq_ignore_ascii_case(text.trim()));
        found.ok_or_else(|| de::Error::custom("write \"cumulative\", \"delta\" or \"lowmemory\""))
    }
}
