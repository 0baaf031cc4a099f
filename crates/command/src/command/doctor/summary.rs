//! The summary at the end of a diagnosis: what works now, and what to do next.

use std::path::Path;

use system_health_registry::{Finding, Grade, SetupStep, SinkType};

use super::metrics::MetricCounts;
use crate::output::join_names;

/// What the summary is based on.
pub(super) struct Observations<'a> {
    /// The name of the program.
    pub(super) program: &'a str,
    /// The sinks of the program.
    pub(super) sinks: &'a [SinkType],
    pub(super) findings: &'a [Finding],
    /// Whether the settings could be read. If not, nothing else was checked.
    pub(super) are_settings_right: bool,
    /// Whether a settings file is in use.
    pub(super) has_file: bool,
    /// The steps that the linked crates suggest to complete the setup.
    pub(super) setup_steps: &'a [SetupStep],
    /// How the metrics ended.
    pub(super) metrics: MetricCounts,
    /// The sinks that can deliver.
    pub(super) ready: &'a [&'static str],
    /// Whether any sink is configured, even if it cannot deliver.
    pub(super) is_sink_configured: bool,
    /// Where runs are kept, if they can be.
    pub(super) state: Option<&'a Path>,
}

impl<'a> Observations<'a> {
    /// The observations before anything has been checked, with the findings so far.
    pub(super) fn new(program: &'a str, sinks: &'a [SinkType], findings: &'a [Finding]) -> Self {
        Self {
            program,
            sinks,
            findings,
            are_settings_right: true,
            has_file: false,
            setup_steps: &[],
            metrics: MetricCounts::default(),
            ready: &[],
            is_sink_configured: false,
            state: None,
        }
    }

    /// What works now.
    pub(super) fn works(&self) -> Vec<String> {
        let mut works = Vec::new();
        works.extend(self.metrics_that_work());
        if !self.ready.is_empty() {
            works.push(format!("values can be delivered to {}", self.ready.join(", ")));
        }
        works.extend(self.state.map(|folder| format!("runs are kept in {}", folder.display())));
        works
    }

    /// How many metrics have a value, no data or errors. `None` if there is no value at all.
    fn metrics_that_work(&self) -> Option<String> {
        let MetricCounts { with_value, without_data, failed, .. } = &self.metrics;
        let have = |number: usize| if number == 1 { "has" } else { "have" };
        if !self.metrics.has_values {
            return None;
        }
        let (number, all) = (with_value.len(), self.metrics.all());
        let keys = with_value.join(", ");
        let keys = if keys.is_empty() { keys } else { format!(": {keys}") };
        // A metric that failed for one subject may have a value for another.
        let what = if keys.is_empty() { "a value and no error" } else { "a value" };
        let mut text = format!("{number} of {all} metrics {} {what}{keys}", have(number));
        if *without_data > 0 {
            text = format!("{text}; {without_data} {} no data", have(*without_data));
        }
        if *failed > 0 {
            text = format!("{text}; {failed} {} errors", have(*failed));
        }
        Some(text)
    }

    /// What to do next, the most important first.
    pub(super) fn next_steps(&self) -> Vec<String> {
        let name = self.program;
        if !self.are_settings_right {
            return vec![format!("Correct the settings, then run `{name} doctor` again.")];
        }
        let mut steps: Vec<String> = self.correction().into_iter().collect();
        steps.extend(self.setup_steps.iter().map(|step| step.text.to_owned()));
        if self.ready.is_empty() && !self.is_sink_configured {
            steps.push(match self.sinks {
                [] => "To deliver values, build the program with the feature of a sink, such as `local`."
                    .to_owned(),
                sinks => {
                    let sinks: Vec<String> = sinks.iter().map(describe).collect();
                    format!("To deliver values, configure a sink: {}.", sinks.join(", "))
                }
            });
        }
        if !self.has_file {
            steps.push(format!("Write a settings file for this folder: `{name} init`."));
        }
        if self.metrics.has_values {
            steps.push(match self.ready {
                [] => format!("See the values: `{name}`."),
                _ => format!("See the values with `{name}`, deliver them with `{name} --push`."),
            });
        }
        steps
    }

    /// What to correct, each check once. A failure that a setup step of a linked crate corrects is left out, because that step
    /// is listed, too.
    fn correction(&self) -> Option<String> {
        let failed = self.findings.iter().filter(|finding| finding.grade == Grade::Failed);
        let has_step = |message: &str| {
            self.setup_steps.iter().filter_map(|it| it.corrects).any(|it| message.contains(it))
        };
        let mut checks: Vec<String> = Vec::new();
        for finding in failed.filter(|finding| !has_step(&finding.message)) {
            if !checks.contains(&finding.check) {
                checks.push(finding.check.clone());
            }
        }
        (!checks.is_empty()).then(|| format!("Correct what is marked as failed: {}.", join_names(&checks)))
    }
}

fn describe(sink: &SinkType) -> String {
    format!("{} ({})", sink.name, sink.summary)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configured(findings: &[Finding]) -> Observations<'_> {
        Observations { has_file: true, ready: &["datadog"], ..Observations::new("report", &[], findings) }
    }

    #[test]
    fn if_everything_works_the_next_step_is_a_run() {
        let with_value = vec!["commits.hotfix".to_owned()];
        let metrics = MetricCounts { with_value, has_values: true, ..MetricCounts::default() };
        let observations = Observations { metrics, ..configured(&[]) };

        assert_eq!(
            observations.works(),
            ["1 of 1 metrics has a value: commits.hotfix", "values can be delivered to datadog"]
        );
        assert_eq!(
            observations.next_steps(),
            ["See the values with `report`, deliver them with `report --push`."]
        );
    }

    #[test]
    fn metrics_without_data_and_with_errors_are_counted_separately() {
        let works = |with_value: &[&str], has_values| {
            let with_value = with_value.iter().map(|&key| key.to_owned()).collect();
            let metrics = MetricCounts { with_value, without_data: 1, failed: 2, has_values };
            Observations { metrics, ready: &[], ..configured(&[]) }.works()
        };

        let some = "2 of 5 metrics have a value: ci.runs, commits.hotfix; 1 has no data; 2 have errors";
        assert_eq!(works(&["ci.runs", "commits.hotfix"], true), [some]);
        let none = "0 of 3 metrics have a value and no error; 1 has no data; 2 have errors";
        assert_eq!(works(&[], true), [none]);
        assert_eq!(works(&[], false), [""; 0]);
    }

    #[test]
    fn each_missing_part_has_a_step() {
        let findings = [Finding::failed("metric a.b", "no queue is named; set `queue`")];
        let setup_steps = [SetupStep { text: "Name a queue", corrects: Some("no queue is named") }];
        let observations =
            Observations { setup_steps: &setup_steps, ..Observations::new("report", &[], &findings) };

        let steps = observations.next_steps();

        let starts = ["Name a queue", "To deliver values", "Write a settings file"];
        assert_eq!(steps.len(), starts.len(), "{steps:?}");
        for (step, start) in steps.iter().zip(starts) {
            assert!(step.starts_with(start), "{step}");
        }
    }

    #[test]
    fn a_check_that_failed_several_times_is_named_once() {
        let findings = [
            Finding::failed("settings", "the slot is too long"),
            Finding::failed("AWS", "access is denied"),
            Finding::failed("settings", "a tag is empty"),
        ];

        assert_eq!(configured(&findings).next_steps(), ["Correct what is marked as failed: settings, AWS."]);
    }

    #[test]
    fn a_configured_sink_that_cannot_deliver_only_needs_a_correction() {
        let findings = [Finding::failed("datadog", "the API key is refused")];
        let broken = Observations { ready: &[], is_sink_configured: true, ..configured(&findings) };

        assert_eq!(broken.next_steps(), ["Correct what is marked as failed: datadog."]);
    }

    #[test]
    fn wrong_settings_are_the_only_step() {
        let observations =
            Observations { are_settings_right: false, ..Observations::new("report", &[], &[]) };

        assert_eq!(observations.next_steps(), ["Correct the settings, then run `report doctor` again."]);
    }
}
