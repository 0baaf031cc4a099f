//! The metric queries in dashboards and monitors.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// The metric queries of a dashboard's widgets, with the default values of its template variables.
pub(super) fn in_dashboard(dashboard: &Value) -> BTreeSet<String> {
    let list = dashboard.get("template_variables").and_then(Value::as_array);
    let variables = list.into_iter().flatten().filter_map(variable).collect();
    let mut queries = BTreeSet::new();
    collect(dashboard.get("widgets").unwrap_or(&Value::Null), &mut queries);
    queries.iter().map(|query| with_defaults(query, &variables)).collect()
}

/// The query of a metric monitor, without its evaluation window and threshold.
pub(super) fn in_monitor(query: &str) -> Option<String> {
    let (_, query) = query.split_once("):")?;
    let end = query.rfind(['<', '>', '=', '!'])?;
    Some(query[..end].trim_end_matches(['<', '>', '=', '!', ' ']).to_owned())
}

/// A template variable's name and default: `env:production`, or `*`.
fn variable(variable: &Value) -> Option<(String, String)> {
    let text = |name| variable.get(name).and_then(Value::as_str);
    let default = variable.get("defaults").and_then(|defaults| defaults.get(0)).and_then(Value::as_str);
    let default = default.or_else(|| text("default")).unwrap_or("*");
    let value = match text("prefix") {
        Some(prefix) if default != "*" => format!("{prefix}:{default}"),
        _ => default.to_owned(),
    };
    Some((text("name")?.to_owned(), value))
}

fn collect(node: &Value, queries: &mut BTreeSet<String>) {
    match node {
        Value::Array(nodes) => nodes.iter().for_each(|node| collect(node, queries)),
        Value::Object(properties) => {
            let text = |name| properties.get(name).and_then(Value::as_str);
            let is_metric_query = text("data_source") == Some("metrics");
            queries.extend(text("query").filter(|_| is_metric_query).map(str::to_owned));
            queries.extend(text("q").map(str::to_owned));
            properties.values().for_each(|node| collect(node, queries));
        }
        _ => {}
    }
}

/// Replaces template variables with their defaults. A variable without a value does not restrict the scope. So `*` and `!*` are
/// omitted from tags that are joined by `,` or `AND`. In parentheses and beside `OR` or `NOT`, they are not omitted. An empty
/// scope becomes `*`.
fn with_defaults(query: &str, variables: &BTreeMap<String, String>) -> String {
    let mut filled = String::new();
    let mut rest = query;
    while let Some((before, after)) = rest.split_once('{') {
        let (scope, after) = after.split_once('}').unwrap_or((after, ""));
        let terms = scope.split(" AND ").map(|term| {
            let tags = term.split(',').map(|tag| tag_with_defaults(tag.trim(), variables));
            tags.filter(|tag| tag != "*" && tag != "!*").collect::<Vec<_>>().join(",")
        });
        let terms: Vec<String> = terms.filter(|term| !term.is_empty()).collect();
        let scope = if terms.is_empty() { "*".to_owned() } else { terms.join(" AND ") };
        filled.extend([before, "{", &scope, "}"]);
        rest = after;
    }
    filled + rest
}

/// Replaces template variables in a tag: `$env` with `env:production`, and `$env.value` with `production`.
fn tag_with_defaults(tag: &str, variables: &BTreeMap<String, String>) -> String {
    let ends_name = |letter: char| !letter.is_alphanumeric() && !"_-.".contains(letter);
    let mut pieces = tag.split('$');
    let mut filled = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_at(piece.find(ends_name).unwrap_or(piece.len()));
        let default = |name: &str| variables.get(name).map_or("*", String::as_str);
        let value = match name.strip_suffix(".value") {
            Some(name) => default(name).split_once(':').map_or(default(name), |(_, value)| value),
            None => default(name),
        };
        filled.extend([value, rest]);
    }
    filled
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nested_queries_are_found_and_variables_replaced_by_their_defaults() {
        let dashboard = json!({
            "template_variables": [
                {"name": "env", "prefix": "env", "defaults": ["production"]},
                {"name": "branch", "prefix": "branch", "defaults": ["*"]},
            ],
            "widgets": [
                {"definition": {"widgets": [{"definition": {"requests": [
                    {"queries": [{"data_source": "metrics", "query": "max:a.b{$env,$branch,!x:y} by {repository}"},
                                 {"data_source": "logs", "query": "status:error"}]}]}}]}},
                {"definition": {"requests": [{"q": "avg:c.d{$branch,$unheard_of}"}]}},
            ],
        });

        let queries: Vec<String> = in_dashboard(&dashboard).into_iter().collect();

        assert_eq!(queries, ["avg:c.d{*}", "max:a.b{env:production,!x:y} by {repository}"]);
    }

    #[test]
    fn variables_are_also_replaced_in_boolean_scopes_and_in_values() {
        let variables = BTreeMap::from([
            ("env".to_owned(), "env:production".to_owned()),
            ("branch".to_owned(), "*".to_owned()),
        ]);
        for (query, expected) in [
            ("max:a{$env AND service:x}", "max:a{env:production AND service:x}"),
            ("max:a{service:x AND !$env}", "max:a{service:x AND !env:production}"),
            ("max:a{$branch AND service:x}", "max:a{service:x}"),
            ("max:a{$branch AND $unheard_of}", "max:a{*}"),
            ("max:a{service:x,!$branch}", "max:a{service:x}"),
            ("max:a{service:x AND !$branch}", "max:a{service:x}"),
            ("max:a{(service:x OR $branch) AND x:y}", "max:a{(service:x OR *) AND x:y}"),
            ("max:a{(service:x OR $env) AND x:y}", "max:a{(service:x OR env:production) AND x:y}"),
            ("max:a{stage:$env.value,x:y}", "max:a{stage:production,x:y}"),
            ("max:a{branch:$branch.value}", "max:a{branch:*}"),
        ] {
            assert_eq!(with_defaults(query, &variables), expected);
        }
    }

    #[test]
    fn the_query_of_a_monitor_has_no_window_and_no_threshold() {
        for (monitor, query) in [
            ("max(last_30m):max:a.b{env:x} >= 5", Some("max:a.b{env:x}")),
            ("max(last_45m):min:a{*} by {metric} < 1", Some("min:a{*} by {metric}")),
            (
                "max(last_30m):abs(max:a{*} - 1) + abs(min:a{*} - 1) > 0",
                Some("abs(max:a{*} - 1) + abs(min:a{*} - 1)"),
            ),
            ("\"check\".over(\"*\")", None),
        ] {
            assert_eq!(in_monitor(monitor).as_deref(), query);
        }
    }
}
