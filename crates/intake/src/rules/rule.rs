//! The rules, each with Datadog's page about it.

use std::fmt;

use serde::{Serialize, Serializer};

/// What happens to a submission that breaks a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Datadog does not store it.
    Refused,
    /// Datadog stores something else.
    Changed,
    /// Datadog stores it, but probably not with the intended effect. Or the intake does not know what Datadog would do.
    Noted,
}

/// One of Datadog's rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Rule {
    /// A metric's name starts with a letter.
    NameStart,
    /// A metric's name has at most 200 characters.
    NameLength,
    /// A metric's name contains only ASCII letters, digits, `_` and `.`; other characters become `_`.
    NameCharacters,
    /// A tag is lower case, starts with a letter, contains only certain characters, and is at most 200 characters long.
    Tag,
    /// A tag contains a letter. What comes before the first letter is not stored.
    EmptyTag,
    /// A point is at most 1 hour old.
    TooOld,
    /// A point is at most 10 minutes ahead.
    TooFarAhead,
    /// A value is a finite number.
    Value,
    /// A value fits into 32 bits.
    LargeValue,
    /// A count or a rate has an interval.
    Interval,
    /// A metric keeps the type with which it was submitted first.
    Type,
    /// Datadog shows only units that it knows.
    Unit,
    /// Points of the same series and second replace each other.
    Replaced,
    /// A payload has at most 512,000 bytes, and 5 MiB when it is decompressed.
    PayloadSize,
    /// A payload has the documented form.
    Payload,
    /// An event is at most 18 hours old.
    EventAge,
    /// An event's text has at most 4,000 characters.
    EventText,
    /// An event's aggregation key has at most 100 characters.
    AggregationKey,
    /// Requests have an API key, and those that read or manage have an application key.
    Keys,
    /// The intake has no such endpoint. Datadog may have it.
    Endpoint,
    /// A line of `DogStatsD` has the documented form.
    Line,
    /// The Agent reads packets up to the size of its buffer, which is 8,192 bytes by default.
    PacketSize,
    /// Only counts, histograms, timers and distributions have a sample rate, and only without a timestamp.
    SampleRate,
    /// A trace has the documented form.
    Trace,
}

const CUSTOM_METRICS: &str = "https://docs.datadoghq.com/metrics/custom_metrics/#naming-custom-metrics";
const TAGS: &str = "https://docs.datadoghq.com/getting_started/tagging/#define-tags";
const SUBMIT: &str = "https://docs.datadoghq.com/api/latest/metrics/#submit-metrics";
const TYPES: &str = "https://docs.datadoghq.com/metrics/types/";
const EVENTS: &str = "https://docs.datadoghq.com/api/latest/events/#post-an-event";
const DATAGRAMS: &str = "https://docs.datadoghq.com/developers/dogstatsd/datagram_shell/";

impl Rule {
    /// What happens to a submission that breaks the rule.
    #[must_use]
    pub const fn effect(self) -> Effect {
        match self {
            Self::NameStart
            | Self::NameLength
            | Self::EmptyTag
            | Self::TooOld
            | Self::TooFarAhead
            | Self::Value
            | Self::PayloadSize
            | Self::Payload
            | Self::EventAge
            | Self::EventText
            | Self::Keys
            | Self::Line
            | Self::Trace => Effect::Refused,
            Self::NameCharacters
            | Self::Tag
            | Self::Replaced
            | Self::LargeValue
            | Self::AggregationKey
            | Self::PacketSize
            | Self::SampleRate => Effect::Changed,
            Self::Interval | Self::Type | Self::Unit | Self::Endpoint => Effect::Noted,
        }
    }

    /// Datadog's page about the rule.
    #[must_use]
    pub const fn link(self) -> &'static str {
        match self {
            Self::NameStart | Self::NameLength | Self::NameCharacters => CUSTOM_METRICS,
            Self::Tag | Self::EmptyTag => TAGS,
            Self::TooOld
            | Self::TooFarAhead
            | Self::Value
            | Self::Replaced
            | Self::PayloadSize
            | Self::Payload => SUBMIT,
            Self::LargeValue => {
                "https://docs.datadoghq.com/metrics/custom_metrics/#custom-metrics-properties"
            }
            Self::Interval | Self::Type => TYPES,
            Self::Unit => "https://docs.datadoghq.com/metrics/units/",
            Self::EventAge | Self::EventText | Self::AggregationKey => EVENTS,
            Self::Keys => "https://docs.datadoghq.com/account_management/api-app-keys/",
            Self::Endpoint => "https://docs.datadoghq.com/api/latest/",
            Self::Line | Self::SampleRate => DATAGRAMS,
            Self::PacketSize => "https://docs.datadoghq.com/developers/dogstatsd/high_throughput/",
            Self::Trace => "https://docs.datadoghq.com/tracing/guide/send_traces_to_agent_by_api/",
        }
    }

    /// The name in JSON, such as `name_length`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NameStart => "name_start",
            Self::NameLength => "name_length",
            Self::NameCharacters => "name_characters",
            Self::Tag => "tag",
            Self::EmptyTag => "empty_tag",
            Self::TooOld => "too_old",
            Self::TooFarAhead => "too_far_ahead",
            Self::Value => "value",
            Self::LargeValue => "large_value",
            Self::Interval => "interval",
            Self::Type => "type",
            Self::Unit => "unit",
            Self::Replaced => "replaced",
            Self::PayloadSize => "payload_size",
            Self::Payload => "payload",
            Self::EventAge => "event_age",
            Self::EventText => "event_text",
            Self::AggregationKey => "aggregation_key",
            Self::Keys => "keys",
            Self::Endpoint => "endpoint",
            Self::Line => "line",
            Self::PacketSize => "packet_size",
            Self::SampleRate => "sample_rate",
            Self::Trace => "trace",
        }
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Refused => "refused",
            Self::Changed => "changed",
            Self::Noted => "noted",
        })
    }
}
