//! Wrong settings and usage, and the order of precedence of settings.

use system_health_test_support::scene::Scene;

fn scene() -> Scene {
    Scene::new(env!("CARGO_BIN_EXE_report")).git_work_tree()
}

#[test]
fn wrong_usage_and_settings_are_refused_with_advice() {
    for (settings, arguments, message) in [
        ("[comits]", &[][..], "system-health.toml:1:2: there is no table [comits]; did you mean `commits`?"),
        (
            "\n[metrics]\nwindw = '7d'",
            &[],
            "system-health.toml:3:1: there is no key `windw` in [metrics]; did you mean `window`?",
        ),
        (
            "[metrics]\nwindow = 'soon'",
            &[],
            "system-health.toml:2:1: `window` in [metrics]: `soon` is not a duration",
        ),
        ("[commits]\nhotfix = ['(']", &[], "system-health.toml:2:1: `hotfix"),
        (
            "[ci]\njobs = 'unit'",
            &[],
            "system-health.toml:2:1: `jobs` in [ci]: this must be a list; write [\"unit\"]",
        ),
        (
            "[ci]\njobs = ['test[']",
            &[],
            "system-health.toml:2:1: `jobs` in [ci]: `test[` is not a valid glob",
        ),
        ("[report]\ntags = ['team platform']", &[], "would be stored as `team_platform`"),
        (
            "[report]\nfail_on = 'always'",
            &[],
            "system-health.toml:2:1: `fail_on` in [report]: unknown variant `always`",
        ),
        ("[repository]\nname = 'shop'", &[], "system-health.toml:2:1: `name` in [repository]"),
        ("commits = 7", &[], "system-health.toml:1:1: `commits` must be a table, written [commits]"),
        ("[commits", &[], "system-health.toml:1:9: the settings file is not valid TOML"),
        ("", &["--repo", "shop"], "flag --repo: `name` in [repository]"),
        ("", &["--repo", "a/b", "--repo", "shop"], "flag --repo: `names[1]` in [repository]"),
        (
            "[repository]\nname = 'a/b'\nnames = ['c/d']",
            &[],
            "system-health.toml:2:1: `name` in [repository] cannot be set beside `names` (system-health.toml:3:1)",
        ),
        (
            "[repository]\nnames = ['acme/shop']\n[repositories.'acme/web']",
            &[],
            "system-health.toml:3:15: [repositories.\"acme/web\"]: [repository] does not name this repository",
        ),
        (
            "",
            &["--config", "missing.toml"],
            "cannot read the settings file missing.toml: No such file or directory",
        ),
        ("", &["--push", "--dry-run"], "'--push' cannot be used with '--dry-run'"),
        ("", &["--deadline", "soon"], "`soon` is not a duration; write a duration such as"),
        ("", &["--only", "a["], "a["),
        ("", &["--only", ""], "no glob is given"),
        ("", &["--repo", "a/b,shop"], "flag --repo: `names[1]` in [repository]"),
        ("", &["--fail-on", "sometimes"], "[possible values: never, delivery, error, no-data, goal]"),
    ] {
        let ended = scene().file("system-health.toml", settings).run(arguments).with_status(2);

        ended.says(message);
        assert_eq!(ended.stdout(), "", "{settings:?} {arguments:?}");
    }
}

#[test]
#[cfg(unix)]
fn a_dangling_symlink_is_not_a_missing_settings_file() {
    let scene = scene();
    std::os::unix::fs::symlink("/nowhere", scene.folder().join("system-health.toml")).unwrap();

    scene.run(&[]).with_status(2).says("cannot read the settings file system-health.toml");
}

#[test]
fn an_empty_variable_counts_as_unset() {
    let _ = scene().variable("SYSTEM_HEALTH_CONFIG", "").run(&["list"]).with_status(0);
    let _ = scene().variable("SYSTEM_HEALTH_CONFIG", "").run(&["--only", "commits.*"]).with_status(0);
}

#[test]
fn a_wrong_environment_variable_is_named() {
    scene()
        .variable("GITHUB_REPOSITORY", "shop")
        .run(&[])
        .with_status(2)
        .says("environment variable GITHUB_REPOSITORY: `name` in [repository]");
    scene().variable("DD_ENV", "!").run(&[]).with_status(2).says("DD_ENV");
}

#[test]
fn a_secret_in_a_broken_settings_file_is_not_repeated() {
    let ended =
        scene().file("system-health.toml", "[datadog]\nkey = \"hunter2\" oops\n").run(&[]).with_status(2);

    ended.says("system-health.toml:2:");
    assert!(!ended.stderr().contains("hunter2"), "{ended}");
}

#[test]
fn a_token_in_a_refused_name_is_not_repeated() {
    for arguments in [
        ["--repo", "https://x:ghp_hunter2@github.com/a/b"],
        ["--repo", "ghp_hunter2"],
        ["--branch", "ghp_hunter2 main"],
    ] {
        let ended = scene().run(&arguments).with_status(2);

        ended.says(arguments[0]);
        assert!(!ended.stderr().contains("hunter2"), "{}", ended.stderr());
    }
    let variable = scene().variable("SYSTEM_HEALTH_REPOSITORY", "https://x:ghp_hunter2@github.com/a/b");
    let ended = variable.run(&[]).with_status(2);
    ended.says("SYSTEM_HEALTH_REPOSITORY");
    assert!(!ended.stderr().contains("hunter2"), "{}", ended.stderr());
}

#[test]
fn a_token_in_the_wrong_place_is_not_repeated() {
    const TOKEN: &str = "ghp_0123456789abcdefABCDEF";
    for settings in [
        "[report]\ntags = ['TOKEN!']\n",
        "[TOKEN]\n",
        "TOKEN = 1\n",
        "[report]\nTOKEN = 1\n",
        "[monitors.metrics.TOKEN]\nwindow = 1\n",
        "[monitors.metrics.'*']\nTOKEN = 1\n",
        "[secrets]\nregion = 'TOKEN'\n",
        "[github]\ntoken_secret = 'TOKEN'\n",
        "[github]\ntoken = 'TOKEN'\n",
    ] {
        let ended =
            scene().file("system-health.toml", &settings.replace("TOKEN", TOKEN)).run(&[]).with_status(2);

        assert!(
            !ended.stderr().to_lowercase().contains("0123456789abcdef"),
            "{settings}: {}",
            ended.stderr()
        );
    }
    for arguments in [&["explain", TOKEN][..], &["--only", TOKEN], &["--deadline", TOKEN]] {
        let ended = scene().run(arguments).with_status(2);
        assert!(!ended.stderr().contains(TOKEN), "{arguments:?}: {}", ended.stderr());
    }
}

#[test]
fn a_mistyped_key_about_a_secret_is_refused_with_a_suggestion() {
    let file = "[github]\ntoken_secert = 'team/github'\n";
    let ended = scene().file("system-health.toml", file).run(&[]).with_status(2);

    ended.says("there is no key `token_secert` in [github]; did you mean `token_secret`?");
}

#[test]
fn variables_override_the_settings_file_and_config_replaces_it() {
    let scene = scene()
        .file("system-health.toml", "[report]\nenv = 'file'\nservice = 'file'\ntags = ['from:file']\n")
        .file("other.toml", "[report]\nenv = 'other'\n")
        .variable("DD_ENV", "environment")
        .variable("DD_TAGS", "from:dd_tags");
    let tags = |arguments: &[&str]| scene.run(arguments).with_status(0).json()["run"]["tags"].to_string();

    let default_file = tags(&[]);
    let other_file = tags(&["--config", "other.toml"]);

    for tag in ["source:system-health", "env:environment", "service:file", "from:file", "from:dd_tags"] {
        assert!(default_file.contains(tag), "{tag} in {default_file}");
    }
    assert!(
        other_file.contains("service:system-health") && !other_file.contains("from:file"),
        "{other_file}"
    );
}

#[test]
fn all_documented_settings_are_valid() {
    let reference = include_str!("../../../docs/settings.md");
    let example = reference.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let settings = example.replace("\n# ", "\n");
    let keys = settings.lines().filter(|line| line.contains(" = ")).count();
    assert!(keys > 15, "{settings}");

    let scene = scene()
        .file("system-health.toml", &settings)
        .variable("SYSTEM_HEALTH_GITHUB_API_URL", "http://127.0.0.1:1")
        .variable("PUSHGATEWAY_PASSWORD", "of the user name")
        .variable("PROMETHEUS_REMOTE_WRITE_PASSWORD", "of the user name");
    let _ = scene.run(&["--fail-on", "never", "--no-state"]).with_status(0);
}

#[test]
#[cfg(all(feature = "datadog", feature = "prometheus"))]
fn a_goal_in_the_settings_reaches_all_outputs() {
    let settings =
        "[report]\nenv = 'production'\n[goals]\n'commits.hotfix' = '< 2'\n'commits.reverts' = false\n";
    let scene = scene().file("system-health.toml", settings);
    let printed = |arguments: &[&str]| scene.run(arguments).with_status(0);

    let list = printed(&["list"]).json();
    let metric =
        |key: &str| list["metrics"].as_array().unwrap().iter().find(|it| it["key"] == key).unwrap().clone();
    assert_eq!(metric("commits.hotfix")["goal"], "< 2");
    assert!(
        metric("commits.hotfix")["recovery"].is_null(),
        "an alert would end at 3, which is above the new goal"
    );
    assert!(metric("commits.reverts")["goal"].is_null());

    let monitors = printed(&["monitors"]).json().to_string();
    assert!(monitors.contains("metric:commits.hotfix") && monitors.contains(">= 2"), "{monitors}");
    assert!(!monitors.contains("metric:commits.reverts"), "{monitors}");
    let rules = printed(&["monitors", "--for", "prometheus"]).stdout();
    assert!(
        rules.contains("CommitsHotfixMissesGoal") && !rules.contains("CommitsRevertsMissesGoal"),
        "{rules}"
    );
    for dashboard in [&["dashboard"][..], &["dashboard", "--for", "grafana"]] {
        let dashboard = printed(dashboard).json().to_string();
        assert!(dashboard.contains("< 2") && !dashboard.contains("< 5"), "{dashboard}");
    }
    let wrong = "[goals]\n'commits.hotfx' = '< 2'\n";
    scene.file("system-health.toml", wrong).run(&["monitors"]).with_status(2).says(
        "system-health.toml:2:1: `\"commits.hotfx\"` in [goals]: there is no metric `commits.hotfx`; did you mean `commits.hotfix`?",
    );
}
