//! Points as a page that Prometheus scrapes from a running program.

use std::fmt::Write;

use system_health_registry::{Descriptions, Point};

use crate::{
    exposition::Exposition,
    family::{Encoded, Encoder, Families},
    open_metrics::OpenMetrics,
    text_format::TextFormat,
};

/// The current values of a program, for a scrape. Names, labels and units are those of the series that the sink delivers.
///
/// The page has no timestamps, so its points must be current: leave out what is old or has failed.
///
/// ```
/// use std::time::UNIX_EPOCH;
/// use system_health_prometheus::{MetricsPage, TextFormat};
/// use system_health_registry::{Descriptions, Kind, Point, Value};
///
/// let point = Point {
///     key: "ci.runs".into(), kind: Kind::Counter, unit: Some("run".into()), tags: [].into(),
///     timestamp: UNIX_EPOCH, since: None, value: Value::Number(3.0),
/// };
/// let page = MetricsPage::new(&[point], Descriptions::from_iter([("ci.runs", "Runs.")]), Some("acme/shop"));
///
/// let text = page.text(TextFormat::OpenMetrics);
/// let lines: Vec<&str> = text.lines().collect();
/// assert_eq!(lines[1], "# HELP ci_runs Runs. (unit: run)");
/// assert_eq!(lines[2], "ci_runs_total{reporter=\"acme/shop\"} 3");
/// assert_eq!(lines[3], "# EOF");
/// ```
#[derive(Debug, Clone)]
pub struct MetricsPage {
    families: Families,
    refused: Vec<String>,
}

impl MetricsPage {
    /// A page with points, with descriptions as help texts, and with the label `reporter` if the reporter has a name.
    #[must_use]
    pub fn new(points: &[Point], descriptions: Descriptions, reporter: Option<&str>) -> Self {
        let encoder = Encoder { reporter: reporter.map(Into::into), descriptions };
        let Encoded { families, refused } = encoder.encode(points, 0..points.len(), &Families::new());
        let mut refused: Vec<String> = refused.into_values().map(|error| error.to_string()).collect();
        refused.sort();
        refused.dedup();
        let families = families.into_iter().map(|(name, (family, _))| (name, family));
        Self { families: families.collect(), refused }
    }

    /// Why points are not on the page, such as two keys with the same name in Prometheus.
    #[must_use]
    pub fn refused(&self) -> &[String] {
        &self.refused
    }

    /// The page as text.
    #[must_use]
    pub fn text(&self, format: TextFormat) -> String {
        let mut text = String::new();
        let written = match format {
            TextFormat::Prometheus => write!(text, "{}", Exposition(&self.families)),
            TextFormat::OpenMetrics => write!(text, "{}", OpenMetrics(&self.families)),
        };
        // Writing to a string cannot fail.
        let _ = written;
        text
    }
}
