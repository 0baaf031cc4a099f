//! What GitHub means when it refuses to show something. A status of 403, or the type `FORBIDDEN` of a GraphQL error, has many
//! reasons, and only the text tells them apart.
//!
//! Only texts that are known to be about a permission or about a feature that is not in use lead to no data. Any other text
//! leads to an error, such as the rules of an organization, a suspended installation, or a text that GitHub has changed. The
//! exception is a missing scope, which a header or the type `INSUFFICIENT_SCOPES` shows.

/// Texts about a permission that the token, or the account of its owner, does not have.
const NO_PERMISSION: [&str; 5] = [
    // An app, a fine-grained token, or the token of a workflow.
    "resource not accessible by ",
    // The permission depends on the role of the token's owner in the repository.
    "must have admin rights",
    "must have push access",
    "you are not authorized to read",
    // GraphQL.
    "does not have the correct permissions to",
];

/// Texts about a feature that is turned off, or that the plan of the owner does not have.
const NOT_IN_USE: [&str; 8] = [
    "is disabled",
    "are disabled",
    "not enabled",
    "must be enabled",
    "not available",
    "archived",
    "no analysis found",
    "upgrade to github ",
];

/// Whether a text says that the token has no permission.
pub(crate) fn is_about_permission(message: &str) -> bool {
    contains_any(message, &NO_PERMISSION)
}

/// Whether a text says that a feature is not in use, such as alerts of Dependabot, or not part of the owner's plan.
pub(crate) fn is_about_feature(message: &str) -> bool {
    contains_any(message, &NOT_IN_USE)
}

fn contains_any(message: &str, texts: &[&str]) -> bool {
    let message = message.to_ascii_lowercase();
    texts.iter().any(|text| message.contains(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_text_is_about_a_permission_or_a_feature() {
        for message in [
            "Resource not accessible by integration",
            "Resource not accessible by personal access token",
            "Must have admin rights to Repository.",
            "Must have push access to view repository collaborators.",
            "You are not authorized to read code scanning alerts.",
            "octocat does not have the correct permissions to execute `ViewerPermission`",
        ] {
            assert!(is_about_permission(message) && !is_about_feature(message), "{message}");
        }
        for message in [
            "Dependabot alerts are disabled for this repository.",
            "Dependabot alerts are not available for archived repositories.",
            "Advanced Security must be enabled for this repository to use code scanning.",
            "Code Security must be enabled for this repository to use code scanning.",
            "Code scanning is not enabled for this repository. Please enable code scanning in the repository settings.",
            "Secret scanning is disabled on this repository.",
            "no analysis found",
            "Upgrade to GitHub Pro or make this repository public to enable this feature.",
            "Upgrade to GitHub Team or make this repository public to enable this feature.",
        ] {
            assert!(is_about_feature(message) && !is_about_permission(message), "{message}");
        }
    }

    #[test]
    fn any_other_text_is_about_neither_a_permission_nor_a_feature() {
        for message in [
            "Resource protected by organization SAML enforcement. You must grant your Personal Access token access to this \
             organization.",
            "Resource protected by organization SAML enforcement. You must grant your OAuth token access to this organization.",
            "Although you appear to have the correct authorization credentials, the `acme` organization has an IP allow list \
             enabled, and your IP address is not permitted to access this resource.",
            "Although you appear to have the correct authorization credentials, the `acme` organization has enabled OAuth App \
             access restrictions, meaning that data access to third-parties is limited.",
            "`acme` forbids access via a personal access token (classic). Please use a GitHub App, OAuth App, or a personal \
             access token with fine-grained permissions.",
            "The 'acme' organization forbids access via a fine-grained personal access tokens if the token's lifetime is \
             greater than 366 days. Please adjust your token's lifetime at the following URL: \
             https://github.com/settings/personal-access-tokens/1",
            "This installation has been suspended",
            "Sorry. Your account was suspended.",
            "Repository access blocked",
            "Request forbidden by administrative rules. Please make sure your request has a User-Agent header.",
            "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
            "You have triggered an abuse detection mechanism. Please wait a few minutes before you try again.",
            "API rate limit exceeded for installation ID 1.",
            "Forbidden",
            "",
        ] {
            assert!(!is_about_permission(message) && !is_about_feature(message), "{message}");
        }
    }
}
