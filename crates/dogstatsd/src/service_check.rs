//! Service checks. See <https://docs.datadoghq.com/developers/dogstatsd/datagram_shell/?tab=servicechecks>.

use std::time::UNIX_EPOCH;

use system_health_registry::{Point, Value, self_metrics::COLLECTOR_SUCCESS};

use crate::encoder::Encoder;

/// The name of the service check that says for each metric whether it could be collected.
const CAN_COLLECT: &str = "system_health.reporter.can_collect";

/// The statuses of the protocol.
const OK: u8 = 0;
const WARNING: u8 = 1;
const CRITICAL: u8 = 2;

impl Encoder {
    /// The line of the service check that belongs to a point, if there is one. It fits into a packet, because it is
    /// shorter than the line of the point.
    pub(crate) fn service_check(&self, point: &Point) -> Option<String> {
        if point.key != COLLECTOR_SUCCESS.key {
            return None;
        }
        let Value::Number(share) = point.value else { return None };
        let status = if share >= 1.0 {
            OK
        } else if share > 0.0 {
            WARNING
        } else {
            CRITICAL
        };
        let seconds = point.timestamp.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        Some(format!("_sc|{CAN_COLLECT}|{status}|d:{seconds}{}", self.fields(&point.tags, None)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use system_health_registry::{Kind, Tag};

    use super::*;

    fn point(key: &str, value: f64) -> Point {
        Point {
            key: key.to_owned(),
            kind: Kind::Gauge,
            unit: None,
            tags: [Tag::parse("metric:commits.hotfix").unwrap()].into(),
            timestamp: UNIX_EPOCH + Duration::from_secs(1_767_323_045),
            since: None,
            value: value.into(),
        }
    }

    #[test]
    fn the_status_follows_the_share_of_subjects_that_did_not_fail() {
        let encoder = Encoder { container: Some("ci-c0ffee".to_owned()), max_length: 1432 };
        for (share, status) in [(1.0, 0), (0.999, 1), (0.5, 1), (0.0, 2)] {
            assert_eq!(
                encoder.lines(&point(COLLECTOR_SUCCESS.key, share)).unwrap(),
                [
                    format!(
                        "system_health.reporter.collector_success:{share}|g|#metric:commits.hotfix|T1767323045|c:ci-c0ffee"
                    ),
                    format!(
                        "_sc|system_health.reporter.can_collect|{status}|d:1767323045|#metric:commits.hotfix|c:ci-c0ffee"
                    ),
                ]
            );
        }
    }

    #[test]
    fn other_metrics_have_no_service_check() {
        let encoder = Encoder { container: None, max_length: 1432 };

        assert_eq!(encoder.lines(&point("commits.hotfix", 0.0)).unwrap().len(), 1);
    }
}
