//! What is asked of GitHub: a document, a GraphQL query, or a token.

use std::fmt;

use http::Method;
use serde_json::Value;
use url::Url;

/// One request, with the name that it has in messages.
#[derive(Debug, Clone, Copy)]
pub(super) enum Request<'a> {
    /// Gets a document.
    Get(&'a Url),
    /// Creates something, without a body.
    Create(&'a Url),
    /// Asks a GraphQL query, which only reads, although it is sent with POST.
    Query(&'a Url, &'a Value),
}

impl Request<'_> {
    pub(super) fn method(self) -> Method {
        match self {
            Self::Get(_) => Method::GET,
            Self::Create(_) | Self::Query(..) => Method::POST,
        }
    }

    pub(super) fn url(&self) -> &Url {
        let (Self::Get(url) | Self::Create(url) | Self::Query(url, _)) = self;
        url
    }

    /// The body of the request.
    pub(super) fn body(&self) -> Option<&Value> {
        match self {
            Self::Get(_) | Self::Create(_) => None,
            Self::Query(_, body) => Some(body),
        }
    }
}

impl fmt::Display for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method(), self.url().path())
    }
}
