//! Reports at any time, with any values.

use std::time::{Duration, SystemTime};

use system_health_registry::{
    Catalog, Context, Engine, Facts, FromContext, IntoReading, Kind, Metric, Report, Sample, Tag,
    Unavailable, location,
};

/// What `jobs.waiting` gives in one run.
#[derive(Debug, Clone)]
pub(crate) struct Values(pub(crate) Vec<f64>);

impl FromContext for Values {
    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Err(Unavailable::no_data("no values were provided"))
    }
}

fn facts(key: &str) -> Facts {
    Facts::new(key, "For a test.")
}

fn waiting() -> Metric {
    let facts = facts("jobs.waiting")
        .with_kind(Kind::Count { interval: Duration::from_mins(15) })
        .with_unit("job")
        .with_tags(["team:platform"]);
    Metric::new(facts, location!(), |context| {
        Box::pin(async move {
            let Values(values) = context.get().await?;
            let samples = values.iter().enumerate().map(|(index, value)| -> Result<_, Unavailable> {
                Ok(Sample::new(*value)?.with_tag("queue", &index.to_string())?)
            });
            samples.collect::<Result<Vec<Sample>, _>>()?.into_reading()
        })
    })
}

/// A time that is so many seconds after one of 2026.
pub(crate) fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_hours(490_000) + Duration::from_secs(seconds)
}

/// A run at a time, with these values of `jobs.waiting`, a metric without data and one that failed.
pub(crate) fn report(seconds: u64, values: &[f64]) -> Report {
    let catalog = Catalog::new([
        waiting(),
        Metric::new(facts("jobs.silent"), location!(), |_| {
            Box::pin(async { Err(Unavailable::no_data("nothing yet")) })
        }),
        Metric::new(facts("jobs.broken"), location!(), |_| Box::pin(async { Err("refused")? })),
    ]);
    let context = Context::starting_at(at(seconds)).provide(Values(values.to_vec()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let run = runtime.block_on(Engine::new().run(&catalog.unwrap(), &context));
    Report::new(run, ["env:test"].map(|tag| Tag::parse(tag).unwrap()))
}
