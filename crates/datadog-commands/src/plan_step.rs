//! What a command did, would do or found: one step per dashboard or monitor.

use std::fmt;

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use system_health_command::Stdout;
use system_health_datadog::{Overwrites, PushAction};

/// Why an update or a deletion needs `--force`.
pub(crate) const CHANGED_IN_DATADOG: &str = "it was changed in Datadog since the last push";

/// What was done, what a push would do, or what was found in Datadog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum StepStatus {
    Create,
    Update,
    Keep,
    Created,
    Updated,
    Kept,
    Deleted,
    /// Neither changed nor deleted, because that needs `--force`.
    Left,
    /// Managed, but the metrics and the settings no longer define it.
    Stale,
    /// Another managed monitor of a metric or goal that already has one.
    Copy,
    /// Created by a push.
    Managed,
}

/// One step.
#[derive(Debug, Serialize)]
pub(crate) struct PlanStep {
    #[serde(rename = "action")]
    pub(crate) status: StepStatus,
    pub(crate) name: String,
    pub(crate) id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<String>,
    /// Why the update or deletion needs `--force`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) overwrites: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) changes: Vec<String>,
}

/// Steps as text.
struct PlanSteps<'a>(&'a [PlanStep]);

impl PlanStep {
    /// A step without details.
    pub(crate) fn new(status: StepStatus, name: &str, id: Option<String>) -> Self {
        Self { status, name: name.to_owned(), id, url: None, overwrites: None, changes: Vec::new() }
    }

    /// A step of a plan.
    pub(crate) fn planned(name: &str, id: Option<String>, action: &PushAction) -> Self {
        match action {
            PushAction::Create => Self::new(StepStatus::Create, name, None),
            PushAction::Keep => Self::new(StepStatus::Keep, name, id),
            PushAction::Update { changes, overwrites } => Self {
                overwrites: overwrites.map(|overwrites| match overwrites {
                    Overwrites::HandEdits => CHANGED_IN_DATADOG,
                    Overwrites::Unmanaged => "it was not created by a push",
                }),
                changes: changes.to_string().lines().map(|line| line.trim_end().to_owned()).collect(),
                ..Self::new(StepStatus::Update, name, id)
            },
        }
    }

    /// The step after it was executed.
    pub(crate) fn done(mut self) -> Self {
        self.status = match self.status {
            StepStatus::Create => StepStatus::Created,
            StepStatus::Update => StepStatus::Updated,
            StepStatus::Keep => StepStatus::Kept,
            other => other,
        };
        self
    }

    /// The step, marked as not executed because it needs `--force`.
    pub(crate) fn left(mut self) -> Self {
        self.status = StepStatus::Left;
        self
    }

    /// Whether the step is executed only with `--force`.
    pub(crate) fn needs_force(&self) -> bool {
        self.overwrites.is_some()
    }
}

/// Prints steps.
pub(crate) fn show(steps: &[PlanStep], stdout: Stdout) -> anyhow::Result<()> {
    stdout.print(PlanSteps(steps), steps)
}

impl StepStatus {
    fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Keep => "keep",
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Kept => "kept",
            Self::Deleted => "deleted",
            Self::Left => "left",
            Self::Stale => "stale",
            Self::Copy => "copy",
            Self::Managed => "managed",
        }
    }

    fn style(self) -> Style {
        match self {
            Self::Create | Self::Created => AnsiColor::Green.on_default(),
            Self::Update | Self::Updated => AnsiColor::Yellow.on_default(),
            Self::Deleted | Self::Left | Self::Stale | Self::Copy => AnsiColor::Red.on_default(),
            Self::Keep | Self::Kept | Self::Managed => Style::new().dimmed(),
        }
    }
}

impl fmt::Display for PlanSteps<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in self.0 {
            let style = step.status.style();
            write!(f, "{style}{:<8}{style:#}{}", step.status.word(), step.name)?;
            if let Some(id) = &step.id {
                write!(f, "  {id}")?;
            }
            if let Some(url) = &step.url {
                write!(f, "  {url}")?;
            }
            writeln!(f)?;
            if let Some(overwrites) = step.overwrites {
                writeln!(f, "        {overwrites}")?;
            }
            for change in &step.changes {
                writeln!(f, "        {change}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_is_one_line_followed_by_its_changes() {
        let steps = [
            PlanStep {
                url: Some("https://x/dashboard/1".into()),
                ..PlanStep::new(StepStatus::Created, "CI", None)
            },
            PlanStep {
                overwrites: Some("it was not created by a push"),
                changes: vec!["~ title: 1 → 2".into()],
                ..PlanStep::new(StepStatus::Update, "Builds", Some("abc".into())).left()
            },
        ];
        insta::assert_snapshot!(anstream::adapter::strip_str(&PlanSteps(&steps).to_string()).to_string(), @"
        created CI  https://x/dashboard/1
        left    Builds  abc
                it was not created by a push
                ~ title: 1 → 2
        ");
    }
}
