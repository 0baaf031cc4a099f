//! A preview shows the lines and sends nothing.

use serde_json::json;
use system_health_registry::{Context, Event};

use crate::harness::{destination, gauge};

#[tokio::test]
async fn a_preview_shows_lines_and_refused_points() {
    let destination = destination("address = \"unix:///nowhere/dsd.socket\"");
    let event = Event::new("a", "Title").unwrap();

    let points = [gauge("a", 1.0, &["x:y"]), gauge("b|", 1.0, &[])];
    let points = destination.preview(Context::new(), &points, &[]).await.unwrap();
    let events = destination.preview(Context::new(), &[], &[event]).await.unwrap();

    assert_eq!(points["lines"], json!(["a:1|g|#x:y|T1767323045"]));
    assert_eq!(points["refused"].as_array().unwrap().len(), 1);
    assert_eq!(events, json!({"lines": ["_e{5,17}:Title|%%% \\nTitle\\n %%%|k:a|t:info"], "refused": []}));
}
