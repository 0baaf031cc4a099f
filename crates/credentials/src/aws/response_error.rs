//! Classifies error responses from AWS Secrets Manager. AWS sends an error code. Emulators and proxies may send none.
//! In that case, the HTTP status decides.

use aws_sdk_secretsmanager::{
    error::{ProvideErrorMetadata, SdkError},
    operation::get_secret_value::GetSecretValueError,
};

use crate::{AwsMessage, CredentialError, Secret, StoredSecret};

/// The error codes of invalid AWS credentials.
const INVALID_CREDENTIALS: [&str; 13] = [
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
pub(super) fn classify_error(
    secret: &'static Secret,
    stored: StoredSecret,
    error: &SdkError<GetSecretValueError>,
) -> CredentialError {
    let Some(response) = error.raw_response() else {
        return CredentialError::Unreachable(secret, AwsMessage::root_of(error));
    };
    let status = response.status().as_u16();
    let code = error.code().unwrap_or_default().to_owned();
    let message = match error.message() {
        Some(text) => AwsMessage::new(text),
        None if !code.is_empty() => AwsMessage::new(&format!("HTTP status {status}")),
        // The SDK's error about an unknown body is not used, because it quotes the body.
        None => AwsMessage::new(&format!("HTTP status {status} with a body that is not from AWS")),
    };
    match (&*code, status) {
        ("ResourceNotFoundException", _) => CredentialError::NotFound(secret, stored),
        ("InvalidRequestException", _) if message.as_str().contains("delet") => {
            CredentialError::MarkedForDeletion(secret, stored)
        }
        ("AccessDenied" | "AccessDeniedException", _) if message.as_str().contains("KMS") => {
            CredentialError::KeyAccessDenied(secret, stored, message)
        }
        ("AccessDenied" | "AccessDeniedException", _) | ("", 403) => {
            CredentialError::AccessDenied(secret, stored, message)
        }
        (code, _) if INVALID_CREDENTIALS.contains(&code) => {
            CredentialError::AwsCredentialsRefused(secret, message)
        }
        ("RequestLimitExceeded" | "Throttling" | "ThrottlingException" | "TooManyRequestsException", _)
        | ("", 429) => CredentialError::Throttled(secret, message),
        ("", _) => CredentialError::Failed(secret, stored, message),
        (code, _) => CredentialError::Failed(secret, stored, AwsMessage::new(&format!("{code}: {message}"))),
    }
}
