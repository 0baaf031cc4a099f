//! The metrics. Each is an ordinary function of the resources that it names.

use std::{collections::BTreeMap, time::Duration};

use system_health_registry::{Sample, SampleError, system_health_metric};

use crate::Incidents;

/// Open incidents, by severity.
#[system_health_metric(key = "acme.incidents.open", unit = "incident", goal = "== 0", tags = ["team:acme"])]
fn open_incidents(incidents: Incidents) -> Result<Vec<Sample>, SampleError> {
    let mut by_severity = BTreeMap::<&str, u32>::from([("high", 0), ("low", 0)]);
    for incident in incidents.all() {
        *by_severity.entry(&incident.severity).or_default() += 1;
    }
    by_severity
        .into_iter()
        .map(|(severity, count)| Sample::new(count.into())?.with_tag("severity", severity))
        .collect()
}

/// How long the oldest open incident has been open; no data when there is none.
#[system_health_metric(key = "acme.incidents.oldest_seconds", unit = "second", goal = "< 86400")]
fn oldest_incident(incidents: Incidents) -> Option<Duration> {
    incidents.all().iter().map(|incident| incident.age).max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Incident;

    #[test]
    fn the_oldest_incident_counts() {
        let incident = |hours: u64| Incident { severity: "low".into(), age: Duration::from_hours(hours) };

        assert_eq!(
            oldest_incident(Incidents::new([incident(1), incident(3)])),
            Some(Duration::from_hours(3))
        );
        assert_eq!(oldest_incident(Incidents::new([])), None);
    }

    #[test]
    fn every_severity_has_its_own_sample() {
        let high = Incident { severity: "high".into(), age: Duration::ZERO };

        let samples = open_incidents(Incidents::new([high.clone(), high])).unwrap();

        let values: Vec<f64> = samples.iter().map(Sample::value).collect();
        assert_eq!(values, [2.0, 0.0]);
    }
}
