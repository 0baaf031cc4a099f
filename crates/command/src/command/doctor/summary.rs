//! The summary at the end of a diagnosis: what works now, and what to do next.

use std::path::Path;

use system_health_registry::{Finding, Grade, SetupStep, SinkType};

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
    /// The keys of metrics with a value.
    pub(super) with_value: &'a [String],
    /// The number of metrics.
    pub(super) metric_count: usize,
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
            with_value: &[],
            metric_count: 0,
            ready: &[],
            is_sink_configured: false,
            state: None,
        }
    }

    /// What works now.
    pub(super) fn works(&self) -> Vec<String> {
        let mut works = Vec::new();
        if !self.with_value.is_empty() {
            let (with_value, all) = (self.with_value.len(), self.metric_count);
            let verb = if with_value == 1 { "has" } else { "have" };
            let keys = self.with_value.join(", ");
            works.push(format!("{with_value} of {all} metrics {verb} a value: {keys}"));
        }
        if !self.ready.is_empty() {
            works.push(format!("values can be delivered to {}", self.ready.join(", ")));
        }
        works.extend(self.state.map(|folder| format!("runs are kept in {}", folder.display())));
        works
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
        if !self.with_value.is_empty() {
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
        Observations {
            has_file: true,
            metric_count: 3,
            ready: &["datadog"],
            ..Observations::new("report", &[], findings)
        }
    }

    #[test]
    fn if_everything_works_the_next_step_is_a_run() {
        let keys = ["commits.hotfix".to_owned()];
        let observations = Observations { with_value: &keys, metric_count: 1, ..configured(&[]) };

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
    fn a_sink_that_cannot_deliver_is_to_be_corrected_and_not_configured() {
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
