//! Why a secret is not available. The messages say what to do, if that is known. None of them repeats a secret.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use system_health_registry::settings::SettingsError;

use crate::{AwsMessage, InvalidSecret, Secret, SecretLocation, SecretName, StoredSecret};

/// Why a secret is not available.
///
/// It can be cloned, because all callers that need the secret share the error.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// The file that a variable names cannot be read. The path is empty if it may be the secret itself: somebody may have
    /// set the variable to the secret instead of its file.
    #[error("{}", unreadable(.0, .1, .2))]
    Unreadable(&'static Secret, String, PathBuf, #[source] Arc<io::Error>),

    /// There is a value, but it is not a token or key.
    #[error("cannot use {1} as the {0}")]
    Unusable(&'static Secret, SecretLocation, #[source] InvalidSecret),

    /// The secret in AWS is a JSON object, and the settings do not name a field.
    #[error(
        "cannot get the {0}: the {1} is a JSON object; name the field that contains the value, \
         `{setting} = \"{name}#FIELD\"` in [{table}], or store the plain value",
        setting = .0.stored().key(), table = .0.stored().table(), name = .1.name
    )]
    WholeObject(&'static Secret, StoredSecret),

    /// The secret is not in the environment, and the settings turn AWS off.
    #[error(
        "found no {0}: {variable} is not set, and AWS is not used (`aws = false` in [secrets]); set {variable}",
        variable = .0.usual_variable()
    )]
    AwsTurnedOff(&'static Secret),

    /// The settings name a secret in AWS and turn AWS off.
    #[error(
        "cannot get the {0}: `{setting}` in [{table}] names the secret `{name}` in AWS Secrets Manager, but AWS is not used \
         (`aws = false` in [secrets]); remove one of the two settings, or set {variable}",
        setting = .0.stored().key(), table = .0.stored().table(), name = .1.id(), variable = .0.usual_variable()
    )]
    AwsTurnedOffForName(&'static Secret, SecretName),

    /// The secret is not in the environment, and this program was built without AWS.
    #[error(
        "found no {0}: {variable} is not set, and this program was built without AWS Secrets Manager (the feature \
         `aws`); set {variable}",
        variable = .0.usual_variable()
    )]
    BuiltWithoutAws(&'static Secret),

    /// The settings name a secret in AWS, but this program was built without AWS.
    #[error(
        "cannot get the {0}: `{setting}` in [{table}] names the secret `{name}`, but this program was built without \
         AWS Secrets Manager (the feature `aws`); build it with this feature, or set {variable}",
        setting = .0.stored().key(), table = .0.stored().table(), name = .1.id(), variable = .0.usual_variable()
    )]
    BuiltWithoutAwsForName(&'static Secret, SecretName),

    /// The settings table that may name the secret is invalid.
    #[error("cannot get the {0}")]
    Settings(&'static Secret, #[source] Arc<SettingsError>),

    /// The secret is not in the environment, and there are no AWS credentials.
    #[error(
        "found no {0}: {variable} is not set, and there are no AWS credentials for AWS Secrets Manager; \
         set {variable}, or give this process AWS credentials",
        variable = .0.usual_variable()
    )]
    NoAwsCredentials(&'static Secret),

    /// The settings name a secret in AWS, but there are no AWS credentials.
    #[error(
        "cannot get the {0}: `{setting}` in [{table}] names the secret `{name}` in AWS Secrets Manager, but \
         there are no AWS credentials to read it with; give this process AWS credentials, or set {variable}",
        setting = .0.stored().key(), table = .0.stored().table(), name = .1.id(), variable = .0.usual_variable()
    )]
    NoAwsCredentialsForName(&'static Secret, SecretName),

    /// The AWS profile needs a login method that is not supported.
    #[error(
        "cannot get the {0}: the AWS profile in use logs in through `{1}`, which is not supported; log in \
         first with `eval \"$(aws configure export-credentials --format env)\"`, or set {variable}, or write \
         `aws = false` in [secrets]",
        variable = .0.usual_variable()
    )]
    UnsupportedProfile(&'static Secret, AwsMessage),

    /// There are AWS credentials, but no region.
    #[error(
        "cannot get the {0}: there are AWS credentials, but the AWS region is not known; \
         set AWS_REGION or `region` in [secrets], or set {variable}, or write `aws = false` \
         in [secrets]",
        variable = .0.usual_variable()
    )]
    NoRegion(&'static Secret),

    /// AWS has no secret with the default name.
    #[error(
        "found no {0}: {variable} is not set, and these AWS credentials find no {1}; set {variable}, create \
         the secret, or name another with `{setting}` in [{table}]",
        variable = .0.usual_variable(), setting = .0.stored().key(), table = .0.stored().table()
    )]
    NotFound(&'static Secret, StoredSecret),

    /// AWS has no secret with the name in the settings.
    #[error(
        "cannot get the {0}: these AWS credentials find no {1}, which `{setting}` in [{table}] names; correct \
         the name or the region, create the secret, or set {variable}",
        variable = .0.usual_variable(), setting = .0.stored().key(), table = .0.stored().table()
    )]
    NameNotFound(&'static Secret, StoredSecret),

    /// The secret was deleted, but can still be restored.
    #[error(
        "cannot get the {0}: the {1} is marked for deletion; restore it with \
         `aws secretsmanager restore-secret --secret-id {id}`, or set {variable}",
        id = .1.name.id(), variable = .0.usual_variable()
    )]
    MarkedForDeletion(&'static Secret, StoredSecret),

    /// The AWS credentials may not read the secret.
    #[error(
        "cannot get the {0}: access to the {1} is denied; allow these AWS credentials the action \
         secretsmanager:GetSecretValue on it"
    )]
    AccessDenied(&'static Secret, StoredSecret, #[source] AwsMessage),

    /// The AWS credentials may not use the key that encrypts the secret.
    #[error(
        "cannot get the {0}: access to the key that encrypts the {1} is denied; allow these AWS credentials \
         the action kms:Decrypt on that key"
    )]
    KeyAccessDenied(&'static Secret, StoredSecret, #[source] AwsMessage),

    /// AWS does not accept the AWS credentials.
    #[error(
        "cannot get the {0}: AWS does not accept the AWS credentials of this process; renew them, and check \
         this machine's clock"
    )]
    AwsCredentialsRefused(&'static Secret, #[source] AwsMessage),

    /// Loading the AWS credentials failed or took too long.
    #[error(
        "cannot get the {0}: the AWS credentials of this process could not be loaded; fix the profile, web \
         identity or role that they come from, or set {variable}, or write `aws = false` in [secrets]",
        variable = .0.usual_variable()
    )]
    AwsCredentialsBroken(&'static Secret, #[source] AwsMessage),

    /// A proxy, a certificate or a region cannot be used.
    #[error(
        "cannot get the {0}: no connection to AWS can be set up: {1}; correct this, or set {variable}, or \
         write `aws = false` in [secrets]",
        variable = .0.usual_variable()
    )]
    NoConnection(&'static Secret, AwsMessage),

    /// Too many requests.
    #[error("cannot get the {0}: AWS limits the rate of requests at the moment; try again later, or set {variable}",
        variable = .0.usual_variable()
    )]
    Throttled(&'static Secret, #[source] AwsMessage),

    /// AWS did not respond.
    #[error(
        "cannot get the {0}: AWS Secrets Manager cannot be reached; check the network, the region and \
         AWS_ENDPOINT_URL, or set {variable}",
        variable = .0.usual_variable()
    )]
    Unreachable(&'static Secret, #[source] AwsMessage),

    /// Any other response.
    #[error("cannot get the {0}: AWS returned no value for the {1}")]
    Failed(&'static Secret, StoredSecret, #[source] AwsMessage),
}

fn unreadable(secret: &'static Secret, variable: &str, path: &Path) -> String {
    if path.as_os_str().is_empty() {
        format!(
            "{variable} names a file that cannot be read (its path is not shown, because it may be the secret \
             itself)"
        )
    } else {
        format!("cannot read {}, which {variable} names as the file of the {secret}", path.display())
    }
}

impl CredentialError {
    /// Whether the secret is only not configured. Otherwise, something that should provide the secret does not work, and a run
    /// must not continue without it.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        matches!(
            self,
            Self::AwsTurnedOff(_) | Self::BuiltWithoutAws(_) | Self::NoAwsCredentials(_) | Self::NotFound(..)
        )
    }

    /// The same error for a secret that the settings name, and that therefore must exist.
    pub(crate) fn with_explicit_name(self, name: &SecretName) -> Self {
        match self {
            Self::NoAwsCredentials(secret) => Self::NoAwsCredentialsForName(secret, name.clone()),
            Self::BuiltWithoutAws(secret) => Self::BuiltWithoutAwsForName(secret, name.clone()),
            Self::NotFound(secret, stored) => Self::NameNotFound(secret, stored),
            other => other,
        }
    }
}
