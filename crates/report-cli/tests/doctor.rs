//! `report doctor`: finds out why a run does not work.
#![cfg(feature = "datadog")]

use std::{fs, time::Duration};

use serde_json::json;
use system_health_test_support::{
    datadog::DatadogIntake,
    github::{Conclusion, FakeGitHub, Run},
    moto::{AccessKey, Moto},
    scene::{Ended, Scene},
    server::{Answer, Fault},
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

/// The state and the message of the finding about a subject.
fn line(ended: &Ended, subject: &str) -> (String, String) {
    let findings = ended.json();
    let finding =
        findings["findings"].as_array().unwrap().iter().find(|finding| finding["subject"] == subject);
    let finding = finding.unwrap_or_else(|| panic!("there is no line about {subject}: {ended}"));
    let text = |field: &str| finding[field].as_str().unwrap().to_owned();
    (text("state"), text("message"))
}

#[test]
fn if_everything_works_all_findings_are_ok_and_no_secret_is_shown() {
    let (github, intake) = (github(), DatadogIntake::start());

    let ended = scene(&github, &intake).run(&["doctor"]).with_status(0);

    for subject in [
        "[repository] name",
        "GitHub token",
        "GitHub",
        "GitHub rate limit",
        "GitHub permission Actions",
        "GitHub permission Contents",
        "requests of ci.*",
        "requests to GitHub",
        "GitHub repository",
        "GitHub workflow",
        "AWS",
        "metric ci.tests_passing_on_main",
        "metric commits.hotfix",
        "metric commits.reverts",
        "Datadog API key",
        "Datadog application key",
        "clock compared with Datadog",
        "state folder",
    ] {
        assert_eq!(line(&ended, subject).0, "ok", "{ended}");
    }
    assert_eq!(line(&ended, "GitHub token").1, "is the value of GITHUB_TOKEN");
    assert_eq!(line(&ended, "requests of ci.*").1, "about 2 requests: 2 for each of 1 repository");
    let requests = line(&ended, "requests to GitHub").1;
    assert!(
        requests.starts_with("about 3 requests; ") && requests.contains(" requests remain until "),
        "{requests}"
    );
    assert!(line(&ended, "[repository] name").1.ends_with("from environment variable GITHUB_REPOSITORY"));
    for secret in [TOKEN, DatadogIntake::KEY, DatadogIntake::APP_KEY] {
        assert!(!ended.stdout().contains(secret));
    }
    assert_eq!(intake.points(), []);
    let works = ended.json()["works"].to_string();
    assert!(
        works.contains("3 of 3 metrics have a value") && works.contains("delivered to datadog"),
        "{works}"
    );
}

#[test]
fn without_settings_each_cause_is_printed_once_before_the_next_steps() {
    let ended = Scene::new(env!("CARGO_BIN_EXE_report")).run(&["doctor", "--format", "table"]).with_status(1);

    let table = ended.stdout();
    assert_eq!(table.matches("no repository is named").count(), 1, "{table}");
    assert_eq!(table.matches("found no GitHub token").count(), 1, "{table}");
    let (_, steps) = table.split_once("\nNext steps\n").unwrap_or_else(|| panic!("{table}"));
    let starts =
        ["1. Name a repository", "2. Set GITHUB_TOKEN", "3. To deliver values", "4. Write a settings file"];
    for (step, start) in steps.lines().zip(starts) {
        assert!(step.trim().starts_with(start), "{step}");
    }
    assert_eq!(steps.lines().count(), starts.len(), "{steps}");
}

#[test]
fn nothing_is_asked_for_that_only_skipped_metrics_need() {
    let scene = Scene::new(env!("CARGO_BIN_EXE_report"));

    let ended = scene
        .file("system-health.toml", "[report]\nskip = ['ci.*', 'commits.*']\n")
        .run(&["doctor"])
        .with_status(0);

    let steps = ended.json()["next_steps"].to_string();
    assert!(!steps.contains("repository") && !steps.contains("GITHUB_TOKEN"), "{steps}");
    assert_eq!(line(&ended, "GitHub").0, "info", "{ended}");
}

#[test]
fn a_sink_that_no_push_delivers_to_is_no_failure() {
    let github = github();
    let scene = || {
        Scene::new(env!("CARGO_BIN_EXE_report"))
            .variable("GITHUB_API_URL", github.url())
            .variable("GITHUB_TOKEN", TOKEN)
            .variable("GITHUB_REPOSITORY", "acme/shop")
    };
    let local = "[local]\nfile = 'points.jsonl'\n";

    let elsewhere = scene().file("system-health.toml", local).run(&["doctor"]).with_status(0);
    assert!(!elsewhere.stdout().contains("Datadog"), "{elsewhere}");
    assert!(elsewhere.json()["works"].to_string().contains("delivered to local"), "{elsewhere}");

    let unnamed = scene()
        .variable("DD_API_KEY", "0123456789abcdef")
        .file("system-health.toml", &format!("[report]\nto = ['local']\n{local}"))
        .run(&["doctor"])
        .with_status(0);
    let (state, message) = line(&unnamed, "datadog");
    assert!(state == "info" && message.contains("`to` in [report] does not name it"), "{state}: {message}");

    let nothing = scene().run(&["doctor"]).with_status(0);
    let (state, message) = line(&nothing, "Datadog API key");
    assert!(state == "info" && message.contains("set DD_API_KEY"), "{state}: {message}");
    assert!(nothing.json()["next_steps"].to_string().contains("To deliver values"), "{nothing}");
}

#[test]
fn each_failure_has_its_line_and_what_to_do() {
    let (github, intake) = (github(), DatadogIntake::start());
    let diagnose = |variable: &str, value: &str| {
        scene(&github, &intake).variable(variable, value).run(&["doctor"]).with_status(1)
    };
    let failed = |ended: &Ended, subject: &str, advice: &str| {
        let (state, message) = line(ended, subject);
        assert!(state == "failed" && message.contains(advice), "{state}: {message}");
    };

    failed(&diagnose("GITHUB_TOKEN", "ghp_wrong"), "GitHub", "check the GitHub token");
    failed(&diagnose("GITHUB_REPOSITORY", "acme/nope"), "GitHub repository", "check the name");
    failed(&diagnose("GITHUB_API_URL", "http://127.0.0.1:1"), "GitHub", "no response from 127.0.0.1");
    failed(&diagnose("DD_API_KEY", "0123456789abcdef"), "Datadog API key", "the API key was refused");
    failed(&diagnose("DD_URL", "http://127.0.0.1:1"), "Datadog API key", "no connection to 127.0.0.1:1");
    failed(&diagnose("SYSTEM_HEALTH_STATE_DIR", "/dev/null/state"), "state folder", "/dev/null/state");
    let workflow = scene(&github, &intake).file("system-health.toml", "[ci]\nworkflow = 'nope.yml'\n");
    failed(
        &workflow.run(&["doctor"]).with_status(1),
        "GitHub workflow",
        "there are checks.yml; set `workflow`",
    );
    let jobs = scene(&github, &intake).file("system-health.toml", "[ci]\njobs = ['unit*']\n");
    failed(
        &jobs.run(&["doctor"]).with_status(1),
        "GitHub workflow",
        "`unit*` matches no job in any inspected run; the nearest name is `tests`",
    );
}

#[test]
fn many_repositories_are_checked_and_summarised() {
    let (github, intake) = (github(), DatadogIntake::start());
    let mut names = github.repositories(20, |_, repository| {
        repository.commits(1).run(Run::new("checks.yml").job("tests", Conclusion::Success));
    });
    names.extend((1..=15).map(|number| format!("acme/gone-{number}")));
    let settings = format!("[repository]\nnames = {names:?}\n");

    let ended = scene(&github, &intake).file("system-health.toml", &settings).run(&["doctor"]).with_status(1);

    let (state, message) = line(&ended, "GitHub repository");
    assert_eq!(
        (&*state, &*message),
        ("failed", "20 of 35 repositories can be read, or need not be"),
        "{ended}"
    );
    let (state, message) = line(&ended, "GitHub repository acme/gone-1");
    assert!(state == "failed" && message.contains("404") && message.contains("check the name"), "{message}");
    let (state, message) = line(&ended, "metric commits.hotfix");
    assert_eq!((&*state, &*message), ("failed", "has values for 20 of 35 subjects"), "{ended}");
    assert_eq!(line(&ended, "metric commits.hotfix of acme/gone-1").0, "failed");
    let (state, message) = line(&ended, "more");
    assert!(state == "failed" && message.starts_with("5 more of this kind"), "{message}");
    assert!(ended.json()["findings"].as_array().unwrap().len() < 75, "{ended}");
}

#[test]
fn an_invalid_application_key_is_only_a_warning() {
    let (github, intake) = (github(), DatadogIntake::start());
    let diagnose = |app_key: &str| {
        let ended = scene(&github, &intake).variable("DD_APP_KEY", app_key).run(&["doctor"]).with_status(0);
        line(&ended, "Datadog application key")
    };

    let (state, message) = diagnose("0123456789abcdef");
    assert!(
        state == "warning" && message.contains("the application key or the API key was refused"),
        "{state}: {message}"
    );
    let (state, message) = diagnose("two keys");
    assert!(state == "warning" && message.contains("DD_APP_KEY"), "{state}: {message}");
}

#[test]
fn a_hanging_server_does_not_affect_other_findings() {
    let (github, intake) = (github(), DatadogIntake::start());
    github.fail("/rate_limit", Fault::Hang);

    let ended = scene(&github, &intake).run(&["doctor"]).with_status(1);

    let (state, message) = line(&ended, "GitHub");
    assert!(state == "failed" && message.contains("no response from 127.0.0.1"), "{state}: {message}");
    assert_eq!(line(&ended, "Datadog API key").0, "ok");
}

#[test]
fn nothing_else_is_checked_if_the_settings_cannot_be_read() {
    let (github, intake) = (github(), DatadogIntake::start());
    let wrong = scene(&github, &intake).variable("SYSTEM_HEALTH_REPOSITORY", "acme");

    let ended = wrong.run(&["doctor"]).with_status(1);

    let findings = ended.json();
    let subjects: Vec<_> =
        findings["findings"].as_array().unwrap().iter().map(|line| &line["subject"]).collect();
    assert_eq!(subjects, ["settings", "everything else"]);
    assert!(line(&ended, "settings").1.contains("SYSTEM_HEALTH_REPOSITORY"), "{ended}");
    assert_eq!(github.requests().len(), 0);
}

#[test]
fn wrong_settings_are_findings_without_passwords() {
    let (github, intake) = (github(), DatadogIntake::start());
    let wrong = scene(&github, &intake)
        .file("system-health.toml", "[report]\nalign = '2h'\n")
        .variable("DD_TAGS", "Foo Bar!:x")
        .variable("DD_URL", "https://me:hunter2@dd.example/?api_key=s3cr3t");

    let ended = wrong.run(&["doctor"]).with_status(1);

    let findings = ended.json();
    let settings =
        findings["findings"].as_array().unwrap().iter().filter(|line| line["subject"] == "settings");
    let messages: Vec<_> = settings.map(|line| line["message"].as_str().unwrap().to_owned()).collect();
    assert!(messages.iter().any(|line| line.contains("at most 30m")), "{messages:?}");
    ended.says("DD_TAGS: `Bar!:x` is sent as `bar_:x`");
    assert!(line(&ended, "[datadog] url").1.starts_with("a text, from"), "{ended}");
    for secret in ["hunter2", "s3cr3t"] {
        assert!(!ended.stdout().contains(secret) && !ended.stderr().contains(secret), "{ended}");
    }
    assert_eq!(line(&ended, "GitHub").0, "ok");
}

#[test]
fn a_key_in_the_wrong_variable_is_not_shown() {
    const SECRET: &str = "0123456789abcdef0123456789abcdef";
    let (github, intake) = (github(), DatadogIntake::start());
    for variable in
        ["DD_SITE", "DD_URL", "GITHUB_API_URL", "GITHUB_REPOSITORY", "DD_API_KEY_FILE", "HTTPS_PROXY"]
    {
        // If there is a URL, the site is not used, but it is still shown.
        let with_others = scene(&github, &intake).variable(variable, SECRET).run(&["doctor"]);
        assert!(!with_others.stdout().contains(SECRET), "{variable}: {}", with_others.stdout());
        let scene = scene(&github, &intake).variable(variable, SECRET);
        // The site is used only without a URL, and the file only without a key.
        let scene = match variable {
            "DD_SITE" => scene.variable("DD_URL", ""),
            "DD_API_KEY_FILE" => scene.variable("DD_API_KEY", ""),
            _ => scene,
        };
        for arguments in [&["doctor"][..], &["--dry-run", "-v"]] {
            let ended = scene.run(arguments);
            let shown = format!("{}{}", ended.stdout(), ended.stderr());
            assert!(!shown.contains(SECRET), "{variable}: {shown}");
        }
    }
}

#[test]
fn a_damaged_store_is_found_and_not_changed() {
    let (github, intake) = (github(), DatadogIntake::start());
    let scene = scene(&github, &intake);
    let _ = scene.run(&["--only", "commits.*"]).with_status(0);
    let file = scene.folder().join(".state/state.db");
    let mut bytes = fs::read(&file).unwrap();
    bytes[5 * 4096..6 * 4096].fill(0);
    fs::write(&file, &bytes).unwrap();

    for _ in 0..2 {
        let ended = scene.run(&["doctor"]).with_status(1);

        let (state, message) = line(&ended, "state folder");
        assert!(state == "failed" && message.contains("damaged; the next run moves it aside"), "{message}");
        assert!(fs::read(&file).unwrap() == bytes);
    }
}

#[test]
fn missing_credentials_are_named() {
    let scene = Scene::new(env!("CARGO_BIN_EXE_report")).git_work_tree().commit("a", Duration::from_mins(1));

    let ended = scene.run(&["doctor"]).with_status(0);

    assert_eq!(line(&ended, "GitHub token").0, "warning");
    assert_eq!(line(&ended, "AWS identity"), ("warning".into(), "there are no AWS credentials".into()));
    let (state, message) = line(&ended, "Datadog API key");
    assert!(state == "info" && message.contains("DD_API_KEY"), "{state}: {message}");
    // Whoever wants it delivered to misses the key.
    let wanted =
        scene.file("system-health.toml", "[report]\nto = ['datadog']\n").run(&["doctor"]).with_status(1);
    assert_eq!(line(&wanted, "Datadog API key").0, "failed");
}

#[test]
fn all_findings_are_ok_if_nothing_needs_aws() {
    let (github, intake) = (github(), DatadogIntake::start());

    let ended = scene(&github, &intake).variable("DD_APP_KEY", "").run(&["doctor"]).with_status(0);

    let findings = ended.json();
    assert!(findings["findings"].as_array().unwrap().iter().all(|line| line["state"] == "ok"), "{ended}");
    assert!(line(&ended, "AWS").1.contains("is not needed"), "{ended}");
    assert_eq!(line(&ended, "Datadog application key").1, "not set; deliveries do not need it");
}

#[test]
fn the_finding_says_if_aws_is_turned_off() {
    let (github, intake) = (github(), DatadogIntake::start());
    let scene = scene(&github, &intake)
        .file("system-health.toml", "[secrets]\naws = false\n")
        .file("ca.pem", "no certificate")
        .variable("AWS_CA_BUNDLE", "ca.pem");

    let ended = scene.run(&["doctor"]).with_status(1);

    assert_eq!(line(&ended, "AWS"), ("ok".into(), "is not used (`aws = false` in [secrets])".into()));
    let (state, message) = line(&ended, "certificate authorities for AWS");
    assert!(state == "failed" && message.starts_with("AWS_CA_BUNDLE: "), "{state}: {message}");
}

#[test]
fn the_proxy_and_the_certificate_authorities_are_shown_without_passwords() {
    let (github, intake) = (github(), DatadogIntake::start());

    let ended = scene(&github, &intake).run(&["doctor"]).with_status(0);
    assert_eq!(line(&ended, "proxy"), ("ok".into(), "none".into()));
    assert_eq!(line(&ended, "certificate authorities"), ("ok".into(), "those of the system".into()));

    let proxied = scene(&github, &intake)
        .variable("https_proxy", "http://me:hunter2@127.0.0.1:1")
        .file("ca.pem", "no certificate")
        .variable("SSL_CERT_FILE", "ca.pem");
    let ended = proxied.run(&["doctor"]).with_status(1);
    assert_eq!(line(&ended, "proxy for https://"), ("ok".into(), "127.0.0.1:1 (https_proxy)".into()));
    let (state, message) = line(&ended, "certificate authorities");
    assert_eq!(state, "failed");
    assert_eq!(message, "SSL_CERT_FILE names ca.pem, which contains no certificate in PEM format");
    assert!(!ended.stdout().contains("hunter2"), "{}", ended.stdout());
}

#[test]
fn a_proxy_that_cannot_be_reached_is_named() {
    let (github, intake) = (github(), DatadogIntake::start());
    let proxied = scene(&github, &intake)
        .variable("HTTPS_PROXY", "http://me:hunter2@127.0.0.1:1")
        .variable("DD_URL", "https://datadog.test")
        .variable("GITHUB_API_URL", "https://github.test");

    let ended = proxied.run(&["doctor"]).with_status(1);

    for subject in ["Datadog API key", "GitHub"] {
        let (state, message) = line(&ended, subject);
        assert_eq!(state, "failed");
        assert!(message.contains("cannot reach the proxy 127.0.0.1:1 (HTTPS_PROXY)"), "{message}");
    }
    assert!(!ended.stdout().contains("hunter2"), "{}", ended.stdout());
}

#[test]
fn metrics_have_the_same_deadline_as_in_a_run() {
    let (github, intake) = (github(), DatadogIntake::start());
    github.fail("/commits", Fault::Hang);

    let ended = scene(&github, &intake)
        .file("system-health.toml", "[report]\ndeadline = '2s'\n")
        .run(&["doctor"])
        .with_status(1);

    let (state, message) = line(&ended, "metric commits.hotfix");
    assert!(state == "failed" && message.contains("deadline"), "{state}: {message}");
    assert_eq!(line(&ended, "Datadog API key").0, "ok");
}

#[test]
fn it_fails_if_every_run_would_fail() {
    let intake = DatadogIntake::start();
    let scene = Scene::new(env!("CARGO_BIN_EXE_report"))
        .variable("DD_URL", intake.url())
        .variable("DD_API_KEY", DatadogIntake::KEY);

    let ended = scene.run(&["doctor"]).with_status(1);

    let (state, message) = line(&ended, "metric commits.hotfix");
    assert!(state == "failed" && message.contains("no repository is named"), "{state}: {message}");
}

#[test]
fn the_same_requests_are_made_as_in_a_run() {
    for (path, key) in [("/commits", "commits.hotfix"), ("/runs", "ci.tests_passing_on_main")] {
        let (github, intake) = (github(), DatadogIntake::start());
        github.fail(path, Answer::json(403, &json!({})));

        let ended = scene(&github, &intake).run(&["doctor"]).with_status(1);

        let (state, message) = line(&ended, &format!("metric {key}"));
        assert!(state == "failed" && message.contains("403 Forbidden"), "{state}: {message}");
    }
    let (github, intake) = (github(), DatadogIntake::start());
    let ended = scene(&github, &intake).run(&["doctor", "--branch", "nope"]).with_status(1);
    assert_eq!(line(&ended, "metric commits.hotfix").0, "failed");
}

#[test]
fn a_github_server_without_rate_limits_is_ok() {
    let (github, intake) = (github(), DatadogIntake::start());
    github.fail("/rate_limit", Answer::json(404, &json!({"message": "Rate limiting is not enabled."})));

    let ended = scene(&github, &intake).run(&["doctor"]).with_status(0);

    assert_eq!(line(&ended, "GitHub").0, "ok");
}

fn with_aws(scene: Scene, moto: &Moto, key: &AccessKey) -> Scene {
    scene
        .variable("AWS_ENDPOINT_URL", moto.url())
        .variable("AWS_REGION", Moto::REGION)
        .variable("AWS_ACCESS_KEY_ID", &key.id)
        .variable("AWS_SECRET_ACCESS_KEY", &key.secret)
}

#[test]
#[ignore = "needs moto: run cargo xtask test"]
fn findings_about_secrets_in_aws_name_the_secrets() {
    let (github, intake, moto) = (github(), DatadogIntake::start(), Moto::start());
    moto.create_secret("github/dashboard-token", TOKEN);
    let any = AccessKey { id: "AKIAIOSFODNN7EXAMPLE".into(), secret: "wJalrXUtnFEMI".into() };
    let scene = Scene::new(env!("CARGO_BIN_EXE_report"))
        .variable("GITHUB_API_URL", github.url())
        .variable("GITHUB_REPOSITORY", "acme/shop")
        .variable("DD_URL", intake.url())
        .file("system-health.toml", "[datadog]\napi_key_secret = 'team/dd'\n");

    let ended = with_aws(scene, &moto, &any).run(&["doctor"]).with_status(1);

    assert_eq!(line(&ended, "Datadog API key").0, "failed");

    let (state, message) = line(&ended, "AWS identity");
    assert!(state == "ok" && message.contains("arn:aws:") && message.ends_with("123456789012"), "{message}");
    let (state, message) = line(&ended, "AWS secret for the GitHub token");
    assert!(state == "ok" && message.contains("github/dashboard-token"), "{state}: {message}");
    assert_eq!(line(&ended, "GitHub").0, "ok");
    let (state, message) = line(&ended, "AWS secret for the Datadog API key");
    assert!(state == "failed" && message.contains("find no secret `team/dd`"), "{state}: {message}");
    assert!(!ended.stdout().contains(TOKEN));
}

#[test]
#[ignore = "needs moto: run cargo xtask test"]
fn a_missing_permission_is_shown_as_a_policy_statement() {
    let github = github();
    // The first two requests, which create the user and its key, are not authenticated. All others are.
    let moto = Moto::start_authenticating(2);
    let key = moto.create_user("reporter");
    let scene = Scene::new(env!("CARGO_BIN_EXE_report")).variable("GITHUB_API_URL", github.url());

    let ended = with_aws(scene, &moto, &key).run(&["doctor"]).with_status(1);

    let (state, message) = line(&ended, "AWS secret for the GitHub token");
    assert_eq!(state, "failed");
    let statement = r#"{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": ""#;
    assert!(message.contains(statement), "{message}");
    assert!(message.contains(":secret:github/dashboard-token-??????"), "{message}");
    assert!(!ended.stdout().contains(&key.secret));
}

#[test]
fn the_table_shows_the_state_in_words() {
    let (github, intake) = (github(), DatadogIntake::start());
    let scene = scene(&github, &intake);
    fs::create_dir(scene.folder().join(".state")).unwrap();
    fs::write(scene.folder().join(".state/state.db"), "no database".repeat(100)).unwrap();

    let table = scene.run(&["doctor", "--format", "table"]).with_status(1).stdout();

    assert!(table.lines().any(|line| line.starts_with("ok       GitHub token  ")), "{table}");
    assert!(table.lines().any(|line| line.starts_with("failed   state folder  ")), "{table}");
}

#[test]
fn a_wrong_choice_of_sinks_is_found() {
    for (settings, message) in [
        ("[report]\nto = ['nope']\n", "names the sink `nope`"),
        ("[report]\nto = ['prometheus']\n", "the sink `prometheus` has no destination"),
    ] {
        let scene = Scene::new(env!("CARGO_BIN_EXE_report")).file("system-health.toml", settings);

        let ended = scene.run(&["doctor"]).with_status(1);

        let (state, found) = line(&ended, "destinations");
        assert!(state == "failed" && found.contains(message), "{found}");
    }
}
