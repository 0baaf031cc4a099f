//! `report dashboard push`, `diff`, `pull`, `list` and `delete`.

use std::fs;

use serde_json::{Value, json};
use system_health_test_support::{
    datadog::{self, DatadogIntake},
    scene::Scene,
};

use crate::{assert_matches_api_description, scene, steps, writes};

const HAND_WRITTEN: &str = r#"{
    "title": "CI", "layout_type": "ordered", "description": "By hand.",
    "widgets": [{"definition": {"type": "note", "content": "Read **this**."}}]
}"#;

fn pushed(scene: &Scene, arguments: &[&str]) -> Vec<(String, String)> {
    steps(&scene.run(&[&["dashboard", "push"], arguments].concat()).with_status(0))
}

fn step(action: &str, name: &str) -> Vec<(String, String)> {
    vec![(action.to_owned(), name.to_owned())]
}

/// The only dashboard in the intake.
fn only_dashboard(intake: &DatadogIntake) -> Value {
    let [dashboard] = &intake.dashboards()[..] else { panic!("{:?}", intake.dashboards()) };
    dashboard.clone()
}

fn id(dashboard: &Value) -> String {
    dashboard["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_second_push_writes_nothing() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake);

    let created = scene.run(&["dashboard", "push"]).with_status(0);
    assert_eq!(steps(&created), step("created", "System health"));
    let url = created.json()[0]["url"].as_str().unwrap().to_owned();
    assert!(url.starts_with(&format!("/dashboard/{}", id(&only_dashboard(&intake)))), "{url}");
    assert_eq!(writes(&intake), ["POST /api/v1/dashboard"]);

    assert_eq!(pushed(&scene, &[]), step("kept", "System health"));
    let diff = scene.run(&["dashboard", "diff"]).with_status(0);
    assert_eq!(steps(&diff), step("keep", "System health"));
    // Without state, no id is remembered, and the dashboard is found by its title.
    assert_eq!(pushed(&scene, &["--no-state"]), step("kept", "System health"));
    assert_eq!(writes(&intake).len(), 1);
}

#[test]
#[ignore = "needs Datadog's API description: run cargo xtask test"]
fn requests_match_datadogs_api_description() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake).file("ci.json", HAND_WRITTEN);

    pushed(&scene, &[]);
    pushed(&scene, &["ci.json"]);
    intake.edit_dashboard(&id(&intake.dashboards()[1]), |dashboard| dashboard["description"] = json!("x"));
    pushed(&scene, &["ci.json", "--force"]);

    assert_matches_api_description(&intake);
}

#[test]
fn a_diff_shows_only_what_differs() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake).file("ci.json", HAND_WRITTEN);
    pushed(&scene, &["ci.json"]);
    let scene = scene.file("ci.json", &HAND_WRITTEN.replace("**this**", "that"));

    let diff = scene.run(&["dashboard", "diff", "ci.json"]).with_status(1);

    let expected = json!([{
        "action": "update", "name": "CI", "id": id(&only_dashboard(&intake)),
        "changes": ["~ widgets[0].definition.content: \"Read **this**.\" → \"Read that.\""],
    }]);
    assert_eq!(diff.json(), expected);
    assert_eq!(writes(&intake).len(), 1);
    assert_eq!(pushed(&scene, &["ci.json"]), step("updated", "CI"));
    assert_eq!(only_dashboard(&intake)["widgets"][0]["definition"]["content"], "Read that.");
    assert_eq!(pushed(&scene, &["ci.json"]), step("kept", "CI"));
}

#[test]
fn edits_in_datadog_are_overwritten_only_with_force() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake);
    pushed(&scene, &[]);
    let edit = |dashboard: &mut Value| dashboard["widgets"][0]["definition"]["title"] = json!("mine");
    intake.edit_dashboard(&id(&only_dashboard(&intake)), edit);

    for flags in [&[][..], &["--no-state"]] {
        let left = scene.run(&[&["dashboard", "push"], flags].concat()).with_status(1);

        assert_eq!(steps(&left), step("left", "System health"));
        left.says("--force");
        let step = left.json()[0].clone();
        assert_eq!(step["overwrites"], "it was changed in Datadog since the last push");
        assert_eq!(step["changes"], json!(["- widgets[\"mine\"]", "+ widgets[\"Goals\"]"]));
    }
    assert_eq!(writes(&intake).len(), 1);
    assert_eq!(only_dashboard(&intake)["widgets"][0]["definition"]["title"], "mine");

    assert_eq!(pushed(&scene, &["--force"]), step("updated", "System health"));
    assert_eq!(only_dashboard(&intake)["widgets"][0]["definition"]["title"], "Goals");
    assert_eq!(pushed(&scene, &[]), step("kept", "System health"));
}

#[test]
fn properties_that_datadog_adds_do_not_count_as_changes() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake).file("ci.json", HAND_WRITTEN);
    pushed(&scene, &["ci.json"]);
    let add = |dashboard: &mut Value| {
        dashboard["added_tomorrow"] = json!({"x": [1]});
        dashboard["widgets"][0]["definition"]["added_tomorrow"] = json!("on");
    };
    intake.edit_dashboard(&id(&only_dashboard(&intake)), add);

    assert_eq!(pushed(&scene, &["ci.json"]), step("kept", "CI"));
    let scene = scene.file("ci.json", &HAND_WRITTEN.replace("**this**", "that"));
    let diff = scene.run(&["dashboard", "diff", "ci.json"]).with_status(1);
    let changes = json!(["~ widgets[0].definition.content: \"Read **this**.\" → \"Read that.\""]);
    assert_eq!((&diff.json()[0]["changes"], &diff.json()[0]["overwrites"]), (&changes, &Value::Null));
    assert_eq!(pushed(&scene, &["ci.json"]), step("updated", "CI"));

    // A change that a person makes besides these additions is found, and overwritten with --force.
    let edit = |dashboard: &mut Value| {
        add(dashboard);
        dashboard["widgets"][0]["definition"]["content"] = json!("Mine.");
    };
    intake.edit_dashboard(&id(&only_dashboard(&intake)), edit);
    let _ = scene.run(&["dashboard", "push", "ci.json"]).with_status(1);
    assert_eq!(pushed(&scene, &["ci.json", "--force"]), step("updated", "CI"));
    intake.edit_dashboard(&id(&only_dashboard(&intake)), add);
    assert_eq!(pushed(&scene, &["ci.json"]), step("kept", "CI"));
}

#[test]
fn a_renamed_dashboard_is_found_by_its_id() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake);
    pushed(&scene, &[]);
    intake.edit_dashboard(&id(&only_dashboard(&intake)), |dashboard| dashboard["title"] = json!("Ours"));

    let diff = scene.run(&["dashboard", "diff"]).with_status(1);

    assert_eq!(diff.json()[0]["changes"], json!(["~ title: \"Ours\" → \"System health\""]));
}

#[test]
fn a_diff_warns_if_the_store_cannot_be_opened() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake).file("ci.json", HAND_WRITTEN).file("file", "");
    pushed(&scene, &["ci.json"]);

    let diff = scene.run(&["dashboard", "diff", "ci.json", "--state-dir", "file/state"]).with_status(0);

    assert_eq!(steps(&diff), step("keep", "CI"));
    diff.says("cannot open the store with the ids of pushed dashboards: ");
    let diff = scene.run(&["dashboard", "diff", "ci.json", "--no-state"]).with_status(0);
    assert!(!diff.stderr().contains("store"), "{diff}");
}

#[test]
fn a_deleted_dashboard_is_created_again() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake);
    pushed(&scene, &[]);
    intake.delete_dashboard(&id(&only_dashboard(&intake)));

    assert_eq!(pushed(&scene, &[]), step("created", "System health"));
    assert_eq!(pushed(&scene, &[]), step("kept", "System health"));
}

#[test]
fn an_unmanaged_dashboard_with_the_same_title_is_not_changed() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake);
    let theirs =
        intake.add_dashboard(&json!({"title": "System health", "layout_type": "free", "widgets": []}));

    let left = scene.run(&["dashboard", "push"]).with_status(1);

    assert_eq!(left.json()[0]["overwrites"], "it was not created by a push");
    left.says("the dashboard was not pushed: it was not created by a push; --force overwrites it");
    assert_eq!(writes(&intake), [""; 0]);
    let refused = scene.run(&["dashboard", "delete", &id(&theirs), "--yes"]).with_status(2);
    refused.says("was not created by a push");
    assert_eq!(only_dashboard(&intake), theirs);
    assert_eq!(pushed(&scene, &["--force"]), step("updated", "System health"));
    assert_eq!(id(&only_dashboard(&intake)), id(&theirs));
}

#[test]
fn a_pulled_dashboard_can_be_pushed() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake);
    pushed(&scene, &[]);

    let pulled = scene.run(&["dashboard", "pull", "System health"]).with_status(0);

    let dashboard = pulled.json();
    assert_eq!(dashboard["id"], id(&only_dashboard(&intake)));
    assert!(
        dashboard.get("author_handle").is_none() && dashboard.get("modified_at").is_none(),
        "{dashboard}"
    );
    assert!(
        !pulled.stdout().contains("Managed by system-health ("),
        "the mark is removed from a pulled dashboard"
    );
    let scene = scene.file("pulled.json", &pulled.stdout());
    assert_eq!(pushed(&scene, &["pulled.json"]), step("kept", "System health"));
    let scene = scene.file("pulled.json", &pulled.stdout().replace("\"System health\"", "\"Health\""));
    assert_eq!(pushed(&scene, &["pulled.json"]), step("updated", "Health"));
    assert_eq!(only_dashboard(&intake)["title"], "Health");
}

#[test]
fn managed_dashboards_can_be_listed_and_deleted() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake).file("ci.json", HAND_WRITTEN);
    intake.add_dashboard(&json!({"title": "Theirs", "layout_type": "free", "widgets": []}));
    pushed(&scene, &[]);
    pushed(&scene, &["ci.json"]);

    let listed = scene.run(&["dashboard", "list"]).with_status(0);
    assert_eq!(steps(&listed), [step("managed", "CI"), step("managed", "System health")].concat());

    scene.run(&["dashboard", "delete", "CI"]).with_status(2).says("--yes");
    assert_eq!(intake.dashboards().len(), 3);
    let deleted = scene.run(&["dashboard", "delete", "CI", "--yes"]).with_status(0);
    assert_eq!(steps(&deleted), step("deleted", "CI"));
    assert_eq!(intake.dashboards().len(), 2);
    scene
        .run(&["dashboard", "delete", "CI", "--yes"])
        .with_status(2)
        .says("there is no dashboard `CI`; the command `dashboard list` lists the managed ones");
    // The deleted dashboard is forgotten, so a push creates a new one.
    assert_eq!(pushed(&scene, &["ci.json"]), step("created", "CI"));
}

#[test]
fn wrong_goals_matter_only_to_the_generated_dashboard() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake).file("ci.json", HAND_WRITTEN);
    let scene = scene.file("system-health.toml", "[goals]\n'commits.hotfx' = '< 2'\n");

    scene.run(&["dashboard", "push"]).with_status(2).says("there is no metric `commits.hotfx`");
    assert_eq!(pushed(&scene, &["ci.json"]), step("created", "CI"));
    for action in [&["list"][..], &["pull", "CI"], &["delete", "CI", "--yes"]] {
        let _ = scene.run(&[&["dashboard"], action].concat()).with_status(0);
    }
    let _ = scene.run(&["monitors", "delete", "--yes"]).with_status(0);
}

#[test]
fn a_file_without_a_dashboard_is_refused_before_any_request() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake);
    for (text, words) in [
        ("{", "it is not JSON"),
        ("[]", "it is not a dashboard: it is not a JSON object"),
        (r#"{"layout_type": "free", "widgets": []}"#, "it has no `title`"),
        (r#"{"title": "x"}"#, "its `layout_type` is not `ordered` or `free`"),
        (r#"{"title": "x", "layout_type": "free"}"#, "it has no list of `widgets`"),
        (
            r#"{"title": "x", "layout_type": "free", "widgets": [{}]}"#,
            "one of its `widgets` has no `definition`",
        ),
        (r#"{"title": " ", "layout_type": "free", "widgets": []}"#, "its `title` is empty"),
        (r#"{"title": "x", "layout_type": "free", "widgets": [5]}"#, "it is not a dashboard"),
    ] {
        fs::write(scene.folder().join("wrong.json"), text).unwrap();

        let ended = scene.run(&["dashboard", "push", "wrong.json"]).with_status(2);

        ended.says("wrong.json");
        ended.says(words);
    }
    scene.run(&["dashboard", "push", "missing.json"]).with_status(2).says("cannot read missing.json");
    scene.run(&["dashboard", "push", "x.json", "--title", "y"]).with_status(2).says("--title");
    assert_eq!(intake.server().requests().len(), 0);
}

#[test]
fn two_managed_dashboards_with_the_same_title_are_an_error() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake);
    pushed(&scene, &[]);
    intake.add_dashboard(&only_dashboard(&intake));

    let ended = scene.run(&["dashboard", "push", "--no-state"]).with_status(2);

    ended.says("several dashboards have the title `System health`");
    assert_eq!(writes(&intake).len(), 1);
}

#[test]
fn rate_limits_are_retried_and_refusals_reported() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake);
    let busy = datadog::error(429, "Too many requests").with_header("retry-after", "0");
    intake.server().fail_times(1, "POST /api/v1/dashboard", busy);

    assert_eq!(pushed(&scene, &[]), step("created", "System health"));
    assert_eq!(intake.dashboards().len(), 1);

    intake.server().fail("PUT /api/v1/dashboard", datadog::error(400, "widget 3 is wrong"));
    intake.edit_dashboard(&id(&only_dashboard(&intake)), |dashboard| dashboard["title"] = json!("x"));
    let ended = scene.run(&["dashboard", "push", "--force"]).with_status(3);
    ended.says("Datadog refused the request");
    ended.says("widget 3 is wrong");
}

#[test]
fn a_creation_with_an_unknown_result_is_not_repeated() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake);
    intake.server().fail("POST /api/v1/dashboard", datadog::error(502, "Bad gateway"));

    scene.run(&["dashboard", "push"]).with_status(3).says("Bad gateway");

    assert_eq!(writes(&intake).len(), 1, "the dashboard may have been created");
}

#[test]
fn timeseries_of_self_metrics_are_grouped_by_their_own_tags() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake);
    let _ = scene.run(&["--push"]).with_status(0);
    let dashboard = scene.run(&["dashboard"]).with_status(0).json();
    let groups = dashboard["widgets"].as_array().unwrap();
    let reporter = groups.last().unwrap()["definition"]["widgets"].as_array().unwrap();
    let query = |key: &str| -> String {
        let timeseries = reporter.iter().filter(|widget| widget["definition"]["type"] == "timeseries");
        let mut queries =
            timeseries.map(|it| it["definition"]["requests"][0]["queries"][0]["query"].as_str().unwrap());
        queries.find(|query| query.contains(&format!(":{key}{{"))).unwrap().to_owned()
    };
    let common = ["env", "service", "source"];

    let points = intake.points();
    let self_metrics = points.iter().filter(|point| point.metric.starts_with("system_health.reporter."));
    for point in self_metrics {
        let names = point.tags.iter().map(|tag| tag.split(':').next().unwrap());
        // All samples of one reporter and one sink have the same values of these tags.
        let is_common = |name: &&str| common.contains(name) || ["reporter", "sink"].contains(name);
        let own: Vec<&str> = names.filter(|name| !is_common(name)).collect();
        let query = query(&point.metric);
        let by =
            query.split_once(" by {").map_or(vec![], |(_, by)| by.trim_end_matches('}').split(',').collect());
        assert_eq!(by, own, "{}", point.metric);
    }
}

#[test]
fn a_deletion_asks_for_confirmation_on_a_terminal() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake);
    pushed(&scene, &[]);
    let delete = ["dashboard", "delete", "System health"];
    let question = format!("Delete the dashboard `System health` ({})? [y/N] ", id(&only_dashboard(&intake)));

    for (answer, remaining) in [("", 1), ("n", 1), ("y", 0)] {
        let _ = scene.answer_on_a_terminal(&delete, &question, answer);

        assert_eq!(intake.dashboards().len(), remaining, "{answer:?}");
    }
}

#[test]
fn a_dashboard_renamed_by_a_push_is_a_different_dashboard() {
    let intake = DatadogIntake::start();
    let scene = scene(&intake);
    pushed(&scene, &[]);
    let pulled = scene.run(&["dashboard", "pull", "System health"]).with_status(0).stdout();
    let scene = scene.file("shop.json", &pulled.replace("\"System health\"", "\"Shop\""));
    assert_eq!(pushed(&scene, &["shop.json"]), step("updated", "Shop"));

    assert_eq!(pushed(&scene, &[]), step("created", "System health"));
    assert_eq!(pushed(&scene, &["shop.json"]), step("kept", "Shop"));
    assert_eq!(pushed(&scene, &[]), step("kept", "System health"));
    assert_eq!(intake.dashboards().len(), 2);
}

#[test]
fn a_hand_written_dashboard_is_pushed_with_all_its_properties() {
    let intake = DatadogIntake::start();
    let written = r#"{
        "title": "T", "layout_type": "ordered", "reflow_type": "fixed", "tags": ["team:web"],
        "notify_list": ["z@example.com", "a@example.com"], "tabs": [{"name": "One", "widget_ids": ["@1"]}],
        "widgets": [{"definition": {"type": "of the future", "much": [1, 2.5, null]},
                     "layout": {"x": 0, "y": 0, "width": 12, "height": 2}}]
    }"#;
    let scene = scene(&intake).file("t.json", written);

    assert_eq!(pushed(&scene, &["t.json"]), step("created", "T"));

    let sent = intake.server().requests().into_iter().find(|request| request.method == "POST").unwrap();
    let mut sent: Value = serde_json::from_slice(&sent.body).unwrap();
    assert!(sent["description"].as_str().unwrap().starts_with("Managed by system-health"), "{sent}");
    // A push changes only the description and the order of `notify_list`.
    sent.as_object_mut().unwrap().remove("description");
    let mut written: Value = serde_json::from_str(written).unwrap();
    written["notify_list"] = json!(["a@example.com", "z@example.com"]);
    assert_eq!(sent, written);
}
