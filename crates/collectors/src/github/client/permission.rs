//! Whether a response says that the token lacks a permission, and which one.
//!
//! Fine-grained tokens and GitHub Apps have permissions, classic tokens have scopes:
//! <https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps>,
//! <https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps>.

use http::{HeaderMap, StatusCode};

use super::{cause::ErrorBody, refusal::is_about_feature};

/// What the request needs, for tokens with permissions, such as `actions=read`.
const PERMISSIONS: &str = "x-accepted-github-permissions";
/// What the request needs, for classic tokens. Any of them is enough.
const ACCEPTED_SCOPES: &str = "x-accepted-oauth-scopes";
/// The scopes of a classic token. Other tokens have no such header.
const SCOPES: &str = "x-oauth-scopes";

/// `required; url=...` if the organization requires that the token is authorized for its single sign-on. See
/// <https://docs.github.com/en/rest/authentication/authenticating-to-the-rest-api#authenticating-with-a-personal-access-token>.
const SINGLE_SIGN_ON: &str = "x-github-sso";

/// Whether the token has no permission. GitHub answers 404, too, if a classic token lacks the scope. A message about a feature that
/// is not in use is different: with the scope, the answer would be the same.
pub(super) fn lacks_permission(status: StatusCode, headers: &HeaderMap, body: &ErrorBody) -> bool {
    let lacks_scope = || missing_scopes(headers).is_some() && !body.message().is_some_and(is_about_feature);
    match status {
        StatusCode::FORBIDDEN if needs_single_sign_on(headers) => false,
        StatusCode::FORBIDDEN => body.is_no_permission() || lacks_scope(),
        StatusCode::NOT_FOUND => lacks_scope(),
        _ => false,
    }
}

/// What the request needs, in words.
pub(super) fn needed_permission(headers: &HeaderMap) -> Option<String> {
    if let Some(scopes) = missing_scopes(headers) {
        return Some(format!("the scope `{}`", scopes.join("` or `")));
    }
    // Alternatives are separated by `; `, permissions that are needed together by `,` with or without a space.
    let permissions =
        header_text(headers, PERMISSIONS)?.replace("; ", "` or `").replace(',', ", ").replace(",  ", ", ");
    Some(format!("the permission `{permissions}`"))
}

fn needs_single_sign_on(headers: &HeaderMap) -> bool {
    header_text(headers, SINGLE_SIGN_ON).is_some_and(|header| header.starts_with("required"))
}

/// The accepted scopes, if the token has none of them.
fn missing_scopes(headers: &HeaderMap) -> Option<Vec<&str>> {
    let accepted = parse_scopes(headers.get(ACCEPTED_SCOPES)?.to_str().ok()?);
    let granted = parse_scopes(headers.get(SCOPES)?.to_str().ok()?);
    let is_granted = |scope: &&str| granted.iter().any(|granted| includes(granted, scope));
    (!accepted.is_empty() && !accepted.iter().any(is_granted)).then_some(accepted)
}

/// Whether a scope includes another one: `repo` includes `repo:status`, and `admin:org` includes `read:org`.
fn includes(granted: &str, scope: &str) -> bool {
    let by_prefix = || {
        let (access, resource) = granted.split_once(':')?;
        let (lesser, other_resource) = scope.split_once(':')?;
        let rank = |access: &str| ["read", "write", "admin"].iter().position(|one| *one == access);
        Some(resource == other_resource && rank(access)? >= rank(lesser)?)
    };
    granted == scope
        || (granted == "repo"
            && (scope.starts_with("repo:")
                || matches!(scope, "public_repo" | "repo_deployment" | "security_events")))
        || by_prefix() == Some(true)
}

fn parse_scopes(text: &str) -> Vec<&str> {
    text.split(',').map(str::trim).filter(|scope| !scope.is_empty()).collect()
}

fn header_text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    /// The missing permission in words, or an empty text if GitHub does not name it. `None` if no permission is missing.
    fn permission(status: u16, headers: &[(&'static str, &'static str)], message: &str) -> Option<String> {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        let (status, body) =
            (StatusCode::from_u16(status).unwrap(), ErrorBody::from_message(message.to_owned()));
        lacks_permission(status, &headers, &body).then(|| needed_permission(&headers).unwrap_or_default())
    }

    #[test]
    fn the_missing_permission_is_named() {
        let no_access = "Resource not accessible by integration";
        let named = |text: &str| Some(text.to_owned());
        for (status, headers, message, expected) in [
            (403, &[][..], no_access, named("")),
            (403, &[(PERMISSIONS, "actions=read")], no_access, named("the permission `actions=read`")),
            (
                403,
                &[(PERMISSIONS, "pull_requests=read,contents=read; issues=read")],
                "Resource not accessible by personal access token",
                named("the permission `pull_requests=read, contents=read` or `issues=read`"),
            ),
            (
                404,
                &[(ACCEPTED_SCOPES, "repo, admin:org"), (SCOPES, "read:org, gist")],
                "Not Found",
                named("the scope `repo` or `admin:org`"),
            ),
            (
                403,
                &[(ACCEPTED_SCOPES, "repo"), (SCOPES, "")],
                "Must have admin rights",
                named("the scope `repo`"),
            ),
        ] {
            assert_eq!(permission(status, headers, message), expected, "{status} {headers:?}");
        }
    }

    #[test]
    fn other_errors_are_not_about_permissions() {
        for (status, headers, message) in [
            (403, &[][..], "Dependabot alerts are disabled for this repository."),
            (
                403,
                &[(ACCEPTED_SCOPES, "repo"), (SCOPES, "gist")],
                "Dependabot alerts are disabled for this repository.",
            ),
            (404, &[(ACCEPTED_SCOPES, "repo"), (SCOPES, "gist")], "no analysis found"),
            (
                403,
                &[
                    (SINGLE_SIGN_ON, "required; url=https://github.com/x"),
                    (ACCEPTED_SCOPES, "repo"),
                    (SCOPES, ""),
                ],
                "Resource protected by organization SAML enforcement.",
            ),
            (404, &[(PERMISSIONS, "actions=read")], "Not Found"),
            (404, &[(ACCEPTED_SCOPES, "repo"), (SCOPES, "repo, gist")], "Not Found"),
            (404, &[(ACCEPTED_SCOPES, "read:org"), (SCOPES, "admin:org")], "Not Found"),
            (404, &[(ACCEPTED_SCOPES, "security_events"), (SCOPES, "repo")], "Not Found"),
            (404, &[(ACCEPTED_SCOPES, "repo_deployment"), (SCOPES, "repo")], "Not Found"),
            (404, &[(ACCEPTED_SCOPES, ""), (SCOPES, "")], "Not Found"),
            (404, &[(ACCEPTED_SCOPES, "repo")], "Not Found"),
            (401, &[(PERMISSIONS, "actions=read")], "Bad credentials"),
        ] {
            assert_eq!(permission(status, headers, message), None, "{status} {headers:?} {message}");
        }
    }
}
