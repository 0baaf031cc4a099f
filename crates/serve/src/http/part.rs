//! The documents of parts that linked crates add.

use std::sync::Arc;

use axum::{
    Router,
    extract::{RawQuery, State},
    http::StatusCode,
    routing::get,
};

use super::{
    app::App,
    json::{JsonText, json},
    problem::Problem,
};
use crate::{
    page_part::{AnswerError, PagePart},
    parts::Parts,
};

/// The routes of all parts.
pub(super) fn routes(parts: &Parts) -> Router<App> {
    parts.paths().fold(Router::new(), |router, (path, part)| {
        let part = Arc::clone(part);
        let handler = move |State(app): State<App>, RawQuery(query): RawQuery| {
            let part = Arc::clone(&part);
            async move { app.render(move |_| answer(&*part, path, &query.unwrap_or_default())).await }
        };
        router.route(path, get(handler))
    })
}

fn answer(part: &dyn PagePart, path: &str, query: &str) -> Result<JsonText, Problem> {
    match part.answer(path, query) {
        Ok(document) => json(&document),
        Err(AnswerError::Request(text)) => Err(Problem::new(StatusCode::BAD_REQUEST, text)),
        Err(AnswerError::Failed(text)) => Err(Problem::internal(&text)),
    }
}
