//! Pagination by cursors, which newer lists of the REST API use. GitHub sends only the links `prev` and `next`, and no number of
//! pages. The fake sends only `next`. See <https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api>.

use super::call::Call;

/// A cursor consists of this prefix and the number of items on the earlier pages.
const CURSOR_PREFIX: &str = "Y3Vyc29y";

/// The page of a list that a request asks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct CursorPage {
    start: usize,
    size: usize,
}

impl CursorPage {
    /// Parses `after` and `per_page`. The fake ignores `before`.
    pub(super) fn parse(call: &Call<'_>) -> Self {
        let number = |text: &str| text.parse().ok();
        let start = call.parameter("after").and_then(|cursor| number(cursor.strip_prefix(CURSOR_PREFIX)?));
        let size = call.parameter("per_page").and_then(number).filter(|size| *size > 0);
        Self { start: start.unwrap_or(0), size: size.unwrap_or(30).min(100) }
    }

    /// The items on this page.
    pub(super) fn slice<'a, T>(&self, items: &'a [T]) -> &'a [T] {
        let start = self.start.min(items.len());
        &items[start..(start + self.size).min(items.len())]
    }

    /// The `Link` header for a list of `total` items, unless this is its last page.
    pub(super) fn link(&self, url: &str, raw_query: &str, total: usize) -> Option<String> {
        let next = self.start + self.size;
        if next >= total {
            return None;
        }
        let other_parameters =
            raw_query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("after="));
        let cursor = format!("after={CURSOR_PREFIX}{next}");
        let query: Vec<&str> = other_parameters.chain([&*cursor]).collect();
        Some(format!("<{url}?{}>; rel=\"next\"", query.join("&")))
    }
}
