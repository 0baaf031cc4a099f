//! Checks that the documented scopes of an application key are those that Datadog requires for the requests.

use std::{collections::BTreeSet, fs};

use serde_json::Value;
use system_health_test_support::{datadog::DatadogIntake, tools};

use crate::scene;

const GUIDE: &str = include_str!("../../../../docs/datadog.md");

/// The scope that an endpoint needs, according to Datadog's API description. `None` if it needs no scope.
fn needed_scope(description: &Value, method: &str, path: &str) -> Option<String> {
    let paths = description["paths"].as_object().unwrap();
    let matches_path = |template: &str| {
        let (template, path): (Vec<&str>, Vec<&str>) =
            (template.split('/').collect(), path.split('/').collect());
        template.len() == path.len()
            && template.iter().zip(&path).all(|(name, part)| name.starts_with('{') || name == part)
    };
    let (_, operations) =
        paths.iter().find(|(template, _)| matches_path(template)).unwrap_or_else(|| panic!("{path}"));
    let permission = &operations[method.to_lowercase()]["x-permission"];
    // Any of the scopes is sufficient. The first is the usual one.
    assert!(
        permission["operator"] == "OR" || permission["operator"] == "OPEN",
        "{method} {path}: {permission}"
    );
    let scope = permission["permissions"].as_array().unwrap().first()?;
    Some(scope.as_str().unwrap().to_owned())
}

#[test]
#[ignore = "needs Datadog's API description: run cargo xtask test"]
fn the_documented_scopes_are_those_that_the_requests_need() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake);
    for (command, status) in [
        (&["--push"][..], 0),
        (&["dashboard", "push"], 0),
        (&["dashboard", "list"], 0),
        (&["dashboard", "pull", "System health"], 0),
        (&["monitors", "push"], 0),
        (&["metadata", "--push"], 0),
        (&["verify"], 1),
        (&["doctor"], 0),
        (&["dashboard", "push", "--title", "Another"], 0),
        (&["dashboard", "delete", "System health", "--yes"], 0),
        (&["monitors", "delete", "--yes"], 0),
    ] {
        let _ = scene.run(command).with_status(status);
    }
    // The remaining dashboard is edited, so that the push updates it.
    intake.edit_dashboard("aaa-aaa-aab", |dashboard| dashboard["layout_type"] = "free".into());
    let _ = scene.run(&["dashboard", "push", "--title", "Another", "--force"]).with_status(0);
    let [v1, v2] = ["v1", "v2"].map(|version| -> Value {
        serde_json::from_slice(&fs::read(tools::file(&format!("datadog/{version}.json"))).unwrap()).unwrap()
    });

    let requests = intake.server().requests();
    let with_both_keys = requests.iter().filter(|request| request.header("dd-application-key").is_some());
    let needed: BTreeSet<String> = with_both_keys
        .filter_map(|request| {
            let description = if request.path().starts_with("/api/v2/") { &v2 } else { &v1 };
            needed_scope(description, &request.method, request.path())
        })
        .collect();

    let is_scope = |word: &&str| ["_read", "_write", "_query"].iter().any(|end| word.ends_with(end));
    let documented: BTreeSet<String> = GUIDE.split('`').filter(is_scope).map(str::to_owned).collect();
    assert_eq!(documented, needed);
}
