//! Values with which a release would not work as expected are refused with a reason.

use crate::helm::{VERSIONS, template_text};

/// Values, and words in the error messages of both versions of Helm.
const REFUSED: [(&str, &[&str]); 38] = [
    ("scedule: '*/15 * * * *'", &["scedule"]),
    ("mode: daemon", &["mode", "cronjob", "deployment"]),
    ("serve: {port: 80}", &["port"]),
    ("serve: {args: []}", &["args"]),
    ("serve: {serviceMonitor: {interval: 30}}", &["interval", "string"]),
    ("schedule: every 15 minutes", &["schedule"]),
    ("schedule: '*/15 * * *'", &["schedule"]),
    ("schedule: '@often'", &["schedule"]),
    ("concurrencyPolicy: Bogus", &["concurrencyPolicy", "Forbid", "Replace", "Allow"]),
    ("image: {pullPolicy: always}", &["pullPolicy", "IfNotPresent"]),
    ("image: {repository: 'ghcr.io/acme/report:latest'}", &["repository"]),
    ("image: {digest: 'sha256:123'}", &["digest"]),
    ("activeDeadlineSeconds: null", &["activeDeadlineSeconds"]),
    ("backoffLimit: -1", &["backoffLimit"]),
    ("backoffLimit: '0'", &["backoffLimit"]),
    ("suspend: 'yes'", &["suspend"]),
    ("startingDeadlineSeconds: 5", &["startingDeadlineSeconds", "10"]),
    ("args: --push", &["args"]),
    ("{args: null, serviceAccount: {create: null}}", &["args", "create"]),
    ("settings: {repository: {name: acme/shop}}", &["settings is a map, and has to be text", "--set-file"]),
    ("settings: ['[repository]']", &["settings is a slice, and has to be text"]),
    ("settings: true", &["settings is a bool, and has to be text"]),
    ("settings: null", &["settings"]),
    ("jobs: {shop: {suspend: true}}", &["jobs", "not allowed"]),
    ("reporterName: [night]", &["reporterName", "string"]),
    ("fullnameOverride: Health", &["fullnameOverride"]),
    ("persistence: {accessModes: [ReadWriteTwice]}", &["accessModes"]),
    ("resources: {limits: {memory: 64 MB}}", &["memory"]),
    ("terminationGracePeriodSeconds: 0", &["terminationGracePeriodSeconds"]),
    ("env: [{nam: DD_TAGS}]", &["env"]),
    ("test: {args: []}", &["args"]),
    ("existingSecret: {keys: {githubToken: token}}", &["githubToken", "[A-Z]"]),
    ("existingSecret: {keys: {GITHUB_TOKEN_FILE: token}}", &["GITHUB_TOKEN_FILE", "not"]),
    ("existingSecret: {keys: {GITHUB_TOKEN: a/b}}", &["GITHUB_TOKEN"]),
    ("{existingSecret: {name: null}, externalSecret: {secretStoreRef: {kind: null}}}", &["name", "kind"]),
    ("externalSecret: {remoteRefs: {DD_APP_KEY: {property: a}}}", &["DD_APP_KEY", "key"]),
    (
        "externalSecret: {enabled: true}",
        &["externalSecret.secretStoreRef.name is empty: name the SecretStore"],
    ),
    (
        "{existingSecret: {name: a}, externalSecret: {enabled: true, secretStoreRef: {name: b}}}",
        &["existingSecret.name and externalSecret.enabled exclude each other"],
    ),
];

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn bad_values_are_refused_with_a_readable_message() {
    for version in VERSIONS {
        for (values, words) in REFUSED {
            let message = template_text(version, values).expect_err(values);
            for word in words {
                assert!(message.contains(word), "{version}: {values} should say `{word}`: {message}");
            }
        }
    }
}
