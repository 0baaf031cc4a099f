//! Checks the workflows and the action of this repository with GitHub's own parser and with zizmor. The archives that the action
//! and `cargo binstall` download must be those that a release publishes.

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    slice,
};

use serde_json::Value;
use system_health_test_support::tools;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn github() -> PathBuf {
    root().join(".github")
}

fn workflows() -> Vec<PathBuf> {
    let files = fs::read_dir(github().join("workflows")).unwrap();
    files.map(|file| file.unwrap().path()).collect()
}

/// The workflows in a page of the documentation.
fn workflows_in_page(page: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join("docs").join(page)).unwrap();
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
fn github_understands_the_workflows() {
    let files = workflows();
    assert_eq!(files.len(), 2);
    assert_eq!(problems(&files), [[""; 0]; 2], "{files:?}");

    let folder = tempfile::tempdir().unwrap();
    let documented = workflows_in_page("github-actions.md");
    assert!(!documented.is_empty());
    for workflow in documented {
        let file = folder.path().join("documented.yml");
        fs::write(&file, &workflow).unwrap();
        assert_eq!(problems(&[file]), [[""; 0]], "{workflow}");
    }

    // The parser finds mistakes.
    for (good, bad) in [("runs-on:", "run-on:"), ("${{ github.", "${{ githab."), ("jobs:", "job:")] {
        let text = fs::read_to_string(github().join("workflows/ci.yml")).unwrap();
        assert!(text.contains(good));
        let file = folder.path().join("bad.yml");
        fs::write(&file, text.replace(good, bad)).unwrap();
        assert!(!problems(&[file])[0].is_empty(), "{bad}");
    }
}

#[test]
#[ignore = "needs GitHub's parser: run cargo xtask test"]
fn github_understands_the_action() {
    let action = root().join("action.yml");
    assert_eq!(problems(slice::from_ref(&action)), [[""; 0]]);

    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(action).unwrap();
    for (good, bad) in
        [("using: composite", "using: composit"), ("      shell: bash\n", ""), ("steps:", "step:")]
    {
        assert!(text.contains(good));
        let file = folder.path().join("action.yml");
        fs::write(&file, text.replace(good, bad)).unwrap();
        assert!(!problems(&[file])[0].is_empty(), "{bad}");
    }
}

#[test]
#[ignore = "needs zizmor: run cargo xtask test"]
fn zizmor_finds_no_problems() {
    let audit = Command::new(tools::file("python/bin/zizmor"))
        .args(["--offline", "--no-progress", "--persona", "regular"])
        .args([github(), root().join("action.yml")])
        .output()
        .unwrap();

    assert!(audit.status.success(), "{}", String::from_utf8_lossy(&audit.stdout));
}

#[test]
fn the_chart_is_checked_before_anything_is_built_and_published_only_by_the_script() {
    let text = fs::read_to_string(github().join("workflows/release.yml")).unwrap();
    let (before, after) = text.split_once("\n  binaries:\n").unwrap();

    assert!(before.contains(".ci/publish-chart --check "));
    assert!(after.contains(".ci/publish-chart \"${IMAGE,,}\""));
    assert!(!text.contains("helm push"));
}

/// The archives that a release publishes.
fn archives() -> BTreeSet<String> {
    let text = fs::read_to_string(github().join("workflows/release.yml")).unwrap();
    assert!(text.contains("\"dist/report-$NAME.tar.gz\""));
    let names = text.lines().filter_map(|line| line.trim_start().strip_prefix("- { name: "));
    let archives: BTreeSet<String> =
        names.map(|rest| format!("report-{}.tar.gz", rest.split(',').next().unwrap())).collect();
    assert!(archives.len() == 4, "{archives:?}");
    archives
}

#[test]
fn cargo_binstall_finds_every_archive() {
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"] == "system-health-report-cli").unwrap();
    let settings = &package["metadata"]["binstall"];
    // The archive contains only the program, and no folder.
    assert_eq!(settings["pkg-fmt"], "tgz");
    assert_eq!(settings["bin-dir"], "{ bin }{ binary-ext }");

    let mut found = BTreeSet::new();
    for (target, setting) in settings["overrides"].as_object().unwrap() {
        let url = setting["pkg-url"].as_str().unwrap();
        let (system, architecture) = (
            if target.contains("-apple-darwin") { "macos" } else { "linux" },
            if target.starts_with("aarch64-") { "arm64" } else { "amd64" },
        );
        let archive = url.strip_prefix("{ repo }/releases/download/v{ version }/").unwrap();
        assert_eq!(archive, format!("report-{system}-{architecture}.tar.gz"), "{target}");
        found.insert(archive.to_owned());
    }

    assert_eq!(found, archives());
}

#[test]
fn the_action_installs_what_is_released() {
    let script = fs::read_to_string(github().join("action/install")).unwrap();

    let platforms = script.lines().filter_map(|line| line.split_once("platform=")?.1.strip_suffix(" ;;"));
    let installed: BTreeSet<String> = platforms.map(|name| format!("report-{name}.tar.gz")).collect();

    assert_eq!(installed, archives());
}

#[test]
fn the_documentation_uses_the_action_of_this_version() {
    let workflows = workflows_in_page("github-actions.md").concat();
    let mut versions =
        workflows.split("uses: system-health/system-health@v").skip(1).map(|rest| rest.lines().next());

    assert!(versions.clone().count() > 0);
    assert!(versions.all(|version| version == Some(env!("CARGO_PKG_VERSION"))), "{workflows}");
}

#[test]
fn every_action_is_pinned_by_its_commit_and_says_its_version() {
    for file in workflows().into_iter().chain([root().join("action.yml")]) {
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
