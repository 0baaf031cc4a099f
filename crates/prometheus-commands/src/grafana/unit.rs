//! Units in Grafana. See <https://grafana.com/docs/grafana/latest/panels-visualizations/configure-standard-options/#unit>; the ids
//! are in <https://github.com/grafana/grafana/blob/main/packages/grafana-data/src/valueFormats/categories.ts>.

use system_health_prometheus::PrometheusMetric;
use system_health_registry::Facts;

use super::query::is_per_second;

/// The base units of Prometheus. Each has Grafana's id for values, and the id for values per second if there is one.
const IDS: [(&str, &str, Option<&str>); 11] = [
    ("amperes", "amp", None),
    ("bytes", "bytes", Some("binBps")),
    ("celsius", "celsius", None),
    ("grams", "massg", None),
    ("hertz", "hertz", None),
    ("joules", "joule", None),
    ("meters", "lengthm", None),
    ("ratio", "percentunit", None),
    ("seconds", "s", None),
    ("volts", "volt", None),
    ("watts", "watt", None),
];

/// The unit of a metric's values on a panel. A unit that Grafana does not know is written behind the value.
pub(super) fn unit(metric: &Facts) -> String {
    let base = PrometheusMetric::from(metric).base_unit();
    let known = base.and_then(|base| IDS.iter().find(|(name, ..)| *name == base));
    match (known, base.or(metric.unit()), is_per_second(metric)) {
        (Some((_, id, _)), _, false) | (Some((_, _, Some(id))), _, true) => (*id).to_owned(),
        (None, None, false) => "short".to_owned(),
        (_, Some(unit), false) => format!("suffix:{unit}"),
        (_, Some(unit), true) => format!("suffix:{unit}/s"),
        (_, None, true) => "suffix:/s".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use system_health_registry::Kind;

    use super::*;

    #[test]
    fn base_units_have_grafanas_ids_and_others_are_suffixes() {
        let interval = Duration::from_mins(15);
        let (gauge, rate) = (Kind::Gauge, Kind::Rate { interval });
        for (written, kind, expected) in [
            ("ms", gauge, "s"),
            ("percent", gauge, "percentunit"),
            ("MiB", gauge, "bytes"),
            ("byte", rate, "binBps"),
            ("second", rate, "suffix:seconds/s"),
            ("commit", gauge, "suffix:commit"),
            ("request", rate, "suffix:request/s"),
        ] {
            let facts = Facts::new("a", "A number.").with_unit(written).with_kind(kind);
            assert_eq!(unit(&facts), expected, "{written}");
        }
        assert_eq!(unit(&Facts::new("a", "A number.")), "short");
    }
}
