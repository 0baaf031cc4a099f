//! The errors of a GraphQL query, and what they mean.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;
use system_health_http::one_line;

use super::refusal::is_about_permission;

/// Maximum number of errors in a message. A query over many objects may fail for each of them.
const MAX_SHOWN: usize = 3;

/// The errors of a query. There is at least one.
#[derive(Debug, Clone)]
pub struct QueryErrors(pub(super) Vec<QueryError>);

/// One error of a query.
#[derive(Debug, Clone, Deserialize)]
pub struct QueryError {
    message: String,
    #[serde(rename = "type")]
    error_type: Option<String>,
    #[serde(default)]
    path: Option<Vec<Value>>,
    extensions: Option<Extensions>,
}

#[derive(Debug, Clone, Deserialize)]
struct Extensions {
    code: Option<String>,
}

/// What the errors of a query mean to the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum QueryErrorKind {
    /// Something that the query names does not exist, or the token may not see it.
    NotFound,
    /// The token has no permission. A refusal for another reason, such as an organization's rules, is [`Self::Other`].
    Forbidden,
    /// A rate limit is exhausted.
    RateLimited,
    /// The query asks for more than GitHub can answer in time. A smaller page may help.
    Timeout,
    /// Anything else, such as an invalid query. Also errors of different kinds.
    Other,
}

impl QueryErrors {
    /// What the errors mean together. A single rate limit or timeout decides, because it concerns the whole query. Otherwise,
    /// errors of different kinds are [`QueryErrorKind::Other`].
    #[must_use]
    pub fn kind(&self) -> QueryErrorKind {
        let kinds = || self.0.iter().map(QueryError::kind);
        let whole = [QueryErrorKind::RateLimited, QueryErrorKind::Timeout];
        if let Some(kind) = whole.into_iter().find(|kind| kinds().any(|other| other == *kind)) {
            return kind;
        }
        let first = kinds().next().unwrap_or(QueryErrorKind::Other);
        if kinds().all(|kind| kind == first) { first } else { QueryErrorKind::Other }
    }

    /// The same errors with all text from GitHub's response replaced by what `quote` returns.
    pub(super) fn quoted(self, quote: impl Fn(&str) -> String) -> Self {
        Self(self.0.into_iter().map(|error| error.quoted(&quote)).collect())
    }
}

impl QueryError {
    /// GitHub's explanation.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// GitHub's name for this type of error, such as `NOT_FOUND`.
    #[must_use]
    pub fn error_type(&self) -> Option<&str> {
        let code = || self.extensions.as_ref()?.code.as_deref();
        self.error_type.as_deref().or_else(code)
    }

    /// Where in the data a part is missing, such as `repository.pullRequests`. Empty if GitHub names no part.
    #[must_use]
    pub fn path(&self) -> String {
        self.path.iter().flatten().map(part_of_path).collect::<Vec<_>>().join(".")
    }

    /// What the error means to the caller.
    #[must_use]
    pub fn kind(&self) -> QueryErrorKind {
        match self.error_type() {
            Some("NOT_FOUND") => QueryErrorKind::NotFound,
            Some("INSUFFICIENT_SCOPES") => QueryErrorKind::Forbidden,
            // GitHub also uses this type for an organization's rules, such as single sign-on.
            Some("FORBIDDEN") if is_about_permission(&self.message) => QueryErrorKind::Forbidden,
            Some("RATE_LIMITED" | "RATE_LIMIT") => QueryErrorKind::RateLimited,
            Some("MAX_NODE_LIMIT_EXCEEDED" | "RESOURCE_LIMITS_EXCEEDED") => QueryErrorKind::Timeout,
            _ => kind_of_message(&self.message),
        }
    }

    fn quoted(self, quote: impl Fn(&str) -> String) -> Self {
        let quoted = |text: Option<String>| text.map(|text| quote(&text));
        let part = |part: &Value| Value::String(quote(&part_of_path(part)));
        Self {
            message: quote(&self.message),
            error_type: quoted(self.error_type),
            path: self.path.map(|path| path.iter().map(part).collect()),
            extensions: self.extensions.map(|Extensions { code }| Extensions { code: quoted(code) }),
        }
    }
}

/// The name of a field, or the position in a list.
fn part_of_path(part: &Value) -> String {
    part.as_str().map_or_else(|| part.to_string(), str::to_owned)
}

/// What an error means, according to its text.
pub(super) fn kind_of_message(message: &str) -> QueryErrorKind {
    let message = message.to_ascii_lowercase();
    let contains = |words: &[&str]| words.iter().any(|words| message.contains(words));
    if contains(&[
        "something went wrong while executing your query",
        "respond to your request in time",
        "timed out",
    ]) {
        QueryErrorKind::Timeout
    } else if contains(&["rate limit exceeded", "secondary rate limit", "abuse detection"]) {
        QueryErrorKind::RateLimited
    } else {
        QueryErrorKind::Other
    }
}

impl fmt::Display for QueryErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().take(MAX_SHOWN).enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            error.fmt(f)?;
        }
        match self.0.len().saturating_sub(MAX_SHOWN) {
            0 => Ok(()),
            1 => f.write_str("; and 1 more error"),
            more => write!(f, "; and {more} more errors"),
        }
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&one_line(&self.message))?;
        let path = self.path();
        match (self.error_type(), &*path) {
            (None, "") => Ok(()),
            (None, path) => write!(f, " (at `{}`)", one_line(path)),
            (Some(name), "") => write!(f, " ({})", one_line(name)),
            (Some(name), path) => write!(f, " ({} at `{}`)", one_line(name), one_line(path)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn errors(errors: Value) -> QueryErrors {
        QueryErrors(serde_json::from_value(errors).unwrap())
    }

    #[test]
    fn types_and_messages_decide_the_kind_of_errors() {
        use QueryErrorKind::{Forbidden, NotFound, Other, RateLimited, Timeout};
        let of_type = |name: &str| json!({ "message": "m", "type": name });
        let forbidden = |message: &str| json!({ "message": message, "type": "FORBIDDEN" });
        let cases = [
            (json!([of_type("NOT_FOUND")]), NotFound),
            (json!([of_type("NOT_FOUND"), of_type("NOT_FOUND")]), NotFound),
            (json!([of_type("NOT_FOUND"), of_type("FORBIDDEN")]), Other),
            (json!([of_type("INSUFFICIENT_SCOPES")]), Forbidden),
            (json!([forbidden("Resource not accessible by integration")]), Forbidden),
            (json!([forbidden("Resource protected by organization SAML enforcement.")]), Other),
            (json!([of_type("FORBIDDEN"), of_type("RATE_LIMITED")]), RateLimited),
            (json!([of_type("MAX_NODE_LIMIT_EXCEEDED")]), Timeout),
            (json!([of_type("SOMETHING_NEW")]), Other),
            (
                json!([{ "message": "Something went wrong while executing your query. Please include `A:B`" }]),
                Timeout,
            ),
            (json!([{ "message": "You have exceeded a secondary rate limit." }]), RateLimited),
            (
                json!([{ "message": "Field 'x' doesn't exist", "extensions": { "code": "undefinedField" } }]),
                Other,
            ),
        ];
        for (list, kind) in cases {
            assert_eq!(errors(list.clone()).kind(), kind, "{list}");
        }
    }

    #[test]
    fn all_texts_of_an_error_are_quoted() {
        let quoted = |list: Value| errors(list).quoted(|text| format!("<{text}>")).to_string();
        let error = json!([{ "message": "m", "type": "T", "path": ["repository", 3] }]);
        assert_eq!(quoted(error), "<m> (<T> at `<repository>.<3>`)");
        assert_eq!(quoted(json!([{ "message": "m", "extensions": { "code": "c" } }])), "<m> (<c>)");
    }

    #[test]
    fn one_more_error_is_in_the_singular() {
        let four: Vec<_> = (0..4).map(|n| json!({ "message": format!("e{n}") })).collect();
        assert_eq!(errors(four.into()).to_string(), "e0; e1; e2; and 1 more error");
    }

    #[test]
    fn many_errors_are_one_bounded_line() {
        let many: Vec<_> =
            (0..50).map(|n| json!({ "message": format!("e{n}\n{}", "x".repeat(1_000)) })).collect();
        let text = errors(many.into()).to_string();
        assert!(
            text.ends_with("; and 47 more errors") && text.len() < 1_500 && !text.contains('\n'),
            "{text}"
        );
    }
}
