//! URLs of services in settings.

use url::{ParseError, Url};

/// A problem with the URL of a service. The URL is not repeated, because it could contain a password.
#[derive(Debug, thiserror::Error)]
pub enum UrlProblem {
    /// It is not a URL.
    #[error(transparent)]
    Unreadable(#[from] ParseError),
    /// Its scheme is missing, or is neither `http` nor `https`.
    #[error("it does not start with http:// or https://")]
    Scheme,
    /// It contains a user name or a password, which would be shown with it.
    #[error("it contains a user name or a password, which belong in settings of their own")]
    Login,
    /// It contains a query or a fragment. A path could not be appended to it, and a key in the query would be
    /// shown with it.
    #[error("it contains a query or a fragment")]
    Query,
}

/// Reads the URL of a service, which must not contain a secret. White space around it is ignored.
pub fn parse_service_url(text: &str) -> Result<Url, UrlProblem> {
    let url = match Url::parse(text.trim()) {
        Err(ParseError::RelativeUrlWithoutBase) => return Err(UrlProblem::Scheme),
        parsed => parsed?,
    };
    if !matches!(url.scheme(), "http" | "https") {
        return Err(UrlProblem::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UrlProblem::Login);
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(UrlProblem::Query);
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_url_has_an_http_scheme_and_no_login_query_or_fragment() {
        for (text, expected) in [
            (" http://collector:4318 ", "http://collector:4318/"),
            ("https://Example.com/otlp", "https://example.com/otlp"),
            ("collector:4318", "it does not start with http:// or https://"),
            ("collector", "it does not start with http:// or https://"),
            ("http://", "empty host"),
            (
                "http://me:hunter22@host",
                "it contains a user name or a password, which belong in settings of their own",
            ),
            (
                "http://me@host",
                "it contains a user name or a password, which belong in settings of their own",
            ),
            ("http://host/?key=hunter22", "it contains a query or a fragment"),
            ("http://host/#hunter22", "it contains a query or a fragment"),
        ] {
            let parsed = parse_service_url(text).map(String::from);
            assert_eq!(parsed.unwrap_or_else(|problem| problem.to_string()), expected, "{text}");
        }
    }
}
