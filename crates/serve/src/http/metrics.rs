//! `/metrics`, for Prometheus: the current values, and nothing else. A metric that has failed, has no data or is too old is
//! absent, so that nobody takes its last value for a current one.

use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::IntoResponse,
};
use system_health_prometheus::{MetricsPage, TextFormat};

use super::{app::App, problem::Problem};

/// The current values, in the format that the client prefers.
pub(super) async fn metrics(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let accept: Vec<&str> =
        headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    let format = TextFormat::from_accept(&accept.join(","));
    let now = app.now();
    let rendered = app.render(move |latest| {
        let (points, descriptions, reporter) = latest.points(now);
        let page = MetricsPage::new(&points, descriptions, reporter.as_deref());
        Ok((page.text(format), page.refused().to_vec()))
    });
    let (text, refused) = rendered.await?;
    for refused in app.new_refusals(refused) {
        tracing::warn!("not in /metrics: {refused}");
    }
    let headers = [(header::CONTENT_TYPE, format.content_type()), (header::VARY, "accept")];
    Ok((headers, text))
}
