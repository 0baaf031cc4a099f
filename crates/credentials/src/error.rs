//! Why a secret could not be had. Each message says what to do, and none repeats a secret.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use system_health_registry::settings::SettingsError;

use crate::{AwsWords, Flaw, Place, Secret, SecretName, StoredSecret};

/// Why a secret could not be had.
///
/// It is shared by all that ask for the secret, so it can be cloned.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// The file that a variable names cannot be read.
    #[error("{}", unreadable(.0, .1, .2))]
    Unreadable(&'static Secret, String, PathBuf, #[source] Arc<io::Error>),

    /// Something is there, but it is no token or key.
    #[error("cannot use {1} as the {0}")]
    Unusable(&'static Secret, Place, #[source] Flaw),

    /// The secret in AWS is a JSON object, and settings do not say which field to take.
    #[error(
        "cannot get the {0}: the {1} is a JSON object; name the field that holds it, \
         `{setting} = \"{name}#FIELD\"` in [{table}], or store the plain value",
        setting = .0.stored().key(), table = .0.stored().table(), name = .1.name
    )]
    WholeObject(&'static Secret, StoredSecret),

    /// The environment does not hold it, and settings say not to ask AWS.
    #[error(
        "found no {0}: {variable} is not set, and AWS is not asked (`aws = false` in [secrets]); set {variable}",
        variable = .0.usual_variable()
    )]
    AwsTurnedOff(&'static Secret),

    /// The environment does not hold it, and this program cannot ask AWS.
    #[error(
        "found no {0}: {variable} is not set, and this program was built without AWS Secrets Manager (the feature \
         `aws`); set {variable}",
        variable = .0.usual_variable()
    )]
    BuiltWithoutAws(&'static Secret),

    /// Settings name a secret, but this program cannot ask AWS.
    #[error(
        "cannot get the {0}: `{setting}` in [{table}] names the secret `{name}`, but this program was built without \
         AWS Secrets Manager (the feature `aws`); build it with that, or set {variable}",
        setting = .0.stored().key(), table = .0.stored().table(), name = .1.id(), variable = .0.usual_variable()
    )]
    BuiltWithoutAwsForName(&'static Secret, SecretName),

    /// The table of the settings that may name it is wrong.
    #[error("cannot get the {0}")]
    Settings(&'static Secret, #[source] Arc<SettingsError>),

    /// The environment does not hold it, and there is nothing to ask AWS with.
    #[error(
        "found no {0}: {variable} is not set, and there are no AWS credentials to ask AWS Secrets Manager \
         with; set {variable}, or give this process AWS credentials",
        variable = .0.usual_variable()
    )]
    NoAwsCredentials(&'static Secret),

    /// Settings name a secret, but there is nothing to ask AWS with.
    #[error(
        "cannot get the {0}: `{setting}` in [{table}] names the secret `{name}` in AWS Secrets Manager, but \
         there are no AWS credentials to read it with; give this process AWS credentials, or set {variable}",
        setting = .0.stored().key(), table = .0.stored().table(), name = .1.id(), variable = .0.usual_variable()
    )]
    NoAwsCredentialsForName(&'static Secret, SecretName),

    /// The AWS profile gets its credentials in a way that is not built in.
    #[error(
        "cannot get the {0}: the AWS profile in use logs in through `{1}`, which is not supported; log in \
         first with `eval \"$(aws configure export-credentials --format env)\"`, or set {variable}, or write \
         `aws = false` in [secrets]",
        variable = .0.usual_variable()
    )]
    UnsupportedProfile(&'static Secret, AwsWords),

    /// There are AWS credentials, but nothing says which region to ask.
    #[error(
        "cannot get the {0}: there are AWS credentials, but no AWS region is known in which to ask AWS \
         Secrets Manager; set AWS_REGION or `region` in [secrets], or set {variable}, or write `aws = false` \
         in [secrets]",
        variable = .0.usual_variable()
    )]
    NoRegion(&'static Secret),

    /// AWS has no secret of the default name.
    #[error(
        "found no {0}: {variable} is not set, and these AWS credentials see no {1}; set {variable}, create \
         the secret, or name another with `{setting}` in [{table}]",
        variable = .0.usual_variable(), setting = .0.stored().key(), table = .0.stored().table()
    )]
    NotFound(&'static Secret, StoredSecret),

    /// AWS has no secret of the name that settings say.
    #[error(
        "cannot get the {0}: these AWS credentials see no {1}, which `{setting}` in [{table}] names; correct \
         the name or the region, create the secret, or set {variable}",
        variable = .0.usual_variable(), setting = .0.stored().key(), table = .0.stored().table()
    )]
    NameNotFound(&'static Secret, StoredSecret),

    /// Somebody deleted the secret, but it can still be restored.
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
    AccessDenied(&'static Secret, StoredSecret, #[source] AwsWords),

    /// The AWS credentials may not use the key that encrypts the secret.
    #[error(
        "cannot get the {0}: access to the key that encrypts the {1} is denied; allow these AWS credentials \
         the action kms:Decrypt on that key"
    )]
    KeyAccessDenied(&'static Secret, StoredSecret, #[source] AwsWords),

    /// There are AWS credentials, but AWS does not take them.
    #[error(
        "cannot get the {0}: AWS does not accept the AWS credentials of this process; renew them, and check \
         this machine's clock"
    )]
    AwsCredentialsRefused(&'static Secret, #[source] AwsWords),

    /// AWS credentials should be there, but getting them failed.
    #[error(
        "cannot get the {0}: the AWS credentials of this process could not be loaded; fix the profile, web \
         identity or role that they come from, or set {variable}, or write `aws = false` in [secrets]",
        variable = .0.usual_variable()
    )]
    AwsCredentialsBroken(&'static Secret, #[source] AwsWords),

    /// A proxy or a file of certificates that the environment names cannot be used.
    #[error(
        "cannot get the {0}: no connection to AWS can be set up: {1}; correct the variable, or set {variable}, or \
         write `aws = false` in [secrets]",
        variable = .0.usual_variable()
    )]
    NoConnection(&'static Secret, AwsWords),

    /// Too many requests.
    #[error("cannot get the {0}: AWS limits the rate of requests for now; try again later, or set {variable}",
        variable = .0.usual_variable()
    )]
    Throttled(&'static Secret, #[source] AwsWords),

    /// AWS did not answer.
    #[error(
        "cannot get the {0}: AWS Secrets Manager cannot be reached; check the network, the region and \
         AWS_ENDPOINT_URL, or set {variable}",
        variable = .0.usual_variable()
    )]
    Unreachable(&'static Secret, #[source] AwsWords),

    /// Any other answer.
    #[error("cannot get the {0}: AWS gave no value for the {1}")]
    Failed(&'static Secret, StoredSecret, #[source] AwsWords),
}

/// The path is left out where it may be the secret itself, written where its file belongs.
fn unreadable(secret: &'static Secret, variable: &str, path: &Path) -> String {
    if path.extension().is_some() || path.components().nth(1).is_some() {
        format!("cannot read {}, which {variable} names as the file of the {secret}", path.display())
    } else {
        format!(
            "{variable} names a file that cannot be read (its path is not shown, because it may be the secret \
             itself)"
        )
    }
}

impl CredentialError {
    /// Whether nothing is configured that could give the secret. Otherwise something is configured and does
    /// not work, which is never a reason to go on without the secret.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        matches!(
            self,
            Self::AwsTurnedOff(_) | Self::BuiltWithoutAws(_) | Self::NoAwsCredentials(_) | Self::NotFound(..)
        )
    }

    /// The same error for a secret whose name somebody set: there it must exist.
    pub(crate) fn with_explicit_name(self, name: &SecretName) -> Self {
        match self {
            Self::NoAwsCredentials(secret) => Self::NoAwsCredentialsForName(secret, name.clone()),
            Self::BuiltWithoutAws(secret) => Self::BuiltWithoutAwsForName(secret, name.clone()),
            Self::NotFound(secret, stored) => Self::NameNotFound(secret, stored),
            other => other,
        }
    }
}
