//! `report doctor`: a line for each finding, then what works and what to do next. Words carry the meaning. Colour only
//! repeats it.

use std::fmt;

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use system_health_registry::{Finding, Grade};

use super::{
    stdout::Stdout,
    style::heading,
    text::{join_names, one_line, wrap},
};

/// The findings, and the conclusions from them.
#[derive(Debug)]
pub(crate) struct Diagnosis {
    /// The findings, in the order in which they are printed.
    pub(crate) findings: Vec<Finding>,
    /// What works now.
    pub(crate) works: Vec<String>,
    /// What to do next, the most important first.
    pub(crate) next_steps: Vec<String>,
}

/// Findings with the same message. For example, all metrics that need the same repository fail with one message.
struct FindingGroup<'a> {
    checks: Vec<String>,
    grade: Grade,
    message: &'a str,
}

impl Diagnosis {
    fn groups(&self) -> Vec<FindingGroup<'_>> {
        let mut all: Vec<FindingGroup<'_>> = Vec::new();
        for Finding { check, grade, message } in &self.findings {
            // Each good finding has its own line.
            let same =
                all.iter_mut().find(|it| ![it.grade, *grade].contains(&Grade::Ok) && it.message == message);
            match same {
                Some(group) => {
                    group.checks.push(one_line(check));
                    group.grade = group.grade.max(*grade);
                }
                None => all.push(FindingGroup { checks: vec![one_line(check)], grade: *grade, message }),
            }
        }
        all
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, width: Option<usize>) -> fmt::Result {
        let all = self.groups();
        let widest = all.iter().map(|group| group.first_check().chars().count()).max().unwrap_or_default();
        let indent = " ".repeat(9 + widest + 2);
        for group in &all {
            let color = match group.grade {
                Grade::Ok => AnsiColor::Green,
                Grade::Info => AnsiColor::Cyan,
                Grade::Warning => AnsiColor::Yellow,
                Grade::Failed => AnsiColor::Red,
            };
            let style: Style = color.on_default();
            let (grade, check) = (group.grade.name(), group.first_check());
            let first = format!("{style}{grade:7}{style:#}  {check:widest$}  ");
            wrap(f, width, (&first, &indent), &one_line(group.message))?;
            let others = group.others();
            if !others.is_empty() {
                wrap(f, width, ("         also ", "              "), &join_names(others))?;
            }
        }
        if !self.works.is_empty() {
            writeln!(f, "\n{}", heading("Works now"))?;
            self.works.iter().try_for_each(|works| wrap(f, width, ("  ", "    "), &one_line(works)))?;
        }
        if !self.next_steps.is_empty() {
            writeln!(f, "\n{}", heading("Next steps"))?;
            for (number, step) in self.next_steps.iter().enumerate() {
                wrap(f, width, (&format!("  {}. ", number + 1), "     "), &one_line(step))?;
            }
        }
        Ok(())
    }
}

impl FindingGroup<'_> {
    fn first_check(&self) -> &str {
        self.checks.first().map_or("", String::as_str)
    }

    /// The other checks, in their order.
    fn others(&self) -> &[String] {
        self.checks.get(1..).unwrap_or_default()
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, Stdout::width())
    }
}

#[derive(Serialize)]
struct JsonDiagnosis<'a> {
    findings: Vec<JsonFinding<'a>>,
    works: &'a [String],
    next_steps: &'a [String],
}

#[derive(Serialize)]
struct JsonFinding<'a> {
    check: &'a str,
    grade: &'a str,
    message: &'a str,
}

impl<'a> From<&'a Finding> for JsonFinding<'a> {
    fn from(Finding { check, grade, message }: &'a Finding) -> Self {
        Self { check, grade: grade.name(), message }
    }
}

impl Serialize for Diagnosis {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let findings = self.findings.iter().map(JsonFinding::from).collect();
        JsonDiagnosis { findings, works: &self.works, next_steps: &self.next_steps }.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::output::fixture;

    #[test]
    fn a_text_from_a_server_cannot_control_the_terminal() {
        let findings = vec![
            Finding::failed("Git\u{202e}Hub", "no\u{1b} such \u{202e}page"),
            Finding::failed("\u{202e}GitLab", "no\u{1b} such \u{202e}page"),
        ];
        let works = vec!["runs are kept in /\u{202e}data".to_owned()];
        let next_steps = vec!["Correct \u{202e}it.".to_owned()];

        assert_snapshot!(fixture::plain(&Diagnosis { findings, works, next_steps }), @"
        failed   GitHub  no such page
                 also GitLab

        Works now
          runs are kept in /data

        Next steps
          1. Correct it.
        ");
    }

    #[test]
    fn findings_with_the_same_message_are_grouped() {
        const ABSENT: &str = "found no Datadog API key";
        let diagnosis = Diagnosis {
            findings: vec![
                Finding::ok("proxy", "none"),
                Finding::warning("tunnel", "none"),
                Finding::warning("AWS secret for the Datadog API key", ABSENT),
                Finding::failed("Datadog API key", ABSENT),
                Finding::failed("metric ci.tests_passing_on_main", "no repository is named"),
                Finding::failed("metric commits.hotfix", "no repository is named"),
                Finding::failed("metric commits.reverts", "no repository is named"),
            ],
            works: vec!["runs are kept in /var/lib/system-health".to_owned()],
            next_steps: vec!["Name a repository.".to_owned(), "Configure a sink.".to_owned()],
        };
        assert_snapshot!(fixture::plain(&diagnosis), @"
        ok       proxy                               none
        warning  tunnel                              none
        failed   AWS secret for the Datadog API key  found no Datadog API key
                 also Datadog API key
        failed   metric ci.tests_passing_on_main     no repository is named
                 also metric commits.hotfix, metric commits.reverts

        Works now
          runs are kept in /var/lib/system-health

        Next steps
          1. Name a repository.
          2. Configure a sink.
        ");
        let json = serde_json::to_value(&diagnosis).unwrap();
        assert_eq!(json["findings"].as_array().unwrap().len(), 7);
        assert_eq!(json["findings"][0]["grade"], "ok");
        assert_eq!(json["next_steps"][0], "Name a repository.");
    }
}
