//! Helpers for tests that run metrics.

#![allow(dead_code, reason = "each test program uses only some of the helpers")]

use system_health_registry::{Catalog, Context, Engine, Run, Tag, Unavailable};

/// The linked metrics of this test program whose keys start with a prefix.
pub(crate) fn linked(prefix: &str) -> Catalog {
    let prefix = prefix.to_owned();
    let linked = Catalog::linked().expect("the metrics of this test program make a catalog");
    linked.filter(move |key| key.starts_with(&prefix))
}

/// Runs the linked metrics whose keys start with a prefix.
pub(crate) async fn run(prefix: &str, context: &Context) -> Run {
    Engine::new().run(&linked(prefix), context).await
}

/// One line for each outcome, such as `queue.length: value 3 [team:platform]`, and below it one line for each failed item.
pub(crate) fn lines(run: &Run) -> String {
    let line = |outcome: &system_health_registry::Outcome| {
        let result = match &outcome.result {
            Ok(reading) => reading.samples().iter().fold("value".to_owned(), |line, sample| {
                let tags: Vec<_> = sample.tags().iter().map(Tag::as_str).collect();
                format!("{line} {} [{}]", sample.value(), tags.join(", "))
            }),
            Err(Unavailable::NoData(reason)) => format!("no data: {reason}"),
            Err(Unavailable::Error(error)) => format!("error: {error}"),
        };
        let about = outcome.subject.as_ref().map(|subject| format!(" of {subject}")).unwrap_or_default();
        let failed: Vec<_> =
            outcome.failed_items().iter().map(|item| format!("\n  failed: {item}")).collect();
        format!("{}{about}: {result}{}", outcome.metric.key(), failed.concat())
    };
    run.outcomes().iter().map(line).collect::<Vec<_>>().join("\n")
}
