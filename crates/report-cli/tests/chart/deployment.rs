//! The chart with `mode: deployment`.

use serde_json::{Value, json};

use crate::helm::{arguments, of_kind, pod, rendered, template_text};

/// The environment variables of a deployment's container: their names and values.
fn variables(objects: &[Value]) -> Vec<(&str, &str)> {
    let variables = pod(of_kind(objects, "Deployment")[0])["containers"][0]["env"].as_array().unwrap();
    variables.iter().map(|it| (it["name"].as_str().unwrap(), it["value"].as_str().unwrap())).collect()
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn a_deployment_with_one_pod_replaces_the_cron_job() {
    let objects = rendered("mode: deployment");
    let deployment = of_kind(&objects, "Deployment")[0];

    assert!(of_kind(&objects, "CronJob").is_empty());
    assert_eq!(deployment["spec"]["replicas"], 1);
    assert_eq!(deployment["spec"]["strategy"], json!({"type": "Recreate"}));
    assert_eq!(arguments(pod(deployment)), ["serve", "--every", "1m", "--log-format", "json"]);
    assert_eq!(pod(deployment)["restartPolicy"], "Always");
    assert!(variables(&objects).contains(&("SYSTEM_HEALTH_SERVE_LISTEN", "0.0.0.0:8700")));
    let container = &pod(deployment)["containers"][0];
    assert_eq!(container["livenessProbe"]["httpGet"], json!({"path": "/healthz", "port": "http"}));
    assert_eq!(container["readinessProbe"]["httpGet"], json!({"path": "/readyz", "port": "http"}));
    for kind in ["PodDisruptionBudget", "ServiceMonitor"] {
        assert!(of_kind(&objects, kind).is_empty(), "{kind} is optional");
    }
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn a_cron_job_has_neither_a_service_nor_a_token() {
    let objects = rendered(
        "{existingSecret: {name: all}, networkPolicy: {enabled: true},
          serve: {podDisruptionBudget: {enabled: true}, serviceMonitor: {enabled: true}}}",
    );

    for kind in ["Deployment", "Service", "PodDisruptionBudget", "ServiceMonitor"] {
        assert!(of_kind(&objects, kind).is_empty(), "{kind}");
    }
    assert!(!format!("{objects:?}").contains("SERVE"));
    assert_eq!(of_kind(&objects, "NetworkPolicy")[0]["spec"]["ingress"], Value::Null);
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn a_suspended_deployment_has_no_pod() {
    let objects = rendered("{mode: deployment, suspend: true}");

    assert_eq!(of_kind(&objects, "Deployment")[0]["spec"]["replicas"], 0);
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn selectors_match_the_pod_of_the_deployment_and_not_the_test_pod() {
    let objects = rendered("{mode: deployment, serve: {podDisruptionBudget: {enabled: true}}}");
    let labels = |object: &Value| object["metadata"]["labels"].as_object().unwrap().clone();
    let template = labels(&of_kind(&objects, "Deployment")[0]["spec"]["template"]);
    let test_pod = labels(of_kind(&objects, "Pod")[0]);
    let service = &of_kind(&objects, "Service")[0]["spec"]["selector"];
    let budget = &of_kind(&objects, "PodDisruptionBudget")[0]["spec"]["selector"]["matchLabels"];
    let deployment = &of_kind(&objects, "Deployment")[0]["spec"]["selector"]["matchLabels"];

    for selector in [service, budget, deployment] {
        let selects = |labels: &serde_json::Map<String, Value>| {
            selector.as_object().unwrap().iter().all(|(name, value)| labels.get(name) == Some(value))
        };
        assert!(selects(&template), "{selector}");
        assert!(!selects(&test_pod), "{selector}");
    }
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn the_port_is_the_same_everywhere() {
    let objects = rendered("{mode: deployment, serve: {port: 9000}, networkPolicy: {enabled: true}}");
    let service = of_kind(&objects, "Service")[0];

    assert!(variables(&objects).contains(&("SYSTEM_HEALTH_SERVE_LISTEN", "0.0.0.0:9000")));
    let ports = &pod(of_kind(&objects, "Deployment")[0])["containers"][0]["ports"];
    assert_eq!(ports, &json!([{"name": "http", "containerPort": 9000}]));
    assert_eq!(service["spec"]["ports"], json!([{"name": "http", "port": 9000, "targetPort": "http"}]));
    let ingress = &of_kind(&objects, "NetworkPolicy")[0]["spec"]["ingress"];
    assert_eq!(ingress, &json!([{"ports": [{"port": 9000, "protocol": "TCP"}]}]));
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn the_pod_and_prometheus_read_the_same_token() {
    let credentials = |objects: &[Value]| {
        let endpoint = &of_kind(objects, "ServiceMonitor")[0]["spec"]["endpoints"][0];
        assert_eq!((&endpoint["port"], &endpoint["path"]), (&json!("http"), &json!("/metrics")));
        endpoint["authorization"]["credentials"].clone()
    };
    let variable = "SYSTEM_HEALTH_SERVE_TOKEN_FILE";
    let monitor = "mode: deployment\nserve: {serviceMonitor: {enabled: true}}\n";

    let existing = rendered(&format!("{monitor}existingSecret: {{name: all}}"));
    assert!(variables(&existing).contains(&(variable, "/var/run/secrets/system-health/serve-token")));
    assert_eq!(credentials(&existing), json!({"name": "all", "key": "serve-token"}));

    let external =
        rendered(&format!("{monitor}externalSecret: {{enabled: true, secretStoreRef: {{name: vault}}}}"));
    let path = "/var/run/secrets/system-health/SYSTEM_HEALTH_SERVE_TOKEN";
    assert!(variables(&external).contains(&(variable, path)));
    let expected = json!({"name": "health-system-health", "key": "SYSTEM_HEALTH_SERVE_TOKEN"});
    assert_eq!(credentials(&external), expected);
    let data = of_kind(&external, "ExternalSecret")[0]["spec"]["data"].as_array().unwrap();
    assert!(data.iter().any(|it| it["secretKey"] == "SYSTEM_HEALTH_SERVE_TOKEN"));
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn a_service_monitor_needs_a_token_that_prometheus_can_read() {
    let monitor = "mode: deployment\nserve: {serviceMonitor: {enabled: true}}\n";
    let without_secret = template_text("helm4", monitor).unwrap_err();
    let no_key = "existingSecret: {name: all, keys: {SYSTEM_HEALTH_SERVE_TOKEN: null}}";
    let without_key = template_text("helm4", &format!("{monitor}{no_key}")).unwrap_err();

    assert!(
        without_secret.contains("tokenSecret.name is empty: name a Secret with the bearer token"),
        "{without_secret}"
    );
    assert!(without_key.contains("keys.SYSTEM_HEALTH_SERVE_TOKEN is empty"), "{without_key}");
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn only_the_pod_of_the_deployment_mounts_the_volume() {
    let objects = rendered("{mode: deployment, persistence: {enabled: true}}");
    let state = |pod: &Value| {
        let volumes = pod["volumes"].as_array().unwrap();
        volumes.iter().find(|volume| volume["name"] == "state").unwrap().clone()
    };

    let claim = json!({"claimName": "health-system-health"});
    assert_eq!(state(pod(of_kind(&objects, "Deployment")[0]))["persistentVolumeClaim"], claim);
    assert_eq!(state(&of_kind(&objects, "Pod")[0]["spec"])["emptyDir"], json!({}));
}
