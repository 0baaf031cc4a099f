//! Escapes texts of strangers in events and in messages of monitors. Datadog notifies people whose handles it finds there, and
//! replaces variables. See <https://docs.datadoghq.com/monitors/notify/>.

/// Breaks handles and variables in a text with zero-width spaces.
pub(crate) fn escape(text: &str) -> String {
    text.replace('@', "@\u{200b}").replace("{{", "{\u{200b}{")
}

/// Percent-encodes the same characters in a URL, which still leads to its page.
pub(crate) fn escape_url(url: &str) -> String {
    url.replace('@', "%40").replace('{', "%7B").replace('}', "%7D")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_and_variables_are_broken() {
        assert_eq!(escape("ask @ada about {{value}}"), "ask @\u{200b}ada about {\u{200b}{value}}");
        assert_eq!(escape_url("https://x/@ada?{{a}}"), "https://x/%40ada?%7B%7Ba%7D%7D");
    }
}
