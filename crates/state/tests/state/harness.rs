//! Reports with a given time and given values.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use system_health_registry::{
    Catalog, Context, Distribution, Engine, Facts, FromContext, IntoReading, ItemError, Kind, Metric,
    Reading, Report, Sample, Subject, Subjects, Tag, TagError, Unavailable, location,
};

/// The values of `jobs.waiting` in one run.
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

/// The time this many seconds after a fixed time in 2025.
pub(crate) fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_hours(490_000) + Duration::from_secs(seconds)
}

/// The report of a run at this time, with values of `jobs.waiting`, a metric without data, and a failed metric.
pub(crate) fn report(seconds: u64, values: &[f64]) -> Report {
    let catalog = Catalog::new([
        waiting(),
        Metric::new(facts("jobs.no_data"), location!(), |_| {
            Box::pin(async { Err(Unavailable::no_data("nothing yet")) })
        }),
        Metric::new(facts("jobs.broken"), location!(), |_| Box::pin(async { Err("refused")? })),
    ]);
    run(&catalog.unwrap(), &Context::starting_at(at(seconds)).provide(Values(values.to_vec())))
}

/// One series of the counter `jobs.done` in a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Total {
    pub(crate) queue: &'static str,
    pub(crate) value: f64,
    /// When the counter started, if that is known.
    pub(crate) start: Option<SystemTime>,
}

/// The report of a run at this time, with the counter `jobs.done`.
pub(crate) fn counters(seconds: u64, totals: &[Total]) -> Report {
    let totals = totals.to_vec();
    let done = Metric::new(facts("jobs.done").with_kind(Kind::Counter), location!(), move |_| {
        let samples = totals.iter().map(|total| -> Result<_, Unavailable> {
            let sample = Sample::new(total.value)?.with_tag("queue", total.queue)?;
            Ok(match total.start {
                Some(start) => sample.with_start(start),
                None => sample,
            })
        });
        let reading = samples.collect::<Result<Vec<Sample>, _>>().and_then(IntoReading::into_reading);
        Box::pin(async { reading })
    });
    run(&Catalog::new([done]).unwrap(), &Context::starting_at(at(seconds)))
}

/// The report of a run at this time, with the count `jobs.started`, which covers the time since `since`.
pub(crate) fn counts_since(seconds: u64, since: u64) -> Report {
    let facts = facts("jobs.started").with_kind(Kind::Count { interval: Duration::from_mins(1) });
    let metric = Metric::new(facts, location!(), move |_| {
        let reading = Sample::new(3).map(|sample| sample.with_start(at(since)));
        Box::pin(async { reading?.into_reading() })
    });
    run(&Catalog::new([metric]).unwrap(), &Context::starting_at(at(seconds)))
}

/// The report of a run at this time, with the distribution `jobs.seconds` of these values.
pub(crate) fn durations(seconds: u64, values: &[f64]) -> Report {
    let values = Distribution::from_values(values.iter().copied()).unwrap();
    let facts = facts("jobs.seconds").with_kind(Kind::Distribution);
    let metric = Metric::new(facts, location!(), move |_| {
        let reading = values.clone().into_reading();
        Box::pin(async { reading })
    });
    run(&Catalog::new([metric]).unwrap(), &Context::starting_at(at(seconds)))
}

/// The subject of `queue.length`. The metric fails for the queue `broken`. For `partial`, it has a value and two failed
/// items.
#[derive(Debug, Clone)]
struct Queue(String);

impl Subject for Queue {
    async fn list(_context: &Context) -> Result<Vec<Self>, Unavailable> {
        Err(Unavailable::no_data("no queues were provided"))
    }

    fn tags(&self) -> Result<Vec<Tag>, TagError> {
        Ok(vec![Tag::new("queue", &self.0)?])
    }
}

impl fmt::Display for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The report of a run at this time, with `queue.length` for each of these queues.
pub(crate) fn queues(seconds: u64, names: &[&str]) -> Report {
    let length = Metric::new(facts("queue.length"), location!(), |context| {
        Box::pin(async move {
            let Queue(name) = context.get().await?;
            let failed = |item| ItemError::new("refused").with_tag("item", item);
            match name.as_str() {
                "broken" => Err("the queue is broken")?,
                "partial" => Reading::new(vec![Sample::new(7.0)?], vec![failed("a"), failed("b")]),
                _ => 7.0.into_reading(),
            }
        })
    });
    let names = names.iter().map(|name| Queue((*name).to_owned()));
    let context = Context::starting_at(at(seconds)).provide(Subjects::new(names));
    run(&Catalog::new([length.each::<Queue>()]).unwrap(), &context)
}

fn run(catalog: &Catalog, context: &Context) -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let run = runtime.block_on(Engine::new().run(catalog, context));
    Report::new(run, ["env:test"].map(|tag| Tag::parse(tag).unwrap()))
}
