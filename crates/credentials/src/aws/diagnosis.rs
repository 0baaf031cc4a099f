//! Diagnoses whether AWS provides the secrets. If AWS refuses a secret, names the missing permission.

use futures::future::join_all;
use system_health_registry::{Context, Finding, SharedError};

use super::{
    identity::{AwsIdentity, IdentityError},
    network::diagnose_authorities,
    session::AwsSessionError,
};
use crate::{CredentialError, Credentials, Secret, SecretLocation, StoredSecret};

/// Diagnoses AWS for the secrets that were requested in this context. The findings name the identity of this process,
/// and say why a secret is not available.
pub async fn diagnose(context: &Context) -> Vec<Finding> {
    let credentials: Credentials = match context.get().await {
        Ok(credentials) => credentials,
        Err(error) => return vec![Finding::failed("AWS", error.to_string())],
    };
    let mut findings = Vec::from_iter(diagnose_authorities());
    findings.extend(diagnose_secrets(&credentials).await);
    findings
}

async fn diagnose_secrets(credentials: &Credentials) -> Vec<Finding> {
    let Some(secrets_manager) = credentials.secrets_manager() else {
        return vec![Finding::ok("AWS", "is not used for secrets (`aws = false` in [secrets])")];
    };
    let requested = credentials.requested();
    let locations = join_all(requested.iter().map(|secret| credentials.location(secret))).await;
    // The crate that declares a secret reports whether the environment sets it to something unusable, and whether an optional
    // secret is missing.
    let is_omitted = |(secret, location): &(&Secret, Result<SecretLocation, CredentialError>)| {
        is_in_environment(location)
            || secret.is_optional() && location.as_ref().is_err_and(CredentialError::is_absent)
    };
    let locations: Vec<_> =
        requested.into_iter().zip(locations).filter(|lookup| !is_omitted(lookup)).collect();
    if locations.is_empty() {
        let message = "is not needed for secrets: the environment sets all credentials that a run needs";
        return vec![Finding::ok("AWS", message)];
    }
    let identity = secrets_manager.identity().await;
    let mut findings = vec![identity_finding(&identity)];
    findings.extend(
        locations
            .into_iter()
            .map(|(secret, location)| secret_finding(secret, location, identity.as_ref().ok())),
    );
    findings
}

/// Whether the environment sets the secret. AWS is not asked then, even if the value is unusable.
fn is_in_environment(location: &Result<SecretLocation, CredentialError>) -> bool {
    let location = match location {
        Ok(location) | Err(CredentialError::Unusable(_, location, _)) => location,
        Err(error) => return matches!(error, CredentialError::Unreadable(..)),
    };
    matches!(location, SecretLocation::Variable(_) | SecretLocation::File { .. })
}

fn identity_finding(identity: &Result<AwsIdentity, IdentityError>) -> Finding {
    match identity {
        Ok(AwsIdentity { account, arn }) => {
            Finding::ok("AWS identity", format!("{arn} in account {account}"))
        }
        Err(IdentityError::NoSession(
            none @ (AwsSessionError::NoCredentials | AwsSessionError::UnsupportedProfile(_)),
        )) => Finding::warning("AWS identity", none.to_string()),
        Err(error) => Finding::failed("AWS identity", error.to_string()),
    }
}

fn secret_finding(
    secret: &Secret,
    location: Result<SecretLocation, CredentialError>,
    identity: Option<&AwsIdentity>,
) -> Finding {
    let check = format!("AWS secret for the {secret}");
    match location {
        Ok(location) => Finding::ok(check, format!("read: {location}")),
        Err(error) => {
            let missing = match &error {
                CredentialError::AccessDenied(_, stored, _) => missing_statement(stored, identity),
                _ => String::new(),
            };
            let message = SharedError::new(error.clone()).to_string() + &missing;
            if error.is_absent() || secret.is_optional() {
                Finding::warning(check, message)
            } else {
                Finding::failed(check, message)
            }
        }
    }
}

/// The missing statement of the IAM policy. AWS adds a hyphen and six characters to the name of a secret in its ARN. Requests may
/// omit them, but policies must not.
/// See <https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html>.
fn missing_statement(stored: &StoredSecret, identity: Option<&AwsIdentity>) -> String {
    let id = stored.name.id();
    let resource = match identity {
        _ if id.starts_with("arn:") && has_suffix(id) => id.to_owned(),
        _ if id.starts_with("arn:") => format!("{id}-??????"),
        Some(AwsIdentity { account, arn }) => {
            let partition = arn.split(':').nth(1).unwrap_or("aws");
            format!("arn:{partition}:secretsmanager:{}:{account}:secret:{id}-??????", stored.region)
        }
        None => format!("arn:aws:secretsmanager:{}:ACCOUNT:secret:{id}-??????", stored.region),
    };
    format!(
        r#"; the IAM policy lacks {{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "{resource}"}}"#
    )
}

/// Whether an ARN ends with a hyphen and six characters. Then AWS treats the ARN as complete.
fn has_suffix(arn: &str) -> bool {
    let suffix = arn.rsplit_once('-').map(|(_, suffix)| suffix);
    suffix.is_some_and(|suffix| suffix.len() == 6 && suffix.chars().all(|c| c.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StoredName;

    #[tokio::test]
    async fn a_secret_that_the_environment_sets_is_not_looked_for_in_aws() {
        const TOKEN: Secret =
            Secret::new("pager token", &["PAGER_TOKEN"], StoredName::new("pager", "", "", |_| Ok(None)));
        // `two words` is neither a token nor the path of a file.
        for (variable, value) in
            [("PAGER_TOKEN", "s3cret"), ("PAGER_TOKEN", "two words"), ("PAGER_TOKEN_FILE", "two words")]
        {
            let credentials = Credentials::builder().variables([(variable, value)]).build();
            let result = credentials.location(&TOKEN).await;
            assert_eq!(result.is_ok(), value == "s3cret", "{result:?}");

            let message = "is not needed for secrets: the environment sets all credentials that a run needs";
            let findings = diagnose_secrets(&credentials).await;
            assert_eq!(findings, [Finding::ok("AWS", message)], "{variable}={value}");
        }
    }

    #[test]
    fn the_missing_permission_is_named_exactly() {
        let stored = |name: &str| StoredSecret { name: name.parse().unwrap(), region: "eu-west-1".into() };
        let identity = AwsIdentity {
            account: "123456789012".into(),
            arn: "arn:aws-us-gov:sts::123456789012:assumed-role/reporter/pod".into(),
        };
        let resource = |text: String| text.rsplit_once("\"Resource\": ").unwrap().1.to_owned();

        assert_eq!(
            resource(missing_statement(&stored("datadog/api-key#field"), Some(&identity))),
            r#""arn:aws-us-gov:secretsmanager:eu-west-1:123456789012:secret:datadog/api-key-??????"}"#
        );
        assert_eq!(
            resource(missing_statement(&stored("datadog/api-key"), None)),
            r#""arn:aws:secretsmanager:eu-west-1:ACCOUNT:secret:datadog/api-key-??????"}"#
        );
        let arn = "arn:aws:secretsmanager:us-east-1:1:secret:x-AbCdEf";
        assert_eq!(resource(missing_statement(&stored(arn), Some(&identity))), format!("\"{arn}\"}}"));
        for name in [
            "arn:aws:secretsmanager:us-east-1:1:secret:x",
            "arn:aws:secretsmanager:us-east-1:1:secret:x/api-key",
        ] {
            let resource = resource(missing_statement(&stored(name), None));
            assert_eq!(resource, format!("\"{name}-??????\"}}"));
        }
    }
}
