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
    findings.extend(secrets(&credentials).await);
    findings
}

async fn secrets(credentials: &Credentials) -> Vec<Finding> {
    let Some(secrets_manager) = credentials.secrets_manager() else {
        return vec![Finding::ok("AWS", "is not used (`aws = false` in [secrets])")];
    };
    let requested = credentials.requested();
    let locations = join_all(requested.iter().map(|secret| credentials.location(secret))).await;
    let is_in_environment = |location: &Result<SecretLocation, CredentialError>| {
        matches!(location, Ok(SecretLocation::Variable(_) | SecretLocation::File { .. }))
    };
    // The crate that declares an optional secret reports whether there is one.
    let is_omitted = |(secret, location): &(&Secret, Result<SecretLocation, CredentialError>)| {
        is_in_environment(location)
            || secret.is_optional() && location.as_ref().is_err_and(CredentialError::is_absent)
    };
    let locations: Vec<_> = requested.into_iter().zip(locations).filter(|found| !is_omitted(found)).collect();
    if locations.is_empty() {
        let message = "is not needed for secrets: the environment has all credentials that a run needs";
        return vec![Finding::ok("AWS", message)];
    }
    let identity = secrets_manager.identity().await;
    let secrets =
        locations.into_iter().map(|(secret, location)| describe(secret, location, identity.as_ref().ok()));
    let mut findings = vec![identity_finding(&identity)];
    findings.extend(secrets.collect::<Vec<_>>());
    findings
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

fn describe(
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

/// The missing statement of the IAM policy. AWS adds six characters to the name of a secret in its ARN.
/// See <https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html>.
fn missing_statement(stored: &StoredSecret, identity: Option<&AwsIdentity>) -> String {
    let id = stored.name.id();
    let resource = match identity {
        _ if id.starts_with("arn:") => id.to_owned(),
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

#[cfg(test)]
mod tests {
    use super::*;

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
    }
}
