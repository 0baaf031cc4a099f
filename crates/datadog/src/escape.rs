//! Escapes texts in events and in messages of monitors, because strangers may have written them. Datadog notifies everybody
//! whose handle is in such a text, and replaces variables in it. See <https://docs.datadoghq.com/monitors/notify/>.

/// Breaks handles and variables in a text with zero-width spaces.
pub(crate) fn escape(text: &str) -> String {
    let broken = |text: &str| text.replace("{{", "{\u{200b}{");
    // After the first replacement, the second and the third of three braces are still together.
    broken(&broken(&text.replace('@', "@\u{200b}")))
}

/// Percent-encodes `@`, `{` and `}` in a URL. The URL still leads to the same page, because links and runbooks have no user
/// before their host.
pub(crate) fn escape_url(url: &str) -> String {
    url.replace('@', "%40").replace('{', "%7B").replace('}', "%7D")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_and_variables_are_broken() {
        assert_eq!(escape("ask @ada about {{value}}"), "ask @\u{200b}ada about {\u{200b}{value}}");
        for count in 2..9 {
            let escaped = escape(&"{".repeat(count));
            assert!(!escaped.contains("{{"), "{escaped:?}");
            assert_eq!(escaped.replace('\u{200b}', "").len(), count);
        }
        assert_eq!(escape_url("https://x/@ada?{{a}}"), "https://x/%40ada?%7B%7Ba%7D%7D");
    }
}
