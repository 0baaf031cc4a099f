//! The resource that both metrics share. The file is read once per run, even if many metrics take the resource.

use std::{
    fs,
    str::FromStr,
    sync::Arc,
    time::{Duration, SystemTime},
};

use anyhow::{Context as _, anyhow};
use system_health_registry::{Context, FromContext, Unavailable};
use tokio::task::spawn_blocking;

use crate::AcmeSettings;

/// The open incidents, with their ages at the start of the run.
#[derive(Debug, Clone)]
pub struct Incidents(Arc<[Incident]>);

/// Something that is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// How bad it is, such as `low` or `high`.
    pub severity: String,
    /// When it began.
    pub opened: SystemTime,
    /// How long it has been open.
    pub age: Duration,
    /// What is broken.
    pub title: String,
}

impl Incidents {
    /// Creates the list. Tests call this.
    #[must_use]
    pub fn new(incidents: impl IntoIterator<Item = Incident>) -> Self {
        Self(incidents.into_iter().collect())
    }

    /// The incidents, in the order of the file.
    #[must_use]
    pub fn all(&self) -> &[Incident] {
        &self.0
    }

    fn parse(text: &str, now: SystemTime) -> anyhow::Result<Self> {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty());
        let incidents = lines.map(|(index, line)| {
            Incident::parse(line, now).with_context(|| format!("line {} is not an incident", index + 1))
        });
        Ok(Self(incidents.collect::<anyhow::Result<_>>()?))
    }
}

impl Incident {
    fn parse(line: &str, now: SystemTime) -> anyhow::Result<Self> {
        let mut fields = line.split('\t');
        let mut next = |name: &str| fields.next().ok_or_else(|| anyhow!("the {name} is missing"));
        let severity = next("severity")?.to_owned();
        let opened = u64::from_str(next("time")?).context("the time is not a number of seconds")?;
        let opened = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(opened));
        let opened = opened.context("the time is out of range")?;
        let title = next("title")?.to_owned();
        Ok(Self { severity, opened, age: now.duration_since(opened).unwrap_or_default(), title })
    }
}

impl FromContext for Incidents {
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let path = context.get::<AcmeSettings>().await?.incidents;
        let place = path.display().to_string();
        let now = context.started_at();
        // Reading a file may block, so it runs on a thread for blocking calls.
        let read = spawn_blocking(move || Self::parse(&fs::read_to_string(path)?, now));
        Ok(read.await?.with_context(|| format!("cannot read incidents from {place}"))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_line_is_named_in_the_error() {
        let error = Incidents::parse("low\t5\tfine\nhigh\tsoon\tbad", SystemTime::now()).unwrap_err();

        assert_eq!(
            format!("{error:#}"),
            "line 2 is not an incident: the time is not a number of seconds: invalid digit found in string"
        );
    }
}
