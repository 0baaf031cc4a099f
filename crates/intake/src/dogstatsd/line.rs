//! A line of the protocol.

use super::{event::EventLine, line_error::LineError, metric::MetricLine, service_check::ServiceCheckLine};

/// What a line says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Line {
    Metric(MetricLine),
    Event(EventLine),
    ServiceCheck(ServiceCheckLine),
}

/// Checks whether the Agent accepts a line.
pub fn check_line(line: &[u8]) -> Result<(), LineError> {
    Line::parse(line).map(drop)
}

impl Line {
    pub(crate) fn parse(line: &[u8]) -> Result<Self, LineError> {
        let line = std::str::from_utf8(line).map_err(|_| LineError::Text)?;
        if let Some(rest) = line.strip_prefix("_e{") {
            EventLine::parse(rest).map(Self::Event)
        } else if let Some(rest) = line.strip_prefix("_sc|") {
            ServiceCheckLine::parse(rest).map(Self::ServiceCheck)
        } else {
            MetricLine::parse(line).map(Self::Metric)
        }
    }
}
