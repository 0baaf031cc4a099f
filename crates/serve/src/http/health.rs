//! `/healthz` and `/readyz`, for probes. They need no token and show no values.

use axum::{extract::State, http::StatusCode};

use super::{app::App, problem::Problem};

/// Answers that the process lives.
pub(super) async fn live() -> &'static str {
    "alive\n"
}

/// Answers whether the service is ready: it is not stopping, and the values are current.
pub(super) async fn ready(State(app): State<App>) -> Result<&'static str, Problem> {
    match app.readiness() {
        Ok(()) => Ok("ready\n"),
        Err(not_ready) => Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, not_ready.to_string())),
    }
}
