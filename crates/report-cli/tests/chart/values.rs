//! What values do, and that they are described.

use std::fs;

use serde_json::{Value, json};
use system_health_test_support::tools;

use crate::helm::{arguments, chart, objects, of_kind, pod, rendered, settings};

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn by_default_a_run_is_repeated_once_and_only_a_failed_delivery_fails_the_job() {
    let objects = rendered("{}");
    let cronjob = of_kind(&objects, "CronJob")[0];

    assert_eq!(cronjob["spec"]["schedule"], "*/15 * * * *");
    let job = &cronjob["spec"]["jobTemplate"]["spec"];
    assert_eq!((&job["backoffLimit"], &job["activeDeadlineSeconds"]), (&json!(1), &json!(840)));
    assert_eq!(
        arguments(pod(cronjob)),
        ["--push", "--align", "15m", "--log-format", "json", "--fail-on", "delivery"]
    );
    let resources = &pod(cronjob)["containers"][0]["resources"];
    assert_eq!(resources["requests"], json!({"cpu": "10m", "memory": "32Mi"}));
    assert_eq!(resources["limits"], json!({"memory": "64Mi"}));
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn a_job_may_set_nothing_and_zero() {
    let objects = rendered(
        "{backoffLimit: 3, suspend: true, nodeSelector: {a: b}, args: [--push, --align=15m, --deadline, 3m],
          jobs: {one: {backoffLimit: 0, suspend: false, nodeSelector: {a: null}, ttlSecondsAfterFinished: 0}, two: }}",
    );
    let cronjobs = of_kind(&objects, "CronJob");
    let told = |cronjob: &Value| {
        let job = &cronjob["spec"]["jobTemplate"]["spec"];
        let retries = (job["backoffLimit"].clone(), job["ttlSecondsAfterFinished"].clone());
        (cronjob["spec"]["suspend"].clone(), retries, pod(cronjob)["nodeSelector"].clone())
    };

    assert_eq!(told(cronjobs[0]), (json!(false), (json!(0), json!(0)), Value::Null));
    assert_eq!(told(cronjobs[1]), (json!(true), (json!(3), json!(86400)), json!({"a": "b"})));
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn numbers_that_are_null_are_left_out_and_not_zero() {
    let objects = rendered(
        "{startingDeadlineSeconds: null, ttlSecondsAfterFinished: null, terminationGracePeriodSeconds: null,
          successfulJobsHistoryLimit: null, jobs: {one: {failedJobsHistoryLimit: null}}}",
    );
    let cronjob = of_kind(&objects, "CronJob")[0];
    let text = cronjob.to_string();

    for name in [
        "startingDeadlineSeconds",
        "ttlSecondsAfterFinished",
        "terminationGracePeriodSeconds",
        "successfulJobsHistoryLimit",
        "failedJobsHistoryLimit",
    ] {
        assert!(!text.contains(name), "{name}");
    }
    assert_eq!(cronjob["spec"]["jobTemplate"]["spec"]["backoffLimit"], 1);
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn a_job_changes_a_part_of_a_security_context_and_keeps_the_rest() {
    let objects = rendered("jobs: {one: {podSecurityContext: {runAsUser: 1000, fsGroup: null}}}");
    let context = &pod(of_kind(&objects, "CronJob")[0])["securityContext"];

    assert_eq!((&context["runAsUser"], &context["runAsNonRoot"]), (&json!(1000), &json!(true)));
    assert_eq!(context["fsGroup"], Value::Null);
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn names_that_look_like_numbers_are_texts() {
    for version in crate::helm::VERSIONS {
        let ended =
            crate::helm::helm(version, &["template", "42", ".", "--set-string", "fullnameOverride=123"]);
        let objects = objects(&String::from_utf8(ended.stdout).unwrap());
        assert_eq!(of_kind(&objects, "CronJob")[0]["metadata"]["name"], "123");
    }
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn settings_of_a_job_are_merged_table_by_table_and_keep_their_types() {
    let objects = rendered(
        r#"{settings: {repository: {name: acme/shop, branch: 'a"b\c'}, github: {max_pages: 1000000}, acme: {share: 1.5, more: {deep: true}}},
           jobs: {one: {settings: {repository: {name: acme/docs}}}, two: {}}}"#,
    );
    let cronjobs = of_kind(&objects, "CronJob");
    let common = "[github]\nmax_pages = 1000000\n\n[repository]\nbranch = \"a\\\"b\\\\c\"\nname = ";
    let acme = "[acme]\nshare = 1.5\n\n[acme.more]\ndeep = true\n\n";

    assert_eq!(settings(pod(cronjobs[0]), &objects), format!("{acme}{common}\"acme/docs\"\n"));
    assert_eq!(settings(pod(cronjobs[1]), &objects), format!("{acme}{common}\"acme/shop\"\n"));
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn credentials_of_a_secret_are_files_and_only_those_that_are_named() {
    let objects = rendered("existingSecret: {name: dd, keys: {githubToken: '', datadogApiKey: api}}");
    let pod = pod(of_kind(&objects, "CronJob")[0]);
    let variables = pod["containers"][0]["env"].as_array().unwrap();
    let files: Vec<_> =
        variables.iter().filter(|it| it["name"].as_str().unwrap().ends_with("_FILE")).collect();

    assert_eq!(files, [&json!({"name": "DD_API_KEY_FILE", "value": "/var/run/secrets/system-health/api"})]);
    let volumes = pod["volumes"].as_array().unwrap();
    let secret = volumes.iter().find(|volume| volume["name"] == "credentials").unwrap();
    assert_eq!(secret["secret"], json!({"secretName": "dd", "defaultMode": 0o440}));
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn every_reporter_has_the_name_of_its_cronjob_unless_the_settings_say_another() {
    let names = |values: &str| -> Vec<Value> {
        let objects = rendered(values);
        let pods = of_kind(&objects, "CronJob").into_iter().map(pod);
        let name = |pod: &Value| {
            let variables = pod["containers"][0]["env"].as_array().unwrap();
            let variable = variables.iter().find(|variable| variable["name"] == "SYSTEM_HEALTH_REPORTER");
            variable.map_or(Value::Null, |variable| variable["value"].clone())
        };
        pods.map(name).collect()
    };

    assert_eq!(names("{}"), ["ops/health-system-health"]);
    assert_eq!(
        names("jobs: {one: {}, two: {settings: {report: {name: night}}}}"),
        [json!("ops/health-system-health-one"), Value::Null]
    );
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn a_variable_that_the_user_sets_is_not_set_twice() {
    let own = |secret: &str| {
        let objects = rendered(secret);
        let variables = pod(of_kind(&objects, "CronJob")[0])["containers"][0]["env"].clone();
        let names = variables.as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    let values = "aws: {region: eu-west-1}\nexistingSecret: {name: dd, keys: {datadogAppKey: app}}\n";
    let names = own(values);
    assert_eq!(names.len(), 7, "{names:?}");

    for name in &names {
        let objects = rendered(&format!("{values}env: [{{name: {name}, value: mine}}]"));
        let tests = of_kind(&objects, "Pod").into_iter().map(|test| &test["spec"]);
        for pod in of_kind(&objects, "CronJob").into_iter().map(pod).chain(tests) {
            let variables = pod["containers"][0]["env"].as_array().unwrap();
            let found: Vec<_> = variables.iter().filter(|it| it["name"] == **name).collect();
            assert_eq!(found, [&json!({"name": name, "value": "mine"})]);
            assert_eq!(variables.len(), names.len());
        }
    }
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn the_test_looks_at_what_the_runs_look_at() {
    let objects = rendered(
        "{backoffLimit: 0, args: [--push, --repo, acme/shop, --branch=main, --skip, ci.*],
          jobs: {one: {}, two: {args: [--push, --repo=acme/docs, --no-state]}, three: {args: [--branch, --repo]}}}",
    );
    let of_test = |job: &str| {
        let name = format!("health-system-health-{job}-doctor");
        let pods = of_kind(&objects, "Pod");
        let test = pods.iter().find(|test| test["metadata"]["name"] == *name).unwrap();
        arguments(&test["spec"])[3..].iter().map(|&word| word.to_owned()).collect::<Vec<_>>()
    };

    assert_eq!(of_test("one"), ["--repo", "acme/shop", "--branch=main"]);
    assert_eq!(of_test("two"), ["--repo=acme/docs", "--no-state"]);
    assert_eq!(of_test("three"), ["--branch", "--repo"]);
}

#[test]
fn the_values_that_may_be_null_are_those_that_are_said_to() {
    let schema: Value =
        serde_json::from_slice(&fs::read(chart().join("values.schema.json")).unwrap()).unwrap();
    let values = fs::read_to_string(chart().join("values.yaml")).unwrap();
    let said = "This number and those below, except `activeDeadlineSeconds`, may be null";
    let (_, below) = values.split_once(said).unwrap();
    let (section, _) = below.split_once("## @section").unwrap();
    let numbers =
        section.lines().filter_map(|line| line.split_once(": ")).filter(|it| it.1.parse::<u32>().is_ok());
    let mut count = 0;

    for (name, _) in numbers {
        let may_be_null = schema["properties"][name]["type"] == json!(["integer", "null"]);
        assert_eq!(may_be_null, name != "activeDeadlineSeconds", "{name}");
        count += 1;
    }
    assert_eq!(count, 6);
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn every_job_has_a_claim_of_its_own() {
    let objects = rendered("{persistence: {enabled: true}, jobs: {one: {}, two: {}}}");
    let claims = of_kind(&objects, "PersistentVolumeClaim");
    let claims: Vec<_> = claims.iter().map(|claim| claim["metadata"]["name"].clone()).collect();
    let claimed = of_kind(&objects, "CronJob").into_iter().map(|cronjob| {
        let volumes = pod(cronjob)["volumes"].as_array().unwrap();
        let state = volumes.iter().find(|volume| volume["name"] == "state").unwrap();
        state["persistentVolumeClaim"]["claimName"].clone()
    });

    assert_eq!(claimed.collect::<Vec<_>>(), claims);
    assert_eq!(claims, ["health-system-health-one", "health-system-health-two"]);
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn the_readme_has_the_table_of_all_values() {
    let folder = tempfile::tempdir().unwrap();
    let readme = folder.path().join("README.md");
    let written = fs::read_to_string(chart().join("README.md")).unwrap();
    fs::write(&readme, &written).unwrap();

    // It also refuses values that are not described, and descriptions of values that are not there.
    let generated = tools::with_node(tools::file("readme-generator/node_modules/.bin/readme-generator"))
        .args(["--values", "values.yaml", "--readme"])
        .arg(&readme)
        .current_dir(chart())
        .output()
        .unwrap();

    assert!(generated.status.success(), "{}", String::from_utf8_lossy(&generated.stdout));
    assert_eq!(written, fs::read_to_string(&readme).unwrap(), "run readme-generator in charts/cronjob");
}

/// The names of all objects' properties that a schema lists, with the way there.
fn properties(schema: &Value, path: &str, into: &mut Vec<String>) {
    for (name, below) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}{name}");
        properties(below, &format!("{path}."), into);
        into.push(path);
    }
}

#[test]
fn the_schema_and_the_values_have_the_same_keys() {
    let schema: Value =
        serde_json::from_slice(&fs::read(chart().join("values.schema.json")).unwrap()).unwrap();
    let values = fs::read_to_string(chart().join("values.yaml")).unwrap();
    let described: Vec<&str> =
        values.lines().filter_map(|line| line.strip_prefix("## @param ")?.split(' ').next()).collect();
    let mut listed = Vec::new();
    properties(&schema, "", &mut listed);
    listed.retain(|path| path != "global");

    for path in &listed {
        let is_described = |it: &&str| *it == path || it.starts_with(&format!("{path}."));
        assert!(described.iter().any(is_described), "values.yaml does not describe {path}");
    }
    for path in described {
        let is_listed = |it: &&String| path == *it || path.starts_with(&format!("{it}."));
        assert!(listed.iter().any(|it| is_listed(&it)), "values.schema.json does not list {path}");
    }
    // A job may set what the sections of one CronJob have.
    let mut of_job = Vec::new();
    properties(&schema["definitions"]["job"], "", &mut of_job);
    assert!(of_job.iter().all(|name| listed.contains(name)), "{of_job:?}");
}
