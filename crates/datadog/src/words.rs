//! What a server says, in a form that is fit to be printed.

use http::HeaderValue;
use serde_json::Value;
use system_health_http::redact;

/// How much of an answer, or of a series, goes into a message.
const MAX_WORDS: usize = 300;

/// Datadog's list of errors: of texts in older endpoints, of objects in newer ones.
pub(crate) fn errors(body: &Value) -> Vec<String> {
    let errors = body.get("errors").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let text = |error: &Value| {
        let detail = error.get("detail").or_else(|| error.get("title"));
        error.as_str().or_else(|| detail?.as_str()).map_or_else(|| error.to_string(), str::to_owned)
    };
    errors.iter().map(text).collect()
}

/// A text in one bounded line without control characters, and without the keys if a server repeats them.
pub(crate) fn words(text: &str, keys: &[HeaderValue]) -> String {
    let keys = keys.iter().filter_map(|key| key.to_str().ok());
    let text = redact(text, keys, "[key]");
    let line = text.replace(char::is_control, " ").split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MAX_WORDS) {
        Some((end, _)) => format!("{} …", &line[..end]),
        None => line,
    }
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

    #[test]
    fn words_are_one_bounded_line_without_the_keys() {
        let keys = ["0dd0c0ffee", "c0ffee0dd"].map(HeaderValue::from_static);
        assert_eq!(words("<html>\r\n\t<b>no\x1b[31m</b>", &[]), "<html> <b>no [31m</b>");
        assert_eq!(words("key 0dd0c0ffee or c0ffee0dd is wrong", &keys), "key [key] or [key] is wrong");
        assert_eq!(words(&"ä".repeat(400), &[]), format!("{} …", "ä".repeat(300)));
    }
}
