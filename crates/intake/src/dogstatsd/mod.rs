//! `DogStatsD`, as an application sends it to the Agent over UDP: metrics, events and service checks, one a line.
//! See <https://docs.datadoghq.com/developers/dogstatsd/datagram_shell/>.

mod event;
mod fields;
mod flushes;
mod line;
mod metric;
mod receive;
mod service_check;

pub use line::{LineError, parses};

pub(crate) use flushes::Flushes;
pub(crate) use receive::{MAX_PACKET, receive};
