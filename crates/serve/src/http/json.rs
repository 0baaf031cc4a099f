//! JSON as the command line prints it.

use axum::http::{HeaderName, header};
use serde::Serialize;

use super::problem::Problem;

/// A document with its type.
pub(super) type JsonText = ([(HeaderName, &'static str); 1], String);

/// A document as text.
pub(super) fn json(document: &impl Serialize) -> Result<JsonText, Problem> {
    let text = serde_json::to_string_pretty(document).map_err(|error| Problem::internal(&error))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], text + "\n"))
}
