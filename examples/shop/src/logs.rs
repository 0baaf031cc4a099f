//! Errors in log files. A file that cannot be read does not affect the others.

use std::{fs, path::Path};

use serde::Deserialize;
use system_health_registry::{
    ItemError, Sample, settings::SettingPath, settings_table, system_health_metric,
};

/// Lines with an error in each log file.
#[system_health_metric(key = "log.errors", unit = "line")]
fn errors(settings: LogSettings) -> Vec<Result<Sample, ItemError>> {
    settings.files.iter().map(|file| errors_in(file)).collect()
}

fn errors_in(file: &Path) -> Result<Sample, ItemError> {
    let name = file.display().to_string();
    let sample = || {
        let count = fs::read_to_string(file)?.lines().filter(|line| line.contains("ERROR")).count();
        Ok(Sample::new(count)?.with_tag("file", &name)?)
    };
    sample().map_err(|error: ItemError| error.with_tag("file", &name))
}

/// The table `[log]` of the settings file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct LogSettings {
    /// The log files.
    files: Vec<SettingPath>,
}

settings_table!(LogSettings, "log");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_tables_are_declared_correctly() {
        system_health_registry::Settings::builder().build().unwrap();
    }

    #[test]
    fn an_unreadable_file_does_not_affect_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("web.log");
        fs::write(&file, "INFO up\nERROR down\n").unwrap();

        let read = errors(LogSettings { files: vec![file.into(), "missing.log".into()] });

        assert_eq!(read[0].as_ref().unwrap().value().to_string(), "1");
        let error = read[1].as_ref().unwrap_err().to_string();
        assert!(error.starts_with("file:missing.log: "), "{error}");
    }
}
