//! The list of errors in a response from Datadog.

use serde_json::Value;

/// Datadog's list of errors: texts from older endpoints, objects from newer ones.
pub(crate) fn errors(body: &Value) -> Vec<String> {
    let errors = body.get("errors").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let text = |error: &Value| {
        let detail = error.get("detail").or_else(|| error.get("title"));
        error.as_str().or_else(|| detail?.as_str()).map_or_else(|| error.to_string(), str::to_owned)
    };
    errors.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn errors_of_older_and_newer_endpoints_are_read() {
        assert_eq!(errors(&json!({"errors": ["Forbidden", "Really"]})), ["Forbidden", "Really"]);
        assert_eq!(
            errors(&json!({"errors": [{"title": "Bad", "detail": "No series"}, {"title": "Bad"}, 7]})),
            ["No series", "Bad", "7"]
        );
        assert_eq!(errors(&json!({"errors": []})), [""; 0]);
        assert_eq!(errors(&json!({"valid": true})), [""; 0]);
    }
}
