//! Reads a request with limits for its size and its time.

use std::time::Duration;

use axum::{
    body::to_bytes,
    extract,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use tokio::time::timeout;

use crate::exchange::{BodyError, Request, error};

/// The largest body, in bytes, as it arrives and decompressed: the limit of the Agent for traces. The endpoints for
/// metrics have lower limits.
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
    let body = body.map_err(|_| refused(413, "Payload Too Large"))?;
    let mut request = Request::new(&head, body.into());
    match request.decompress(MAX_BODY) {
        Ok(()) => Ok(request),
        Err(BodyError::TooLong(_)) => Err(refused(413, "Payload Too Large")),
        Err(other) => Err(refused(400, &other.to_string())),
    }
}
