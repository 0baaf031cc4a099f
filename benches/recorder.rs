//! Measures what an observation costs with the recorder, and with two exporters for the same macros of the crate `metrics`:
//! 10 million observations over 10,000 series, from 1 thread and from 2. It also measures the peak memory.
//! Nothing is exported meanwhile, so this is the memory that each of them needs between two runs, scrapes or flushes.
//!
//! Run it with `cargo bench --manifest-path benches/Cargo.toml --bench recorder`. It needs Linux, where the kernel counts the CPU time
//! of a thread in nanoseconds.

use std::{env, fs, hint::black_box, process::Command, thread, time::Duration};

use metrics::{Key, Label, Level, Metadata, Recorder};
use metrics_exporter_dogstatsd::DogStatsDBuilder;
use metrics_exporter_prometheus::PrometheusBuilder;
use system_health_recorder::Facade;

const OBSERVATIONS: usize = 10_000_000;
const SERIES: usize = 10_000;
/// A flush of the exporter for DogStatsD would disturb the measurement.
const NEVER: Duration = Duration::from_hours(1);
const METADATA: Metadata<'static> = Metadata::new(module_path!(), Level::INFO, None);

const RECORDERS: [&str; 3] =
    ["system-health-recorder", "metrics-exporter-prometheus", "metrics-exporter-dogstatsd"];
const KINDS: [&str; 3] = ["counter", "gauge", "histogram"];

fn main() {
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.as_slice() {
        [name, kind, threads] => measure(name, kind, threads.parse().expect("a number of threads")),
        _ => measure_all(),
    }
}

/// Measures each combination in a process of its own, because the peak memory of a process never falls.
fn measure_all() {
    println!(
        "| recorder | values | threads | CPU time per observation | memory after 1 million | after 10 million |"
    );
    println!("|---|---|---|---|---|---|");
    for kind in KINDS {
        for threads in [1, 2] {
            for name in RECORDERS {
                let program = env::current_exe().expect("the path of this program");
                let status = Command::new(program).args([name, kind, &threads.to_string()]).status();
                assert!(status.expect("start this program").success(), "{name} {kind} {threads}");
            }
        }
    }
}

fn measure(name: &str, kind: &str, threads: usize) {
    let recorder: Box<dyn Recorder + Sync> = match name {
        "system-health-recorder" => Box::new(Facade::new(system_health_recorder::Recorder::new())),
        "metrics-exporter-prometheus" => Box::new(PrometheusBuilder::new().build_recorder()),
        "metrics-exporter-dogstatsd" => {
            let builder = DogStatsDBuilder::default().with_flush_interval(NEVER).with_telemetry(false);
            Box::new(builder.build().expect("an exporter"))
        }
        _ => panic!("there is no recorder {name}"),
    };
    let keys: Vec<Key> = (0..SERIES).map(key).collect();
    let record = |from: usize, to: usize| observe(&*recorder, kind, &keys, from, to);
    let tenth = OBSERVATIONS / 10;
    in_threads(threads, 0, tenth, &record);
    let before = peak_memory();
    let spent = in_threads(threads, tenth, OBSERVATIONS, &record);
    let after = peak_memory();
    let each = spent.as_nanos() / (OBSERVATIONS - tenth) as u128;
    println!("| {name} | {kind} | {threads} | {each} ns | {before} MiB | {after} MiB |");
}

/// The key of a series, as the macros make it.
fn key(number: usize) -> Key {
    let labels = vec![Label::new("route", format!("/orders/{number:04}")), Label::new("shop", "eu")];
    Key::from_parts("http.requests", labels)
}

/// Makes observations. Each looks up its series, as the macros do.
fn observe(recorder: &dyn Recorder, kind: &str, keys: &[Key], from: usize, to: usize) {
    for number in from..to {
        // The order is the same in each run, and does not follow the order of the series in memory.
        let key = &keys[number.wrapping_mul(7919) % SERIES];
        match kind {
            "counter" => recorder.register_counter(key, &METADATA).increment(1),
            "gauge" => recorder.register_gauge(key, &METADATA).set(seconds(number)),
            "histogram" => recorder.register_histogram(key, &METADATA).record(seconds(number)),
            _ => panic!("there is no kind {kind}"),
        }
    }
}

/// A value between a millisecond and a second.
fn seconds(number: usize) -> f64 {
    let hashed = u32::try_from(number.wrapping_mul(2_654_435_761) % 1_000_003).unwrap_or_default();
    black_box(0.001 + f64::from(hashed) / 1_001_005.0)
}

/// Divides observations among threads, and returns the sum of their CPU times.
fn in_threads(threads: usize, from: usize, to: usize, record: &(impl Fn(usize, usize) + Sync)) -> Duration {
    let share = (to - from) / threads;
    thread::scope(|scope| {
        let spawn = |thread: usize| {
            scope.spawn(move || {
                let start = from + thread * share;
                let before = cpu_time();
                record(start, start + share);
                cpu_time().saturating_sub(before)
            })
        };
        let handles: Vec<_> = (0..threads).map(spawn).collect();
        handles.into_iter().map(|handle| handle.join().expect("a thread")).sum()
    })
}

/// The CPU time of this thread.
fn cpu_time() -> Duration {
    let text = fs::read_to_string("/proc/thread-self/schedstat").expect("the statistics of a thread");
    let spent = text.split(' ').next().and_then(|number| number.parse().ok());
    Duration::from_nanos(spent.expect("a number of nanoseconds"))
}

/// The peak memory of the process, in MiB.
fn peak_memory() -> u64 {
    let text = fs::read_to_string("/proc/self/status").expect("the status of a process");
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the peak memory");
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().expect("a number of kilobytes");
    kilobytes / 1024
}
