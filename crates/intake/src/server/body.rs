//! Reads a request with limits for its size and its time.

use std::{error::Error as _, time::Duration};

use axum::{
    body::to_bytes,
    extract,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use http_body_util::LengthLimitError;
use tokio::time::timeout;

use crate::exchange::{BodyError, Request, error};

/// Maximum length of a body in bytes, both as it arrives and decompressed. This is the limit of the Agent for traces. The
/// endpoints for metrics have lower limits.
/// See <https://docs.datadoghq.com/tracing/guide/trace_ingestion_volume_control/>.
const MAX_BODY: usize = 25 * 1024 * 1024;
/// How long a client may take to send a body.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Reads a request with its body. The error is the answer to send.
pub(super) async fn read(request: extract::Request) -> Result<Request, Response> {
    let refused = |status, text: &str| error(status, text).into_response();
    let (head, body) = request.into_parts();
    let body = timeout(BODY_TIMEOUT, to_bytes(body, MAX_BODY)).await;
    let body = body.map_err(|_| StatusCode::REQUEST_TIMEOUT.into_response())?;
    let body = body.map_err(|error| match error.source() {
        Some(cause) if cause.is::<LengthLimitError>() => refused(413, "Payload Too Large"),
        _ => refused(400, &format!("cannot read the body: {error}")),
    })?;
    let mut request = Request::new(&head, body.into());
    match request.decompress(MAX_BODY) {
        Ok(()) => Ok(request),
        Err(BodyError::TooLong(_)) => Err(refused(413, "Payload Too Large")),
        Err(other) => Err(refused(400, &other.to_string())),
    }
}
