//! Ctrl-C and SIGTERM end a run at once.
#![cfg(unix)]

use std::process::{Command, Stdio};

use system_health_test_support::{
    github::FakeGitHub,
    scene::{Ended, Scene},
    server::Fault,
};

#[test]
fn a_signal_ends_the_run_at_once() {
    for (signal, status) in [("INT", 130), ("TERM", 143)] {
        let github = FakeGitHub::start();
        github.repository("acme/shop").commits(1);
        github.fail("/", Fault::Hang);
        let scene = Scene::new(env!("CARGO_BIN_EXE_report"))
            .variable("GITHUB_API_URL", github.url())
            .variable("GITHUB_TOKEN", "any")
            .variable("GITHUB_REPOSITORY", "acme/shop");
        let mut command = scene.command(&[]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let _ = github.wait_for("GET");

        let sent = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
        let ended = Ended::new(&command, child.wait_with_output().unwrap()).with_status(status);

        assert!(sent.success());
        ended.says("ended by");
        assert_eq!(ended.stdout(), "");
    }
}
