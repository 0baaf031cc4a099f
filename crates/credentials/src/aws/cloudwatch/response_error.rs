//! An error response in the protocol AWS JSON. See <https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html>.

use aws_smithy_types::error::metadata::{ErrorMetadata, ProvideErrorMetadata};
use serde::Deserialize;

/// An error response of CloudWatch.
#[derive(Debug, thiserror::Error)]
#[error("CloudWatch returned an error")]
pub struct CloudWatchResponseError(ErrorMetadata);

#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    #[serde(rename = "__type")]
    error_type: Option<String>,
    message: Option<String>,
    /// Servers use one of the two spellings, or both.
    #[serde(rename = "Message")]
    capitalized_message: Option<String>,
}

impl CloudWatchResponseError {
    /// The error in a body. A body that is not from AWS has neither a code nor a message.
    pub(super) fn from_body(body: &[u8]) -> Self {
        let body: Body = serde_json::from_slice(body).unwrap_or_default();
        // The type is a code, which may have a namespace in front and a URL behind it.
        let code = body.error_type.as_deref().and_then(|text| text.split(':').next());
        let code = code.and_then(|code| code.rsplit('#').next()).map(str::to_owned);
        let mut metadata = ErrorMetadata::builder();
        metadata = match code {
            Some(code) => metadata.code(code),
            None => metadata,
        };
        metadata = match body.message.or(body.capitalized_message) {
            Some(message) => metadata.message(message),
            None => metadata,
        };
        Self(metadata.build())
    }
}

impl ProvideErrorMetadata for CloudWatchResponseError {
    fn meta(&self) -> &ErrorMetadata {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_and_the_message_are_found_in_each_spelling() {
        for error_type in ["AccessDenied", "com.amazon#AccessDenied", "AccessDenied:http://example.com/"] {
            for message in [r#""Message": "no""#, r#""message": "no""#, r#""message": "no", "Message": "no""#]
            {
                let body = format!(r#"{{"__type": "{error_type}", {message}}}"#);
                let error = CloudWatchResponseError::from_body(body.as_bytes());
                assert_eq!((error.code(), error.message()), (Some("AccessDenied"), Some("no")), "{body}");
            }
        }
        let error = CloudWatchResponseError::from_body(b"<html>");
        assert_eq!((error.code(), error.message()), (None, None));
    }
}
