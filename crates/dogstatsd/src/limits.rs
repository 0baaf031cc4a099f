//! The limits of the Agent and of the protocol.

use std::time::Duration;

/// Default maximum size of a UDP packet to another machine, in bytes. It fits into one Ethernet frame, even through common tunnels.
/// See <https://docs.datadoghq.com/developers/dogstatsd/high_throughput/>.
pub(crate) const REMOTE_PACKET_SIZE: u16 = 1432;

/// Default maximum size of a packet to an Agent on this machine, in bytes: the default of the Agent's `dogstatsd_buffer_size`. The
/// Agent cuts longer packets.
pub(crate) const LOCAL_PACKET_SIZE: u16 = 8192;

/// Minimum of `max_packet_size`, in bytes. A line with a long key and some tags must fit.
pub(crate) const MIN_PACKET_SIZE: u16 = 512;

/// Maximum of `max_packet_size`, in bytes: the largest payload of a UDP packet over IPv4.
pub(crate) const MAX_PACKET_SIZE: u16 = 65_507;

/// Maximum age of a point. The Agent passes timestamps on, and Datadog accepts one hour. One minute is reserved for clock skew.
/// See <https://docs.datadoghq.com/api/latest/metrics/#submit-metrics>.
pub(crate) const MAX_AGE: Duration = Duration::from_mins(59);

/// How far a point may be in the future. Datadog accepts ten minutes; one minute is reserved for clock skew.
pub(crate) const MAX_AHEAD: Duration = Duration::from_mins(9);

/// Maximum age of an event. Datadog accepts 18 hours; one minute is reserved.
/// See <https://docs.datadoghq.com/api/latest/events/#post-an-event>.
pub(crate) const MAX_EVENT_AGE: Duration = Duration::from_mins(18 * 60 - 1);

/// Maximum length of the text of an event, in characters.
/// See <https://docs.datadoghq.com/api/latest/events/#post-an-event>.
pub(crate) const MAX_EVENT_TEXT_LENGTH: usize = 4000;

/// Maximum length of an escaped link in an event, in characters. A longer link would leave too little room for the text.
pub(crate) const MAX_EVENT_LINK_LENGTH: usize = MAX_EVENT_TEXT_LENGTH - 1000;

/// Maximum length of the key that groups events, in characters.
pub(crate) const MAX_AGGREGATION_KEY_LENGTH: usize = 100;

/// A value in a line stands for at most 2^20 values of a distribution: its sample rate is at least 2^-20.
pub(crate) const MAX_RATE_SHIFT: u32 = 20;

/// Maximum number of values of a distribution. If all of them are equal, the packets repeat the
/// value about 4100 times.
pub(crate) const MAX_VALUES: u64 = 1 << 32;
