//! Conditional requests: <https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#use-conditional-requests-if-appropriate>.
//!
//! A response is kept with its `ETag`. The next run asks whether it has changed. If not, GitHub says so with 304, and the kept
//! body is the current one. With a token, such an answer costs none of the quota. GitHub checks each request anew, so an old
//! value is never taken for the current one.
//!
//! An `ETag` depends on the body of a page and not on its header `Link`, and a response with status 304 has no header `Link`.
//! So a full page that was the last one of its list is requested anew: the list may have another page by now, although this
//! page has not changed. The list may also be shorter than a kept header says. Then a page has no link to a next one,
//! although more pages were expected. If all pages after it are empty, the list ends there.
//!
//! GitHub's `ETag`s differ for each token, and a GitHub App has a new token every hour:
//! <https://github.com/github/docs/issues/34689>. So for an app, the `ETag` that the kept body would have with the current
//! token is calculated: a SHA-256 hash of the headers `Accept` and `Authorization` and the body, each header followed by a
//! colon. This is observed and not documented by GitHub. If GitHub changes it, no `ETag` matches, and the body is sent again.
//! A wrong body cannot match.

use http::{
    HeaderMap, HeaderValue,
    header::{ACCEPT, AUTHORIZATION, ETAG, LINK},
};
use secrecy::{ExposeSecret, SecretString};
use serde::de::IgnoredAny;
use sha2::{Digest, Sha256};
use url::Url;

use super::link::Links;
use crate::hex::hex;

/// The number of items on a page if the request names none.
const DEFAULT_PAGE_SIZE: usize = 30;

/// To whom responses belong. What one token may see is never given to another, except to another token of the same
/// installation of an app.
#[derive(Debug, Clone)]
pub(in crate::github) struct Owner {
    hash: [u8; 32],
    /// The start of the hash of an app's current token. Other owners have only one token.
    token_mark: Option<String>,
}

/// A response of an earlier run.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct KeptResponse {
    pub(super) etag: HeaderValue,
    link: Option<HeaderValue>,
    pub(super) body: Vec<u8>,
}

impl Owner {
    /// The owner of the responses that a token gets. Responses without a token belong to everybody.
    pub(in crate::github) fn new(token: Option<&SecretString>) -> Self {
        let token = token.map_or("", ExposeSecret::expose_secret);
        Self { hash: Sha256::digest(token.as_bytes()).into(), token_mark: None }
    }

    /// An installation of an app. Its tokens share the responses.
    pub(in crate::github) fn from_installation(installation: &str, token: &SecretString) -> Self {
        let mark = hex(&Sha256::digest(token.expose_secret().as_bytes())[..8]);
        Self { hash: Sha256::digest(installation.as_bytes()).into(), token_mark: Some(mark) }
    }

    /// The key of the response at a URL. It reveals neither the token nor the URL.
    pub(super) fn key(&self, url: &Url) -> String {
        hex(&Sha256::new_with_prefix(self.hash).chain_update(url.as_str()).finalize())
    }

    /// The first line of a kept response: the URL, and for an app the start of the token's hash.
    fn first_line(&self, url: &Url) -> String {
        match &self.token_mark {
            None => url.to_string(),
            Some(mark) => format!("{url} {mark}"),
        }
    }

    /// Whether the first line of a kept response is about a URL, perhaps with another token of the same app.
    fn is_first_line(&self, line: &[u8], url: &Url) -> bool {
        let line = str::from_utf8(line).unwrap_or_default();
        match &self.token_mark {
            None => line == url.as_str(),
            Some(_) => line.split_once(' ').is_some_and(|(kept, _)| kept == url.as_str()),
        }
    }
}

/// The `ETag` that GitHub gives a body in response to a request with these headers.
fn calculated_etag(request: &HeaderMap, body: &[u8]) -> Option<HeaderValue> {
    let mut hash = Sha256::new();
    for header in [ACCEPT, AUTHORIZATION] {
        hash.update(request.get(header)?.as_bytes());
        hash.update(b":");
    }
    HeaderValue::try_from(format!("\"{}\"", hex(&hash.chain_update(body).finalize()))).ok()
}

impl KeptResponse {
    /// A response to keep. `None` if it has no `ETag`.
    pub(super) fn new(headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        let (etag, link) = (headers.get(ETAG)?.clone(), headers.get(LINK).cloned());
        Some(Self { etag, link, body: body.to_vec() })
    }

    /// The headers of a response with status 304, with the header `Link` of the kept response.
    pub(super) fn headers(&self, mut headers: HeaderMap) -> HeaderMap {
        headers.remove(LINK);
        headers.extend(self.link.clone().map(|link| (LINK, link)));
        headers
    }

    /// The text that is kept: the URL, the `ETag`, the header `Link`, and the body. Headers and URLs have no line breaks.
    pub(super) fn write(&self, owner: &Owner, url: &Url) -> Vec<u8> {
        let link = self.link.as_ref().map_or(&b""[..], HeaderValue::as_bytes);
        [owner.first_line(url).as_bytes(), self.etag.as_bytes(), link, &self.body].join(&b'\n')
    }

    /// Reads a kept response, to ask with these headers whether it has changed. `None` if it is not a response of this URL, or
    /// if it is a full page that was the last one of its list.
    pub(super) fn read(kept: &[u8], owner: &Owner, url: &Url, request: &HeaderMap) -> Option<Self> {
        let mut parts = kept.splitn(4, |byte| *byte == b'\n');
        let mut part = || parts.next();
        let first = part()?;
        if !owner.is_first_line(first, url) {
            return None;
        }
        let etag = HeaderValue::from_bytes(part()?).ok().filter(|etag| !etag.is_empty())?;
        let link = HeaderValue::from_bytes(part()?).ok()?;
        let body = part()?.to_vec();
        let is_of_token = first == owner.first_line(url).as_bytes();
        let etag = if is_of_token { etag } else { calculated_etag(request, &body)? };
        let kept = Self { etag, link: (!link.is_empty()).then_some(link), body };
        (!kept.is_full_last_page(url)).then_some(kept)
    }

    /// Whether this is a full page of a list and has no link to a next page. If a list is part of an object, GitHub's object
    /// has the number of all items, so each page changes if the list grows.
    fn is_full_last_page(&self, url: &Url) -> bool {
        let links = Links::parse(&self.headers(HeaderMap::new()));
        if links.is_ok_and(|links| links.next.is_some()) {
            return false;
        }
        let page_size = url.query_pairs().find(|(name, _)| name == "per_page");
        let page_size = page_size.and_then(|(_, size)| size.parse().ok()).unwrap_or(DEFAULT_PAGE_SIZE);
        let items = serde_json::from_slice::<Vec<IgnoredAny>>(&self.body);
        items.is_ok_and(|items| items.len() == page_size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(path: &str) -> Url {
        Url::parse("https://api.github.com").unwrap().join(path).unwrap()
    }

    fn app(token: &str) -> Owner {
        Owner::from_installation("app 1 at acme", &token.into())
    }

    fn read(kept: &[u8], owner: &Owner, path: &str) -> Option<KeptResponse> {
        let headers = [(ACCEPT, "*/*"), (AUTHORIZATION, "Bearer b")];
        let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
        KeptResponse::read(kept, owner, &url(path), &headers.into_iter().collect())
    }

    #[test]
    fn another_token_of_an_app_sends_the_etag_that_it_would_have_received() {
        let headers = HeaderMap::from_iter([(ETAG, HeaderValue::from_static("W/\"abc\""))]);
        let kept = KeptResponse::new(&headers, b"{}").unwrap().write(&app("a"), &url("/x"));

        let response = read(&kept, &app("b"), "/x").unwrap();

        // printf '*/*:Bearer b:{}' | sha256sum
        let etag = "\"30a663a0925af1a00215c869b1bcf327477641f6709c940ed85c51b514418ab5\"";
        assert_eq!((response.etag.to_str().unwrap(), &*response.body), (etag, &b"{}"[..]));
        assert_eq!(app("a").key(&url("/x")), app("b").key(&url("/x")));
        assert!(!String::from_utf8_lossy(&kept).contains("Bearer"));
    }

    #[test]
    fn a_kept_response_is_read_unchanged() {
        for link in [None, Some("<https://api.github.com/x?page=2>; rel=\"next\"")] {
            let mut headers = HeaderMap::from_iter([(ETAG, HeaderValue::from_static("W/\"abc\""))]);
            headers.extend(link.map(|link| (LINK, HeaderValue::from_static(link))));
            let response = KeptResponse::new(&headers, b"[1,\n2]\n").unwrap();

            for owner in [Owner::new(None), app("a")] {
                let kept = response.write(&owner, &url("/x"));

                assert_eq!(read(&kept, &owner, "/x").as_ref(), Some(&response));
                assert_eq!(read(&kept, &owner, "/y"), None);
            }
            let fresh = HeaderMap::from_iter([(LINK, HeaderValue::from_static("<other>"))]);
            let restored = response.headers(fresh).get(LINK).cloned();
            assert_eq!(restored, link.map(HeaderValue::from_static));
        }
        assert_eq!(KeptResponse::new(&HeaderMap::new(), b"[]"), None);
    }

    #[test]
    fn a_full_page_that_was_the_last_one_is_requested_anew() {
        let next = Some("<https://api.github.com/x?per_page=2&page=2>; rel=\"next\"");
        let previous = Some("<https://api.github.com/x?per_page=2&page=1>; rel=\"prev\"");
        let items = |count: usize| format!("[1{}]", ", 1".repeat(count - 1));
        let (full, not_paged) = (items(30), items(31));
        for (path, link, body, is_kept) in [
            ("/x", None, &*full, false),
            ("/x", None, &*not_paged, true),
            ("/x?per_page=2", None, "[1, 2]", false),
            ("/x?per_page=2&page=2", previous, "[3, 4]", false),
            ("/x?per_page=2&page=2", previous, "[3]", true),
            ("/x?per_page=2", next, "[1, 2]", true),
            ("/x", None, "[1, 2]", true),
            ("/x?per_page=2", None, r#"{"total_count": 2, "items": [1, 2]}"#, true),
        ] {
            let mut headers = HeaderMap::from_iter([(ETAG, HeaderValue::from_static("W/\"abc\""))]);
            headers.extend(link.map(|link| (LINK, HeaderValue::from_static(link))));
            let owner = Owner::new(None);
            let kept = KeptResponse::new(&headers, body.as_bytes()).unwrap().write(&owner, &url(path));
            assert_eq!(read(&kept, &owner, path).is_some(), is_kept, "{path} {body}");
        }
    }

    #[test]
    fn a_truncated_response_is_ignored() {
        for kept in [
            "",
            "https://api.github.com/x",
            "https://api.github.com/x\nW/\"a\"\n",
            "https://api.github.com/x\n\n\n[]",
        ] {
            assert_eq!(read(kept.as_bytes(), &Owner::new(None), "/x"), None, "{kept}");
            let kept = kept.replacen('\n', " mark\n", 1);
            assert_eq!(read(kept.as_bytes(), &app("a"), "/x"), None, "{kept}");
        }
    }

    #[test]
    fn each_token_has_responses_of_its_own() {
        let key =
            |token: Option<&str>, path| Owner::new(token.map(SecretString::from).as_ref()).key(&url(path));
        let keys = [key(None, "/x"), key(Some("a"), "/x"), key(Some("b"), "/x"), key(Some("a"), "/y")];
        for (number, one) in keys.iter().enumerate() {
            assert!(one.len() == 64 && keys[..number].iter().all(|other| other != one));
        }
        assert_eq!(key(Some("a"), "/x"), keys[1]);
    }
}
