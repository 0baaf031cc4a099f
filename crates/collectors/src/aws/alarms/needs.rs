//! What the metric about alarms needs.

use futures::FutureExt;

use super::{alarm_list::DESCRIBE_ALARMS, regional_alarms::CloudWatchAlarms};
use crate::aws::needs::AwsNeeds;

/// What the metric about alarms needs.
pub(crate) const NEEDS: AwsNeeds = AwsNeeds {
    keys: "aws.alarms",
    actions: &[DESCRIBE_ALARMS],
    read: |context| async { context.get::<CloudWatchAlarms>().await.map(drop) }.boxed(),
};
