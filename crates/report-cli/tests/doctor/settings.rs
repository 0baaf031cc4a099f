//! Findings about the settings. They show no secrets.

use system_health_test_support::datadog::DatadogIntake;

use super::{finding, github, scene};

#[test]
fn nothing_else_is_checked_if_the_settings_cannot_be_read() {
    let (github, intake) = (github(), DatadogIntake::start());
    let wrong = scene(&github, &intake).variable("SYSTEM_HEALTH_REPOSITORY", "acme");

    let ended = wrong.run(&["doctor"]).with_status(1);

    let findings = ended.json();
    let checks: Vec<_> =
        findings["findings"].as_array().unwrap().iter().map(|finding| &finding["check"]).collect();
    assert_eq!(checks, ["settings", "everything else"]);
    assert!(finding(&ended, "settings").1.contains("SYSTEM_HEALTH_REPOSITORY"), "{ended}");
    assert_eq!(github.requests().len(), 0);
}

#[test]
fn each_wrong_table_has_a_finding() {
    let (github, intake) = (github(), DatadogIntake::start());
    let wrong = scene(&github, &intake)
        .file("system-health.toml", "[ci]\nworkfow = 'a.yml'\n[report]\nalin = '5m'\n");

    let ended = wrong.run(&["doctor"]).with_status(1);

    let document = ended.json();
    let messages = document["findings"].as_array().unwrap().iter().map(|finding| &finding["message"]);
    let messages: Vec<_> = messages.map(|message| message.as_str().unwrap()).collect();
    assert!(messages[0].starts_with("system-health.toml:2:1: there is no key `workfow`"), "{messages:?}");
    assert!(messages[1].starts_with("system-health.toml:4:1: there is no key `alin`"), "{messages:?}");
    assert!(messages[2].starts_with("not checked") && messages.len() == 3, "{messages:?}");
}

#[test]
fn wrong_settings_are_findings_that_show_no_secrets() {
    let (github, intake) = (github(), DatadogIntake::start());
    let wrong = scene(&github, &intake)
        .file("system-health.toml", "[report]\nalign = '2h'\n")
        .variable("DD_TAGS", "Foo Bar!:x")
        .variable("DD_URL", "https://me:hunter2@dd.example/?api_key=s3cr3t");

    let ended = wrong.run(&["doctor"]).with_status(1);

    let findings = ended.json();
    let settings =
        findings["findings"].as_array().unwrap().iter().filter(|finding| finding["check"] == "settings");
    let messages: Vec<_> = settings.map(|finding| finding["message"].as_str().unwrap().to_owned()).collect();
    assert!(messages.iter().any(|message| message.contains("at most 30m")), "{messages:?}");
    ended.says("DD_TAGS: `Bar!:x` is sent as `bar_:x`");
    assert!(finding(&ended, "[datadog] url").1.starts_with("a text, from"), "{ended}");
    for secret in ["hunter2", "s3cr3t"] {
        assert!(!ended.stdout().contains(secret) && !ended.stderr().contains(secret), "{ended}");
    }
    assert_eq!(finding(&ended, "GitHub").0, "ok");
}

#[test]
fn a_key_in_the_wrong_variable_is_not_shown() {
    const SECRET: &str = "0123456789abcdef0123456789abcdef";
    let (github, intake) = (github(), DatadogIntake::start());
    for variable in
        ["DD_SITE", "DD_URL", "GITHUB_API_URL", "GITHUB_REPOSITORY", "DD_API_KEY_FILE", "HTTPS_PROXY"]
    {
        // The scene has a URL and a key, so the site and the file are not used here.
        let with_others = scene(&github, &intake).variable(variable, SECRET).run(&["doctor"]);
        assert!(!with_others.stdout().contains(SECRET), "{variable}: {}", with_others.stdout());
        let scene = scene(&github, &intake).variable(variable, SECRET);
        // The site is used only if there is no URL, and the file only if there is no key.
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
