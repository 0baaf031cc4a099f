//! Reports at any time, with any values.

use std::time::{Duration, SystemTime};

use system_health_registry::{
    Catalog, Collect, Context, Engine, FromContext, Kind, Metric, Reading, Report, Sample, Tag, Unavailable,
    source,
};

/// What `jobs.waiting` gives in one run.
#[derive(Debug, Clone)]
pub(crate) struct Values(pub(crate) Vec<f64>);

impl FromContext for Values {
    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Err(Unavailable::no_data("no values were provided"))
    }
}

const fn metric(key: &'static str, collect: Collect) -> Metric {
    Metric::new(key, "For a test.", source!(), collect)
}

fn waiting() -> Metric {
    metric("jobs.waiting", |context| {
        Box::pin(async move {
            let Values(values) = context.get().await?;
            let samples = values.iter().enumerate().map(|(index, value)| -> Result<_, Unavailable> {
                Ok(Sample::new(*value)?.with_tag("queue", &index.to_string())?)
            });
            Ok(Reading::Value(samples.collect::<Result<_, _>>()?))
        })
    })
    .with_kind(Kind::Count { interval: Duration::from_mins(15) })
    .with_unit("job")
    .with_tags(&["team:platform"])
}

/// A time that is so many seconds after one of 2026.
pub(crate) fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_hours(490_000) + Duration::from_secs(seconds)
}

/// A run at a time, with these values of `jobs.waiting`, a metric without data and one that failed.
pub(crate) fn report(seconds: u64, values: &[f64]) -> Report {
    let catalog = Catalog::new([
        waiting(),
        metric("jobs.silent", |_| Box::pin(async { Ok(Reading::no_data("nothing yet")) })),
        metric("jobs.broken", |_| Box::pin(async { Err("refused")? })),
    ]);
    let context = Context::starting_at(at(seconds)).provide(Values(values.to_vec()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let run = runtime.block_on(Engine::new().run(&catalog.unwrap(), &context));
    Report::new(run, ["env:test"].map(|tag| Tag::parse(tag).unwrap()))
}
