//! The page as one document, with the headers that it needs.

use std::collections::BTreeSet;

use crate::{
    Documents,
    assets::{DOCUMENT, SCRIPTS, STYLES},
    policy::policy,
};

/// The page, for servers that do not use axum. Servers that use axum call [`router`](crate::router).
#[derive(Debug, Clone)]
pub struct Page {
    body: String,
    policy: String,
}

impl Page {
    /// The page of a server that has these documents.
    #[must_use]
    pub fn new(documents: impl IntoIterator<Item = Documents>) -> Self {
        let documents: BTreeSet<_> = documents.into_iter().map(Documents::name).collect();
        let names = documents.into_iter().collect::<Vec<_>>().join(" ");
        let (script, style) = (SCRIPTS.concat(), STYLES.concat());
        let body = DOCUMENT
            .replace("<!-- documents -->", &names)
            .replace("/* style */", &style)
            .replace("/* script */", &script);
        Self { body, policy: policy(&script, &style) }
    }

    /// The document in HTML.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }

    /// The headers of the response. The document must be sent with them, because the policy is part of the page's protection.
    #[must_use]
    pub fn headers(&self) -> [(&'static str, &str); 6] {
        [
            ("content-type", "text/html; charset=utf-8"),
            ("content-security-policy", &self.policy),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cache-control", "no-cache"),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_one_document_without_addresses_of_other_hosts() {
        let page = Page::new([Documents::Report]);

        for reference in ["src=\"", "href=\"http", "url(", "@import", "import ", "fetch(\"http"] {
            assert!(!page.body().contains(reference), "the page contains `{reference}`");
        }
    }

    #[test]
    fn no_source_contains_an_end_tag_a_comment_of_html_or_a_placeholder() {
        let sources = SCRIPTS.concat() + &STYLES.concat();

        for end in ["</script", "</style", "<!--", "/* style */", "/* script */"] {
            assert!(!sources.contains(end), "a source contains `{end}`");
        }
    }

    #[test]
    fn no_source_reads_text_as_markup_or_has_inline_handlers() {
        for function in
            ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"]
        {
            assert!(!SCRIPTS.concat().contains(function), "a script uses `{function}`");
        }
        let is_handler = |word: &str| word.starts_with("on") && word.contains('=');
        assert!(!DOCUMENT.split_whitespace().any(is_handler), "an element has an inline handler");
    }

    #[test]
    fn the_page_names_the_documents_of_its_server() {
        let page = Page::new([Documents::Traces, Documents::Report, Documents::Report]);

        assert!(page.body().contains("<meta name=\"documents\" content=\"report traces\">"));
    }

    #[test]
    fn the_page_is_small() {
        let length = Page::new([Documents::Report]).body().len();

        assert!(length < 150_000, "the page has {length} bytes");
    }
}
