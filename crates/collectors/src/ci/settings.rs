//! The settings table `[ci]`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error};
use system_health_registry::settings_table;

use super::{JobPatterns, TriggerEvents};

/// The settings table `[ci]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct CiSettings {
    /// The file name of the workflow that runs the tests. Default: `checks.yml`.
    #[serde(deserialize_with = "deserialize_file_name")]
    pub workflow: String,
    /// The jobs that decide whether the tests pass. Default: none; the conclusion of the run decides.
    pub jobs: JobPatterns,
    /// The events whose runs test the branch.
    pub events: TriggerEvents,
    /// The age beyond which a result is out of date. Default: 14 days.
    pub max_age: Duration,
    /// A run that was created longer than this before a window does not count, even if it was re-run in the window. Runs are
    /// read this much further back than the window. Default: 3 days.
    pub rerun_lookback: Duration,
    /// The maximum number of runs, or of earlier attempts, that a metric reads one by one. More are an error. Default: 300.
    pub max_run_requests: u32,
}

settings_table!(CiSettings, "ci", template: include_str!("settings.toml"), shown: |_| true);

/// The settings tables of the keys that messages name.
#[derive(Debug, Clone)]
pub(crate) struct CiTables {
    pub(crate) workflow: String,
    pub(crate) jobs: String,
    pub(crate) max_age: String,
}

impl Default for CiTables {
    fn default() -> Self {
        let table = || "[ci]".to_owned();
        Self { workflow: table(), jobs: table(), max_age: table() }
    }
}

impl Default for CiSettings {
    fn default() -> Self {
        Self {
            workflow: "checks.yml".to_owned(),
            jobs: JobPatterns::default(),
            events: TriggerEvents::default(),
            max_age: Duration::from_hours(14 * 24),
            rerun_lookback: Duration::from_hours(3 * 24),
            max_run_requests: 300,
        }
    }
}

/// Deserializes the name of a workflow file.
pub(crate) fn deserialize_file_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    if name.trim().is_empty() || name.contains('/') || name.starts_with('.') {
        let advice = "write the name of a file in .github/workflows, such as \"checks.yml\"";
        return Err(D::Error::custom(format!("`{name}` is not a workflow; {advice}")));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use system_health_registry::Settings;

    use super::*;

    fn read(line: &str) -> Result<CiSettings, String> {
        let toml = format!("[ci]\n{line}");
        let settings = Settings::builder().toml(Path::new("a.toml"), &toml).unwrap().build();
        settings.map(|settings| settings.table().unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn invalid_values_are_refused_at_their_line() {
        for name in ["", " ", "..", ".github/workflows/checks.yml"] {
            assert_eq!(
                read(&format!("workflow = '{name}'")).unwrap_err(),
                format!(
                    "a.toml:2:1: `workflow` in [ci]: `{name}` is not a workflow; write the name of a file in \
                     .github/workflows, such as \"checks.yml\""
                )
            );
        }
        for (line, message) in [
            (
                "jobs = ['test*', '']",
                "`jobs` in [ci]: a pattern is empty; write the name of a job, such as \"unit tests\" or \"test*\"",
            ),
            (
                "jobs = ['test[']",
                "`jobs` in [ci]: `test[` is not a valid glob: unclosed character class; missing ']'; write one \
                 such as \"test*\"",
            ),
            ("events = []", "`events` in [ci]: at least one event is needed, such as [\"push\"]"),
            (
                "events = ['push', 'shedule']",
                "`events` in [ci]: `shedule` is not an event of GitHub Actions; did you mean `schedule`?",
            ),
            ("max_age = 14", "`max_age` in [ci]: invalid type: integer `14`"),
        ] {
            let error = read(line).unwrap_err();
            assert!(error.starts_with(&format!("a.toml:2:1: {message}")), "{error}");
        }
    }

    #[test]
    fn by_default_runs_decide_and_events_that_test_the_branch_count() {
        let settings = read("").unwrap();
        assert!(settings.jobs.is_empty());
        assert_eq!(settings.max_age, Duration::from_hours(336));
        for (event, counts) in [("push", true), ("merge_group", true), ("pull_request", false)] {
            assert_eq!(settings.events.contains(event), counts, "{event}");
        }
    }

    #[test]
    fn events_that_do_not_count_by_default_can_be_selected() {
        for event in ["pull_request", "image_version"] {
            assert!(read(&format!("events = ['{event}']")).unwrap().events.contains(event), "{event}");
        }
    }
}
