//! What the Jsonnet library renders from a catalog, and what it refuses.

use serde_json::{Value, json};
use system_health_test_support::datadog::contract::{Message, problems};
#[cfg(feature = "datadog")]
use system_health_test_support::scene::Scene;

#[cfg(feature = "datadog")]
use crate::render::widgets;
use crate::{
    grid::layout_errors,
    render::{dashboard, folder, key_of, queries, render, render_expression},
};

fn metric(key: &str, kind: &str, goal: Option<&str>) -> Value {
    json!({"key": key, "kind": kind, "unit": null, "goal": goal, "group_title": key, "description": format!("All of {key}.")})
}

/// The two widgets of the metric `a.b`: its value and its time series.
fn row(metric: &Value) -> Value {
    let expression = "(import 'components/metric.libsonnet')(w).row('a.b')";
    dashboard(&render_expression(expression, Some(&json!([metric]))))
}

fn invented_catalog(count: usize) -> Value {
    let goals = [None, Some("< 5"), Some(">= 0.5"), Some("!= -3")];
    let numbered = |index| {
        let key = format!("shop{}.number_{index}", index % 2);
        metric(&key, ["gauge", "count", "rate"][index % 3], goals[index % 4])
    };
    (0..count).map(numbered).collect()
}

#[test]
#[ignore = "needs Jsonnet: run cargo xtask test"]
fn a_goal_determines_the_aggregation_the_colours_and_the_marker() {
    let (met, missed) = ("white_on_green", "white_on_red");
    for (goal, aggregate, colours) in [
        ("< 5", "max", &[("<", met), (">=", missed)][..]),
        ("<= 5", "max", &[("<=", met), (">", missed)]),
        ("> 5", "min", &[(">", met), ("<=", missed)]),
        (">= 5", "min", &[(">=", met), ("<", missed)]),
        ("== 5", "avg", &[("=", met), (">", missed), ("<", missed)]),
        ("!= 5", "avg", &[("=", missed), (">", met), ("<", met)]),
    ] {
        let row = row(&metric("a.b", "gauge", Some(goal)));

        let query = format!("{aggregate}:a.b{{$env,$service,$repository,$branch}}");
        assert_eq!(queries(&row), [&query, &query], "{goal}");
        let formats = colours
            .iter()
            .map(|(comparator, palette)| json!({"comparator": comparator, "palette": palette, "value": 5}));
        let request = &row[0]["definition"]["requests"][0];
        assert_eq!(request["conditional_formats"], formats.collect::<Value>(), "{goal}");
        let marker =
            json!({"value": "y = 5", "display_type": "error dashed", "label": format!("goal {goal}")});
        assert_eq!(row[1]["definition"]["markers"], json!([marker]));
    }
}

#[test]
#[ignore = "needs Jsonnet: run cargo xtask test"]
fn the_kind_and_the_option_aggregate_decide_how_series_are_combined() {
    for (kind, goal, aggregate, expected) in [
        ("gauge", None, None, "avg:a.b{}"),
        ("count", Some("< 5"), None, "sum:a.b{}.as_count()"),
        ("rate", Some("< 5"), None, "sum:a.b{}.as_rate()"),
        ("counter", None, None, "sum:a.b{}.as_count()"),
        ("distribution", None, None, "avg:a.b{}"),
        ("gauge", Some("< 5"), Some("min"), "min:a.b{}"),
        ("count", None, Some("max"), "max:a.b{}.as_count()"),
    ] {
        let mut metric = metric("a.b", kind, goal);
        metric["aggregate"] = json!(aggregate);

        let row = row(&metric);

        let expected = expected.replace("{}", "{$env,$service,$repository,$branch}");
        assert_eq!(queries(&row), [&expected, &expected]);
        let display = if kind.starts_with("count") { "bars" } else { "line" };
        assert_eq!(row[1]["definition"]["requests"][0]["display_type"], display);
    }
}

#[test]
#[ignore = "needs Jsonnet: run cargo xtask test"]
fn units_descriptions_and_links_come_from_the_catalog() {
    let mut metric = metric("a.b", "gauge", None);
    metric["runbook"] = "https://example.com/a".into();
    for (unit, format) in [
        ("second", json!({"type": "canonical_unit", "unit_name": "second"})),
        ("parcel", json!({"type": "custom_unit_label", "label": "parcel"})),
    ] {
        metric["unit"] = unit.into();

        let row = row(&metric);

        let [value, timeseries] = [0, 1].map(|index| &row[index]["definition"]);
        assert_eq!(value["requests"][0]["formulas"][0]["number_format"]["unit"], format);
        assert_eq!((&value["title"], &value["description"]), (&json!("a.b"), &json!("All of a.b.")));
        assert_eq!((&timeseries["title"], &timeseries["description"]), (&json!("All of a.b."), &Value::Null));
        assert_eq!(timeseries["custom_links"][0]["link"], "https://example.com/a");
    }
}

#[test]
#[ignore = "needs Jsonnet: run cargo xtask test"]
fn mistakes_are_refused_with_one_sentence() {
    for (expression, sentence) in [
        ("w.value('commits.hotfixes')", "the catalog has no metric `commits.hotfixes`: `report list` shows"),
        ("w.value('commits.hotfix', goal='few')", "`few` is not a goal: write a comparison and a number"),
        (
            "w.group('Now', [w.value('commits.hotfix'), w.value('commits.hotfix')])",
            "the group `Now` has several widgets with the title `commits.hotfix`",
        ),
        ("w.group('Now', [w.note('a', width=13)])", "a widget is 13 columns wide: the grid has 1 to 12"),
        ("w.group('Now', [w.note('a', height=0)])", "a widget is 0 rows high: the minimum is 1"),
    ] {
        let rendered = render_expression(expression, None);

        let message = rendered["error"].as_str().unwrap_or_else(|| panic!("{expression} is not refused"));
        assert!(message.contains(sentence), "{expression} should say `{sentence}`: {message}");
    }
}

#[test]
#[ignore = "needs Jsonnet and Datadog's API description: run cargo xtask test"]
fn a_dashboard_can_show_another_catalog() {
    for metrics in [0, 1, 5, 60] {
        let catalog = invented_catalog(metrics);
        let file = folder().join("dashboards/system-health.jsonnet");

        let dashboard = dashboard(&render(&[file], Some(&catalog))[0]);

        let mut shown: Vec<&str> = queries(&dashboard).into_iter().map(key_of).collect();
        shown.sort_unstable();
        shown.dedup();
        assert_eq!(shown.len(), metrics);
        assert!(shown.iter().all(|key| key.starts_with("shop")), "{shown:?}");
        assert_eq!(layout_errors(&dashboard), [""; 0]);
        assert_eq!(problems(&[Message::dashboard(dashboard)]), [[""; 0]]);
    }
}

#[test]
#[ignore = "needs Jsonnet: run cargo xtask test"]
fn a_dashboard_of_metrics_that_the_catalog_lacks_is_refused() {
    let file = folder().join("dashboards/ci.jsonnet");

    let rendered = render(&[file], Some(&invented_catalog(3)));

    let message = rendered[0]["error"].as_str().unwrap();
    assert!(message.contains("the catalog has no metric `ci.tests_passing_on_main`"), "{message}");
}

/// The parts of a widget that decide how a metric is judged: aggregation, colours and goal. The variables of the dashboard are
/// left out.
#[cfg(feature = "datadog")]
fn judgement(widget: &Value) -> Value {
    let definition = &widget["definition"];
    let request = &definition["requests"][0];
    let query = queries(request)[0];
    let formats = request["conditional_formats"].as_array().into_iter().flatten();
    // Jsonnet writes 5, and the generated dashboard has 5.0.
    let formats = formats.map(|it| json!([it["comparator"], it["value"].as_f64().unwrap(), it["palette"]]));
    json!([
        query.split_once('{').unwrap().0,
        query.split_once('}').unwrap().1,
        request["queries"][0]["aggregator"],
        request["display_type"],
        formats.collect::<Value>(),
        definition["markers"],
    ])
}

#[cfg(feature = "datadog")]
#[test]
#[ignore = "needs Jsonnet: run cargo xtask test"]
fn metrics_look_the_same_as_on_the_generated_dashboard() {
    let generated = Scene::new(env!("CARGO_BIN_EXE_report")).run(&["dashboard"]).with_status(0).json();
    let expression = "{ widgets: (import 'components/metric.libsonnet')(w).others([]) }";

    let by_hand = dashboard(&render_expression(expression, None));

    // Self-metrics have other widgets on the generated dashboard, and its widgets have another order.
    let is_compared = |widget: &&Value| !queries(widget)[0].contains(":system_health.");
    let judged = |group: &Value| widgets(group).iter().filter(is_compared).map(judgement).collect::<Vec<_>>();
    let [by_hand, generated] = [by_hand, generated].map(|dashboard| {
        let mut judged: Vec<Value> = widgets(&dashboard).iter().flat_map(judged).collect();
        judged.sort_by_key(Value::to_string);
        judged
    });
    assert!(!generated.is_empty());
    assert_eq!(by_hand, generated);
}
