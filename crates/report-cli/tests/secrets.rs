//! No secret is ever printed, whatever happens and however much is asked for.
#![cfg(feature = "datadog")]

use system_health_test_support::{
    datadog::{self, DatadogIntake},
    github::{Conclusion::Success, FakeGitHub, Run},
    scene::Scene,
    server::{Answer, Fault},
};

const TOKEN: &str = "ghp_n0tF0rY0urEyes0123456789012345678";

#[test]
fn no_secret_is_printed_at_any_verbosity() {
    let echo = format!("{{\"message\": \"you sent {TOKEN} {}\"}}", DatadogIntake::KEY);
    let faults: [Option<Fault>; 5] = [
        None,
        Some(Answer::text(400, "application/json", &echo).into()),
        Some(Answer::text(500, "text/plain", "oops").into()),
        Some(Fault::Disconnect),
        Some(datadog::error(403, "Forbidden").into()),
    ];
    for fault in faults {
        let (github, intake) = (FakeGitHub::builder().token(TOKEN).start(), DatadogIntake::start());
        github
            .repository("acme/shop")
            .commits(101)
            .run(Run::new("checks.yml").conclusion(Success).job("tests", Success));
        if let Some(fault) = fault {
            github.fail("/repos", fault.clone());
            intake.server().fail("/api", fault);
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
            let (asked, sent) = (github.requests(), intake.server().requests());
            assert!(
                asked
                    .iter()
                    .any(|request| request.header("authorization") == Some(&*format!("Bearer {TOKEN}")))
            );
            assert!(sent.iter().any(|request| request.header("dd-api-key") == Some(DatadogIntake::KEY)));
        }
    }
}
