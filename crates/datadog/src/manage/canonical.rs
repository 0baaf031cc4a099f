//! The canonical form in which a pushed document is compared with Datadog's response. Datadog adds ids, dates and other
//! properties, omits empty values, and writes 5.0 as 5.

use std::collections::BTreeMap;

use serde_json::{Number, Value};

/// Properties that Datadog adds to a dashboard.
const DASHBOARD_ADDITIONS: [&str; 7] =
    ["id", "author_handle", "author_name", "created_at", "modified_at", "url", "is_read_only"];
/// Properties of a monitor that a push sets. Other properties are not compared.
const MONITOR_PROPERTIES: [&str; 7] = ["name", "type", "query", "message", "tags", "priority", "options"];
/// Options of a monitor that a push sets.
const OPTIONS: [&str; 5] =
    ["thresholds", "include_tags", "require_full_window", "on_missing_data", "renotify_interval"];
const THRESHOLDS: [&str; 6] =
    ["critical", "critical_recovery", "warning", "warning_recovery", "ok", "unknown"];
/// Options that conflict with those that a push sets: the older form of `on_missing_data`, and windows of another kind of
/// query.
const CONFLICTING_OPTIONS: [&str; 3] = ["notify_no_data", "no_data_timeframe", "threshold_windows"];

/// Whether a push keeps the existing value of this option of a monitor, because the push does not set the option.
pub(crate) fn is_kept_option(name: &str) -> bool {
    !OPTIONS.contains(&name) && !CONFLICTING_OPTIONS.contains(&name)
}

/// A dashboard in its canonical form.
pub(crate) fn dashboard(dashboard: &Value) -> Value {
    normalized(without_additions(dashboard))
}

/// A dashboard without the properties that Datadog adds. Tabs refer to widgets by position.
pub(crate) fn without_additions(dashboard: &Value) -> Value {
    let mut dashboard = dashboard.clone();
    if let Some(properties) = dashboard.as_object_mut() {
        properties.retain(|name, _| !DASHBOARD_ADDITIONS.contains(&name.as_str()));
    }
    refer_to_widgets_by_position(&mut dashboard);
    remove_widget_ids(&mut dashboard);
    // Datadog sorts this list.
    if let Some(list) = dashboard.get_mut("notify_list").and_then(Value::as_array_mut) {
        list.sort_by(|one, other| one.as_str().cmp(&other.as_str()));
    }
    dashboard
}

/// Makes tabs refer to widgets by position: `@1` is the first widget. People write positions, and Datadog returns ids.
fn refer_to_widgets_by_position(dashboard: &mut Value) {
    let ids: Vec<Value> = dashboard
        .get("widgets")
        .and_then(Value::as_array)
        .map(|widgets| widgets.iter().map(|widget| widget.get("id").cloned().unwrap_or_default()).collect())
        .unwrap_or_default();
    for tab in dashboard.get_mut("tabs").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(tab) = tab.as_object_mut() {
            tab.remove("id");
        }
        for widget in tab.get_mut("widget_ids").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(position) = ids.iter().position(|id| widget.is_number() && id == widget) {
                *widget = format!("@{}", position + 1).into();
            }
        }
    }
}

/// A monitor in its canonical form, without its state.
pub(crate) fn monitor(monitor: &Value) -> Value {
    let mut monitor = monitor.clone();
    if let Some(properties) = monitor.as_object_mut() {
        properties.retain(|name, _| MONITOR_PROPERTIES.contains(&name.as_str()));
        // `metric alert` and `query alert` are names of the same type.
        if properties.get("type").and_then(Value::as_str) == Some("metric alert") {
            properties.insert("type".to_owned(), "query alert".into());
        }
    }
    if let Some(tags) = monitor.get_mut("tags").and_then(Value::as_array_mut) {
        tags.sort_by(|one, other| one.as_str().cmp(&other.as_str()));
    }
    if let Some(options) = monitor.get_mut("options").and_then(Value::as_object_mut) {
        // An option that is off is equivalent to an absent one, except for `include_tags`, which is on by default.
        options.entry("include_tags").or_insert(true.into());
        options.retain(|name, value| {
            let is_off = *value == Value::Bool(false) || value.as_f64() == Some(0.0);
            OPTIONS.contains(&name.as_str()) && (!is_off || name == "include_tags")
        });
        if let Some(thresholds) = options.get_mut("thresholds").and_then(Value::as_object_mut) {
            thresholds.retain(|name, _| THRESHOLDS.contains(&name.as_str()));
        }
    }
    normalized(monitor)
}

/// Removes properties with empty values, sorts properties by name, and converts all numbers to floats.
fn normalized(value: Value) -> Value {
    match value {
        Value::Object(properties) => {
            let properties: BTreeMap<String, Value> = properties
                .into_iter()
                .map(|(name, value)| (name, normalized(value)))
                .filter(|(_, value)| !is_empty(value))
                .collect();
            Value::Object(properties.into_iter().collect())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(normalized).collect()),
        Value::Number(number) => {
            number.as_f64().and_then(Number::from_f64).map_or(number.into(), Value::Number)
        }
        other => other,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(values) => values.is_empty(),
        Value::Object(properties) => properties.is_empty(),
        Value::String(text) => text.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn remove_widget_ids(node: &mut Value) {
    let Some(widgets) = node.get_mut("widgets").and_then(Value::as_array_mut) else { return };
    for widget in widgets {
        if let Some(widget) = widget.as_object_mut() {
            widget.remove("id");
        }
        if let Some(definition) = widget.get_mut("definition") {
            remove_widget_ids(definition);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn datadogs_additions_do_not_change_a_dashboard() {
        let sent = json!({
            "title": "CI", "layout_type": "ordered", "notify_list": null,
            "widgets": [{"definition": {"type": "group", "widgets": [{"definition": {"precision": 2.0}}]}}],
        });
        let returned = json!({
            "id": "abc-def-ghi", "title": "CI", "description": "", "author_handle": "frog", "url": "/dashboard/x",
            "layout_type": "ordered", "template_variables": [], "notify_list": [], "is_read_only": false,
            "created_at": "2026-01-12T14:28:19.677756+00:00", "modified_at": "2026-01-12T14:28:19.677756+00:00",
            "widgets": [{"id": 7, "definition": {"type": "group", "widgets": [{"id": 8, "definition": {"precision": 2}}]}}],
        });

        assert_eq!(dashboard(&sent), dashboard(&returned));
        let mut edited = returned;
        edited["widgets"][0]["definition"]["widgets"][0]["definition"]["precision"] = json!(3);
        assert_ne!(dashboard(&sent), dashboard(&edited));
    }

    #[test]
    fn tabs_refer_to_widgets_by_position() {
        let sent = json!({"title": "T", "tabs": [{"name": "one", "widget_ids": ["@2"]}],
                          "notify_list": ["b", "a"], "widgets": [{"definition": {}}, {"definition": {}}]});
        let returned = json!({"title": "T", "tabs": [{"id": "x", "name": "one", "widget_ids": [8]}],
                              "notify_list": ["a", "b"],
                              "widgets": [{"id": 7, "definition": {}}, {"id": 8, "definition": {}}]});

        assert_eq!(dashboard(&sent), dashboard(&returned));
    }

    #[test]
    fn datadogs_additions_do_not_change_a_monitor() {
        let sent = json!({
            "name": "n", "type": "query alert", "query": "q > 5", "message": "m", "tags": ["b", "a"],
            "options": {"thresholds": {"critical": 5.0}, "require_full_window": false},
        });
        let returned = json!({
            "id": 7, "org_id": 1, "name": "n", "type": "metric alert", "query": "q > 5", "message": "m",
            "tags": ["a", "b"], "multi": false, "overall_state": "No Data", "priority": null, "deleted": null,
            "added_tomorrow": "x",
            "options": {"thresholds": {"critical": 5, "added_tomorrow": 7}, "include_tags": true, "new_host_delay": 300,
                        "notify_audit": false, "notify_no_data": false, "silenced": {},
                        "renotify_interval": 0, "timeout_h": 0, "added_tomorrow": {"x": 1}},
        });

        assert_eq!(monitor(&sent), monitor(&returned));
        for (option, value) in [("renotify_interval", json!(30)), ("include_tags", json!(false))] {
            let mut edited = returned.clone();
            edited["options"][option] = value;
            assert_ne!(monitor(&sent), monitor(&edited), "{option}");
        }
    }
}
