//! Pagination, with the `Link` header as recorded from api.github.com: later pages are under `/repositories/{id}`,
//! parameters keep their order, and the last page has only the links `prev` and `first`.

use super::call::Call;

const DEFAULT_PAGE_SIZE: usize = 30;
const MAX_PAGE_SIZE: usize = 100;

/// The page of a list that a request asks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    number: usize,
    size: usize,
}

impl Page {
    /// Parses `page` and `per_page` as GitHub does: invalid values become the default, and the maximum page size is
    /// 100.
    pub(super) fn parse(call: &Call<'_>) -> Self {
        let positive = |name| call.parameter(name).and_then(|text| text.parse().ok()).filter(|n| *n > 0);
        Self {
            number: positive("page").unwrap_or(1),
            size: positive("per_page").unwrap_or(DEFAULT_PAGE_SIZE).min(MAX_PAGE_SIZE),
        }
    }

    /// The items on this page.
    pub(super) fn slice<'a, T>(&self, items: &'a [T]) -> &'a [T] {
        let start = (self.number - 1).saturating_mul(self.size).min(items.len());
        let end = start.saturating_add(self.size).min(items.len());
        &items[start..end]
    }

    /// The `Link` header for a list of `total` items. `None` if there is no other page to link to.
    pub(super) fn link(&self, url: &str, raw_query: &str, total: usize) -> Option<String> {
        let last = total.div_ceil(self.size).max(1);
        let mut links = Vec::new();
        if self.number > 1 {
            links.push(("prev", (self.number - 1).min(last)));
        }
        if self.number < last {
            links.extend([("next", self.number + 1), ("last", last)]);
        }
        if self.number > 1 {
            links.push(("first", 1));
        }
        let links: Vec<_> = links
            .into_iter()
            .map(|(relation, page)| format!("<{url}?{}>; rel=\"{relation}\"", with_page(raw_query, page)))
            .collect();
        (!links.is_empty()).then(|| links.join(", "))
    }
}

/// The query with its `page` replaced, or added at the end.
fn with_page(raw_query: &str, page: usize) -> String {
    let mut parameters: Vec<String> =
        raw_query.split('&').filter(|pair| !pair.is_empty()).map(str::to_owned).collect();
    let page = format!("page={page}");
    match parameters.iter_mut().find(|pair| pair.starts_with("page=")) {
        Some(pair) => *pair = page,
        None => parameters.push(page),
    }
    parameters.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://api.github.com/repositories/515435940/issues";

    fn page(number: usize) -> Page {
        Page { number, size: 3 }
    }

    /// Recorded from api.github.com with 13 issues, three a page (`paginate-issues` of @octokit/fixtures).
    #[test]
    fn links_are_those_of_github() {
        let link = |number, query| page(number).link(URL, query, 13).map(|link| link.replace(URL, ""));
        assert_eq!(
            link(1, "per_page=3").as_deref(),
            Some(r#"<?per_page=3&page=2>; rel="next", <?per_page=3&page=5>; rel="last""#)
        );
        assert_eq!(
            link(2, "per_page=3&page=2").as_deref(),
            Some(concat!(
                r#"<?per_page=3&page=1>; rel="prev", <?per_page=3&page=3>; rel="next", "#,
                r#"<?per_page=3&page=5>; rel="last", <?per_page=3&page=1>; rel="first""#
            ))
        );
        assert_eq!(
            link(5, "per_page=3&page=5").as_deref(),
            Some(r#"<?per_page=3&page=4>; rel="prev", <?per_page=3&page=1>; rel="first""#)
        );
    }

    #[test]
    fn a_list_with_one_page_has_no_links() {
        assert_eq!(page(1).link(URL, "per_page=3", 3), None);
        assert_eq!(page(1).link(URL, "per_page=3", 0), None);
    }

    #[test]
    fn a_page_past_the_end_is_empty() {
        let items: Vec<_> = (0..10).collect();
        assert_eq!(page(4).slice(&items), [9]);
        assert_eq!(page(5).slice(&items), [0; 0]);
    }
}
