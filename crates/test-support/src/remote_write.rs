//! A fake of a Prometheus that accepts remote writes. If a sample is older than the newest sample of its series, or has the same
//! time and another value, the fake answers 400 and stores nothing of the request, as Prometheus does.
//! See <https://prometheus.io/docs/specs/prw/remote_write_spec/>.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use prost::Message;

use crate::server::{Answer, Request, Server};

/// A running fake.
#[derive(Debug)]
pub struct RemoteWriteReceiver {
    server: Server,
    store: Arc<Mutex<Store>>,
}

/// A native histogram that is stored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StoredHistogram {
    /// The number of values.
    pub count: u64,
    /// The sum of the values.
    pub sum: f64,
}

/// The labels of a series, with its name as `__name__`.
type Labels = BTreeMap<String, String>;

#[derive(Debug, Default)]
struct Store {
    /// The values of each series by time, in milliseconds since 1970.
    series: BTreeMap<Labels, BTreeMap<i64, f64>>,
    /// The native histograms of each series by time, in milliseconds since 1970.
    histograms: BTreeMap<Labels, BTreeMap<i64, StoredHistogram>>,
    /// The names of the metrics whose samples are refused.
    refused: BTreeSet<String>,
}

#[derive(Message)]
struct WriteRequest {
    #[prost(message, repeated, tag = "1")]
    series: Vec<TimeSeries>,
}

#[derive(Message)]
struct TimeSeries {
    #[prost(message, repeated, tag = "1")]
    labels: Vec<Label>,
    #[prost(message, repeated, tag = "2")]
    samples: Vec<Sample>,
    #[prost(message, repeated, tag = "4")]
    histograms: Vec<Histogram>,
}

/// The parts of a native histogram that are stored.
#[derive(Message)]
struct Histogram {
    #[prost(uint64, tag = "1")]
    count: u64,
    #[prost(double, tag = "3")]
    sum: f64,
    #[prost(int64, tag = "15")]
    timestamp: i64,
}

#[derive(Message)]
struct Label {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    value: String,
}

#[derive(Message)]
struct Sample {
    #[prost(double, tag = "1")]
    value: f64,
    #[prost(int64, tag = "2")]
    timestamp: i64,
}

impl RemoteWriteReceiver {
    /// The path for remote writes.
    pub const PATH: &str = "/api/v1/write";

    /// Starts a receiver.
    #[must_use]
    pub fn start() -> Self {
        let store = Arc::new(Mutex::new(Store::default()));
        let shared = Arc::clone(&store);
        Self { server: Server::start(move |request| answer(&mut lock(&shared), request)), store }
    }

    /// The server, for its requests and for scripting faults.
    #[must_use]
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// The URL of the server, without the path.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// From now on, refuses each request that contains a sample of this metric.
    pub fn refuse(&self, name: &str) {
        lock(&self.store).refused.insert(name.to_owned());
    }

    /// The names of all metrics that are stored.
    #[must_use]
    pub fn names(&self) -> BTreeSet<String> {
        let store = lock(&self.store);
        let all_labels = store.series.keys().chain(store.histograms.keys());
        all_labels.map(|labels| metric_name(labels).to_owned()).collect()
    }

    /// The values of all series of a metric, each with its time in milliseconds since 1970.
    #[must_use]
    pub fn values(&self, metric: &str) -> Vec<(i64, f64)> {
        let store = lock(&self.store);
        let series = store.series.iter().filter(|(labels, _)| metric_name(labels) == metric);
        series.flat_map(|(_, values)| values).map(|(time, value)| (*time, *value)).collect()
    }

    /// The native histograms of all series of a metric, each with its time in milliseconds since 1970.
    #[must_use]
    pub fn histograms(&self, metric: &str) -> Vec<(i64, StoredHistogram)> {
        let store = lock(&self.store);
        let series = store.histograms.iter().filter(|(labels, _)| metric_name(labels) == metric);
        series.flat_map(|(_, values)| values).map(|(time, value)| (*time, *value)).collect()
    }
}

fn lock(store: &Mutex<Store>) -> MutexGuard<'_, Store> {
    store.lock().unwrap_or_else(PoisonError::into_inner)
}

fn metric_name(labels: &Labels) -> &str {
    labels.get("__name__").map_or("", |name| name)
}

fn answer(store: &mut Store, request: &Request) -> Answer {
    if request.line() != format!("POST {}", RemoteWriteReceiver::PATH) {
        return Answer::text(404, "text/plain", "404 page not found\n");
    }
    match read(request) {
        Ok(written) => store.append(written),
        Err(cause) => Answer::text(400, "text/plain", &cause.to_string()),
    }
}

fn read(request: &Request) -> Result<WriteRequest, Box<dyn std::error::Error>> {
    let body = snap::raw::Decoder::new().decompress_vec(&request.body)?;
    Ok(WriteRequest::decode(&*body)?)
}

impl Store {
    fn append(&mut self, written: WriteRequest) -> Answer {
        let mut refusal = None;
        let (mut all_series, mut all_histograms) = (self.series.clone(), self.histograms.clone());
        for TimeSeries { labels, samples, histograms } in written.series {
            let labels: Labels = labels.into_iter().map(|label| (label.name, label.value)).collect();
            if self.refused.contains(metric_name(&labels)) {
                refusal = Some("label value is too long");
                continue;
            }
            for Sample { value, timestamp } in samples {
                let values = all_series.entry(labels.clone()).or_default();
                refusal = store(values, timestamp, value).or(refusal);
            }
            for Histogram { count, sum, timestamp } in histograms {
                let values = all_histograms.entry(labels.clone()).or_default();
                refusal = store(values, timestamp, StoredHistogram { count, sum }).or(refusal);
            }
        }
        if let Some(text) = refusal {
            return Answer::text(400, "text/plain", text);
        }
        (self.series, self.histograms) = (all_series, all_histograms);
        Answer { status: 204, headers: vec![], body: vec![] }
    }
}

/// Stores a value of a series, or returns why it is refused.
fn store<T: PartialEq>(values: &mut BTreeMap<i64, T>, timestamp: i64, value: T) -> Option<&'static str> {
    match values.last_key_value() {
        Some((newest, _)) if timestamp < *newest => Some("out of order sample"),
        Some((newest, known)) if timestamp == *newest && *known != value => {
            Some("duplicate sample for timestamp")
        }
        _ => {
            values.insert(timestamp, value);
            None
        }
    }
}
