//! The metric about alerts.

use std::{error::Error, iter};

use futures::future::join_all;
use system_health_registry::{ItemError, Sample, SharedError, Unavailable, system_health_metric};

use super::{alert_kind::AlertKind, list};
use crate::{
    github::{Cause, GitHubError, GitHubRepository},
    github_access,
    repository::Repository,
};

github_access!("security.*", Rest, [CodeScanningAlerts, DependabotAlerts, SecretScanningAlerts]);

/// Open alerts about the security of the repository, by severity and by kind: `dependabot`, `code_scanning` or
/// `secret_scanning`.
#[system_health_metric(
    key = "security.alerts_open",
    each = Repository,
    unit = "alert",
    aggregate = "sum",
    by = ["kind", "severity"],
    enabled = false,
    requests = 3,
    timeout = "1h",
    only_now = "only the alerts that are open now are read"
)]
pub async fn open_alerts(
    repository: GitHubRepository,
) -> Result<Vec<Result<Sample, ItemError>>, Unavailable> {
    let read = AlertKind::ALL.map(|kind| list::read(&repository, kind));
    let (mut samples, mut reasons) = (Vec::new(), Vec::new());
    for (kind, read) in AlertKind::ALL.into_iter().zip(join_all(read).await) {
        match read {
            Ok(counts) => samples.extend(counts.into_iter().map(Ok)),
            Err(Unavailable::NoData(reason)) => reasons.push(reason.to_string()),
            // The limit for the requests of a run is not a problem of one kind of alerts.
            Err(Unavailable::Error(error)) if has_no_requests_left(&error) => {
                return Err(Unavailable::Error(error));
            }
            Err(Unavailable::Error(error)) => {
                samples.push(Err(ItemError::new(error.to_string()).with_tag("kind", kind.tag())));
            }
        }
    }
    if samples.is_empty() {
        return Err(Unavailable::no_data(reasons.join("; ")));
    }
    for reason in reasons {
        tracing::info!(target: "system_health", "security.alerts_open: {reason}");
    }
    Ok(samples)
}

/// Whether the reason for an error is that the run may make no further requests.
fn has_no_requests_left(error: &SharedError) -> bool {
    let error: &(dyn Error + 'static) = error.as_error();
    iter::successors(Some(error), |&error| error.source())
        .filter_map(|error| error.downcast_ref::<GitHubError>())
        .any(|error| matches!(error.cause(), Cause::MaxRequests(_)))
}
