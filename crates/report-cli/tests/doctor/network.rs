//! Findings about proxies and certificate authorities.

use system_health_test_support::datadog::DatadogIntake;

use super::{finding, github, scene};

#[test]
fn the_proxy_and_the_certificate_authorities_are_shown_without_passwords() {
    let (github, intake) = (github(), DatadogIntake::start());

    let scenes = [scene(&github, &intake), scene(&github, &intake).variable("SSL_CERT_DIR", "")];
    for scene in scenes {
        let ended = scene.run(&["doctor"]).with_status(0);
        assert_eq!(finding(&ended, "proxy"), ("ok".into(), "none".into()));
        assert_eq!(finding(&ended, "certificate authorities"), ("ok".into(), "those of the system".into()));
    }

    let proxied = scene(&github, &intake)
        .variable("https_proxy", "http://me:hunter2@127.0.0.1:1")
        .file("ca.pem", "no certificate")
        .variable("SSL_CERT_FILE", "ca.pem");
    let ended = proxied.run(&["doctor"]).with_status(1);
    assert_eq!(finding(&ended, "proxy for https://"), ("ok".into(), "127.0.0.1:1 (https_proxy)".into()));
    let (grade, message) = finding(&ended, "certificate authorities");
    assert_eq!(grade, "failed");
    assert_eq!(
        message,
        "SSL_CERT_FILE names ca.pem, which contains no certificate in PEM format, or one that is not valid"
    );
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

    for check in ["Datadog API key", "GitHub"] {
        let (grade, message) = finding(&ended, check);
        assert_eq!(grade, "failed");
        assert!(message.contains("cannot reach the proxy 127.0.0.1:1 (HTTPS_PROXY)"), "{message}");
    }
    assert!(!ended.stdout().contains("hunter2"), "{}", ended.stdout());
}
