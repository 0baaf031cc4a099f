//! Dashboards of different catalogs, validated against Datadog's own API description.

use serde_json::{Value, json};
use system_health_datadog::{dashboard, dashboard_json};
use system_health_registry::Catalog;
use system_health_test_support::datadog::contract::{self, Message};

use crate::catalogs::catalogs;

fn as_json(catalog: &Catalog) -> Value {
    dashboard_json(&dashboard(catalog, "System health")).unwrap()
}

/// The widgets in the groups.
fn widgets(dashboard: &Value) -> Vec<Value> {
    let groups = dashboard["widgets"].as_array().unwrap().iter();
    groups.flat_map(|group| group["definition"]["widgets"].as_array().unwrap().clone()).collect()
}

#[test]
#[ignore = "needs Datadog's API description: run cargo xtask test"]
fn every_dashboard_matches_datadogs_api_description() {
    let mut messages: Vec<_> = catalogs().iter().map(|it| Message::dashboard(as_json(it))).collect();
    let good = messages.len();
    for (pointer, name, wrong) in [
        ("", "titel", json!("typo")),
        ("", "layout_type", json!("order")),
        ("/widgets/0/definition", "type", json!("grupp")),
        ("/widgets/0/definition/widgets/0/definition/requests/0", "conditional_format", json!([])),
        ("/widgets/0/definition/widgets/1/definition/requests/0", "display_type", json!("lines")),
    ] {
        let mut broken = as_json(&catalogs()[1]);
        broken.pointer_mut(pointer).unwrap()[name] = wrong;
        messages.push(Message::dashboard(broken));
    }

    let faults = contract::faults(&messages);

    for (number, faults) in faults.iter().enumerate() {
        assert_eq!(faults.is_empty(), number < good, "{number}: {faults:?}");
    }
}

#[test]
fn each_metric_has_two_widgets_in_the_group_of_its_first_word() {
    let dashboard = as_json(&catalogs()[1]);

    let groups: Vec<_> = dashboard["widgets"].as_array().unwrap().iter().collect();
    let titles: Vec<_> = groups.iter().map(|group| group["definition"]["title"].clone()).collect();
    assert_eq!(titles, ["a", "b", "c"]);
    assert_eq!(widgets(&dashboard).len(), 12);
    let [value, timeseries] = &widgets(&dashboard)[2..4] else { panic!("{dashboard}") };
    assert_eq!(value["definition"]["title"], "a.less");
    let query = &value["definition"]["requests"][0]["queries"][0];
    assert_eq!(query["query"], "max:a.less{$env,$service,$repository,$branch}");
    assert_eq!(query["aggregator"], "last");
    assert_eq!(
        value["definition"]["requests"][0]["conditional_formats"],
        json!([
            {"comparator": "<", "palette": "white_on_green", "value": 5.0},
            {"comparator": ">=", "palette": "white_on_red", "value": 5.0},
        ])
    );
    assert_eq!(
        timeseries["definition"]["markers"],
        json!([{"display_type": "error dashed", "label": "goal < 5", "value": "y = 5"}])
    );
}

#[test]
fn colours_follow_the_goal() {
    let met = |comparator: &str, value: f64, target: f64| match comparator {
        "<" => value < target,
        "<=" => value <= target,
        ">" => value > target,
        ">=" => value >= target,
        "=" => (value - target).abs() < f64::EPSILON,
        other => panic!("{other}"),
    };
    let catalog = &catalogs()[1];
    let dashboard = as_json(catalog);
    for (metric, value) in catalog.metrics().iter().zip(widgets(&dashboard).iter().step_by(2)) {
        let goal = metric.goal().unwrap();
        let formats = value["definition"]["requests"][0]["conditional_formats"].as_array().unwrap().clone();
        for shown in [goal.target() - 1.0, goal.target(), goal.target() + 1.0] {
            let fits = |format: &&Value| {
                met(format["comparator"].as_str().unwrap(), shown, format["value"].as_f64().unwrap())
            };
            let colour = formats.iter().find(fits).unwrap()["palette"].as_str().unwrap();
            assert_eq!(colour == "white_on_green", goal.is_met_by(shown), "{goal}: {shown} is {colour}");
        }
    }
}

#[test]
fn counts_are_summed_and_drawn_as_bars() {
    let dashboard = as_json(&catalogs()[2]);

    let timeseries = |key: &str| {
        let all = widgets(&dashboard);
        let at = all.iter().position(|widget| widget["definition"]["title"] == key).unwrap();
        let request = &all[at + 1]["definition"]["requests"][0];
        let query = request["queries"][0]["query"].as_str().unwrap().to_owned();
        (query.replace("$env,$service,$repository,$branch", ""), request["display_type"].clone())
    };
    assert_eq!(timeseries("kinds.count"), ("sum:kinds.count{}.as_count()".into(), json!("bars")));
    assert_eq!(timeseries("kinds.rate"), ("sum:kinds.rate{}.as_rate()".into(), json!("line")));
    assert_eq!(timeseries("kinds.gauge"), ("avg:kinds.gauge{}".into(), json!("line")));
}
