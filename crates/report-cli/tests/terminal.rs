//! The output on a terminal, tested with a real pseudo-terminal.

use std::time::Duration;

use system_health_test_support::{github::FakeGitHub, scene::Scene};

fn scene() -> Scene {
    Scene::new(env!("CARGO_BIN_EXE_report"))
        .git_work_tree()
        .commit("hotfix", Duration::from_mins(1))
        .variable("TERM", "xterm")
}

#[test]
fn a_terminal_gets_a_table_with_colour() {
    let screen = scene().run_on_a_terminal(&[]);

    assert!(screen.contains("METRIC"), "{screen}");
    assert!(screen.contains("\u{1b}["), "{screen}");
}

#[test]
fn colour_can_be_turned_off() {
    let by_variable = scene().variable("NO_COLOR", "1");
    let by_flag = scene();

    let screens = [
        by_variable.run_on_a_terminal(&["--no-progress"]),
        by_flag.run_on_a_terminal(&["--no-progress", "--color", "never"]),
    ];

    for screen in screens {
        assert!(screen.contains("METRIC") && !screen.contains("\u{1b}["), "{screen}");
    }
}

#[test]
fn progress_is_shown_if_a_run_takes_long() {
    let github = FakeGitHub::start();
    github.repository("acme/shop").commits(1);
    github.set_latency(Duration::from_secs(1));
    let slow = scene()
        .variable("GITHUB_API_URL", github.url())
        .variable("GITHUB_TOKEN", "any")
        .variable("GITHUB_REPOSITORY", "acme/shop");

    let shown = slow.run_on_a_terminal(&["--only", "commits.hotfix"]);
    let hidden = slow.run_on_a_terminal(&["--only", "commits.hotfix", "--no-progress"]);

    assert!(shown.contains("0/1 outcomes") && shown.contains("commits.hotfix acme/shop"), "{shown}");
    assert!(!hidden.contains("0/1"), "{hidden}");
}
