//! The two text formats that Prometheus reads, and the choice between them
//! (<https://prometheus.io/docs/instrumenting/content_negotiation/>).

use crate::exposition;

/// The media type of OpenMetrics.
const OPEN_METRICS: &str = "application/openmetrics-text";

/// The version of OpenMetrics that is written.
const OPEN_METRICS_VERSION: &str = "1.0.0";

/// The media type of Prometheus' own format.
const PLAIN: &str = "text/plain";

/// A text format for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TextFormat {
    /// Prometheus' text format, version 0.0.4.
    #[default]
    Prometheus,
    /// OpenMetrics, version 1.0.0
    /// (<https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md>).
    OpenMetrics,
}

impl TextFormat {
    /// The value of the header `Content-Type`.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => exposition::CONTENT_TYPE,
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }

    /// The format that the value of a header `Accept` prefers. A client gets OpenMetrics only if it names this
    /// format. A client that accepts neither format still gets Prometheus' format. If both formats have the same quality,
    /// OpenMetrics is chosen.
    ///
    /// ```
    /// use system_health_prometheus::TextFormat;
    ///
    /// let prometheus = "application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    /// assert_eq!(TextFormat::from_accept(prometheus), TextFormat::OpenMetrics);
    /// assert_eq!(TextFormat::from_accept("*/*"), TextFormat::Prometheus);
    /// ```
    #[must_use]
    pub fn from_accept(accept: &str) -> Self {
        let (mut open, mut plain) = (0, None);
        let (mut any_text, mut anything) = (None, 0);
        for range in accept.split(',').map(Range::parse) {
            match range.media_type.as_str() {
                OPEN_METRICS if range.allows(OPEN_METRICS_VERSION) => open = open.max(range.quality),
                PLAIN if range.allows("0.0.4") => plain = plain.max(Some(range.quality)),
                "text/*" => any_text = any_text.max(Some(range.quality)),
                "*/*" => anything = anything.max(range.quality),
                _ => {}
            }
        }
        // The most specific range counts.
        let plain = plain.or(any_text).unwrap_or(anything);
        if open > 0 && open >= plain { Self::OpenMetrics } else { Self::Prometheus }
    }
}

/// One media range of a header `Accept` (RFC 9110, section 12.5.1).
struct Range {
    media_type: String,
    version: Option<String>,
    /// In thousandths.
    quality: u16,
}

impl Range {
    fn parse(text: &str) -> Self {
        let mut parts = text.split(';').map(str::trim);
        let media_type = parts.next().unwrap_or_default().to_ascii_lowercase();
        let mut range = Self { media_type, version: None, quality: 1000 };
        for (name, value) in parts.filter_map(|part| part.split_once('=')) {
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "version" => range.version = Some(value.to_owned()),
                "q" => range.quality = quality(value),
                _ => {}
            }
        }
        range
    }

    fn allows(&self, version: &str) -> bool {
        self.version.as_deref().is_none_or(|wanted| wanted == version)
    }
}

/// A quality in thousandths. A quality that cannot be parsed counts as 0, which refuses the format.
fn quality(text: &str) -> u16 {
    match text.parse::<f64>() {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is between 0 and 1000"
        )]
        Ok(quality) if (0.0..=1.0).contains(&quality) => (quality * 1000.0).round() as u16,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_is_what_the_client_prefers() {
        use TextFormat::{OpenMetrics, Prometheus};
        for (accept, format) in [
            ("", Prometheus),
            ("*/*", Prometheus),
            ("text/html, application/xml;q=0.9", Prometheus),
            ("application/openmetrics-text", OpenMetrics),
            ("Application/OpenMetrics-Text; Version=\"1.0.0\"", OpenMetrics),
            ("application/openmetrics-text;version=0.0.1", Prometheus),
            ("application/openmetrics-text;version=1.0.0;q=0", Prometheus),
            ("application/openmetrics-text;q=x", Prometheus),
            ("text/plain;version=0.0.4,application/openmetrics-text;q=0.9", Prometheus),
            ("text/plain;q=0.5,application/openmetrics-text;q=0.5", OpenMetrics),
            ("text/plain;version=0.0.4;q=0.2,*/*;q=0.9,application/openmetrics-text;q=0.3", OpenMetrics),
            ("text/*;q=0.2,*/*;q=0.9,application/openmetrics-text;q=0.3", OpenMetrics),
            ("text/*;q=0.4,*/*;q=0.1,application/openmetrics-text;q=0.3", Prometheus),
            // Prometheus 2.42
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
                 text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                OpenMetrics,
            ),
            // Prometheus 3
            (
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,\
                 application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,\
                 text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
                OpenMetrics,
            ),
        ] {
            assert_eq!(TextFormat::from_accept(accept), format, "{accept}");
        }
    }
}
