//! The variables of a dashboard: the data source, and labels that select series.
//! See <https://grafana.com/docs/grafana/latest/dashboards/variables/>.

use serde_json::{Value, json};

/// Labels that the series of values have.
pub(super) const LABELS: [&str; 4] = ["env", "service", "repository", "branch"];
/// Those of `LABELS` that the series about the reporter have, too.
pub(super) const REPORTER_LABELS: [&str; 2] = ["env", "service"];

/// All series of reporters. Only these series have the label `reporter` together with `env` and `service`.
const SERIES: &str = "{reporter!=\"\",env!=\"\",service!=\"\"}";

/// The data source of all panels.
pub(super) fn datasource() -> Value {
    json!({"type": "prometheus", "uid": "${datasource}"})
}

/// The matchers of a query, such as `env=~"$env"`.
pub(super) fn matchers(labels: &[&str]) -> Vec<String> {
    labels.iter().map(|label| format!("{label}=~\"${label}\"")).collect()
}

/// All variables.
pub(super) fn variables() -> Vec<Value> {
    let datasource_choice = json!({
        "name": "datasource",
        "type": "datasource",
        "label": "Data source",
        "query": "prometheus",
        "hide": 0,
        "refresh": 1,
        "regex": "",
        "multi": false,
        "includeAll": false,
        "skipUrlSync": false,
    });
    std::iter::once(datasource_choice).chain(LABELS.map(label_choice)).collect()
}

/// The values of a label. With all of them selected, series without the label are shown, too.
fn label_choice(label: &str) -> Value {
    let query = format!("label_values({SERIES}, {label})");
    json!({
        "name": label,
        "type": "query",
        "datasource": datasource(),
        "query": {"query": query, "refId": "PrometheusVariableQueryEditor-VariableQuery"},
        "hide": 0,
        "refresh": 2,
        "regex": "",
        "sort": 1,
        "multi": true,
        "includeAll": true,
        "allValue": ".*",
        "skipUrlSync": false,
        "current": {"selected": true, "text": ["All"], "value": ["$__all"]},
    })
}
