//! Diagnoses the connection to Prometheus.

use std::time::{Duration, SystemTime};

use system_health_registry::Finding;
use tokio::{task::spawn_blocking, time::Instant};

use crate::{
    gateway::{Gateway, ListedGroup},
    gateway_error::RequestError,
    part::Part,
    remote_write::RemoteWrite,
    textfile::Textfile,
};

pub(crate) const PUSHGATEWAY: &str = "Pushgateway";
pub(crate) const REMOTE_WRITE: &str = "Prometheus remote write";
const TEXTFILE: &str = "Prometheus textfile";

/// Timeout of a diagnosis.
const TIMEOUT: Duration = Duration::from_secs(10);
/// If a group has not been pushed for this time, its reporter may no longer exist.
const OLD: Duration = Duration::from_hours(7 * 24);

/// Checks the Pushgateway. Also reports groups of reporters that may no longer exist, because the Pushgateway keeps values
/// until they are deleted.
pub(crate) async fn diagnose_gateway(gateway: &Gateway) -> Vec<Finding> {
    let deadline = Instant::now() + TIMEOUT;
    let diagnosis = async {
        let version = gateway.version(deadline).await?;
        let mut findings = vec![Finding::ok(PUSHGATEWAY, format!("version {version} at {}", gateway.url))];
        let groups = gateway.groups(deadline).await?;
        findings.extend(groups.iter().filter_map(|listed| old_group(gateway, listed)));
        Ok::<_, RequestError>(findings)
    };
    let failed = |error| {
        vec![Finding::failed(PUSHGATEWAY, system_health_registry::SharedError::new(error).to_string())]
    };
    diagnosis.await.unwrap_or_else(failed)
}

fn old_group(gateway: &Gateway, listed: &ListedGroup) -> Option<Finding> {
    let age = SystemTime::now().duration_since(listed.last_push).ok().filter(|age| *age > OLD)?;
    let days = age.as_secs() / (24 * 60 * 60);
    let url = gateway.group_url(&listed.group);
    let message = format!(
        "{} was last pushed {days} days ago; if this reporter no longer exists, delete its values: curl -X DELETE {url}",
        listed.group
    );
    Some(Finding::warning(PUSHGATEWAY, message))
}

/// Sends a request without samples. Also finds out whether Prometheus stores distributions.
pub(crate) async fn diagnose_remote_write(remote: &RemoteWrite) -> Vec<Finding> {
    let deadline = Instant::now() + TIMEOUT;
    if let Err(error) = remote.check(deadline).await {
        return vec![Finding::failed(REMOTE_WRITE, error.to_string())];
    }
    let mut findings = vec![Finding::ok(REMOTE_WRITE, format!("{} accepts samples", remote.url))];
    let (version, features) = (remote.version(deadline).await, remote.features(deadline).await);
    if let (Some(version), Some(features)) = (version, features)
        && let Some(problem) = distribution_problem(&version)
        && !features.split(',').any(|feature| feature == "native-histograms")
    {
        findings.push(Finding::warning(REMOTE_WRITE, format!("Prometheus {version} {problem}")));
    }
    findings
}

/// Why a Prometheus of this version stores no distributions without the feature `native-histograms`. The feature exists in version
/// 2.40 and later (<https://github.com/prometheus/prometheus/releases/tag/v2.40.0>), and is not needed in version 3.8 and later
/// (<https://github.com/prometheus/prometheus/releases/tag/v3.8.0>).
fn distribution_problem(version: &str) -> Option<&'static str> {
    let mut numbers = version.split('.').map_while(|number| number.parse::<u32>().ok());
    match (numbers.next()?, numbers.next().unwrap_or_default()) {
        version if version < (2, 40) => Some(
            "ignores distributions; use a newer version with native histograms, or a Pushgateway or a textfile",
        ),
        version if version < (3, 8) => {
            Some("refuses distributions; start it with --enable-feature=native-histograms")
        }
        _ => None,
    }
}

/// Checks that the file can be written.
pub(crate) async fn diagnose_textfile(textfile: Textfile) -> Vec<Finding> {
    let path = textfile.path(Part::Values).display().to_string();
    let tried = spawn_blocking(move || textfile.try_folder()).await;
    match tried.map_err(|error| error.to_string()).and_then(|tried| tried.map_err(|error| error.to_string()))
    {
        Ok(()) => vec![Finding::ok(TEXTFILE, format!("{path} can be written"))],
        Err(error) => vec![Finding::failed(TEXTFILE, error)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_problem_with_distributions_depends_on_the_version() {
        for version in ["2.40.0", "2.42.0+ds", "3.0.0", "3.7.3"] {
            let problem = distribution_problem(version).unwrap();
            assert!(problem.contains("--enable-feature=native-histograms"), "{version}: {problem}");
        }
        for version in ["2.31.2+ds1", "2.39.1"] {
            let problem = distribution_problem(version).unwrap();
            assert!(problem.starts_with("ignores distributions"), "{version}: {problem}");
        }
        for version in ["3.8.0-rc.0", "3.10.1", "4.0.0", "unknown"] {
            assert_eq!(distribution_problem(version), None, "{version}");
        }
    }
}
