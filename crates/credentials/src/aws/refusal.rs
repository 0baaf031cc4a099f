//! What an error of AWS Secrets Manager means. AWS tells it by a code, and a stand-in or a proxy that
//! has no codes by the HTTP status.

use aws_sdk_secretsmanager::{
    error::{ProvideErrorMetadata, SdkError},
    operation::get_secret_value::GetSecretValueError,
};

use crate::{AwsWords, CredentialError, Secret, StoredSecret};

/// The codes with which AWS says that it does not take who asks for who they say they are.
const IDENTITY_REFUSED: [&str; 13] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "InvalidToken",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "NotAuthorized",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

/// The error for a failed request.
pub(super) fn explain(
    secret: &'static Secret,
    stored: StoredSecret,
    error: &SdkError<GetSecretValueError>,
) -> CredentialError {
    let Some(response) = error.raw_response() else {
        return CredentialError::Unreachable(secret, AwsWords::root_of(error));
    };
    let status = response.status().as_u16();
    let code = error.code().unwrap_or_default().to_owned();
    let words = match error.message() {
        Some(message) => AwsWords::new(message),
        None if !code.is_empty() => AwsWords::new(&format!("HTTP status {status}")),
        // What the SDK says about a body that it does not understand would quote from it.
        None => AwsWords::new(&format!("HTTP status {status} with a body that is not from AWS")),
    };
    match (&*code, status) {
        ("ResourceNotFoundException", _) => CredentialError::NotFound(secret, stored),
        ("InvalidRequestException", _) if words.as_str().contains("delet") => {
            CredentialError::MarkedForDeletion(secret, stored)
        }
        ("AccessDenied" | "AccessDeniedException", _) if words.as_str().contains("KMS") => {
            CredentialError::KeyAccessDenied(secret, stored, words)
        }
        ("AccessDenied" | "AccessDeniedException", _) | ("", 403) => {
            CredentialError::AccessDenied(secret, stored, words)
        }
        (code, _) if IDENTITY_REFUSED.contains(&code) => {
            CredentialError::AwsCredentialsRefused(secret, words)
        }
        ("RequestLimitExceeded" | "Throttling" | "ThrottlingException" | "TooManyRequestsException", _)
        | ("", 429) => CredentialError::Throttled(secret, words),
        ("", _) => CredentialError::Failed(secret, stored, words),
        (code, _) => CredentialError::Failed(secret, stored, AwsWords::new(&format!("{code}: {words}"))),
    }
}
