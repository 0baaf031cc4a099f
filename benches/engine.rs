//! Measures the cost of the registry itself with very many metrics. The collectors do almost nothing, so mainly the
//! catalog, tasks, deadlines and shared resources are measured.
//!
//! Run it with `cargo bench --manifest-path benches/Cargo.toml`.

use std::{hint::black_box, sync::Arc};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use system_health_registry::{
    Catalog, Context, Engine, Facts, FromContext, IntoReading, Metric, Unavailable, location,
};
use tokio::runtime::Runtime;

const METRICS: usize = 10_000;

/// A resource that metrics share. It is built once in each run, and cloned for each metric.
#[derive(Clone)]
struct Commits(Arc<[f64]>);

impl FromContext for Commits {
    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Ok(Self((0_u32..250).map(f64::from).collect()))
    }
}

/// Unsorted metrics. Those whose number is a multiple of `every` use the shared resource.
fn metrics(every: usize) -> Vec<Metric> {
    let metric = |number: usize| {
        let facts = Facts::new(format!("benchmark.metric_{:05}", number * 7 % METRICS), "A benchmark.");
        if number.is_multiple_of(every) {
            Metric::new(facts, location!(), |context| {
                Box::pin(async move { context.get::<Commits>().await?.0.iter().sum::<f64>().into_reading() })
            })
        } else {
            Metric::new(facts, location!(), |_context| Box::pin(async { 1.0.into_reading() }))
        }
    };
    (1..=METRICS).map(metric).collect()
}

fn catalog(criterion: &mut Criterion) {
    let metrics = metrics(1);
    let mut group = criterion.benchmark_group("catalog");
    group.throughput(Throughput::Elements(METRICS as u64));
    group.bench_function("10000 metrics", |bencher| {
        bencher.iter_batched(
            || metrics.clone(),
            |metrics| Catalog::new(black_box(metrics)),
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

fn run(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("the runtime starts");
    let engine = Engine::new();
    let mut group = criterion.benchmark_group("run");
    group.throughput(Throughput::Elements(METRICS as u64));
    for (name, every) in [
        ("10000 metrics, none shares", usize::MAX),
        ("10000 metrics, every tenth shares", 10),
        ("10000 metrics, all share", 1),
    ] {
        let catalog = Catalog::new(metrics(every)).expect("the metrics make a catalog");
        let run = runtime.block_on(engine.run(&catalog, &Context::new()));
        assert!(run.outcomes().iter().all(|outcome| outcome.result.is_ok()), "{name}");
        group.bench_function(name, |bencher| {
            bencher.to_async(&runtime).iter(async || engine.run(&catalog, &Context::new()).await);
        });
    }
    group.finish();
}

criterion_group!(benches, catalog, run);
criterion_main!(benches);
