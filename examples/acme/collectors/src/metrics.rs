//! The metrics. Each is an ordinary function, whose arguments are resources.

use std::{
    collections::BTreeMap,
    time::{Duration, UNIX_EPOCH},
};

use system_health_registry::{Event, Events, EvidenceItem, Level, Sample, Unavailable, system_health_metric};

use crate::Incidents;

/// Open incidents, by severity.
#[system_health_metric(
    key = "acme.incidents.open",
    alias = "acme.open_incidents",
    alias_until = "2099-01-01",
    unit = "incident",
    goal = "== 0",
    tags = ["team:acme"],
    aggregate = "sum",
    notify = "@slack-acme",
    owner = "acme",
    runbook = "https://acme.example/runbooks/incidents"
)]
fn open_incidents(incidents: Incidents, events: Events) -> Result<Vec<Sample>, Unavailable> {
    let mut by_severity = BTreeMap::<&str, u32>::from([("high", 0), ("low", 0)]);
    for incident in incidents.all() {
        *by_severity.entry(&incident.severity).or_default() += 1;
        // The id is the same in every run, so an incident is one event.
        let opened = incident.opened.duration_since(UNIX_EPOCH)?.as_secs();
        let event = Event::new(format!("acme incident {opened} {}", incident.title), &incident.title)?
            .with_level(if incident.severity == "high" { Level::Error } else { Level::Warning })
            .with_tag("severity", &incident.severity)?
            .at(incident.opened)?;
        events.attach(event);
    }
    by_severity
        .into_iter()
        .map(|(severity, count)| {
            let evidence = incidents.all().iter().map(|incident| {
                let reason = format!("its severity is {}", incident.severity);
                EvidenceItem::new(&incident.title, incident.severity == severity, reason)
            });
            Ok(Sample::new(count)?.with_tag("severity", severity)?.with_evidence(evidence))
        })
        .collect()
}

/// How long the oldest open incident has been open. No data if there is none.
#[system_health_metric(key = "acme.incidents.oldest_seconds", unit = "second", goal = "< 86400")]
fn oldest_incident(incidents: Incidents) -> Option<Duration> {
    incidents.all().iter().map(|incident| incident.age).max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Incident;

    fn incident(severity: &str, hours: u64) -> Incident {
        let (age, opened) = (Duration::from_hours(hours), UNIX_EPOCH + Duration::from_hours(500_000 - hours));
        Incident { severity: severity.into(), opened, age, title: format!("It broke {hours} hours ago") }
    }

    #[test]
    fn the_oldest_incident_counts() {
        assert_eq!(
            oldest_incident(Incidents::new([incident("low", 1), incident("low", 3)])),
            Some(Duration::from_hours(3))
        );
        assert_eq!(oldest_incident(Incidents::new([])), None);
    }

    #[test]
    fn every_severity_has_its_own_sample() {
        let incidents = Incidents::new([incident("high", 1), incident("high", 2)]);

        let samples = open_incidents(incidents, Events::default()).unwrap();

        let values: Vec<f64> = samples.iter().filter_map(|sample| sample.value().number()).collect();
        assert_eq!(values, [2.0, 0.0]);
    }

    #[test]
    fn the_evidence_matches_the_values() {
        let severities = ["high", "low", "high", "unknown"];
        let incidents = Incidents::new(severities.map(|severity| incident(severity, 1)));

        let samples = open_incidents(incidents, Events::default()).unwrap();

        assert_eq!(samples.len(), 3);
        for sample in samples {
            let evidence = sample.evidence();
            assert_eq!(evidence.counted().to_string(), sample.value().to_string());
            assert_eq!(evidence.total(), severities.len());
        }
    }

    #[test]
    fn every_incident_is_one_event() {
        let events = Events::default();

        for _ in 0..2 {
            open_incidents(Incidents::new([incident("high", 1)]), events.clone()).unwrap();
        }

        let [event] = &events.attached()[..] else { panic!("{events:?}") };
        assert_eq!((event.title(), event.level()), ("It broke 1 hours ago", Level::Error));
    }
}
