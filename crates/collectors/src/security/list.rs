//! Reads the open alerts of a kind.

use std::collections::BTreeMap;

use http::StatusCode;
use system_health_registry::{Sample, Unavailable};

use super::{alert::AlertResponse, alert_kind::AlertKind};
use crate::github::{Cause, GitHubError, GitHubRepository, is_about_feature, no_data_without};

/// The number of open alerts of each severity.
///
/// There is no data if the kind is not in use or the token may not read its alerts.
pub(super) async fn read(repository: &GitHubRepository, kind: AlertKind) -> Result<Vec<Sample>, Unavailable> {
    let pages = repository.pages::<Vec<AlertResponse>>(&kind.path(), kind.query()).all().await;
    let pages = pages.map_err(|error| unavailable(repository, kind, error))?;
    // An alert may be on two pages if the list grew while it was read.
    let alerts: BTreeMap<u64, AlertResponse> = pages
        .into_iter()
        .flatten()
        .filter(AlertResponse::is_open)
        .map(|alert| (alert.number, alert))
        .collect();
    let mut by_severity: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for alert in alerts.values() {
        by_severity.entry(alert.severity(kind)?).or_default().push(alert.item());
    }
    let sample = |severity: &&'static str| {
        let evidence = by_severity.remove(severity).unwrap_or_default();
        let sample = Sample::new(evidence.len())?.with_tag("severity", severity)?;
        Ok(sample.with_tag("kind", kind.tag())?.with_evidence(evidence))
    };
    kind.severities().iter().map(sample).collect()
}

fn unavailable(repository: &GitHubRepository, kind: AlertKind, error: GitHubError) -> Unavailable {
    let (name, tag) = (repository.name(), kind.tag());
    let cause = error.cause();
    match cause {
        // Only GitHub's message says that the feature is off: "Dependabot alerts are disabled for this repository".
        Cause::Status { status: StatusCode::FORBIDDEN, .. }
            if error.message().is_some_and(is_about_feature) =>
        {
            Unavailable::no_data(format!("{tag} is not in use in {name}: {cause}"))
        }
        // GitHub's response is the same if the feature is off and if the permission is missing.
        Cause::Status { status: StatusCode::NOT_FOUND, .. } => Unavailable::no_data(format!(
            "{tag} is not in use in {name}, or the GitHub token needs the permission `{}` (read): {cause}",
            kind.permission()
        )),
        _ => {
            let error = anyhow::Error::new(error);
            let error = error.context(format!("cannot list the alerts of {tag} in {name}"));
            no_data_without(kind.permission(), name, error)
        }
    }
}
