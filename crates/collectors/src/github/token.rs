//! The token for GitHub's API, and where it is looked up.

use system_health_credentials::{Secret, register_secret, stored};

use super::GitHubSettings;

/// The token for GitHub's API.
pub const TOKEN: Secret = Secret::new(
    "GitHub token",
    &["GITHUB_DASHBOARD_TOKEN", "GITHUB_TOKEN", "GH_TOKEN"],
    stored!("github/dashboard-token", GitHubSettings, token_secret),
)
.with_usual_variable("GITHUB_TOKEN")
// See <https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github>.
.with_prefixes(&["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"]);

register_secret!(TOKEN);

#[cfg(test)]
mod tests {
    use system_health_registry::{Settings, settings::Origin};

    use super::*;

    #[test]
    fn the_settings_contain_the_name_of_the_secret_but_never_the_secret() {
        let with = |name: &str| {
            Settings::builder().set("github", "token_secret", name, Origin::Flag("--set")).build()
        };
        let name = TOKEN.stored().explicit_name(&with("team/github#token").unwrap()).unwrap();
        assert_eq!(name.unwrap().to_string(), "team/github#token");
        assert_eq!(TOKEN.stored().explicit_name(&Settings::default()).unwrap(), None);
        for token in ["ghp_0123456789", "github_pat_11AB"] {
            let error = with(token).unwrap_err().to_string();
            assert!(error.contains("and not the secret itself") && !error.contains(token), "{error}");
        }
    }

    #[test]
    fn an_empty_name_is_refused_with_its_origin() {
        let error = Settings::builder().set("github", "token_secret", "", Origin::Flag("--set")).build();
        insta::assert_snapshot!(error.unwrap_err(), @"flag --set: `token_secret` in [github]: expected the name or ARN of a secret in AWS Secrets Manager, followed by `#field` for one field of a JSON object, and not the secret itself; to turn AWS off, write `aws = false` in [secrets]");
    }
}
