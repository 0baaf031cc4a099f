//! The facts of a metric that only its monitors use. A new option for monitors needs one field of [`Monitoring`] and one
//! entry in `MONITORING_OPTIONS`. Parsing, JSON, `report list` and the documentation use that entry.

use std::time::Duration;

use crate::{
    check_owner, check_recovery, check_runbook,
    handle::check_handles,
    option::{Form, MetricOption, OptionValue},
    parse_handles, parse_recovery, parse_window,
};

/// How a metric is monitored. If `window` or `notify` is unset, the settings of the monitors have a default.
///
/// ```
/// use system_health_rules::{Facts, Monitoring};
///
/// let facts = Facts::new("jobs.failed", "Failed jobs.")
///     .with_monitoring(Monitoring { owner: Some("team-web".into()), ..Monitoring::default() });
///
/// assert_eq!(facts.monitoring().owner.as_deref(), Some("team-web"));
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Monitoring {
    /// Who is responsible for the metric, such as `team-platform`.
    pub owner: Option<String>,
    /// The URL of the page that says what to do when the goal is missed.
    pub runbook: Option<String>,
    /// The evaluation window of a monitor: whole minutes, from 1 minute to 7 days.
    pub window: Option<Duration>,
    /// The value at which an alert about a missed goal ends. It is better than the target of the goal.
    pub recovery: Option<f64>,
    /// Who is notified when the goal is missed, such as `@slack-platform`.
    pub notify: Vec<String>,
}

pub(crate) const MONITORING_OPTIONS: &[MetricOption] = &[
    MetricOption {
        name: "owner",
        form: Form::Text,
        meaning: "who is responsible for the metric",
        default: "nobody",
        example: "\"team-platform\"",
        depends_on: None,
        set: |facts, value| {
            facts.monitoring.owner = Some(value.text_if(check_owner)?);
            Ok(())
        },
        get: |facts| facts.monitoring.owner.clone().map(OptionValue::Text),
    },
    MetricOption {
        name: "runbook",
        form: Form::Text,
        meaning: "the URL of the page that says what to do when the goal is missed; it starts with `https://` and has no \
                  user name",
        default: "none",
        example: "\"https://wiki.example.com/hotfix\"",
        depends_on: None,
        set: |facts, value| {
            facts.monitoring.runbook = Some(value.text_if(check_runbook)?);
            Ok(())
        },
        get: |facts| facts.monitoring.runbook.clone().map(OptionValue::Text),
    },
    MetricOption {
        name: "window",
        form: Form::Text,
        meaning: "the evaluation window of a monitor: whole minutes, from `1m` to `7d`",
        default: "twice `every` in `[monitors]`, at most `7d`",
        example: "\"1h\"",
        depends_on: None,
        set: |facts, value| {
            facts.monitoring.window = Some(parse_window(value.text()?)?);
            Ok(())
        },
        get: |facts| facts.monitoring.window.map(OptionValue::from_duration),
    },
    MetricOption {
        name: "recovery",
        form: Form::Text,
        meaning: "the value at which an alert about a missed goal ends; it is better than the target of the goal. Not for \
                  a goal with `==` or `!=`",
        default: "where the goal is met",
        example: "\"3\"",
        depends_on: Some("goal"),
        set: |facts, value| {
            let recovery = match value {
                OptionValue::Number(number) => *number,
                other => parse_recovery(other.text()?)?,
            };
            check_recovery(recovery, facts.goal())?;
            facts.monitoring.recovery = Some(recovery);
            Ok(())
        },
        get: |facts| facts.monitoring.recovery.map(OptionValue::Number),
    },
    MetricOption {
        name: "notify",
        form: Form::Text,
        meaning: "who is notified when the goal is missed: \
                  [handles](https://docs.datadoghq.com/monitors/notify/#notifications), separated by spaces",
        default: "`notify` in `[monitors]`",
        example: "\"@slack-platform @oncall\"",
        depends_on: None,
        set: |facts, value| {
            facts.monitoring.notify = match value {
                OptionValue::List(handles) => check_handles(handles).map(|()| handles.clone())?,
                other => parse_handles(other.text()?)?.into_iter().map(str::to_owned).collect(),
            };
            Ok(())
        },
        get: |facts| OptionValue::from_list(&facts.monitoring.notify),
    },
];
