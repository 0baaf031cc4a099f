//! What a push does, or would do: one step for each dashboard or monitor.

use std::fmt;

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use system_health_datadog::{Action, Overwrites};

/// What was done, or has to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verb {
    Create,
    Update,
    Keep,
    Created,
    Updated,
    Kept,
    Deleted,
    /// Not overwritten, because of what somebody has done in Datadog.
    Left,
    /// Managed, and of no linked metric and no goal in the settings.
    Stale,
    /// A further one of the same metric.
    Copy,
    /// Made by a push.
    Managed,
}

/// One step.
#[derive(Debug, Serialize)]
pub(super) struct Step {
    pub(super) action: Verb,
    pub(super) name: String,
    pub(super) id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<String>,
    /// What an update would overwrite.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) overwrites: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) changes: Vec<String>,
}

/// Steps for people.
pub(super) struct Steps<'a>(pub(super) &'a [Step]);

impl Step {
    /// A step without further words.
    pub(super) fn new(action: Verb, name: &str, id: Option<String>) -> Self {
        Self { action, name: name.to_owned(), id, url: None, overwrites: None, changes: Vec::new() }
    }

    /// What has to be done.
    pub(super) fn planned(name: &str, id: Option<String>, action: &Action) -> Self {
        match action {
            Action::Create => Self::new(Verb::Create, name, None),
            Action::Keep => Self::new(Verb::Keep, name, id),
            Action::Update { changes, overwrites } => Self {
                overwrites: overwrites.map(|overwrites| match overwrites {
                    Overwrites::HandEdits => "it was changed in Datadog since the last push",
                    Overwrites::Unmanaged => "it was not made by a push",
                }),
                changes: changes.to_string().lines().map(|line| line.trim_end().to_owned()).collect(),
                ..Self::new(Verb::Update, name, id)
            },
        }
    }

    /// The step once it is done.
    pub(super) fn done(mut self) -> Self {
        self.action = match self.action {
            Verb::Create => Verb::Created,
            Verb::Update => Verb::Updated,
            Verb::Keep => Verb::Kept,
            other => other,
        };
        self
    }

    /// The step if it is not to be done for what it would overwrite.
    pub(super) fn left(mut self) -> Self {
        self.action = Verb::Left;
        self
    }

    /// Whether somebody has to say that it may be done.
    pub(super) fn needs_force(&self) -> bool {
        self.overwrites.is_some()
    }
}

impl Verb {
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

impl fmt::Display for Steps<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in self.0 {
            let style = step.action.style();
            write!(f, "{style}{:<8}{style:#}{}", step.action.word(), step.name)?;
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
    fn steps_are_one_line_each_with_what_changes_below() {
        let steps = [
            Step { url: Some("https://x/dashboard/1".into()), ..Step::new(Verb::Created, "CI", None) },
            Step {
                overwrites: Some("it was not made by a push"),
                changes: vec!["~ title: 1 → 2".into()],
                ..Step::new(Verb::Update, "Builds", Some("abc".into())).left()
            },
        ];
        insta::assert_snapshot!(anstream::adapter::strip_str(&Steps(&steps).to_string()).to_string(), @"
        created CI  https://x/dashboard/1
        left    Builds  abc
                it was not made by a push
                ~ title: 1 → 2
        ");
    }
}
