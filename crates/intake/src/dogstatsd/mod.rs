//! `DogStatsD`, as an application sends it to the Agent over UDP: metrics, events and service checks, one per line.
//! See <https://docs.datadoghq.com/developers/dogstatsd/datagram_shell/>.

mod aggregates;
mod event;
mod fields;
mod line;
mod line_error;
mod metric;
mod service_check;

pub use line::check_line;
pub use line_error::LineError;

pub(crate) use aggregates::{Aggregates, INTERVAL};
pub(crate) use event::EventLine;
pub(crate) use line::Line;
pub(crate) use metric::{MetricLine, MetricType, Values};
