//! The settings table `[ci]`.

use serde::{Deserialize, Deserializer, de::Error};
use system_health_registry::settings_table;

/// The settings table `[ci]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct CiSettings {
    /// The file name of the workflow that runs the tests. Default: `checks.yml`.
    #[serde(deserialize_with = "file_name")]
    pub workflow: String,
    /// The jobs that must be part of a run, by their exact names. Default: none, so that all jobs of the
    /// run count, whatever they are.
    #[serde(deserialize_with = "job_names")]
    pub required_jobs: Vec<String>,
}

settings_table!(CiSettings, "ci");

impl Default for CiSettings {
    fn default() -> Self {
        Self { workflow: "checks.yml".to_owned(), required_jobs: Vec::new() }
    }
}

fn file_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    if name.trim().is_empty() || name.contains('/') || name.starts_with('.') {
        let advice = "write the name of a file in .github/workflows, such as \"checks.yml\"";
        return Err(D::Error::custom(format!("`{name}` is no workflow; {advice}")));
    }
    Ok(name)
}

fn job_names<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    match names.iter().find(|name| name.trim().is_empty()) {
        Some(name) => {
            Err(D::Error::custom(format!("`{name}` is no job; write names such as \"unit tests\"")))
        }
        None => Ok(names),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use system_health_registry::Settings;

    #[test]
    fn what_names_nothing_is_refused_where_it_is_written() {
        let refused = |line: &str| {
            let toml = format!("[ci]\n{line}");
            Settings::builder().toml(Path::new("a.toml"), &toml).unwrap().build().unwrap_err().to_string()
        };
        for name in ["", " ", "..", ".github/workflows/checks.yml"] {
            assert_eq!(
                refused(&format!("workflow = '{name}'")),
                format!(
                    "a.toml:2: `workflow` in [ci]: `{name}` is no workflow; write the name of a file in \
                     .github/workflows, such as \"checks.yml\""
                )
            );
        }
        assert_eq!(
            refused("required_jobs = ['unit tests', '']"),
            "a.toml:2: `required_jobs` in [ci]: `` is no job; write names such as \"unit tests\""
        );
    }
}
