//! Datadog's words, and ours in a form that Datadog does not interpret.

use serde_json::Value;

/// Datadog's list of errors: of texts in older endpoints, of objects in newer ones.
pub(crate) fn errors(body: &Value) -> Vec<String> {
    let errors = body.get("errors").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let text = |error: &Value| {
        let detail = error.get("detail").or_else(|| error.get("title"));
        error.as_str().or_else(|| detail?.as_str()).map_or_else(|| error.to_string(), str::to_owned)
    };
    errors.iter().map(text).collect()
}

/// A text that neither notifies anybody nor is taken for a variable, where Datadog would read it so.
/// See <https://docs.datadoghq.com/monitors/notify/>.
pub(crate) fn harmless(text: &str) -> String {
    text.replace('@', "@\u{200b}").replace("{{", "{\u{200b}{")
}

/// The same for an address, which still leads to its page.
pub(crate) fn harmless_url(url: &str) -> String {
    url.replace('@', "%40").replace('{', "%7B").replace('}', "%7D")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn errors_are_read_in_both_of_datadogs_forms() {
        assert_eq!(errors(&json!({"errors": ["Forbidden", "Really"]})), ["Forbidden", "Really"]);
        assert_eq!(
            errors(&json!({"errors": [{"title": "Bad", "detail": "No series"}, {"title": "Bad"}, 7]})),
            ["No series", "Bad", "7"]
        );
        assert_eq!(errors(&json!({"errors": []})), [""; 0]);
        assert_eq!(errors(&json!({"valid": true})), [""; 0]);
    }
}
