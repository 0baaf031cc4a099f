//! The effects of the chart's values, and their descriptions.

use std::{collections::BTreeSet, fs};

use serde_json::{Value, json};

use crate::helm::{
    VERSIONS, arguments, chart, helm, objects, of_kind, pod, rendered, settings, template_text,
};

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn by_default_a_failed_delivery_is_repeated_once() {
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
fn numbers_may_be_zero_or_large() {
    let objects = rendered(
        "{backoffLimit: 0, ttlSecondsAfterFinished: 0, successfulJobsHistoryLimit: 0, startingDeadlineSeconds: 1000000}",
    );
    let spec = &of_kind(&objects, "CronJob")[0]["spec"];

    assert_eq!(
        (&spec["successfulJobsHistoryLimit"], &spec["startingDeadlineSeconds"]),
        (&json!(0), &json!(1_000_000))
    );
    let job = &spec["jobTemplate"]["spec"];
    assert_eq!((&job["backoffLimit"], &job["ttlSecondsAfterFinished"]), (&json!(0), &json!(0)));
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn numbers_that_are_null_are_left_out() {
    const NAMES: [&str; 6] = [
        "startingDeadlineSeconds",
        "backoffLimit",
        "successfulJobsHistoryLimit",
        "failedJobsHistoryLimit",
        "ttlSecondsAfterFinished",
        "terminationGracePeriodSeconds",
    ];
    let objects = rendered(&NAMES.map(|name| format!("{name}: null\n")).concat());
    let text = of_kind(&objects, "CronJob")[0].to_string();

    for name in NAMES {
        assert!(!text.contains(name), "{name}");
    }
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn a_part_of_a_security_context_can_be_changed() {
    let objects = rendered("podSecurityContext: {runAsUser: 1000, fsGroup: null}");
    let context = &pod(of_kind(&objects, "CronJob")[0])["securityContext"];

    assert_eq!((&context["runAsUser"], &context["runAsNonRoot"]), (&json!(1000), &json!(true)));
    assert_eq!(context["fsGroup"], Value::Null);
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn names_that_look_like_numbers_are_quoted() {
    for version in VERSIONS {
        let ended = helm(version, &["template", "42", ".", "--set-string", "fullnameOverride=123"]);
        let objects = objects(&String::from_utf8(ended.stdout).unwrap());
        assert_eq!(of_kind(&objects, "CronJob")[0]["metadata"]["name"], "123");
    }
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn long_names_are_shortened() {
    // The longest release name that Helm allows.
    let release = "r".repeat(53);
    let ended = helm("helm4", &["template", &release, "."]);
    let objects = objects(&String::from_utf8(ended.stdout).unwrap());
    let length = |kind: &str| of_kind(&objects, kind)[0]["metadata"]["name"].as_str().unwrap().len();

    assert_eq!(length("CronJob"), 52);
    assert!(length("Pod") <= 63);
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn settings_reach_the_reporter_unchanged() {
    for text in [
        "",
        "[repository]\nname = \"acme/shop\"\n",
        "  [repository]  \n\n   \n\tname = 'no end of line'",
        "\n\n# {{ .Values.schedule }} $HOME ${HOME} %s | > & * ! : \u{e9}\n",
        "a = \"\"\"\\\n  b\r\n\"\"\"\r\n",
        "true",
        "1.0",
        "~",
    ] {
        // JSON is YAML.
        for version in VERSIONS {
            let objects = objects(&template_text(version, &json!({"settings": text}).to_string()).unwrap());
            assert_eq!(settings(pod(of_kind(&objects, "CronJob")[0]), &objects), text, "{version}");
        }
    }
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn settings_can_be_given_as_a_file() {
    let text = "[repository]\nname = \"acme/shop\" # {a, b=c}\n";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("system-health.toml");
    fs::write(&file, text).unwrap();
    let option = format!("settings={}", file.display());
    for version in VERSIONS {
        let ended = helm(version, &["template", "health", ".", "--set-file", &option]);
        let objects = objects(&String::from_utf8(ended.stdout).unwrap());
        assert_eq!(settings(pod(of_kind(&objects, "CronJob")[0]), &objects), text, "{version}");
    }
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn only_named_credentials_of_a_secret_are_files() {
    let objects = rendered(
        "existingSecret: {name: all, keys: {GITHUB_TOKEN: null, DD_APP_KEY: '', DD_API_KEY: api, ACME_TOKEN: acme.token}}",
    );

    let variable = |name: &str, key: &str| json!({"name": name, "value": format!("/var/run/secrets/system-health/{key}")});
    assert_eq!(
        file_variables(&objects),
        [variable("ACME_TOKEN_FILE", "acme.token"), variable("DD_API_KEY_FILE", "api")]
    );
    let volumes = pod(of_kind(&objects, "CronJob")[0])["volumes"].as_array().unwrap();
    let secret = volumes.iter().find(|volume| volume["name"] == "credentials").unwrap();
    assert_eq!(secret["secret"], json!({"secretName": "all", "defaultMode": 0o440}));
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn credentials_of_an_external_secret_are_files() {
    let objects = rendered(
        "externalSecret: {enabled: true, secretStoreRef: {name: vault},
          remoteRefs: {GITHUB_TOKEN: null, ACME_TOKEN: {key: acme, property: token}}}",
    );

    let variable = |name: &str| {
        let path = format!("/var/run/secrets/system-health/{name}");
        json!({"name": format!("{name}_FILE"), "value": path})
    };
    assert_eq!(file_variables(&objects), [variable("ACME_TOKEN"), variable("DD_API_KEY")]);
    assert_eq!(
        of_kind(&objects, "ExternalSecret")[0]["spec"]["data"],
        json!([
            {"secretKey": "ACME_TOKEN", "remoteRef": {"key": "acme", "property": "token"}},
            {"secretKey": "DD_API_KEY", "remoteRef": {"key": "datadog/api-key"}},
        ])
    );
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn without_a_secret_there_are_no_credential_files() {
    let objects = rendered("{}");

    assert_eq!(file_variables(&objects), Vec::<Value>::new());
    assert!(!objects.iter().any(|object| object.to_string().contains("credentials")));
}

/// The variables of the cron job's container that name files.
fn file_variables(objects: &[Value]) -> Vec<Value> {
    let variables = pod(of_kind(objects, "CronJob")[0])["containers"][0]["env"].as_array().unwrap();
    variables.iter().filter(|it| it["name"].as_str().unwrap().ends_with("_FILE")).cloned().collect()
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn the_name_of_the_reporter_defaults_to_that_of_its_cronjob() {
    for (values, expected) in
        [("{}", "ops/health-system-health"), ("reporterName: night shift", "night shift")]
    {
        let objects = rendered(values);
        let variables = pod(of_kind(&objects, "CronJob")[0])["containers"][0]["env"].as_array().unwrap();
        let name = variables.iter().find(|variable| variable["name"] == "SYSTEM_HEALTH_REPORTER").unwrap();
        assert_eq!(name["value"], expected);
    }
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn a_variable_that_the_user_sets_is_not_set_twice() {
    let variable_names = |values: &str| {
        let objects = rendered(values);
        let variables = pod(of_kind(&objects, "CronJob")[0])["containers"][0]["env"].clone();
        let names = variables.as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    let values = "aws: {region: eu-west-1}\nexistingSecret: {name: dd, keys: {DD_APP_KEY: app}}\n";
    let names = variable_names(values);
    assert_eq!(names.len(), 7, "{names:?}");

    for name in &names {
        let objects = rendered(&format!("{values}env: [{{name: {name}, value: mine}}]"));
        let test_pods = of_kind(&objects, "Pod").into_iter().map(|test| &test["spec"]);
        for pod in of_kind(&objects, "CronJob").into_iter().map(pod).chain(test_pods) {
            let variables = pod["containers"][0]["env"].as_array().unwrap();
            let found: Vec<_> = variables.iter().filter(|it| it["name"] == **name).collect();
            assert_eq!(found, [&json!({"name": name, "value": "mine"})]);
            assert_eq!(variables.len(), names.len());
        }
    }
}

#[test]
fn exactly_the_documented_numbers_may_be_null() {
    let schema: Value =
        serde_json::from_slice(&fs::read(chart().join("values.schema.json")).unwrap()).unwrap();
    let values = fs::read_to_string(chart().join("values.yaml")).unwrap();
    let sentence = "This number and those below, except `activeDeadlineSeconds`, may be null";
    let (_, below) = values.split_once(sentence).unwrap();
    let (section, _) = below.split_once("## @section").unwrap();
    let numbers =
        section.lines().filter_map(|line| line.split_once(": ")).filter(|it| it.1.parse::<u32>().is_ok());
    let documented: BTreeSet<&str> =
        numbers.map(|(name, _)| name).filter(|name| *name != "activeDeadlineSeconds").collect();

    let properties = schema["properties"].as_object().unwrap().iter();
    let nullable = properties.filter(|(_, schema)| schema["type"] == json!(["integer", "null"]));

    assert_eq!(documented.len(), 5);
    assert_eq!(nullable.map(|(name, _)| name.as_str()).collect::<BTreeSet<_>>(), documented);
}

/// Adds the paths of all properties in a schema, each with a prefix.
fn add_property_paths(schema: &Value, prefix: &str, paths: &mut Vec<String>) {
    for (name, below) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{prefix}{name}");
        add_property_paths(below, &format!("{path}."), paths);
        paths.push(path);
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
    add_property_paths(&schema, "", &mut listed);
    listed.retain(|path| path != "global");

    for path in &listed {
        let is_described = |it: &&str| *it == path || it.starts_with(&format!("{path}."));
        assert!(described.iter().any(is_described), "values.yaml does not describe {path}");
    }
    for path in described {
        let is_listed = |it: &&String| path == *it || path.starts_with(&format!("{it}."));
        assert!(listed.iter().any(|it| is_listed(&it)), "values.schema.json does not list {path}");
    }
}
