//! The program: its name, its sinks and its linked commands.

use system_health_test_support::scene::Scene;

#[cfg(unix)]
#[test]
fn completions_and_version_use_the_name_of_the_executable() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("health");
    std::fs::copy(env!("CARGO_BIN_EXE_report"), &program).unwrap();
    let scene = Scene::new(program);

    let version = scene.run(&["--version"]).with_status(0).stdout();
    let completions = scene.run(&["completions", "bash"]).with_status(0).stdout();

    assert_eq!(version, format!("health {}\n", env!("CARGO_PKG_VERSION")));
    assert!(completions.contains("_health()") && !completions.contains("_report()"), "{completions}");
}

#[cfg(feature = "datadog")]
#[test]
fn an_unknown_sink_is_refused_with_the_nearest_name() {
    let scene = Scene::new(env!("CARGO_BIN_EXE_report"));

    scene.run(&["--push", "--to", "datadgo"]).with_status(2).says("datadog");
    let scene = scene.file("system-health.toml", "[report]\nto = ['datadgo']\n");
    scene.run(&[]).with_status(2).says("did you mean `datadog`?");
}

#[test]
fn a_sink_cannot_be_named_without_a_push_or_dry_run() {
    let scene = Scene::new(env!("CARGO_BIN_EXE_report"));

    scene.run(&["--to", "datadog"]).with_status(2).says("--push");
}

#[cfg(all(feature = "local", feature = "datadog"))]
#[test]
fn one_push_delivers_to_several_sinks() {
    let settings = "[local]\nfile = 'points.jsonl'\n[datadog]\nurl = 'http://127.0.0.1:1'\n";
    let scene = Scene::new(env!("CARGO_BIN_EXE_report"))
        .git_work_tree()
        .commit("hotfix", std::time::Duration::from_mins(1))
        .variable("DD_API_KEY", "0dd0c0ffee0dd0c0ffee0dd0c0ffee00")
        .file("system-health.toml", settings);

    let document = scene.run(&["--push", "--deadline", "5s"]).with_status(3).json();

    let state = |sink: &str| {
        let deliveries = document["deliveries"].as_array().unwrap();
        deliveries.iter().find(|delivery| delivery["sink"] == sink).unwrap()["state"].clone()
    };
    assert_eq!(state("local"), "accepted", "{document:#}");
    assert_eq!(state("datadog"), "failed", "{document:#}");
    assert!(std::fs::read_to_string(scene.folder().join("points.jsonl")).unwrap().contains("commits.hotfix"));
}

#[test]
fn a_linked_command_exists_only_with_its_feature() {
    let scene = Scene::new(env!("CARGO_BIN_EXE_report"));

    let help = scene.run(&["--help"]).with_status(0).stdout();

    assert_eq!(help.contains("\n  dashboard "), cfg!(feature = "datadog"), "{help}");
    if cfg!(not(feature = "datadog")) {
        let refused = scene.run(&["dashboard"]).with_status(2);
        refused.says("unrecognized subcommand 'dashboard'");
        refused.says("tip: some commands are available only if the program was built with the feature");
    }
}
