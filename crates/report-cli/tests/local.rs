//! `report` in a git work tree, without credentials or a network.

use std::time::Duration;

use system_health_test_support::scene::Scene;

const DAY: Duration = Duration::from_hours(24);

fn scene() -> Scene {
    Scene::new(env!("CARGO_BIN_EXE_report"))
}

fn work_tree() -> Scene {
    scene()
        .git_work_tree()
        .commit("hotfix: too old to count", 8 * DAY)
        .commit("Sell shoes", 3 * DAY)
        .commit("Hot-fix the checkout", 2 * DAY)
        .commit("Revert \"Sell shoes\"\n\nThis reverts commit 0123456.", DAY)
}

#[test]
fn a_commit_in_the_future_is_a_warning() {
    let scene = work_tree();
    scene.git(&[
        "-c",
        "alias.later=!GIT_COMMITTER_DATE=2099-01-01T00:00:00Z git commit --quiet --allow-empty --message 'hotfix: clock'",
        "later",
    ]);

    let ended = scene.run(&[]).with_status(0);

    let warning = "hotfix: clock is dated more than a day in the future, 2099-01-01T00:00:00Z";
    ended.says(warning);
    assert_eq!(ended.metric("commits.hotfix")["samples"][0]["value"], 2.0);
}

#[test]
fn commit_metrics_of_a_work_tree_need_no_settings() {
    let ended = work_tree().run(&[]).with_status(0);

    let hotfix = ended.metric("commits.hotfix");
    assert_eq!(hotfix["state"], "value");
    assert_eq!(hotfix["samples"][0]["value"], 1.0);
    assert_eq!(hotfix["goal"]["met"], true);
    assert_eq!(ended.metric("commits.reverts")["samples"][0]["value"], 1.0);
    let tests = ended.metric("ci.tests_passing_on_main");
    assert_eq!(tests["state"], "no_data");
    assert!(tests["reason"].as_str().unwrap().contains("GITHUB_TOKEN"), "{tests}");
    ended.says("local clone");
}

#[test]
fn the_table_shows_values_and_the_reasons_for_no_data() {
    let table = work_tree().run(&["--format", "table"]).with_status(0).stdout();

    let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["METRIC", "SUBJECT", "VALUE", "UNIT", "GOAL", "TIME", "TAGS"]);
    assert_eq!(lines[1][0], "commits.hotfix");
    assert_eq!(lines[1][2..7], ["1", "commit", "<", "5", "met"]);
    assert_eq!(lines[2][2..4], ["1", "commit"]);
    assert_eq!(lines[4], ["No", "data"]);
    assert_eq!(lines[5][..2], ["ci.tests_passing_on_main", "of"]);
    assert_eq!(lines.len(), 6, "one line gives the reason: {table}");
}

#[test]
fn samples_have_tags_for_the_repository_and_branch() {
    let scene = work_tree().origin("git@github.com:Acme/Shop.git", Duration::ZERO);

    let document = scene.variable("DD_ENV", "test").run(&["--only", "commits.hotfix"]).with_status(0).json();

    let tags = document["metrics"][0]["samples"][0]["tags"].as_array().unwrap().clone();
    for tag in ["branch:main", "repository:acme/shop", "env:test"] {
        assert!(tags.contains(&tag.into()), "the sample has no tag {tag}: {tags:?}");
    }
}

#[test]
fn a_work_tree_without_commits_has_no_data() {
    let ended = scene().git_work_tree().run(&[]).with_status(0);

    for key in ["commits.hotfix", "commits.reverts"] {
        assert_eq!(ended.metric(key)["state"], "no_data", "{key}");
    }
}

#[test]
fn a_shallow_clone_has_no_data_and_advice() {
    let origin = work_tree();
    let scene = scene();
    let url = format!("file://{}", origin.folder().display());
    scene.git(&["clone", "--quiet", "--depth", "2", &url, "."]);

    let hotfix = scene.run(&[]).with_status(0).metric("commits.hotfix");

    assert_eq!(hotfix["state"], "no_data");
    assert!(hotfix["reason"].as_str().unwrap().contains("git fetch --"), "{hotfix}");
}

#[test]
fn an_outdated_clone_is_first_a_warning_and_later_no_data() {
    let fetched = |days| {
        let scene = scene().git_work_tree().commit("hotfix", DAY * days);
        scene.origin("https://github.com/acme/shop", DAY * days).run(&[]).with_status(0)
    };
    let (warned, stale) = (fetched(2), fetched(8));

    assert_eq!(warned.metric("commits.hotfix")["samples"][0]["value"], 1.0);
    warned.says("warning: this clone last fetched `main` from `origin` at 2");
    warned.says("newer commits do not count; run `git fetch origin`");
    let hotfix = stale.metric("commits.hotfix");
    assert_eq!(hotfix["state"], "no_data");
    let reason = hotfix["reason"].as_str().unwrap();
    assert!(reason.ends_with("before the window started; run `git fetch origin`"), "{reason}");
    let current =
        scene().git_work_tree().commit("hotfix", DAY).origin("https://github.com/acme/shop", DAY / 2);
    let stderr = current.run(&[]).with_status(0).stderr();
    assert!(!stderr.contains("git fetch"), "{stderr}");
}

#[test]
fn outside_a_work_tree_the_error_says_what_is_missing() {
    let ended = scene().run(&[]).with_status(1);

    let error = ended.metric("commits.hotfix")["error"].as_str().unwrap().to_owned();
    assert!(error.contains("SYSTEM_HEALTH_REPOSITORY"), "{error}");
    // If stdout is not a terminal, the log tells the user why the status is not 0.
    ended.says("error: ci.tests_passing_on_main, commits.hotfix, commits.reverts: no repository is named");
}

#[test]
fn metrics_are_selected_by_their_keys() {
    let scene = work_tree();

    let only =
        scene.run(&["--only", "commits.{hotfix,reverts}", "--skip", "*.reverts"]).with_status(0).json();
    let none = scene.run(&["--only", "comits.*"]).with_status(2);

    assert_eq!(only["metrics"].as_array().unwrap().len(), 1);
    assert_eq!(only["metrics"][0]["key"], "commits.hotfix");
    none.says("error: `comits.*` matches no metric; did you mean `commits.");
    none.says("hint: correct --only");
}

#[test]
fn a_flag_for_a_list_takes_several_values_separated_by_commas() {
    let selected = |only: &str| {
        let document = work_tree().run(&["--only", only]).with_status(0).json();
        let metrics = document["metrics"].as_array().unwrap().clone();
        metrics.iter().map(|metric| metric["key"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };

    assert_eq!(selected("commits.hotfix,commits.reverts"), ["commits.hotfix", "commits.reverts"]);
    assert_eq!(selected("commits.{hotfix,reverts}"), ["commits.hotfix", "commits.reverts"]);
}

#[test]
fn fail_on_selects_what_counts_as_a_failure() {
    let (healthy, missed) = (work_tree(), (0..5).fold(work_tree(), |scene, _| scene.commit("hotfix", DAY)));

    let run = |scene: &Scene, fail_on: &str| scene.run(&["--fail-on", fail_on]);

    let _ = run(&healthy, "goal").with_status(0);
    let _ = run(&healthy, "no-data").with_status(1);
    let _ = run(&missed, "error").with_status(0);
    let _ = run(&missed, "goal").with_status(4);
    let _ = run(&scene(), "goal").with_status(1);
    let _ = run(&scene(), "delivery").with_status(0);
    let _ = run(&scene(), "never").with_status(0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_failed_write_to_stdout_has_its_own_status() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let scene = work_tree();

    let output = scene.command(&[]).stdout(full).output().unwrap();

    assert_eq!(output.status.code(), Some(5), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn it_is_no_failure_if_the_reader_of_stdout_exits() {
    use std::process::Stdio;

    let scene = work_tree();
    let mut child = scene.command(&[]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());

    let output = child.wait_with_output().unwrap();

    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[cfg(feature = "local")]
#[test]
fn points_are_not_delivered_if_the_reader_of_stdout_exits() {
    use std::process::Stdio;

    let scene = work_tree().file("system-health.toml", "[report]\nto = ['local']\n[local]\nstdout = true\n");
    let command = || scene.command(&["--push", "--no-self-metrics"]);
    let mut child = command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());

    let output = child.wait_with_output().unwrap();
    let read = command().output().unwrap();

    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{stderr}");
    assert!(stderr.contains("cannot write to the standard output"), "{stderr}");
    assert_eq!(read.status.code(), Some(0), "{}", String::from_utf8_lossy(&read.stderr));
}

#[test]
fn markdown_has_a_table_of_values() {
    let scene = Scene::new(env!("CARGO_BIN_EXE_report")).git_work_tree();
    let scene = (0..6).fold(scene, |scene, _| scene.commit("hotfix", Duration::from_mins(1)));

    let markdown = scene.run(&["--format", "markdown"]).with_status(0).stdout();

    let lines: Vec<&str> = markdown.lines().collect();
    assert_eq!(lines[..2], ["| metric | value | goal | |", "|---|---:|---|---|"]);
    for (line, key, rest) in [
        (lines[2], "ci.tests_passing_on_main", "` | | | no data: "),
        (lines[3], "commits.hotfix", "` | 6 commit | `< 5` | **missed** `branch:main`"),
        (lines[4], "commits.reverts", "` | 0 commit | `< 5` | met "),
    ] {
        assert!(line.starts_with(&format!("| `{key}` `")) && line.contains(rest), "{markdown}");
    }
}
