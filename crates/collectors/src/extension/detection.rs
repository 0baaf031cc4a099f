//! Detects the repository, its branch and its workflow from the current folder. Makes no network requests.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use system_health_registry::{Context, DetectedSettings, DetectedValue, Settings};

use crate::{git::LocalClone, github::GitHubSettings, repository::RepositoryName};

/// Names of workflows that usually run the tests, the most likely first.
const USUAL_WORKFLOWS: [&str; 6] = ["ci", "test", "tests", "checks", "build", "main"];

/// The settings for the clone around the current folder.
pub(super) async fn detect() -> DetectedSettings {
    let mut detected = DetectedSettings::default();
    match repository().await.map(|repository| repository.to_string()) {
        Some(value) => {
            detected.examples.push(("repositories.\"acme/shop\"", format!("repositories.{value:?}")));
            let comment = "from the remote of this clone".to_owned();
            detected.values.push(DetectedValue { table: "repository", key: "name", value, comment });
        }
        None => detected.steps.push("in the file, name a repository on GitHub, to get metrics about it"),
    }
    let head = git(&["symbolic-ref", "--short", "refs/remotes/origin/HEAD"]);
    if let Some(branch) = head.as_deref().and_then(|head| head.strip_prefix("origin/")) {
        detected.examples.push(("\"main\"", format!("{branch:?}")));
    }
    let root = git(&["rev-parse", "--show-toplevel"]).map_or_else(|| PathBuf::from("."), PathBuf::from);
    let mut workflows = workflows(&root);
    if let Some(value) = likely_workflow(&workflows) {
        workflows.retain(|name| *name != value);
        let others = match &workflows[..] {
            [] => String::new(),
            [other] => format!("; there is also {other}"),
            others => format!("; there are also {}", others.join(", ")),
        };
        let comment = format!("found in .github/workflows{others}");
        detected.values.push(DetectedValue { table: "ci", key: "workflow", value, comment });
    }
    detected
}

/// The repository on GitHub that the remote of the clone points to. `None` for a clone from another host: if the settings named
/// the clone's repository, a repository with the same name on GitHub would be read instead of the clone.
async fn repository() -> Option<RepositoryName> {
    let context = Context::new().provide(Settings::default());
    let clone = context.get::<LocalClone>().await.ok()?;
    let github = context.get::<GitHubSettings>().await.ok()?;
    clone.addresses().find_map(|address| github.repository_at(address))
}

/// The file names of the workflows of GitHub Actions, sorted.
fn workflows(root: &Path) -> Vec<String> {
    let files = fs::read_dir(root.join(".github/workflows")).into_iter().flatten().flatten();
    let mut names: Vec<String> = files
        .map(|file| file.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml"))
        .filter_map(|path| path.file_name()?.to_str().map(str::to_owned))
        .collect();
    names.sort();
    names
}

/// The only workflow, or the one with the most likely name.
fn likely_workflow(workflows: &[String]) -> Option<String> {
    if let [only] = workflows {
        return Some(only.clone());
    }
    let named = |usual: &&str| {
        let is_named =
            |file: &&String| file.rsplit_once('.').is_some_and(|(name, _)| name.eq_ignore_ascii_case(usual));
        workflows.iter().find(is_named).cloned()
    };
    USUAL_WORKFLOWS.iter().find_map(named)
}

/// The output of a git command. `None` if the command fails or prints nothing, for example because there is no repository.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).stdin(Stdio::null()).output().ok()?;
    let line = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !line.is_empty()).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likely_workflow_is_the_only_one_or_has_a_usual_name() {
        let likely = |names: &[&str]| {
            likely_workflow(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
        };

        assert_eq!(likely(&["nightly.yaml"]).as_deref(), Some("nightly.yaml"));
        assert_eq!(likely(&["checks.yml", "release.yml", "tests.yaml"]).as_deref(), Some("tests.yaml"));
        assert_eq!(likely(&["CI.yml", "release.yml"]).as_deref(), Some("CI.yml"));
        assert_eq!(likely(&["deploy.yml", "release.yml"]), None);
        assert_eq!(likely(&[]), None);
    }
}
