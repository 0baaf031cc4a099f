//! Classifies error responses from AWS Secrets Manager.

use aws_sdk_secretsmanager::{error::SdkError, operation::get_secret_value::GetSecretValueError};

use super::request_error::AwsRequestError;
use crate::{AwsMessage, CredentialError, Secret, StoredSecret};

/// The error for a failed request.
pub(super) fn classify_error(
    secret: &'static Secret,
    stored: StoredSecret,
    error: &SdkError<GetSecretValueError>,
) -> CredentialError {
    let is_forbidden = error.raw_response().is_some_and(|response| response.status().as_u16() == 403);
    match AwsRequestError::from(error) {
        AwsRequestError::AccessDenied(message) if message.as_str().contains("KMS") => {
            CredentialError::KeyAccessDenied(secret, stored, message)
        }
        AwsRequestError::AccessDenied(message) => CredentialError::AccessDenied(secret, stored, message),
        AwsRequestError::CredentialsRefused(message) => {
            CredentialError::AwsCredentialsRefused(secret, message)
        }
        AwsRequestError::Throttled(message) => CredentialError::Throttled(secret, message),
        AwsRequestError::Unreachable(message) => CredentialError::Unreachable(secret, message),
        AwsRequestError::Failed { code, message } => match &*code {
            // Emulators may send no code.
            "" if is_forbidden => CredentialError::AccessDenied(secret, stored, message),
            "" => CredentialError::Failed(secret, stored, message),
            "ResourceNotFoundException" => CredentialError::NotFound(secret, stored),
            "InvalidRequestException" if message.as_str().contains("delet") => {
                CredentialError::MarkedForDeletion(secret, stored)
            }
            code => CredentialError::Failed(secret, stored, AwsMessage::new(&format!("{code}: {message}"))),
        },
    }
}
