//! How metrics and tags are named in Prometheus, for those who write queries.

use system_health_registry::{Facts, Tag};

use crate::{
    label::labels,
    name::metric_name,
    part::Part,
    unit::{BaseUnit, Conversion},
};

/// A metric as Prometheus has it: with its name there, and in base units.
#[derive(Debug, Clone, PartialEq)]
pub struct PrometheusMetric {
    name: String,
    unit: Option<BaseUnit>,
}

impl PrometheusMetric {
    /// The name of the metric, such as `build_duration_seconds` for `build.duration_ms`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The base unit of its values, such as `seconds`. `None` if the unit has no base unit.
    #[must_use]
    pub fn base_unit(&self) -> Option<&'static str> {
        self.unit.map(|unit| unit.suffix)
    }

    /// A value of the metric in the base unit.
    #[must_use]
    pub fn to_base_unit(&self, value: f64) -> f64 {
        self.unit.map_or(value, |unit| unit.conversion.apply(value))
    }

    /// Whether the values are converted into another unit.
    #[must_use]
    pub fn is_converted(&self) -> bool {
        self.unit.is_some_and(|unit| unit.conversion != Conversion::Same)
    }

    /// Converts an expression in Prometheus' query language. The given expression is in the base unit, and the result is in the
    /// metric's own unit.
    #[must_use]
    pub fn in_own_unit(&self, expression: &str) -> String {
        match self.unit.map(|unit| unit.conversion) {
            None | Some(Conversion::Same) => expression.to_owned(),
            Some(Conversion::Times(factor)) => format!("({expression} / {factor})"),
            Some(Conversion::Over(divisor)) => format!("({expression} * {divisor})"),
            Some(Conversion::Fahrenheit) => format!("({expression} * 9 / 5 + 32)"),
        }
    }
}

impl From<&Facts> for PrometheusMetric {
    fn from(facts: &Facts) -> Self {
        let unit = facts.unit().and_then(BaseUnit::from_unit);
        Self { name: metric_name(facts.key(), facts.kind(), unit), unit }
    }
}

/// The labels that these tags become, sorted by name. The label `reporter` of a delivered series is not added.
#[must_use]
pub fn tag_labels<'a>(tags: impl IntoIterator<Item = &'a Tag>) -> Vec<(String, String)> {
    let labels = labels(&tags.into_iter().cloned().collect(), None);
    labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The values of the label `job` of a reporter's two groups in a Pushgateway.
#[must_use]
pub fn pushgateway_jobs() -> [&'static str; 2] {
    Part::ALL.map(Part::job)
}

#[cfg(test)]
mod tests {
    use system_health_registry::Kind;

    use super::*;

    #[test]
    fn a_metric_has_a_name_and_a_base_unit_in_prometheus() {
        let facts = Facts::new("build.duration_ms", "How long a build takes.").with_unit("ms");
        let metric = PrometheusMetric::from(&facts);

        assert_eq!((metric.name(), metric.base_unit()), ("build_duration_seconds", Some("seconds")));
        assert!(metric.is_converted());
        assert!((metric.to_base_unit(250.0) - 0.25).abs() < f64::EPSILON);
        assert_eq!(metric.in_own_unit("x"), "(x * 1000)");
        let hotfixes = PrometheusMetric::from(&facts.with_unit("commit").with_kind(Kind::Gauge));
        assert_eq!((hotfixes.is_converted(), hotfixes.in_own_unit("x")), (false, "x".to_owned()));
    }

    #[test]
    fn expressions_are_converted_into_the_own_unit_of_a_metric() {
        for (unit, expression) in [
            ("day", "(x / 86400)"),
            ("%", "(x * 100)"),
            ("degree fahrenheit", "(x * 9 / 5 + 32)"),
            ("second", "x"),
        ] {
            let metric = PrometheusMetric::from(&Facts::new("a", "A number.").with_unit(unit));
            assert_eq!(metric.in_own_unit("x"), expression, "{unit}");
        }
    }
}
