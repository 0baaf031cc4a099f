//! The alarms in a region.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::json;

use super::alarm::Alarm;
use crate::aws::{AwsError, AwsSettings, regions::AwsRegion};

/// The action that lists alarms.
pub(super) const DESCRIBE_ALARMS: &str = "cloudwatch:DescribeAlarms";

/// The maximum number of alarms on a page.
const PAGE_SIZE: u32 = 100;

/// One page of alarms. See
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html>.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Page {
    metric_alarms: Vec<Alarm>,
    composite_alarms: Vec<Alarm>,
    log_alarms: Vec<Alarm>,
    next_token: Option<String>,
}

/// The selected alarms of all types.
pub(super) async fn selected_alarms(
    region: &AwsRegion,
    settings: &AwsSettings,
) -> Result<Vec<Alarm>, AwsError> {
    let (mut alarms, mut listed) = (Vec::new(), BTreeSet::new());
    // Without types, AWS lists only the alarms of metrics.
    let types = ["MetricAlarm", "CompositeAlarm", "LogAlarm"];
    let mut input = json!({"AlarmTypes": types, "MaxRecords": PAGE_SIZE});
    let client = region.cloudwatch();
    loop {
        let response =
            region.record_response(DESCRIBE_ALARMS, client.call("DescribeAlarms", &input).await)?;
        let page: Page = serde_json::from_value(response).map_err(|error| AwsError::Response {
            action: DESCRIBE_ALARMS,
            what: format!("an alarm that cannot be read: {error}"),
        })?;
        let page_alarms = [page.metric_alarms, page.composite_alarms, page.log_alarms].into_iter().flatten();
        let selected = page_alarms.filter(|alarm| settings.alarms.matches(&alarm.name));
        // An alarm may be on two pages if the list changes while it is read.
        alarms.extend(selected.filter(|alarm| listed.insert(alarm.arn.clone())));
        if alarms.len() > settings.max_alarms as usize {
            let (what, limit) = ("alarms", settings.max_alarms);
            let alternative = "select fewer";
            return Err(AwsError::TooMany { what, limit, setting: "max_alarms", alternative });
        }
        match page.next_token {
            Some(token) => input["NextToken"] = token.into(),
            None => return Ok(alarms),
        }
    }
}
