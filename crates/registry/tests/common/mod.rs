//! What the tests of runs share.

use system_health_registry::{Catalog, Context, Engine, Run, State, Tag};

/// The linked metrics of this test program whose keys start with a prefix.
pub(crate) fn linked(prefix: &str) -> Catalog {
    Catalog::linked().expect("the metrics of this file make a catalog").filter(|key| key.starts_with(prefix))
}

/// Runs the linked metrics whose keys start with a prefix.
pub(crate) async fn run(prefix: &str, context: &Context) -> Run {
    Engine::new().run(&linked(prefix), context).await
}

/// One line for each outcome, such as `queue.length: value 3 [team:platform]`.
pub(crate) fn lines(run: &Run) -> String {
    let line = |outcome: &system_health_registry::Outcome| {
        let said = match &outcome.state {
            State::Value(samples) => samples.iter().fold("value".to_owned(), |line, sample| {
                let tags: Vec<_> = sample.tags().iter().map(Tag::as_str).collect();
                format!("{line} {} [{}]", sample.value(), tags.join(", "))
            }),
            State::NoData(reason) => format!("no data: {reason}"),
            State::Error(error) => format!("error: {error}"),
        };
        format!("{}: {said}", outcome.metric.key())
    };
    run.outcomes().iter().map(line).collect::<Vec<_>>().join("\n")
}
