//! Dashboards of different catalogs, validated against Datadog's own API description.

use serde_json::{Value, json};
use system_health_datadog::{dashboard, dashboard_json};
use system_health_registry::{Catalog, Kind, Monitoring};
use system_health_test_support::datadog::contract::{self, Message};

use crate::catalogs::{catalog, catalogs, metric, with_goal};

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
    let mut messages: Vec<_> =
        catalogs().iter().map(|catalog| Message::dashboard(as_json(catalog))).collect();
    let good = messages.len();
    for (pointer, name, wrong) in [
        ("", "titel", json!("typo")),
        ("", "layout_type", json!("order")),
        ("/widgets/0/definition", "type", json!("grupp")),
        ("/widgets/0/definition/widgets/0/definition/requests/0", "conditional_format", json!([])),
        ("/widgets/1/definition/widgets/0/definition/requests/0", "display_type", json!("lines")),
    ] {
        let mut broken = as_json(&catalogs()[1]);
        broken.pointer_mut(pointer).unwrap()[name] = wrong;
        messages.push(Message::dashboard(broken));
    }

    let problems = contract::problems(&messages);

    for (number, problems) in problems.iter().enumerate() {
        assert_eq!(problems.is_empty(), number < good, "{number}: {problems:?}");
    }
}

#[test]
fn a_distribution_has_lines_for_its_quantiles() {
    let dashboard = as_json(&catalog([metric("builds.duration").with_kind(Kind::Distribution)]));

    let widgets = widgets(&dashboard);
    let request = &widgets[0]["definition"]["requests"][0];
    let queries = request["queries"].as_array().unwrap();
    let queries: Vec<_> = queries.iter().map(|query| query["query"].as_str().unwrap()).collect();
    let scope = "{$env,$service,$repository,$branch}";
    assert_eq!(queries, ["p50", "p95", "p99"].map(|quantile| format!("{quantile}:builds.duration{scope}")));
    assert_eq!(request["formulas"][2], json!({"formula": "p99", "alias": "p99"}));
}

/// The titles of the groups, each with the titles of its widgets.
fn titles(dashboard: &Value) -> Vec<String> {
    let title = |widget: &Value| widget["definition"]["title"].as_str().unwrap().to_owned();
    let group = |group: &Value| {
        let widgets = group["definition"]["widgets"].as_array().unwrap().iter().map(title);
        format!("{}: {}", title(group), widgets.collect::<Vec<_>>().join(", "))
    };
    dashboard["widgets"].as_array().unwrap().iter().map(group).collect()
}

#[test]
fn goals_come_first_and_then_each_group_of_metrics() {
    let goal = |key: &str| with_goal(key, "< 5");
    let keys = ["prs.opened", "prs.size", "prs.size_samples", "prs.open_samples"];
    let catalog =
        catalog(keys.map(metric).into_iter().chain([goal("prs.stale"), goal("build_queues.length")]));

    let dashboard = as_json(&catalog);

    let titles = titles(&dashboard).join("\n");
    assert_eq!(
        titles,
        "Goals: build_queues.length, prs.stale\n\
         Build queues: build_queues.length\n\
         Prs: prs.stale, prs.open_samples, prs.opened, prs.size, prs.size_samples"
    );
    let widgets = dashboard["widgets"][2]["definition"]["widgets"].as_array().unwrap();
    let layouts: Vec<_> = widgets
        .iter()
        .map(|widget| ["x", "y", "width"].map(|name| widget["layout"][name].as_i64().unwrap()))
        .collect();
    assert_eq!(layouts, [[0, 0, 6], [6, 0, 6], [0, 2, 6], [0, 4, 8], [8, 4, 4]]);
}

#[test]
fn a_time_series_has_a_line_for_each_value_of_the_tags_in_by() {
    let dashboard = as_json(&catalog([metric("prs.size").with_by(["quantile", "os"])]));

    let timeseries = &dashboard["widgets"][0]["definition"]["widgets"][0]["definition"];
    let query = &timeseries["requests"][0]["queries"][0]["query"];
    assert_eq!(query, "avg:prs.size{$env,$service,$repository,$branch} by {quantile,os}");
    assert_eq!(timeseries["show_legend"], true);
}

#[test]
fn both_widgets_of_a_metric_link_to_its_runbook() {
    let runbook = Some("https://wiki.example.com/queues".to_owned());
    let facts = with_goal("queues", "< 5").with_monitoring(Monitoring { runbook, ..Monitoring::default() });

    let dashboard = as_json(&catalog([facts, with_goal("without", "< 5")]));

    let links: Vec<_> =
        widgets(&dashboard).iter().map(|widget| widget["definition"]["custom_links"].clone()).collect();
    let link = json!([{"label": "Runbook", "link": "https://wiki.example.com/queues"}]);
    assert_eq!(links, [link.clone(), Value::Null, link, Value::Null]);
}

#[test]
fn a_metric_with_a_goal_has_a_value_widget_and_a_time_series() {
    let dashboard = as_json(&catalogs()[1]);

    assert_eq!(widgets(&dashboard).len(), 12);
    let [value, timeseries] = [1, 7].map(|at| widgets(&dashboard)[at].clone());
    assert_eq!(value["definition"]["title"], "a.less");
    assert_eq!(timeseries["definition"]["title"], "a.less");
    assert_eq!(timeseries["definition"]["description"], "What a reader wants to know.");
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
    let compare = |comparator: &str, value: f64, target: f64| match comparator {
        "<" => value < target,
        "<=" => value <= target,
        ">" => value > target,
        ">=" => value >= target,
        "=" => (value - target).abs() < f64::EPSILON,
        other => panic!("{other}"),
    };
    let catalog = &catalogs()[1];
    let dashboard = as_json(catalog);
    for (metric, widget) in catalog.metrics().iter().zip(widgets(&dashboard).iter()) {
        let goal = metric.goal().unwrap();
        let formats = widget["definition"]["requests"][0]["conditional_formats"].as_array().unwrap().clone();
        for value in [goal.target() - 1.0, goal.target(), goal.target() + 1.0] {
            let fits = |format: &&Value| {
                compare(format["comparator"].as_str().unwrap(), value, format["value"].as_f64().unwrap())
            };
            let colour = formats.iter().find(fits).unwrap()["palette"].as_str().unwrap();
            assert_eq!(colour == "white_on_green", goal.is_met_by(value), "{goal}: {value} is {colour}");
        }
    }
}

#[test]
fn counts_are_summed_and_drawn_as_bars() {
    let dashboard = as_json(&catalogs()[2]);

    let timeseries = |key: &str| {
        let all = widgets(&dashboard);
        let widget = all.iter().find(|widget| widget["definition"]["title"] == key).unwrap();
        let request = &widget["definition"]["requests"][0];
        let query = request["queries"][0]["query"].as_str().unwrap().to_owned();
        (query.replace("$env,$service,$repository,$branch", ""), request["display_type"].clone())
    };
    assert_eq!(timeseries("kinds.count"), ("sum:kinds.count{}.as_count()".into(), json!("bars")));
    assert_eq!(timeseries("kinds.counter"), ("sum:kinds.counter{}.as_count()".into(), json!("bars")));
    assert_eq!(timeseries("kinds.rate"), ("sum:kinds.rate{}.as_rate()".into(), json!("line")));
    assert_eq!(timeseries("kinds.gauge"), ("avg:kinds.gauge{}".into(), json!("line")));
}
