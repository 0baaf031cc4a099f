//! Reads the responses of receivers (<https://opentelemetry.io/docs/specs/otlp/#otlphttp-response>).

use std::time::SystemTime;

use http::{StatusCode, header::CONTENT_TYPE};
use prost::Message;
use serde_json::Value;
use system_health_http::{HttpResponse, Redactor, Retry, may_have_been_processed};
use system_health_otlp_protocol::PROTOBUF;

use crate::{
    error::OtlpError,
    proto::{ExportMetricsPartialSuccess, ExportMetricsServiceResponse, Status},
};

/// The form of a response's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Protobuf,
    /// Some receivers answer with JSON to a request with protobuf.
    Json,
    Html,
    Other,
}

/// How many points of a request the receiver refused, or why the request failed.
pub(crate) fn read_response(
    response: &HttpResponse,
    redactor: &Redactor,
) -> Result<ExportMetricsPartialSuccess, OtlpError> {
    if !response.status.is_success() {
        return Err(failure(response, redactor));
    }
    let unreadable = || OtlpError::Unreadable(quoted(response, redactor));
    if response.is_truncated {
        return Err(unreadable());
    }
    match form(response) {
        _ if response.body.is_empty() => Ok(ExportMetricsPartialSuccess::default()),
        Form::Protobuf => {
            let decoded = ExportMetricsServiceResponse::decode(&*response.body).map_err(|_| unreadable())?;
            Ok(decoded.partial_success.unwrap_or_default())
        }
        Form::Json => json_partial_success(&response.body).ok_or_else(unreadable),
        // Such as a login page.
        Form::Html => Err(OtlpError::Unexpected(quoted(response, redactor))),
        Form::Other => Err(unreadable()),
    }
}

/// Classifies a response with an error status. Only four statuses are temporary
/// (<https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes>).
fn failure(response: &HttpResponse, redactor: &Redactor) -> OtlpError {
    let (status, quoted) = (response.status, quoted(response, redactor));
    match status {
        StatusCode::BAD_REQUEST => OtlpError::Invalid(quoted),
        StatusCode::PAYLOAD_TOO_LARGE => OtlpError::TooLarge(quoted),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => OtlpError::Login(quoted),
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => OtlpError::Busy {
            response: quoted,
            retry: Retry::from_response(status, &response.headers, SystemTime::now()),
            may_have_arrived: may_have_been_processed(status),
        },
        // 408 may come from a proxy that got no response from the receiver.
        _ if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT => OtlpError::Failed(quoted),
        _ => OtlpError::Unexpected(quoted),
    }
}

fn form(response: &HttpResponse) -> Form {
    let media_type =
        response.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "" | PROTOBUF | "application/protobuf" => Form::Protobuf,
        "application/json" => Form::Json,
        "text/html" => Form::Html,
        _ => Form::Other,
    }
}

/// The status, and what the body says about it.
fn quoted(response: &HttpResponse, redactor: &Redactor) -> String {
    let text = || String::from_utf8_lossy(&response.body).into_owned();
    let words = match form(response) {
        Form::Protobuf => Status::decode(&*response.body).map_or_else(|_| text(), |status| status.message),
        Form::Json => serde_json::from_slice::<Value>(&response.body)
            .ok()
            .and_then(|body| Some(body.get("message")?.as_str()?.to_owned()))
            .unwrap_or_else(text),
        Form::Html => "a page of HTML".to_owned(),
        Form::Other => text(),
    };
    let status = response.status.as_u16();
    match redactor.quote(&words) {
        words if words.is_empty() => format!("HTTP {status}"),
        words => format!("HTTP {status}: {words}"),
    }
}

/// The partial success in a JSON object. A number of 64 bits is a string in OTLP's JSON, and null means the default value.
fn json_partial_success(body: &[u8]) -> Option<ExportMetricsPartialSuccess> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let partial = match body.as_object()?.get("partialSuccess") {
        None | Some(Value::Null) => return Some(ExportMetricsPartialSuccess::default()),
        Some(partial) => partial.as_object()?,
    };
    let rejected_data_points = match partial.get("rejectedDataPoints") {
        None | Some(Value::Null) => 0,
        Some(Value::String(number)) => number.parse().ok()?,
        Some(number) => number.as_i64()?,
    };
    let error_message = partial.get("errorMessage").and_then(Value::as_str).unwrap_or_default().to_owned();
    Some(ExportMetricsPartialSuccess { rejected_data_points, error_message })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partial_success_in_json_is_read() {
        let read = |text: &str| {
            let partial = json_partial_success(text.as_bytes())?;
            Some((partial.rejected_data_points, partial.error_message))
        };
        assert_eq!(read("{}"), Some((0, String::new())));
        for text in [
            r#"{"partialSuccess": {}}"#,
            r#"{"partialSuccess": null}"#,
            r#"{"partialSuccess": {"rejectedDataPoints": null, "errorMessage": null}}"#,
        ] {
            assert_eq!(read(text), Some((0, String::new())), "{text}");
        }
        let text = r#"{"partialSuccess": {"rejectedDataPoints": "2", "errorMessage": "old"}}"#;
        assert_eq!(read(text), Some((2, "old".into())));
        assert_eq!(read(r#"{"partialSuccess": {"rejectedDataPoints": 2}}"#), Some((2, String::new())));
        let no_number = r#"{"partialSuccess": {"rejectedDataPoints": "x"}}"#;
        for text in ["", "[", "[]", r#"{"partialSuccess": "2"}"#, no_number] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
