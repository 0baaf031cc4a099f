//! What a monitor does if its evaluation window contains no point, in Datadog's model.

use datadog_api_client::datadogV1::model::OnMissingDataOption;
use system_health_registry::alerting::OnMissingData;

/// The option of Datadog's model.
pub(super) fn option(on_missing_data: OnMissingData) -> OnMissingDataOption {
    match on_missing_data {
        OnMissingData::Default => OnMissingDataOption::DEFAULT,
        OnMissingData::ShowNoData => OnMissingDataOption::SHOW_NO_DATA,
        OnMissingData::ShowAndNotifyNoData => OnMissingDataOption::SHOW_AND_NOTIFY_NO_DATA,
        OnMissingData::Resolve => OnMissingDataOption::RESOLVE,
    }
}
