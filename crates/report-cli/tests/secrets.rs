//! Checks that no secret is printed, whatever fails and whatever the verbosity.
#![cfg(feature = "datadog")]

use serde_json::json;
use system_health_test_support::{
    datadog::{self, DatadogIntake},
    github::{Conclusion::Success, FakeGitHub, Run},
    scene::Scene,
    server::{Answer, Fault},
};

const TOKEN: &str = "ghp_n0tF0rY0urEyes0123456789012345678";

#[test]
fn no_secret_is_printed_at_any_verbosity() {
    let echo = |secret| Fault::from(Answer::json(400, &json!({"message": format!("you sent {secret}")})));
    let same_for_both = |fault: Fault| Some((fault.clone(), fault));
    let faults = [
        None,
        Some((echo(TOKEN), echo(DatadogIntake::KEY))),
        same_for_both(Answer::text(500, "text/plain", "oops").into()),
        same_for_both(Fault::Disconnect),
        same_for_both(datadog::error(403, "Forbidden").into()),
    ];
    for fault in faults {
        let (github, intake) = (FakeGitHub::builder().token(TOKEN).start(), DatadogIntake::start());
        github
            .repository("acme/shop")
            .commits(101)
            .run(Run::new("checks.yml").conclusion(Success).job("tests", Success));
        if let Some((github_fault, datadog_fault)) = fault {
            github.fail("/repos", github_fault);
            intake.server().fail("/api", datadog_fault);
        }
        let scene = Scene::new(env!("CARGO_BIN_EXE_report"))
            .variable("GITHUB_API_URL", github.url())
            .variable("GITHUB_REPOSITORY", "acme/shop")
            .variable("DD_URL", intake.url())
            .file("token", &format!(" {TOKEN}\n"))
            .file("key", DatadogIntake::KEY)
            .variable("GITHUB_TOKEN_FILE", "token")
            .variable("DD_API_KEY_FILE", "key");

        for verbosity in [&["-q"][..], &[], &["-v"], &["-vv"], &["-vvvv", "--log-format", "json"]] {
            let arguments = [&["--push", "--deadline", "2s"][..], verbosity].concat();
            let ended = scene.run(&arguments);

            let output = ended.stdout() + &ended.stderr();
            assert!(!output.contains(TOKEN) && !output.contains(DatadogIntake::KEY), "{ended}");
            let bearer = format!("Bearer {TOKEN}");
            let asked_with =
                |header| github.requests().iter().any(|it| it.header("authorization") == Some(header));
            let sent_with =
                |header| intake.server().requests().iter().any(|it| it.header("dd-api-key") == Some(header));
            assert!(asked_with(&bearer) && sent_with(DatadogIntake::KEY), "both were used: {ended}");
        }
    }
}
