//! What Datadog takes at most: <https://docs.datadoghq.com/api/latest/metrics/#submit-metrics>.

use std::time::Duration;

/// The longest payload, in bytes of JSON: 5 MiB.
pub(crate) const MAX_PLAIN: usize = 5 * 1024 * 1024;

/// The longest payload as it is sent, in bytes.
pub(crate) const MAX_COMPRESSED: usize = 512_000;

/// Datadog takes a point until one hour after its time. The minute less is for the way there: retries,
/// and a clock that is slow.
pub(crate) const MAX_AGE: Duration = Duration::from_mins(59);

/// Datadog takes a point until ten minutes ahead of its clock. The minute less is for a clock that is fast.
pub(crate) const MAX_AHEAD: Duration = Duration::from_mins(9);

/// Datadog takes an event until 18 hours after it happened. The minute less is for the way there.
/// See <https://docs.datadoghq.com/api/latest/events/#post-an-event>.
pub(crate) const MAX_EVENT_AGE: Duration = Duration::from_mins(18 * 60 - 1);

/// The longest text of an event, in characters.
pub(crate) const MAX_EVENT_TEXT: usize = 4000;

/// The longest key by which events are put together, in characters.
pub(crate) const MAX_AGGREGATION_KEY: usize = 100;
