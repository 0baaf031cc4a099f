//! Measures the cost of a span: without a subscriber, with a layer that collects nothing, and while a run is traced.
//!
//! Run it with `cargo bench --manifest-path benches/Cargo.toml --bench spans`.

use std::{hint::black_box, path::Path};

use criterion::{Criterion, criterion_group, criterion_main};
use system_health_registry::{Settings, settings::SettingsBuilder, trace::Service, traced};
use system_health_traces::Traces;
use tracing_subscriber::layer::SubscriberExt;

/// More than the number of spans in one sample of criterion, so that no span is dropped.
const MAX_SPANS: usize = 5_000_000;

#[traced]
fn step(number: u64) -> Result<u64, std::io::Error> {
    Ok(black_box(number))
}

fn plain(number: u64) -> u64 {
    black_box(number)
}

fn spans(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("a call");
    group.bench_function("of a plain function", |bencher| bencher.iter(|| plain(black_box(7))));
    group.bench_function("without a subscriber", |bencher| bencher.iter(|| step(black_box(7))));

    let traces = Traces::new([]);
    let subscriber = tracing_subscriber::registry().with(traces.layer());
    tracing::subscriber::set_global_default(subscriber).expect("no other subscriber");
    group.bench_function("with tracing disabled", |bencher| bencher.iter(|| step(black_box(7))));

    let table = format!("[traces]\nenabled = true\nmax_spans = {MAX_SPANS}");
    let settings = Settings::builder().toml(Path::new("bench.toml"), &table).and_then(SettingsBuilder::build);
    let run_tracer = traces.tracer(&settings.expect("settings")).expect("settings").expect("a tracer");
    group.bench_function("with tracing enabled", |bencher| {
        bencher.iter_custom(|calls| {
            let run = run_tracer.start(&Service::default(), "bench").expect("a trace");
            let started = std::time::Instant::now();
            run.span.in_scope(|| (0..calls).for_each(|_| drop(black_box(step(black_box(7))))));
            let elapsed = started.elapsed();
            let id = run.id;
            drop(run);
            assert!(run_tracer.finish(id).is_some());
            elapsed
        });
    });
    group.finish();
}

criterion_group!(benches, spans);
criterion_main!(benches);
