//! Classifies error responses of AWS's services by AWS's error code. Emulators and proxies may send no code.

use std::error::Error;

use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};

use super::xml_error::XmlError;
use crate::AwsMessage;

/// The error codes of denied access.
const DENIED: [&str; 2] = ["AccessDenied", "AccessDeniedException"];

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

/// The error codes of too many requests.
const THROTTLED: [&str; 4] =
    ["RequestLimitExceeded", "Throttling", "ThrottlingException", "TooManyRequestsException"];

/// Why a request to AWS failed. No message contains a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AwsRequestError {
    /// AWS says that the AWS credentials lack a permission. A refusal by a proxy is [`Failed`](Self::Failed).
    #[error("access is denied")]
    AccessDenied(#[source] AwsMessage),
    /// AWS does not accept the AWS credentials.
    #[error(
        "AWS does not accept the AWS credentials of this process; renew them, and check this machine's clock"
    )]
    CredentialsRefused(#[source] AwsMessage),
    /// Too many requests.
    #[error("AWS limits the rate of requests at the moment")]
    Throttled(#[source] AwsMessage),
    /// AWS did not respond.
    #[error("AWS cannot be reached; check the network, the region and AWS_ENDPOINT_URL")]
    Unreachable(#[source] AwsMessage),
    /// Any other response.
    #[error("AWS returned an error{}", suffix(.code))]
    Failed {
        /// AWS's error code; empty if the response has none.
        code: String,
        /// AWS's message.
        #[source]
        message: AwsMessage,
    },
}

impl<E: ProvideErrorMetadata + Error + 'static> From<&SdkError<E>> for AwsRequestError {
    fn from(error: &SdkError<E>) -> Self {
        let Some(response) = error.raw_response() else {
            return Self::Unreachable(AwsMessage::root_of(error));
        };
        let status = response.status().as_u16();
        let xml = XmlError::parse(response.body().bytes().unwrap_or_default());
        let code = error.code().or(xml.code).unwrap_or_default();
        let message = match error.message().or(xml.message.as_deref()) {
            Some(text) => AwsMessage::new(text),
            None if !code.is_empty() => AwsMessage::new(&format!("HTTP status {status}")),
            // The SDK's error about an unknown body is not used, because it quotes the body.
            None => AwsMessage::new(&format!("HTTP status {status} with a body that is not from AWS")),
        };
        match (code, status) {
            (code, _) if DENIED.contains(&code) => Self::AccessDenied(message),
            (code, _) if INVALID_CREDENTIALS.contains(&code) => Self::CredentialsRefused(message),
            (code, _) if THROTTLED.contains(&code) => Self::Throttled(message),
            ("", 429) => Self::Throttled(message),
            (code, _) => Self::Failed { code: code.to_owned(), message },
        }
    }
}

fn suffix(code: &str) -> String {
    if code.is_empty() { String::new() } else { format!(" ({code})") }
}
