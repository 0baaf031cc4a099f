//! The workflows of this repository, held to GitHub's own parser and to zizmor's audits.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use system_health_test_support::tools;

fn github() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.github")
}

fn workflows() -> Vec<PathBuf> {
    let files = fs::read_dir(github().join("workflows")).unwrap();
    files.map(|file| file.unwrap().path().canonicalize().unwrap()).collect()
}

/// The workflows in a page of the documentation.
fn in_page(page: &str) -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(page);
    let text = fs::read_to_string(page).unwrap();
    text.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

fn problems(files: &[PathBuf]) -> Vec<Vec<String>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("contract/workflow_check.mjs");
    let output = tools::with_node("node")
        .arg(script)
        .arg(tools::folder().join("workflow-parser/node_modules"))
        .args(files)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
#[ignore = "needs GitHub's parser: run cargo xtask test"]
fn github_understands_them() {
    let files = workflows();
    assert_eq!(files.len(), 2);
    assert_eq!(problems(&files), [[""; 0]; 2], "{files:?}");

    let folder = tempfile::tempdir().unwrap();
    let [gate] = &in_page("datadog.md")[..] else { panic!("there is one workflow in docs/datadog.md") };
    let file = folder.path().join("gate.yml");
    fs::write(&file, gate).unwrap();
    assert_eq!(problems(&[file]), [[""; 0]], "{gate}");

    // And it would say so if it did not.
    for (good, bad) in [("runs-on:", "run-on:"), ("${{ github.", "${{ githab."), ("jobs:", "job:")] {
        let text = fs::read_to_string(github().join("workflows/ci.yml")).unwrap();
        assert!(text.contains(good));
        let file = folder.path().join("bad.yml");
        fs::write(&file, text.replace(good, bad)).unwrap();
        assert!(!problems(&[file])[0].is_empty(), "{bad}");
    }
}

#[test]
#[ignore = "needs zizmor: run cargo xtask test"]
fn audits_find_nothing() {
    let audit = Command::new(tools::file("python/bin/zizmor"))
        .args(["--offline", "--no-progress", "--persona", "regular"])
        .arg(github())
        .output()
        .unwrap();

    assert!(audit.status.success(), "{}", String::from_utf8_lossy(&audit.stdout));
}

#[test]
fn only_the_script_that_compares_publishes_the_chart_and_it_does_before_anything_is_built() {
    let text = fs::read_to_string(github().join("workflows/release.yml")).unwrap();
    let (before, after) = text.split_once("\n  binaries:\n").unwrap();

    assert!(before.contains(".ci/publish-chart --check "));
    assert!(after.contains(".ci/publish-chart \"${IMAGE,,}\""));
    assert!(!text.contains("helm push"));
}

#[test]
fn every_action_is_pinned_by_its_commit_and_says_its_version() {
    for file in workflows() {
        let text = fs::read_to_string(&file).unwrap();
        for line in
            text.lines().filter_map(|line| line.trim_start().trim_start_matches("- ").strip_prefix("uses: "))
        {
            let (action, version) = line.split_once(" # v").unwrap_or_else(|| panic!("no version: {line}"));
            let commit = action.split_once('@').unwrap().1;
            assert!(commit.len() == 40 && commit.chars().all(|c| c.is_ascii_hexdigit()), "{line}");
            assert!(version.split('.').count() == 3, "{line}");
        }
    }
}
