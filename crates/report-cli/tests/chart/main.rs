//! Tests the chart with the real Helm, Kubernetes' own schemas and the real `report`.
#![cfg(all(unix, feature = "datadog", feature = "serve"))]

mod deployment;
mod helm;
mod readme;
mod refused;
mod values;

use std::{fs, time::Duration};

use helm::{VERSIONS, arguments, chart, of_kind, pod, rendered, settings, template, value_sets, workloads};
use serde_json::{Value, json};
use system_health_test_support::{
    datadog::DatadogIntake, github::FakeGitHub, scene::Scene, serving::ServerProcess,
};

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn helm_and_kubernetes_accept_every_value_set() {
    assert!(value_sets().len() >= 15);
    for (name, path) in value_sets() {
        let [three, four] = VERSIONS.map(|version| {
            let lint = helm::helm(version, &["lint", "--strict", ".", "--values", path.to_str().unwrap()]);
            assert!(lint.status.success(), "{version} {name}: {}", String::from_utf8_lossy(&lint.stdout));
            helm::objects(&template(version, &path).unwrap())
        });

        assert_eq!(workloads(&four).len(), 1, "{name}");
        // The set `scheduling` turns the test pod off.
        assert_eq!(of_kind(&four, "Pod").len(), usize::from(name != "scheduling"), "{name}");
        assert_eq!(three, four, "{name}");
    }
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn enums_have_values_that_kubernetes_knows() {
    // Kubernetes' schemas allow any text here.
    let allowed: [(&str, &[&str]); 17] = [
        ("/spec/concurrencyPolicy", &["Forbid", "Replace", "Allow"]),
        ("/spec/strategy/type", &["Recreate"]),
        ("/restartPolicy", &["Never", "Always"]),
        ("/securityContext/fsGroupChangePolicy", &["OnRootMismatch", "Always"]),
        ("/securityContext/seccompProfile/type", &["RuntimeDefault"]),
        ("/containers/0/imagePullPolicy", &["Always", "IfNotPresent", "Never"]),
        ("/tolerations/0/operator", &["Exists", "Equal"]),
        ("/tolerations/0/effect", &["NoSchedule", "PreferNoSchedule", "NoExecute"]),
        ("/topologySpreadConstraints/0/whenUnsatisfiable", &["DoNotSchedule", "ScheduleAnyway"]),
        ("/spec/accessModes/0", &["ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod"]),
        ("/spec/policyTypes/0", &["Ingress"]),
        ("/spec/policyTypes/1", &["Egress"]),
        ("/spec/ingress/0/ports/0/protocol", &["TCP"]),
        ("/spec/egress/0/ports/0/protocol", &["UDP"]),
        ("/spec/egress/0/ports/1/protocol", &["TCP"]),
        ("/spec/secretStoreRef/kind", &["SecretStore", "ClusterSecretStore"]),
        ("/spec/target/creationPolicy", &["Owner"]),
    ];
    let mut occurrences = vec![0; allowed.len()];
    for (name, path) in value_sets() {
        let objects = helm::objects(&template("helm4", &path).unwrap());
        let pods = workloads(&objects).into_iter().map(pod);
        for object in objects.iter().chain(pods) {
            for (index, (pointer, words)) in allowed.iter().enumerate() {
                if let Some(word) = object.pointer(pointer) {
                    assert!(words.contains(&word.as_str().unwrap()), "{name}: {pointer} is {word}");
                    occurrences[index] += 1;
                }
            }
        }
    }
    assert!(!occurrences.contains(&0), "an enum does not occur in any value set: {occurrences:?}");
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn pods_meet_the_restricted_security_profile() {
    for (name, path) in value_sets() {
        let objects = helm::objects(&template("helm4", &path).unwrap());
        let test_pods = of_kind(&objects, "Pod").into_iter().map(|test| &test["spec"]);
        for pod in workloads(&objects).into_iter().map(pod).chain(test_pods) {
            assert_eq!(pod["securityContext"]["runAsNonRoot"], true, "{name}");
            assert_ne!(pod["securityContext"]["runAsUser"], 0, "{name}");
            assert_eq!(pod["securityContext"]["seccompProfile"], json!({"type": "RuntimeDefault"}), "{name}");
            assert_eq!(
                pod["containers"][0]["securityContext"],
                json!({
                    "allowPrivilegeEscalation": false,
                    "capabilities": {"drop": ["ALL"]},
                    "readOnlyRootFilesystem": true,
                }),
                "{name}"
            );
        }
    }
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn the_manifests_match_their_snapshots() {
    for name in ["defaults", "existing-secret", "everything", "deployment"] {
        let path = chart().join("ci").join(format!("{name}-values.yaml"));
        insta::assert_snapshot!(name, template("helm4", &path).unwrap());
    }
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn the_real_reporter_accepts_the_arguments_and_the_settings() {
    let (github, intake) = (FakeGitHub::start(), DatadogIntake::start());
    for name in ["acme/shop", "rust-lang/rust"] {
        github.repository(name).commits(1);
    }
    for (name, path) in value_sets() {
        let objects = helm::objects(&template("helm4", &path).unwrap());
        let test_pods = of_kind(&objects, "Pod").into_iter().map(|test| &test["spec"]);
        for pod in workloads(&objects).into_iter().map(pod).chain(test_pods) {
            // A dry run takes the same arguments, and delivers nothing.
            let words =
                arguments(pod).into_iter().map(|word| if word == "--push" { "--dry-run" } else { word });
            let scene = Scene::new(env!("CARGO_BIN_EXE_report"))
                .file("system-health.toml", settings(pod, &objects))
                .git_work_tree()
                .commit("a", Duration::from_mins(1))
                .variable("SYSTEM_HEALTH_GITHUB_API_URL", github.url())
                .variable("GITHUB_TOKEN", "any")
                .variable("DD_API_KEY", DatadogIntake::KEY)
                .variable("DD_URL", intake.url())
                .variable("SYSTEM_HEALTH_SERVE_LISTEN", "127.0.0.1:0");
            let words: Vec<_> = words.collect();
            if words[0] == "serve" {
                let service = ServerProcess::start(scene.command(&words));
                let _ = service.get_until("/readyz", 200);
                continue;
            }

            let ended = scene.run(&words);

            assert!(matches!(ended.status(), Some(0 | 1)), "{name}: {ended}");
            let expected = if arguments(pod)[0] == "doctor" { "GitHub token" } else { "commits.hotfix" };
            assert!(ended.stdout().contains(expected), "{ended}");
        }
    }
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn runs_and_the_helm_test_find_mistakes_in_the_settings() {
    let objects = rendered("settings: |\n  [repository]\n  nam = 'acme/shop'");
    let run_pod = pod(of_kind(&objects, "CronJob")[0]);
    let test_pod = &of_kind(&objects, "Pod")[0]["spec"];
    for (pod, status) in [(run_pod, 2), (test_pod, 1)] {
        let ended = Scene::new(env!("CARGO_BIN_EXE_report"))
            .file("system-health.toml", settings(pod, &objects))
            .run(&arguments(pod))
            .with_status(status);

        let output = ended.stdout() + &ended.stderr();
        assert!(output.contains("system-health.toml:2:1: there is no key `nam` in [repository]"), "{output}");
    }
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn the_packaged_chart_can_be_rendered() {
    let metadata = fs::read_to_string(chart().join("Chart.yaml")).unwrap();
    let chart_version = metadata.lines().find_map(|line| line.strip_prefix("version: ")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for version in VERSIONS {
        let packed = helm::helm(version, &["package", ".", "--destination", folder.path().to_str().unwrap()]);
        assert!(packed.status.success(), "{packed:?}");
        let archive = folder.path().join(format!("system-health-{chart_version}.tgz")).display().to_string();
        let ended = helm::helm(version, &["template", "health", &archive]);
        assert!(ended.status.success(), "{ended:?}");
        let text = String::from_utf8(ended.stdout).unwrap();
        assert!(text.contains("kind: Pod") && text.contains("helm.sh/hook: test"), "{text}");
    }
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn the_notes_say_how_to_start_a_run() {
    let notes = helm::helm("helm4", &["install", "health", ".", "--dry-run=client", "--namespace", "ops"]);
    let notes = String::from_utf8(notes.stdout).unwrap();

    for text in [
        "kubectl -n ops create job --from=cronjob/health-system-health health-system-health-now",
        "helm -n ops test health",
        "`activeDeadlineSeconds` (840) and `backoffLimit`",
        "`settings` is empty",
        "State is not kept between pods",
        "there is no history",
        "no annotation with a role",
    ] {
        assert!(notes.contains(text), "{text}\n{notes}");
    }
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn the_notes_say_that_a_deployment_keeps_state_until_its_pod_ends() {
    let options = ["install", "health", ".", "--dry-run=client", "--set", "mode=deployment"];
    let notes = String::from_utf8(helm::helm("helm4", &options).stdout).unwrap();

    assert!(notes.contains("When the pod ends, its history"), "{notes}");
    assert!(!notes.contains("there is no history"), "{notes}");
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn a_changed_setting_changes_the_checksum() {
    let checksum = |values: &str| -> Value {
        let objects = rendered(values);
        let template = &of_kind(&objects, "CronJob")[0]["spec"]["jobTemplate"]["spec"]["template"];
        template["metadata"]["annotations"]["checksum/settings"].clone()
    };
    let one = checksum("settings: name = 'shop'");

    assert_ne!(one, checksum("settings: name = 'docs'"));
    assert_eq!(one, checksum("settings: name = 'shop'\nsuspend: true"));
}
