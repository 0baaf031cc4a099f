//! The header `Link`, which has the URLs of a list's other pages. They must not be derived from the URL of the first page: for
//! example, they contain the repository's id instead of its name.

use http::{HeaderMap, header::LINK};
use url::Url;

use super::cause::Cause;

/// The links that pagination needs.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Links {
    pub(super) next: Option<Url>,
    pub(super) last: Option<Url>,
    /// Whether the links come from an earlier run, because the page has not changed since. Another page may be the last by now.
    pub(super) are_kept: bool,
    /// Whether the page that has these links is an empty array.
    pub(super) is_page_empty: bool,
}

impl Links {
    /// Parses the header. An invalid header is an error, because otherwise the list would end early without notice.
    pub(super) fn parse(headers: &HeaderMap) -> Result<Self, Cause> {
        let mut links = Self::default();
        for value in headers.get_all(LINK) {
            let invalid = || Cause::Link(String::from_utf8_lossy(value.as_bytes()).into_owned());
            let mut rest = value.to_str().map_err(|_| invalid())?.trim();
            while !rest.is_empty() {
                let (target, after) =
                    rest.strip_prefix('<').and_then(|rest| rest.split_once('>')).ok_or_else(invalid)?;
                let (parameters, after) = split_parameters(after);
                let target = || Url::parse(target).map(Some).map_err(|_| invalid());
                for relation in relations(parameters) {
                    match relation {
                        "next" => links.next = target()?,
                        "last" => links.last = target()?,
                        _ => {}
                    }
                }
                rest = after.trim_start();
            }
        }
        Ok(links)
    }

    /// The number of the last page, if it is known.
    pub(super) fn last_page(&self) -> Option<u32> {
        page_number(self.last.as_ref()?)
    }
}

/// The page number in a URL.
pub(super) fn page_number(url: &Url) -> Option<u32> {
    url.query_pairs().find(|(key, _)| key == "page")?.1.parse().ok()
}

/// The same URL with another page number.
pub(super) fn with_page(url: &Url, page: u32) -> Url {
    with_parameter(url, "page", &page.to_string())
}

/// The same URL with another value of a parameter.
pub(super) fn with_parameter(url: &Url, name: &str, value: &str) -> Url {
    let others: Vec<_> = url
        .query_pairs()
        .filter(|(key, _)| key != name)
        .map(|(k, v)| (k.into_owned(), v.into_owned()))
        .collect();
    let mut url = url.clone();
    url.query_pairs_mut().clear().extend_pairs(others).append_pair(name, value);
    url
}

/// Splits `; rel="next", <…>` after the parameters of the first link, at the first comma outside quotes.
fn split_parameters(text: &str) -> (&str, &str) {
    let mut quoted = false;
    let end = text.find(|c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    });
    end.map_or((text, ""), |end| (&text[..end], &text[end + 1..]))
}

/// The relation types in parameters such as `; rel="next last"; title=x`.
fn relations(parameters: &str) -> impl Iterator<Item = &str> {
    let values = parameters.split(';').filter_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("rel").then(|| value.trim().trim_matches('"'))
    });
    values.flat_map(str::split_whitespace)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn links(values: &[&'static str]) -> Result<Links, String> {
        let headers = values.iter().map(|value| (LINK, HeaderValue::from_static(value))).collect();
        Links::parse(&headers).map_err(|cause| cause.to_string())
    }

    fn expected(next: Option<&str>, last: Option<&str>) -> Links {
        let url = |text: &str| Url::parse(text).unwrap();
        Links { next: next.map(url), last: last.map(url), ..Links::default() }
    }

    const NEXT: &str = "https://api.github.com/repositories/1/commits?per_page=100&page=2";
    const LAST: &str = "https://api.github.com/repositories/1/commits?per_page=100&page=9";

    #[test]
    fn reads_what_github_sends() {
        let first = "<https://api.github.com/repositories/1/commits?per_page=100&page=2>; rel=\"next\", \
                     <https://api.github.com/repositories/1/commits?per_page=100&page=9>; rel=\"last\"";
        assert_eq!(links(&[first]).unwrap(), expected(Some(NEXT), Some(LAST)));
        let last = "<https://api.github.com/repositories/1/commits?page=8>; rel=\"prev\", \
                    <https://api.github.com/repositories/1/commits?page=1>; rel=\"first\"";
        assert_eq!(links(&[last]).unwrap(), expected(None, None));
        assert_eq!(links(&[]).unwrap(), expected(None, None));
    }

    #[test]
    fn reads_every_form_of_the_header() {
        assert_eq!(links(&["<http://h/?a=1,2>; rel=next"]).unwrap(), expected(Some("http://h/?a=1,2"), None));
        assert_eq!(
            links(&["<http://h/a>;title=\"x, y\"; rel=\"x next\""]).unwrap(),
            expected(Some("http://h/a"), None)
        );
        assert_eq!(
            links(&["<http://h/a>; rel=\"next\"", "<http://h/b>; rel=\"last\""]).unwrap(),
            expected(Some("http://h/a"), Some("http://h/b"))
        );
        assert_eq!(links(&["<relative>; rel=\"prev\""]).unwrap(), expected(None, None));
    }

    #[test]
    fn an_invalid_header_is_an_error() {
        for value in
            ["next", "<http://h/a; rel=\"next\"", "<relative>; rel=\"next\"", "<http://h/a>; rel=\"next\", x"]
        {
            assert!(links(&[value]).unwrap_err().ends_with("so the list may be incomplete"), "{value}");
        }
    }

    #[test]
    fn the_page_number_in_a_url_is_read_and_replaced() {
        let url = Url::parse(NEXT).unwrap();
        assert_eq!(page_number(&url), Some(2));
        assert_eq!(with_page(&url, 7).query(), Some("per_page=100&page=7"));
        assert_eq!(page_number(&Url::parse("http://h/?after=x").unwrap()), None);
        assert_eq!(with_parameter(&url, "per_page", "50").query(), Some("page=2&per_page=50"));
    }
}
