//! `report doctor`: a line for each finding. The word says how it is, the colour only repeats it.

use std::fmt;

use anstyle::{AnsiColor, Style};
use serde::{Serialize, Serializer, ser::SerializeSeq};
use system_health_registry::{Finding, Grade};

/// Findings, in the order in which they are told.
pub(crate) struct Diagnosis<'a>(pub(crate) &'a [Finding]);

#[derive(Serialize)]
struct JsonFinding<'a> {
    subject: &'a str,
    state: &'a str,
    message: &'a str,
}

impl fmt::Display for Diagnosis<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.0.iter().map(|finding| finding.subject.chars().count()).max().unwrap_or_default();
        for Finding { subject, grade, message } in self.0 {
            let color = match grade {
                Grade::Ok => AnsiColor::Green,
                Grade::Warning => AnsiColor::Yellow,
                Grade::Failed => AnsiColor::Red,
            };
            let style: Style = color.on_default();
            writeln!(f, "{style}{:7}{style:#}  {subject:width$}  {message}", grade.name())?;
        }
        Ok(())
    }
}

impl Serialize for Diagnosis<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for Finding { subject, grade, message } in self.0 {
            list.serialize_element(&JsonFinding { subject, state: grade.name(), message })?;
        }
        list.end()
    }
}
