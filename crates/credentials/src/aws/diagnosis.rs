//! Whether the secrets can be had, and if AWS refuses one, what is missing exactly.

use futures::future::join_all;
use system_health_registry::{Context, Finding, SharedError};

use super::{
    identity::{AwsIdentity, IdentityError},
    network::authorities,
};
use crate::{CredentialError, Credentials, Place, Secret, StoredSecret};

/// What AWS has to do with the secrets that were asked for in this context, for `report doctor`: who AWS takes this
/// process for, and why a secret is not given.
pub async fn diagnose(context: &Context) -> Vec<Finding> {
    let credentials: Credentials = match context.get().await {
        Ok(credentials) => credentials,
        Err(error) => return vec![Finding::failed("AWS", error.to_string())],
    };
    let mut findings = Vec::from_iter(authorities());
    findings.extend(secrets(&credentials).await);
    findings
}

async fn secrets(credentials: &Credentials) -> Vec<Finding> {
    let Some(secrets_manager) = credentials.secrets_manager() else {
        return vec![Finding::ok("AWS", "is not asked (`aws = false` in [secrets])")];
    };
    let wanted = credentials.asked_for();
    let places = join_all(wanted.iter().map(|secret| credentials.place(secret))).await;
    let is_outside =
        |place: &Result<Place, CredentialError>| matches!(place, Ok(Place::Variable(_) | Place::File { .. }));
    // Whoever can do without an optional secret says whether there is one.
    let is_left_out = |(secret, place): &(&Secret, Result<Place, CredentialError>)| {
        is_outside(place) || secret.is_optional() && place.as_ref().is_err_and(CredentialError::is_absent)
    };
    let places: Vec<_> = wanted.into_iter().zip(places).filter(|found| !is_left_out(found)).collect();
    if places.is_empty() {
        let message = "is not needed: the environment has all credentials that a run needs";
        return vec![Finding::ok("AWS", message)];
    }
    let identity = secrets_manager.identity().await;
    let secrets = places.into_iter().map(|(secret, place)| describe(secret, place, identity.as_ref().ok()));
    let mut findings = vec![identity_finding(&identity)];
    findings.extend(secrets.collect::<Vec<_>>());
    findings
}

fn identity_finding(identity: &Result<AwsIdentity, IdentityError>) -> Finding {
    match identity {
        Ok(AwsIdentity { account, arn }) => {
            Finding::ok("AWS identity", format!("{arn} in account {account}"))
        }
        Err(none @ (IdentityError::NoCredentials | IdentityError::UnsupportedProfile(_))) => {
            Finding::warning("AWS identity", none.to_string())
        }
        Err(error) => Finding::failed("AWS identity", error.to_string()),
    }
}

fn describe(
    secret: &Secret,
    place: Result<Place, CredentialError>,
    identity: Option<&AwsIdentity>,
) -> Finding {
    let subject = format!("AWS secret for the {secret}");
    match place {
        Ok(place) => Finding::ok(subject, format!("read: {place}")),
        Err(error) => {
            let missing = match &error {
                CredentialError::AccessDenied(_, stored, _) => permission(stored, identity),
                _ => String::new(),
            };
            let message = SharedError::new(error.clone()).to_string() + &missing;
            if error.is_absent() || secret.is_optional() {
                Finding::warning(subject, message)
            } else {
                Finding::failed(subject, message)
            }
        }
    }
}

/// The statement that an IAM policy lacks. AWS adds six characters to the name of a secret in its ARN.
/// See <https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html>.
fn permission(stored: &StoredSecret, identity: Option<&AwsIdentity>) -> String {
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
            resource(permission(&stored("datadog/api-key#field"), Some(&identity))),
            r#""arn:aws-us-gov:secretsmanager:eu-west-1:123456789012:secret:datadog/api-key-??????"}"#
        );
        assert_eq!(
            resource(permission(&stored("datadog/api-key"), None)),
            r#""arn:aws:secretsmanager:eu-west-1:ACCOUNT:secret:datadog/api-key-??????"}"#
        );
        let arn = "arn:aws:secretsmanager:us-east-1:1:secret:x-AbCdEf";
        assert_eq!(resource(permission(&stored(arn), Some(&identity))), format!("\"{arn}\"}}"));
    }
}
