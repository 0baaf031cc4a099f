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
