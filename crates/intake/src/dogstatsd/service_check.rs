//! Service checks: `_sc|redis.up|2|d:1656581400|h:web|#env:prod|m:it is down`.

use super::{
    fields::{tags, timestamp},
    line_error::LineError,
};
use crate::service_check::{MAX_STATUS, ServiceCheck};

/// A line with a service check.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ServiceCheckLine(pub(crate) ServiceCheck);

impl ServiceCheckLine {
    /// Parses what follows `_sc|`.
    pub(super) fn parse(rest: &str) -> Result<Self, LineError> {
        let mut fields = rest.split('|');
        let name = fields.next().filter(|name| !name.is_empty()).ok_or(LineError::ServiceCheck)?;
        let status =
            fields.next().and_then(|status| status.parse().ok()).filter(|status| *status <= MAX_STATUS);
        let mut check = ServiceCheck {
            check: name.to_owned(),
            status: status.ok_or(LineError::ServiceCheck)?,
            host_name: None,
            timestamp: None,
            message: None,
            tags: None,
        };
        for field in fields {
            if let Some(text) = field.strip_prefix('#') {
                check.tags = Some(tags(text));
            }
            match field.split_once(':') {
                Some(("d", seconds)) => check.timestamp = Some(timestamp(seconds)?),
                Some(("h", host)) => check.host_name = Some(host.to_owned()),
                Some(("m", message)) => check.message = Some(message.replace("\\n", "\n")),
                _ => {}
            }
        }
        Ok(Self(check))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_fields_of_a_service_check_are_read() {
        let ServiceCheckLine(check) =
            ServiceCheckLine::parse("redis.up|2|d:1656581400|h:web|#env:prod|m:it: is down").unwrap();

        assert_eq!((check.check.as_str(), check.status), ("redis.up", 2));
        assert_eq!((check.timestamp, check.host_name.as_deref()), (Some(1_656_581_400), Some("web")));
        assert_eq!(check.message.as_deref(), Some("it: is down"));
        assert_eq!(check.tags, Some(["env:prod".to_owned()].into()));
    }

    #[test]
    fn a_service_check_needs_a_name_and_a_known_status() {
        for rest in ["", "|1", "a", "a|4", "a|x"] {
            assert_eq!(ServiceCheckLine::parse(rest), Err(LineError::ServiceCheck), "{rest}");
        }
    }
}
