//! One alarm.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer};
use system_health_registry::EvidenceItem;
use url::Url;

use crate::aws::page::console_page;

/// A metric alarm, a log alarm, or a composite alarm. See
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricAlarm.html>.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Alarm {
    #[serde(rename = "AlarmName")]
    pub(super) name: String,
    #[serde(rename = "AlarmArn")]
    pub(super) arn: String,
    #[serde(rename = "StateValue")]
    pub(super) state: String,
    #[serde(default, rename = "StateReason")]
    pub(super) reason: String,
    /// Whether a change of the state starts actions, such as a notification.
    #[serde(default = "enabled_by_default")]
    actions_enabled: bool,
    /// Set while another alarm suppresses the actions of a composite alarm.
    actions_suppressed_by: Option<String>,
    /// The last change of the state.
    #[serde(default, deserialize_with = "deserialize_time")]
    state_transitioned_timestamp: Option<SystemTime>,
    /// The last update of the state, which may have stayed the same.
    #[serde(default, deserialize_with = "deserialize_time")]
    state_updated_timestamp: Option<SystemTime>,
}

impl Alarm {
    /// The state of an alarm that fires.
    pub(super) const FIRING: &str = "ALARM";

    /// Whether the alarm's actions are disabled or suppressed, so that nobody should be notified.
    pub(super) fn is_muted(&self) -> bool {
        !self.actions_enabled || self.actions_suppressed_by.is_some()
    }

    /// When the alarm's state changed. If AWS does not say when: the time of the last update.
    pub(super) fn changed_at(&self) -> Option<SystemTime> {
        self.state_transitioned_timestamp.or(self.state_updated_timestamp)
    }

    pub(super) fn evidence(&self, region: &str) -> EvidenceItem {
        let muted = if self.is_muted() { " (its actions are disabled or suppressed)" } else { "" };
        let reason = if self.reason.is_empty() { "CloudWatch gives no reason" } else { &*self.reason };
        EvidenceItem::new(&self.name, true, format!("{reason}{muted}"))
            .with_link(self.page(region).as_deref())
    }

    /// The alarm's page in the console.
    pub(super) fn page(&self, region: &str) -> Option<String> {
        let mut page: Url = console_page(region, ["cloudwatch", "home"])?.parse().ok()?;
        // A slash in the name would begin another part of the fragment.
        let name = console_page(region, [&*self.name])?;
        let name = name.rsplit_once('/')?.1.split('?').next()?.to_owned();
        page.set_fragment(Some(&format!("alarmsV2:alarm/{name}")));
        Some(page.into())
    }
}

fn enabled_by_default() -> bool {
    true
}

/// Deserializes seconds since 1970.
fn deserialize_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SystemTime>, D::Error> {
    let seconds: Option<f64> = Option::deserialize(deserializer)?;
    let time = |seconds| UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds).ok()?);
    Ok(seconds.and_then(time))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_time_of_a_change_is_preferred_to_that_of_an_update() {
        let changed_at = |times: serde_json::Value| {
            let mut alarm = json!({"AlarmName": "a", "AlarmArn": "arn", "StateValue": "OK"});
            alarm.as_object_mut().unwrap().extend(times.as_object().unwrap().clone());
            serde_json::from_value::<Alarm>(alarm).unwrap().changed_at()
        };
        let at = |seconds| Some(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(
            changed_at(json!({"StateTransitionedTimestamp": 5.0, "StateUpdatedTimestamp": 9.0})),
            at(5)
        );
        assert_eq!(changed_at(json!({"StateUpdatedTimestamp": 9})), at(9));
        assert_eq!(changed_at(json!({"StateUpdatedTimestamp": -1e300})), None);
    }

    #[test]
    fn the_name_is_encoded_in_the_link() {
        let alarm = json!({"AlarmName": "5xx / a?b", "AlarmArn": "arn", "StateValue": "OK"});
        let alarm: Alarm = serde_json::from_value(alarm).unwrap();
        assert_eq!(
            alarm.page("eu-west-1").unwrap(),
            "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#alarmsV2:alarm/5xx%20%2F%20a%3Fb"
        );
    }
}
