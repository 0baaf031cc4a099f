//! The file with all rules.

use std::{fmt, path::Path};

use system_health_monitor_settings::Monitors;

use super::{goal::goal_rules, reporter::ReporterRules, reporter_labels::ReporterLabels, rule::Rule};

/// A file of rules.
/// See <https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/#rule_group>.
pub(super) struct RuleFile<'a> {
    /// The program that makes the file.
    program: &'a str,
    /// Groups by name.
    groups: Vec<(String, Vec<Rule>)>,
}

impl<'a> RuleFile<'a> {
    /// The rules for the goals that have a monitor, and for the reporter.
    pub(super) fn new(
        program: &'a str,
        monitors: &Monitors<'_>,
        reporter_labels: &ReporterLabels,
        textfile: Option<&Path>,
        dashboard: Option<&str>,
    ) -> anyhow::Result<Self> {
        let goals = monitors.goals()?;
        let goals = goals.iter().flat_map(|goal| goal_rules(goal, reporter_labels, dashboard)).collect();
        let about_reporter = &monitors.about_reporter();
        let schedule = monitors.schedule();
        let reporter =
            ReporterRules { reporter_labels, schedule, about_reporter, textfile, dashboard }.rules();
        let suffix = reporter_labels.environment().map(|name| format!(" in {name}")).unwrap_or_default();
        let groups = [("goals", goals), ("reporter", reporter)];
        let groups = groups.into_iter().filter(|(_, rules)| !Vec::is_empty(rules));
        Ok(Self {
            program,
            groups: groups.map(|(name, rules)| (format!("system-health {name}{suffix}"), rules)).collect(),
        })
    }
}

impl fmt::Display for RuleFile<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "# Created by `{} monitors --for prometheus` from the goals of the metrics and the settings.",
            self.program
        )?;
        if self.groups.is_empty() {
            return writeln!(f, "groups: []");
        }
        writeln!(f, "groups:")?;
        for (name, rules) in &self.groups {
            writeln!(f, "  - name: {}", serde_json::json!(name))?;
            writeln!(f, "    rules:")?;
            for rule in rules {
                write!(f, "{rule}")?;
            }
        }
        Ok(())
    }
}
