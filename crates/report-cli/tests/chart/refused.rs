//! Values with which a release would not work, or not as somebody believes: each is refused, and says why.

use crate::helm::{VERSIONS, template_text};

/// Values, and words that both versions of Helm say about them.
const REFUSED: [(&str, &[&str]); 34] = [
    ("scedule: '*/15 * * * *'", &["scedule"]),
    ("schedule: every 15 minutes", &["schedule"]),
    ("schedule: '*/15 * * *'", &["schedule"]),
    ("schedule: '@often'", &["schedule"]),
    ("concurrencyPolicy: Bogus", &["concurrencyPolicy", "Forbid", "Replace", "Allow"]),
    ("image: {pullPolicy: always}", &["pullPolicy", "IfNotPresent"]),
    ("image: {repository: 'ghcr.io/acme/report:latest'}", &["repository"]),
    ("image: {digest: 'sha256:123'}", &["digest"]),
    ("backoffLimit: -1", &["backoffLimit"]),
    ("backoffLimit: '0'", &["backoffLimit"]),
    ("suspend: 'yes'", &["suspend"]),
    ("startingDeadlineSeconds: 5", &["startingDeadlineSeconds", "10"]),
    ("args: --push", &["args"]),
    ("settings: {repository: acme/shop}", &["repository"]),
    ("settings: {ci: {jobs: [{name: unit}]}}", &["settings.ci.jobs: a setting is a text"]),
    ("jobs: {Shop: {}}", &["Shop"]),
    ("jobs: {shop: {image: {tag: '1'}}}", &["image"]),
    ("jobs: {shop: {concurrencyPolicy: Never}}", &["concurrencyPolicy"]),
    ("fullnameOverride: Health", &["fullnameOverride"]),
    ("persistence: {accessModes: [ReadWriteTwice]}", &["accessModes"]),
    ("resources: {limits: {memory: 64 MB}}", &["memory"]),
    ("env: [{nam: DD_TAGS}]", &["env"]),
    (
        "externalSecret: {enabled: true}",
        &["externalSecret.secretStoreRef.name is empty: name the SecretStore"],
    ),
    (
        "{existingSecret: {name: a}, externalSecret: {enabled: true, secretStoreRef: {name: b}}}",
        &["existingSecret.name and externalSecret.enabled exclude each other"],
    ),
    (
        "jobs: {a-job-with-a-name-that-goes-on-and-on: {}}",
        &["has 58 characters, and Kubernetes allows 52", "name the job shorter"],
    ),
    ("schedule: '*/0 * * * *'", &["`*/0` in the schedule `*/0 * * * *` is not a number, range such as 8-18"]),
    ("schedule: '61 * * * *'", &["`61` in the schedule `61 * * * *` is outside 0-59"]),
    ("schedule: '0 18-8 * * *'", &["`18-8` in the schedule `0 18-8 * * *` is outside 0-23"]),
    ("activeDeadlineSeconds: null", &["activeDeadlineSeconds"]),
    ("{args: null, serviceAccount: {create: null}}", &["args", "create"]),
    (
        "{externalSecret: {enabled: true, secretStoreRef: {name: b}, remoteRefs: {datadogAppKey: {key: a}}}}",
        &["existingSecret.keys.datadogAppKey"],
    ),
    (
        "{externalSecret: {enabled: true, secretStoreRef: {name: b}}, existingSecret: {keys: {datadogAppKey: a}}}",
        &["externalSecret.remoteRefs.datadogAppKey says nothing about where the value is"],
    ),
    ("args: [--push]", &["backoffLimit is 1, and the reporter is not told to --align", "`--align, 15m`"]),
    ("settings: {report: {deadline: soon}}", &["`soon` of the reporter is not a duration such as 90s, 4m"]),
];

/// The order of deadlines: the reporter's, then Kubernetes', then the next run.
const OUT_OF_ORDER: [(&str, &str); 18] = [
    ("activeDeadlineSeconds: 300", "is 300, and the reporter's own deadline is 300 seconds"),
    ("args: [--push, --deadline, 14m]", "is 840, and the reporter's own deadline is 840 seconds"),
    ("args: [--push, --deadline=1h 30m]", "is 840, and the reporter's own deadline is 5400 seconds"),
    ("settings: {report: {deadline: 850s}}", "is 840, and the reporter's own deadline is 850 seconds"),
    // Two runs and the 10 seconds between them.
    (
        "activeDeadlineSeconds: 610",
        "is 610, and with backoffLimit 1 a run and its repetitions may take 610 seconds",
    ),
    ("settings: {report: {deadline: 7m}}", "a run and its repetitions may take 850 seconds"),
    ("backoffLimit: 2", "is 840, and with backoffLimit 2 a run and its repetitions may take 930 seconds"),
    // Kubernetes' default is 6 repetitions, after 10, 20, 40, 80, 160 and 320 seconds.
    ("backoffLimit: null", "is 840, and with backoffLimit 6 a run and its repetitions may take 2730 seconds"),
    ("activeDeadlineSeconds: 900", "`*/15 * * * *` starts a run every 900 seconds"),
    ("schedule: '*/10 * * * *'", "`*/10 * * * *` starts a run every 600 seconds"),
    // Of every 25 minutes, the run at 50 is followed by that at 0.
    ("schedule: '*/25 * * * *'", "`*/25 * * * *` starts a run every 600 seconds"),
    ("{schedule: '7 * * * *', activeDeadlineSeconds: 4000}", "starts a run every 3600 seconds"),
    ("jobs: {shop: {activeDeadlineSeconds: 60}}", "health-system-health-shop: activeDeadlineSeconds is 60"),
    ("schedule: '*/5 8-18 * * 1-5'", "starts a run every 300 seconds"),
    ("schedule: '0,5,30 * * * *'", "starts a run every 300 seconds"),
    ("{schedule: '@hourly', activeDeadlineSeconds: 3600}", "`@hourly` starts a run every 3600 seconds"),
    ("{schedule: '55 9,10 * * *', activeDeadlineSeconds: 3600}", "starts a run every 3600 seconds"),
    ("{schedule: '59,0 0 * * *', activeDeadlineSeconds: 3540}", "starts a run every 3540 seconds"),
];

/// Repetitions that could start in another slot than the first run.
const IN_ANOTHER_SLOT: [(&str, &str); 10] = [
    (
        "args: [--push, --align, 1m]",
        "at minute 0 of the schedule the slot of `--align 1m` has 60 seconds left",
    ),
    (
        "args: [--push, --align=5m]",
        "at minute 0 of the schedule the slot of `--align 5m` has 300 seconds left",
    ),
    ("schedule: '58 * * * *'", "at minute 58 of the schedule the slot of `--align 15m` has 120 seconds left"),
    (
        "schedule: '2-59/15 * * * *'",
        "at minute 2 of the schedule the slot of `--align 15m` has 780 seconds left",
    ),
    ("{schedule: '0,20 * * * *', activeDeadlineSeconds: 800}", "at minute 20"),
    ("{schedule: '@hourly', activeDeadlineSeconds: 901}", "activeDeadlineSeconds is 901, and at minute 0"),
    ("{args: [--push], settings: {report: {align: 10m}}}", "slot of `--align 10m` has 600 seconds left"),
    ("args: [--push, --align, 25m]", "slots of `--align 25m` do not start at the same minutes of every hour"),
    ("args: [--push, --align, 0s]", "slots of `--align 0s` do not start at the same minutes of every hour"),
    ("args: [--push, --align, soon]", "the align `soon` of the reporter is not a duration such as 90s, 4m"),
];

/// The same with what makes them right, and what is nobody's harm.
const IN_THE_SAME_SLOT: [&str; 7] = [
    "{schedule: '@hourly', activeDeadlineSeconds: 1800, args: [--push, --align, 30m]}",
    "{schedule: '5,35 * * * *', args: [--push, --align, 30m]}",
    "{schedule: '*/10 * * * *', activeDeadlineSeconds: 540, args: [--push, --align, 10m, --deadline, 4m]}",
    "{schedule: '1-59/15 * * * *', activeDeadlineSeconds: 840}",
    "{schedule: '58 * * * *', backoffLimit: 0}",
    "{args: [--push, --align, 1m], backoffLimit: 0}",
    "{schedule: '58 * * * *', args: [--dry-run]}",
];

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn repetitions_that_could_start_in_another_slot_are_refused() {
    for version in VERSIONS {
        for (values, words) in IN_ANOTHER_SLOT {
            let said = template_text(version, values).expect_err(values);
            assert!(said.contains(words), "{version}: {values} should say `{words}`: {said}");
        }
        for values in IN_THE_SAME_SLOT {
            template_text(version, values).unwrap_or_else(|said| panic!("{version}: {values}: {said}"));
        }
    }
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn bad_values_are_refused_with_a_readable_message() {
    for version in VERSIONS {
        for (values, words) in REFUSED {
            let said = template_text(version, values).expect_err(values);
            for word in words {
                assert!(said.contains(word), "{version}: {values} should say `{word}`: {said}");
            }
        }
    }
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn deadlines_that_would_cut_each_other_off_are_refused() {
    for version in VERSIONS {
        for (values, words) in OUT_OF_ORDER {
            let said = template_text(version, values).expect_err(values);
            assert!(said.contains(words), "{version}: {values} should say `{words}`: {said}");
        }
    }
}
