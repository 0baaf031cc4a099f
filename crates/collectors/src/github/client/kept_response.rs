//! Conditional requests: <https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#use-conditional-requests-if-appropriate>.
//!
//! A response is kept with its `ETag`. The next run asks whether it has changed. If not, GitHub says so with 304, which costs
//! none of the quota, and the kept body is the current one. GitHub decides that anew for each request, so an old value is
//! never taken for the current one.

use std::fmt::Write as _;

use http::{
    HeaderMap, HeaderValue,
    header::{ETAG, LINK},
};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use url::Url;

/// Whose responses they are. What one token may see is never given to another.
#[derive(Debug, Clone)]
pub(super) struct Owner([u8; 32]);

/// A response of an earlier run.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct KeptResponse {
    pub(super) etag: HeaderValue,
    link: Option<HeaderValue>,
    pub(super) body: Vec<u8>,
}

impl Owner {
    /// The owner of a token, or everybody.
    pub(super) fn new(token: Option<&SecretString>) -> Self {
        let token = token.map_or("", ExposeSecret::expose_secret);
        Self(Sha256::digest(token.as_bytes()).into())
    }

    /// The key of the response at a URL. It says neither the token nor the URL.
    pub(super) fn key(&self, url: &Url) -> String {
        let hash = Sha256::new_with_prefix(self.0).chain_update(url.as_str()).finalize();
        hash.iter().fold(String::new(), |mut key, byte| {
            let _ = write!(key, "{byte:02x}");
            key
        })
    }
}

impl KeptResponse {
    /// A response that can be asked for again.
    pub(super) fn new(headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        let (etag, link) = (headers.get(ETAG)?.clone(), headers.get(LINK).cloned());
        Some(Self { etag, link, body: body.to_vec() })
    }

    /// The headers of a 304 with those that belong to the body.
    pub(super) fn headers(&self, mut headers: HeaderMap) -> HeaderMap {
        headers.remove(LINK);
        headers.extend(self.link.clone().map(|link| (LINK, link)));
        headers
    }

    /// The text that is kept: the URL, the `ETag`, the header `Link`, and the body. Headers and URLs have no line breaks.
    pub(super) fn write(&self, url: &Url) -> Vec<u8> {
        let link = self.link.as_ref().map_or(&b""[..], HeaderValue::as_bytes);
        [url.as_str().as_bytes(), self.etag.as_bytes(), link, &self.body].join(&b'\n')
    }

    /// Reads what was kept. `None` if it is not a response of this URL.
    pub(super) fn read(kept: &[u8], url: &Url) -> Option<Self> {
        let mut parts = kept.splitn(4, |byte| *byte == b'\n');
        let mut part = || parts.next();
        if part()? != url.as_str().as_bytes() {
            return None;
        }
        let etag = HeaderValue::from_bytes(part()?).ok().filter(|etag| !etag.is_empty())?;
        let link = HeaderValue::from_bytes(part()?).ok()?;
        Some(Self { etag, link: (!link.is_empty()).then_some(link), body: part()?.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(path: &str) -> Url {
        Url::parse("https://api.github.com").unwrap().join(path).unwrap()
    }

    #[test]
    fn what_was_kept_is_read_as_it_was() {
        for link in [None, Some("<https://api.github.com/x?page=2>; rel=\"next\"")] {
            let mut headers = HeaderMap::from_iter([(ETAG, HeaderValue::from_static("W/\"abc\""))]);
            headers.extend(link.map(|link| (LINK, HeaderValue::from_static(link))));
            let response = KeptResponse::new(&headers, b"[1,\n2]\n").unwrap();

            let kept = response.write(&url("/x"));

            assert_eq!(KeptResponse::read(&kept, &url("/x")).as_ref(), Some(&response));
            assert_eq!(KeptResponse::read(&kept, &url("/y")), None);
            let fresh = HeaderMap::from_iter([(LINK, HeaderValue::from_static("<other>"))]);
            let restored = response.headers(fresh).get(LINK).cloned();
            assert_eq!(restored, link.map(HeaderValue::from_static));
        }
        assert_eq!(KeptResponse::new(&HeaderMap::new(), b"[]"), None);
    }

    #[test]
    fn what_is_cut_off_is_ignored() {
        for kept in [
            "",
            "https://api.github.com/x",
            "https://api.github.com/x\nW/\"a\"\n",
            "https://api.github.com/x\n\n\n[]",
        ] {
            assert_eq!(KeptResponse::read(kept.as_bytes(), &url("/x")), None, "{kept}");
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
