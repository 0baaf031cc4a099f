//! Tests the scripts of the GitHub action (`action.yml`) with a release on a local server and the real `report`.
#![cfg(unix)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use system_health_test_support::{
    github::FakeGitHub,
    server::{Answer, Request, Server},
};
use tempfile::TempDir;

const TOKEN: &str = "ghp_0123456789012345678901234567890123ab";
const LINUX: (&str, &str) = ("Linux", "X64");

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.github/action").join(name)
}

/// A runner, and a release with an archive for each platform. The program in the archive prints its platform.
struct Runner {
    folder: TempDir,
    releases: Server,
}

impl Runner {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let release = folder.path().join("release");
        fs::create_dir(&release).unwrap();
        let script = "for platform in linux-amd64 linux-arm64 macos-amd64 macos-arm64; do
                        printf '#!/bin/sh\\necho %s\\n' $platform >report
                        chmod +x report
                        tar -czf report-$platform.tar.gz report
                    done
                    if command -v sha256sum >/dev/null; then sha256sum *.gz; else shasum -a 256 *.gz; fi >SHA256SUMS";
        assert!(Command::new("sh").args(["-euc", script]).current_dir(&release).status().unwrap().success());
        let releases = Server::start(move |request: &Request| {
            let file =
                request.path().strip_prefix("/v1.2.3/").and_then(|name| fs::read(release.join(name)).ok());
            let (status, body) = file.map_or((404, vec![]), |content| (200, content));
            Answer { status, headers: vec![], body }
        });
        Self { folder, releases }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, name: &str, argument: &Path) -> Command {
        let mut command = Command::new(script(name));
        command.arg(argument).current_dir(self.folder.path()).env_clear().env("PATH", env!("PATH"));
        command
    }

    fn install(&self, version: &str, (system, architecture): (&str, &str)) -> Output {
        self.command("install", &self.file("bin"))
            .env("VERSION", version)
            .env("RUNNER_OS", system)
            .env("RUNNER_ARCH", architecture)
            .env("SYSTEM_HEALTH_RELEASES", self.releases.url())
            .env("GITHUB_PATH", self.file("path"))
            .output()
            .unwrap()
    }

    /// The message of an installation that fails. Checks that nothing was installed.
    fn refusal(&self, version: &str, platform: (&str, &str)) -> String {
        let ended = self.install(version, platform);
        assert_eq!(ended.status.code(), Some(1), "{ended:?}");
        assert!(!self.file("bin").exists() && !self.file("path").exists());
        String::from_utf8(ended.stderr).unwrap()
    }
}

#[test]
fn each_platform_gets_its_own_program() {
    for (platform, name) in [
        (LINUX, "linux-amd64"),
        (("Linux", "ARM64"), "linux-arm64"),
        (("macOS", "X64"), "macos-amd64"),
        (("macOS", "ARM64"), "macos-arm64"),
    ] {
        let runner = Runner::new();

        let ended = runner.install("v1.2.3", platform);

        assert!(ended.status.success(), "{ended:?}");
        let installed = Command::new(runner.file("bin/report")).output().unwrap();
        assert_eq!(String::from_utf8(installed.stdout).unwrap(), format!("{name}\n"));
        let on_the_path = fs::read_to_string(runner.file("path")).unwrap();
        assert_eq!(on_the_path, format!("{}\n", runner.file("bin").display()));
    }
}

#[test]
fn an_archive_with_another_checksum_is_not_installed() {
    let runner = Runner::new();
    runner.releases.fail("report-linux-amd64.tar.gz", Answer::text(200, "application/gzip", "another file"));

    let message = runner.refusal("1.2.3", LINUX);

    // The output of `printf 'another file' | sha256sum`.
    let found = "100ef6a71bac925f709fe9c114c60460bf6e472cfdb9d44bd8adf1698135260f";
    assert!(message.contains(&format!("has the SHA-256 {found} instead of ")), "{message}");
}

#[test]
fn an_archive_without_a_checksum_is_not_installed() {
    let runner = Runner::new();
    runner
        .releases
        .fail("SHA256SUMS", Answer::text(200, "text/plain", "0123  report-linux-amd64.tar.gz.old\n"));

    let message = runner.refusal("1.2.3", LINUX);

    assert!(message.contains("the release 1.2.3 has no checksum of report-linux-amd64.tar.gz"), "{message}");
    assert_eq!(runner.releases.requests().len(), 1, "the archive is not requested");
}

#[test]
fn an_unknown_platform_or_version_is_refused() {
    let runner = Runner::new();

    for (version, platform, expected) in [
        (
            "1.2.3",
            ("Windows", "X64"),
            "there is no report for Windows on X64, only for Linux and macOS on X64 and ARM64",
        ),
        ("1.2.3", ("Linux", "ARM"), "there is no report for Linux on ARM,"),
        ("latest", LINUX, "version is latest, and has to look like 0.1.0"),
        ("1.2.3/../$(id)", LINUX, "version is 1.2.3/../\\$\\(id\\), and has to look like 0.1.0"),
    ] {
        let message = runner.refusal(version, platform);
        assert!(message.contains(expected), "{message}");
    }
    assert_eq!(runner.releases.requests().len(), 0);

    let message = runner.refusal("1.2.4", LINUX);
    assert!(message.contains("/v1.2.4/SHA256SUMS; is there a release 1.2.4?"), "{message}");
}

#[test]
fn the_action_installs_its_own_version_by_default() {
    let runner = Runner::new();

    let message = runner.refusal("", LINUX);

    let version = env!("CARGO_PKG_VERSION");
    assert!(message.contains(&format!("/v{version}/SHA256SUMS; is there a release {version}?")), "{message}");
}

#[test]
fn the_action_writes_a_summary_and_returns_the_status_of_report() {
    let github = FakeGitHub::builder().token(TOKEN).start();
    github.repository("acme/shop").commits(3);
    let runner = Runner::new();
    fs::write(runner.file("settings.toml"), "[report]\ntags = [\"team:shop\"]\n").unwrap();
    // If the script expanded its inputs as patterns, this file would match.
    fs::write(runner.file("commits.hotfix"), "").unwrap();
    let run = |inputs: &[(&str, &str)]| {
        let _ = fs::remove_file(runner.file("summary"));
        let ended = runner
            .command("run", Path::new(env!("CARGO_BIN_EXE_report")))
            .arg(runner.file("report.md"))
            .envs(inputs.iter().copied())
            .env("GITHUB_OUTPUT", runner.file("output"))
            .env("GITHUB_TOKEN", TOKEN)
            .env("GITHUB_API_URL", github.url())
            .env("GITHUB_REPOSITORY", "acme/shop")
            .env("GITHUB_STEP_SUMMARY", runner.file("summary"))
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .output()
            .unwrap();
        let summary = fs::read_to_string(runner.file("summary")).unwrap_or_default();
        assert_eq!(String::from_utf8(ended.stdout).unwrap(), summary);
        (ended.status.code().unwrap(), summary, String::from_utf8(ended.stderr).unwrap())
    };

    let (status, summary, _) =
        run(&[("FAIL_ON", "goal"), ("ONLY", "commits.*"), ("CONFIG", "settings.toml")]);
    assert_eq!(status, 0, "{summary}");
    let output = fs::read_to_string(runner.file("output")).unwrap();
    let markdown = output.trim_end().strip_prefix("markdown=").unwrap();
    assert_eq!(fs::read_to_string(markdown).unwrap(), summary);
    assert!(summary.contains("commits.hotfix") && summary.contains("commits.reverts"), "{summary}");

    // No workflow has run, so the metric has no data.
    let (status, summary, _) =
        run(&[("FAIL_ON", "no-data"), ("ONLY", "ci.*\n commits.*"), ("PUSH", "false")]);
    assert_eq!(status, 1, "{summary}");
    assert!(summary.contains("commits.hotfix") && summary.contains("ci.tests_passing_on_main"), "{summary}");

    let (status, summary, message) = run(&[("ARGS", "--skip $(touch${IFS}made) --fail-on never")]);
    assert_eq!((status, &*summary), (2, ""), "{message}");
    assert!(!runner.file("made").exists());

    let (status, _, message) = run(&[("PUSH", "yes")]);
    assert_eq!(status, 2);
    assert!(message.contains("push is yes, and has to be true or false"), "{message}");
}

#[test]
fn inputs_are_passed_to_the_scripts_only_as_variables() {
    let action = fs::read_to_string(script("../../action.yml")).unwrap();

    let scripts = action.lines().filter(|line| line.trim_start().starts_with("run:"));
    assert!(scripts.inspect(|line| assert!(!line.contains("${{"), "{line}")).count() == 2);
    let inputs = action.split_once("\ninputs:\n").unwrap().1.split_once("\noutputs:\n").unwrap().0;
    for line in inputs.lines() {
        let Some(input) = line.strip_prefix("  ").filter(|line| !line.starts_with(' ')) else { continue };
        let input = input.trim_end_matches(':');
        assert!(action.contains(&format!(": ${{{{ inputs.{input} }}}}\n")), "nothing takes {input}");
    }
}
