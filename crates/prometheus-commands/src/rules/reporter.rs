//! The rules for the reporter itself. Without them, a stopped reporter would look like good health: a Pushgateway and a textfile
//! keep the last values for ever, and no goal is missed if nothing is measured.

use std::{collections::BTreeMap, path::Path, time::Duration};

use system_health_prometheus::{PrometheusMetric, pushgateway_jobs};
use system_health_registry::{
    Aggregate,
    alerting::{Alerting, Schedule},
    duration_in_words,
    self_metrics::{COLLECTOR_SUCCESS, POINTS, RUN_DURATION, SelfMetric},
};

use super::{
    reporter_labels::ReporterLabels,
    rule::{Rule, minutes, severity},
    template,
};
use crate::promql::{RESOLUTION, aggregated, equals, label_name, missing_values};

/// The matcher for points that were not delivered.
const NOT_DELIVERED: &str = "result!=\"accepted\"";

/// Makes the rules for the reporter.
pub(super) struct ReporterRules<'a> {
    pub(super) reporter_labels: &'a ReporterLabels,
    pub(super) schedule: Schedule,
    /// The metrics about the reporter that are watched, and how they alert.
    pub(super) about_reporter: &'a [(&'a str, Alerting)],
    /// The file for the node exporter, if the settings have one.
    pub(super) textfile: Option<&'a Path>,
    pub(super) dashboard: Option<&'a str>,
}

/// What differs between the rules.
struct Parts {
    alert: &'static str,
    expression: String,
    pending: Option<Duration>,
    summary: String,
    description: &'static str,
}

/// Makes the rules about one of the reporter's metrics.
type MakeParts<'a> = fn(&ReporterRules<'a>, &Alerting) -> Vec<Parts>;

impl ReporterRules<'_> {
    pub(super) fn rules(&self) -> Vec<Rule> {
        let makers: [(SelfMetric, MakeParts<'_>); 3] =
            [(RUN_DURATION, Self::stopped), (COLLECTOR_SUCCESS, Self::failing), (POINTS, Self::undelivered)];
        let mut rules = Vec::new();
        for (metric, make_parts) in makers {
            let Some((_, alerting)) = self.about_reporter.iter().find(|(key, _)| *key == metric.key) else {
                continue;
            };
            rules.extend(
                make_parts(self, alerting).into_iter().map(|parts| self.rule(metric, alerting, parts)),
            );
        }
        rules
    }

    /// The rules for a reporter that has delivered nothing for [`Schedule::silence_window`].
    fn stopped(&self, alerting: &Alerting) -> Vec<Parts> {
        let silence = self.schedule.silence_window();
        let (seconds, words) = (silence.as_secs(), duration_in_words(silence));
        let description = "The reporter does not run, or it cannot deliver. Until it delivers again, the last values look \
                           current, and no other alert can start or end. The command `doctor` says what is wrong.";
        let jobs = pushgateway_jobs().join("|");
        let pushed = format!("max by (reporter) (push_time_seconds{{job=~\"{jobs}\"}})");
        let labels = Self::labels(alerting);
        let run = self.reporter_labels.select(&prometheus_name(RUN_DURATION), &[]);
        let value = aggregated(Aggregate::Max, &run, &labels);
        let textfile = self.textfile.and_then(|file| file.file_stem()?.to_str()).map(|stem| {
            let files = format!(".*/{}(-reporter)?\\.prom", regex_text(stem));
            let matcher = equals("file", &files).replacen('=', "=~", 1);
            Parts {
                alert: "ReporterTextfileIsOld",
                expression: format!(
                    "time() - max by (instance) (node_textfile_mtime_seconds{{{matcher}}}) > {seconds}"
                ),
                pending: None,
                summary: "The textfile on {{ $labels.instance }} is {{ $value | humanizeDuration }} old"
                    .to_owned(),
                description,
            }
        });
        let rules = [
            Parts {
                alert: "ReporterHasStopped",
                expression: format!("time() - {pushed} > {seconds}"),
                pending: None,
                summary: "{{ $labels.reporter }} has pushed nothing for {{ $value | humanizeDuration }}"
                    .to_owned(),
                description,
            },
            Parts {
                alert: "ReporterIsMissing",
                expression: missing_values(&value, &minutes(silence), &labels),
                pending: None,
                summary: format!(
                    "Prometheus has had no values of a reporter for {words}{}",
                    template::label_values(&labels)
                ),
                description: "The reporter has never delivered, its group was deleted, or Prometheus does not read what it \
                              delivers. The command `doctor` says what is wrong.",
            },
        ];
        rules.into_iter().chain(textfile).collect()
    }

    fn failing(&self, alerting: &Alerting) -> Vec<Parts> {
        // The samples of sources have the tag `metric_source` instead of `metric`.
        let own = ["metric", "metric_source"].map(str::to_owned);
        let labels = [&own[..], &Self::labels(alerting)[..]].concat();
        let success = self.reporter_labels.select(&prometheus_name(COLLECTOR_SUCCESS), &[]);
        vec![Parts {
            alert: "MetricFails",
            expression: format!("{} < 1", self.last(&aggregated(Aggregate::Min, &success, &labels))),
            pending: self.pending(),
            summary: format!(
                "{{{{ if $labels.metric }}}}{{{{ $labels.metric }}}}, or one of its subjects such as a repository,\
                 {{{{ else }}}}The source {{{{ $labels.metric_source }}}}, or one of its metrics,{{{{ end }}}} fails{}",
                self.in_a_row()
            ),
            description: "A failed metric, subject or source has no value. The reporter's log and the command `history` \
                          say why.",
        }]
    }

    fn undelivered(&self, alerting: &Alerting) -> Vec<Parts> {
        let points = self.reporter_labels.select(&prometheus_name(POINTS), &[NOT_DELIVERED]);
        let value = aggregated(Aggregate::Sum, &points, &Self::labels(alerting));
        vec![Parts {
            alert: "PointsAreNotDelivered",
            expression: format!("{} > 0", self.last(&value)),
            pending: self.pending(),
            summary: format!("Some points are not delivered{}", self.in_a_row()),
            description: "Other points are delivered. The reporter's log says why some are not.",
        }]
    }

    /// The value of the last run, even if Prometheus has no current sample.
    fn last(&self, value: &str) -> String {
        format!("last_over_time({value}[{}:{RESOLUTION}])", minutes(self.schedule.window()))
    }

    /// How long a value must be bad before an alert fires, if several bad runs in a row are necessary. Default: the first bad run
    /// alerts.
    fn pending(&self) -> Option<Duration> {
        (self.schedule.missed > 1).then(|| self.schedule.last_runs_window())
    }

    fn in_a_row(&self) -> String {
        if self.schedule.missed > 1 {
            format!(" in {} runs in a row", self.schedule.missed)
        } else {
            String::new()
        }
    }

    fn labels(alerting: &Alerting) -> Vec<String> {
        alerting.group_by.iter().map(|tag| label_name(tag)).collect()
    }

    fn rule(&self, metric: SelfMetric, alerting: &Alerting, parts: Parts) -> Rule {
        let mut labels: BTreeMap<String, String> = self
            .reporter_labels
            .0
            .iter()
            .map(|(name, value)| (name.clone(), template::escape(value)))
            .collect();
        labels.insert("severity".to_owned(), severity(alerting.priority));
        let links = [("runbook_url", metric.runbook), ("dashboard_url", self.dashboard)];
        let links = links.into_iter().filter_map(|(name, url)| Some((name, template::escape(url?))));
        let texts = [("summary", parts.summary), ("description", parts.description.to_owned())];
        Rule {
            alert: parts.alert.to_owned(),
            expression: parts.expression,
            pending: parts.pending,
            labels,
            annotations: texts.into_iter().chain(links).collect(),
        }
    }
}

/// The name of a metric about the reporter in Prometheus.
fn prometheus_name(metric: SelfMetric) -> String {
    PrometheusMetric::from(&metric.facts()).name().to_owned()
}

/// A regular expression for exactly this text.
fn regex_text(text: &str) -> String {
    let special = |c: char| if ".+*?()|[]{}^$\\".contains(c) { format!("\\{c}") } else { c.to_string() };
    text.chars().map(special).collect()
}
