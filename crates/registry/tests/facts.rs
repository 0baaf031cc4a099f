//! Facts in JSON. The state stores facts in this form.

use std::time::Duration;

use insta::assert_snapshot;
use system_health_registry::{Aggregate, Alias, Facts, Kind, Monitoring};

fn facts_with_options() -> Facts {
    Facts::new("jobs.failed", "Failed jobs.")
        .with_kind(Kind::Count { interval: Duration::from_mins(15) })
        .with_unit("job")
        .with_goal("< 0.1".parse().unwrap())
        .with_tags(["team:web"])
        .with_timeout(Duration::from_millis(1500))
        .with_aggregate(Aggregate::Max)
        .with_alias(Alias::new("jobs.broken", Duration::from_hours(24) * 20_849))
        .with_monitoring(Monitoring {
            owner: Some("team-web".to_owned()),
            runbook: Some("https://wiki.example.com/jobs".to_owned()),
            window: Some(Duration::from_hours(1)),
            recovery: Some(0.05),
            notify: vec!["@slack-web".to_owned()],
        })
}

#[test]
fn json_contains_the_options_of_the_attribute() {
    assert_snapshot!(serde_json::to_string_pretty(&facts_with_options()).unwrap(), @r#"
    {
      "description": "Failed jobs.",
      "key": "jobs.failed",
      "kind": "count",
      "interval": "15m",
      "unit": "job",
      "goal": "< 0.1",
      "tags": [
        "team:web"
      ],
      "timeout": "1s 500ms",
      "aggregate": "max",
      "alias": "jobs.broken",
      "alias_until": "2027-01-31",
      "owner": "team-web",
      "runbook": "https://wiki.example.com/jobs",
      "window": "1h",
      "recovery": 0.05,
      "notify": [
        "@slack-web"
      ]
    }
    "#);
}

#[test]
fn facts_are_the_same_after_a_round_trip() {
    for facts in [facts_with_options(), Facts::new("jobs", "Jobs.")] {
        let text = serde_json::to_string(&facts).unwrap();
        assert_eq!(serde_json::from_str::<Facts>(&text).unwrap(), facts, "{text}");
    }
}

#[test]
fn invalid_json_is_refused_with_all_reasons() {
    let error = |text: &str| serde_json::from_str::<Facts>(text).unwrap_err().to_string();

    assert_snapshot!(error(r#"{"key": "jobs", "kind": "gauge"}"#), @"the facts of a metric need a description");
    assert_snapshot!(error(r#"{"key": "jobs", "description": "Jobs.", "colour": "red", "timeout": "0s"}"#), @"`colour`: there is no such option; `timeout`: a duration must be longer than zero");
}
