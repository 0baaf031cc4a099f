//! `report doctor`: finds out why a run does not work.
#![cfg(feature = "datadog")]

mod aws;
mod destinations;
mod network;
mod overview;
mod permissions;
mod repositories;
#[cfg(feature = "serve")]
mod serve;
mod settings;

use system_health_test_support::{
    datadog::DatadogIntake,
    github::{Conclusion, FakeGitHub, Run},
    scene::{ProgramOutput, Scene},
};

const TOKEN: &str = "ghp_0123456789012345678901234567890123ab";

fn scene(github: &FakeGitHub, intake: &DatadogIntake) -> Scene {
    Scene::new(env!("CARGO_BIN_EXE_report"))
        .variable("GITHUB_API_URL", github.url())
        .variable("GITHUB_TOKEN", TOKEN)
        .variable("GITHUB_REPOSITORY", "acme/shop")
        .variable("DD_URL", intake.url())
        .variable("DD_API_KEY", DatadogIntake::KEY)
        .variable("DD_APP_KEY", DatadogIntake::APP_KEY)
}

fn github() -> FakeGitHub {
    let github = FakeGitHub::builder().token(TOKEN).start();
    github.repository("acme/shop").commits(1).run(Run::new("checks.yml").job("tests", Conclusion::Success));
    github
}

/// The grade and the message of the finding about a check.
fn finding(ended: &ProgramOutput, check: &str) -> (String, String) {
    let document = ended.json();
    let finding = document["findings"].as_array().unwrap().iter().find(|finding| finding["check"] == check);
    let finding = finding.unwrap_or_else(|| panic!("there is no finding about {check}: {ended}"));
    let text = |field: &str| finding[field].as_str().unwrap().to_owned();
    (text("grade"), text("message"))
}
