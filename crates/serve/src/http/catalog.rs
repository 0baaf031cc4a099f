//! `/api/v1/catalog`: the metrics, as they are in `metrics` of `report list --format json`.

use std::borrow::Cow;

use axum::extract::State;
use system_health_command::{JsonList, with_remembered_metrics};

use super::{
    app::App,
    json::{JsonText, json},
    problem::Problem,
};

/// The catalog, with the metrics that sources have described.
pub(super) async fn catalog(State(app): State<App>) -> Result<JsonText, Problem> {
    app.render(|latest| {
        let served = latest.served();
        let catalog = match &served.folder {
            Some(folder) => with_remembered_metrics(&served.catalog, folder),
            None => Cow::Borrowed(&served.catalog),
        };
        json(&JsonList::new(&catalog, &served.selection))
    })
    .await
}
