//! All paths in one place.

use axum::{
    Router,
    http::{HeaderValue, StatusCode, header},
    middleware::{from_fn_with_state, map_response},
    response::Response,
    routing::{MethodRouter, get},
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

/// The path of the page.
const PAGE: &str = "/";

/// The paths that show values.
fn data_routes() -> [(&'static str, MethodRouter<App>); 6] {
    [
        ("/metrics", get(metrics)),
        ("/api/v1/report", get(report)),
        ("/api/v1/history", get(history)),
        ("/api/v1/catalog", get(catalog)),
        ("/api/v1/traces", get(traces)),
        ("/api/v1/traces/{id}", get(trace)),
    ]
}

/// The paths for probes.
fn health_routes() -> [(&'static str, MethodRouter<App>); 2] {
    [("/healthz", get(health::live)), ("/readyz", get(health::ready))]
}

/// Whether a path is one of the service itself, so that no part of the page may have it.
pub(crate) fn is_own_path(path: &str) -> bool {
    let routes = data_routes().into_iter().chain(health_routes());
    path == PAGE || routes.map(|(own, _)| own).any(|own| own == path)
}

/// The paths, with the rules for who may read them.
pub(super) fn router(app: App) -> Router {
    let data = with_routes(data_routes())
        .merge(part::routes(app.parts()))
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(app.clone(), require_token));
    // Everybody who can reach the server may read these, so they must not show any values. The page asks for the token, and
    // reads the data above.
    let documents = [Documents::Report, Documents::Traces].into_iter().chain(app.parts().documents());
    let page = system_health_page::router(documents);
    with_routes(health_routes())
        .merge(page.with_state(()))
        .method_not_allowed_fallback(method_not_allowed)
        .merge(data)
        .fallback(not_found)
        .layer(from_fn_with_state(app.clone(), check_host))
        .layer(map_response(with_headers))
        .with_state(app)
}

fn with_routes(routes: impl IntoIterator<Item = (&'static str, MethodRouter<App>)>) -> Router<App> {
    routes.into_iter().fold(Router::new(), |router, (path, route)| router.route(path, route))
}

async fn not_found() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "there is no such path")
}

async fn method_not_allowed() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this path accepts only GET and HEAD")
}

/// Adds headers: caches must not keep values, and browsers must not run them as scripts.
async fn with_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
