//! All paths in one place.

use axum::{
    Router,
    http::{HeaderValue, StatusCode, header},
    middleware::{from_fn_with_state, map_response},
    response::Response,
    routing::get,
};
use system_health_page::Documents;

use super::{
    access::{check_host, require_token},
    app::App,
    catalog::catalog,
    health,
    history::history,
    metrics::metrics,
    part,
    problem::Problem,
    report::report,
    trace::{trace, traces},
};

/// The paths, with the rules for who may read them.
pub(super) fn router(app: App) -> Router {
    let data = Router::new()
        .route("/metrics", get(metrics))
        .route("/api/v1/report", get(report))
        .route("/api/v1/history", get(history))
        .route("/api/v1/catalog", get(catalog))
        .route("/api/v1/traces", get(traces))
        .route("/api/v1/traces/{id}", get(trace))
        .merge(part::routes(app.parts()))
        .layer(from_fn_with_state(app.clone(), require_token));
    // Everybody who can reach the server may read these, so they must not show any values. The page asks for the token, and
    // reads the data above.
    let documents = [Documents::Report, Documents::Traces].into_iter().chain(app.parts().documents());
    let page = system_health_page::router(documents);
    let public = Router::new().route("/healthz", get(health::live)).route("/readyz", get(health::ready));
    public
        .merge(page.with_state(()))
        .merge(data)
        .fallback(not_found)
        .layer(from_fn_with_state(app.clone(), check_host))
        .layer(map_response(with_headers))
        .with_state(app)
}

async fn not_found() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "there is no such path")
}

/// Adds headers: caches must not keep values, and browsers must not run them as scripts.
async fn with_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
