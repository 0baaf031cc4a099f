//! Renders the hand-written dashboards with the real Jsonnet. Validates them against Datadog's own API description and the
//! linked metrics.

mod grid;
mod library;
mod render;

use std::{collections::BTreeSet, fs};

use render::{collected, folder, key_of, keys, listed, queries, render_text, shipped, widgets};
use serde_json::Value;
use system_health_test_support::datadog::contract::{Message, problems};

#[test]
#[ignore = "needs Jsonnet and Datadog's API description: run cargo xtask test"]
fn every_dashboard_matches_datadogs_api_description() {
    let shipped = shipped();
    let messages: Vec<_> = shipped.iter().map(|(_, it)| Message::dashboard(it.clone())).collect();

    for ((name, _), problems) in shipped.iter().zip(problems(&messages)) {
        assert_eq!(problems, [""; 0], "{name}");
    }
    let names: Vec<&str> = shipped.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["ci", "reporter", "system-health"]);
}

#[test]
#[ignore = "needs Jsonnet and Datadog's API description: run cargo xtask test"]
fn a_typo_in_any_part_of_a_dashboard_is_found() {
    let (_, good) = shipped().pop().unwrap();
    let parts = [
        "",
        "/template_variables/0",
        "/default_timeframe",
        "/widgets/0/layout",
        "/widgets/0/definition/widgets/0/definition",
        "/widgets/0/definition/widgets/0/definition/requests/0",
        "/widgets/0/definition/widgets/0/definition/requests/0/queries/0",
        "/widgets/0/definition/widgets/0/definition/requests/0/conditional_formats/0",
    ];
    let messages = parts.map(|part| {
        let mut bad = good.clone();
        bad.pointer_mut(part).unwrap()["colour"] = "red".into();
        Message::dashboard(bad)
    });

    for (part, problems) in parts.iter().zip(problems(&messages)) {
        assert!(!problems.is_empty(), "a typo in {part:?} is not found");
    }
}

#[test]
#[ignore = "needs Jsonnet: run cargo xtask test"]
fn queries_use_existing_metrics_and_variables() {
    let catalog = collected();
    let known = keys(&catalog);

    for (name, dashboard) in shipped() {
        let variables = dashboard["template_variables"].as_array().unwrap();
        let variables: Vec<&str> = variables.iter().map(|it| it["name"].as_str().unwrap()).collect();
        let queries = queries(&dashboard);
        assert!(!queries.is_empty(), "{name}");
        for query in queries {
            assert!(known.contains(&key_of(query)), "{name}: {query}");
            for word in query.split('$').skip(1) {
                let variable = word.split([',', '}']).next().unwrap();
                assert!(variables.contains(&variable), "{name}: {query}");
            }
        }
    }
}

#[test]
#[ignore = "needs Jsonnet: run cargo xtask test"]
fn every_collected_metric_is_on_the_dashboard_system_health() {
    let (name, dashboard) = shipped().pop().unwrap();
    assert_eq!(name, "system-health");

    let shown: BTreeSet<&str> = queries(&dashboard).into_iter().map(key_of).collect();

    let catalog = collected();
    assert_eq!(shown, keys(&catalog).into_iter().collect());
    let goals = queries(&widgets(&dashboard)[0]);
    let with_goal: Vec<Value> = catalog.iter().filter(|it| !it["goal"].is_null()).cloned().collect();
    assert_eq!(goals.into_iter().map(key_of).collect::<Vec<_>>(), keys(&with_goal));
}

#[test]
fn the_stored_catalog_is_current() {
    let stored = fs::read(folder().join("catalog.json")).unwrap();
    let mut stored: Value = serde_json::from_slice(&stored).unwrap();
    let Value::Array(stored) = stored["metrics"].take() else { panic!("{stored:#}") };
    let without_line = |mut metric: Value| {
        // The line number changes with every edit above the metric, and no dashboard shows it.
        metric.as_object_mut().unwrap().remove("line").expect("a line");
        metric
    };

    let [stored, listed] = [stored, listed()].map(|it| it.into_iter().map(without_line).collect::<Vec<_>>());

    assert!(stored == listed, "write `report list --format json` into dashboards/catalog.json");
}

#[test]
#[ignore = "needs Jsonnet and Datadog's API description: run cargo xtask test"]
fn the_example_of_the_documentation_works() {
    let readme = fs::read_to_string(folder().join("README.md")).unwrap();
    let (_, rest) = readme.split_once("```jsonnet\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();

    let dashboard = render::dashboard(&render_text(example, None));

    assert_eq!(dashboard["title"], "Payments");
    assert_eq!(grid::layout_errors(&dashboard), [""; 0]);
    assert_eq!(problems(&[Message::dashboard(dashboard)]), [[""; 0]]);
}

#[cfg(feature = "datadog")]
#[test]
#[ignore = "needs Jsonnet: run cargo xtask test"]
fn a_second_push_of_a_rendered_dashboard_changes_nothing() {
    use std::{io::Write, process::Stdio};

    use system_health_test_support::{
        datadog::DatadogIntake,
        scene::{ProgramOutput, Scene},
    };

    let intake = DatadogIntake::start();
    let scene = Scene::new(env!("CARGO_BIN_EXE_report"))
        .variable("DD_URL", intake.url())
        .variable("DD_API_KEY", DatadogIntake::KEY)
        .variable("DD_APP_KEY", DatadogIntake::APP_KEY);
    for (name, dashboard) in shipped() {
        for action in ["created", "kept"] {
            let mut command = scene.command(&["dashboard", "push", "-"]);
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
            let mut report = command.spawn().unwrap();
            report.stdin.take().unwrap().write_all(dashboard.to_string().as_bytes()).unwrap();
            let ended = ProgramOutput::new(&command, report.wait_with_output().unwrap()).with_status(0);

            assert_eq!(ended.json()[0]["action"], action, "{name}: {ended}");
        }
    }
    assert_eq!(intake.dashboards().len(), 3);
}
