//! Groups of the Pushgateway. A push changes only its own group (<https://github.com/prometheus/pushgateway#url>).

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::{label::REPORTER, part::Part};

/// The grouping key of one part of a reporter's metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PushGroup {
    part: Part,
    reporter: Option<String>,
}

impl PushGroup {
    pub(crate) fn new(part: Part, reporter: Option<&str>) -> Self {
        Self { part, reporter: reporter.map(str::to_owned) }
    }

    /// Parses the labels that the Pushgateway lists for a group. `None` if it cannot belong to a reporter.
    pub(crate) fn from_labels(labels: &Value) -> Option<Self> {
        let labels = labels.as_object()?;
        let label = |name: &str| labels.get(name).and_then(Value::as_str);
        let job = label("job")?;
        let part = Part::ALL.into_iter().find(|part| part.job() == job)?;
        let has_no_other_labels = labels.keys().all(|name| name == "job" || name == REPORTER);
        has_no_other_labels.then(|| Self::new(part, label(REPORTER)))
    }

    /// The path of the group below the URL of the Pushgateway. The reporter's name is encoded, because it may contain a slash.
    pub(crate) fn path(&self) -> String {
        let job = self.part.job();
        match &self.reporter {
            None => format!("/metrics/job/{job}"),
            Some(name) => format!("/metrics/job/{job}/{REPORTER}@base64/{}", base64(name)),
        }
    }
}

impl fmt::Display for PushGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reporter {
            None => write!(f, "the group of job `{}`", self.part.job()),
            Some(reporter) => write!(f, "the group of job `{}` and reporter `{reporter}`", self.part.job()),
        }
    }
}

/// Base64 for URLs, without padding. An empty text becomes `=`, because the path must not have an empty segment.
fn base64(text: &str) -> String {
    if text.is_empty() { "=".to_owned() } else { URL_SAFE_NO_PAD.encode(text) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_becomes_one_segment_of_a_path() {
        for (name, encoded) in [("", "="), ("f", "Zg"), ("ö?>", "w7Y_Pg")] {
            assert_eq!(base64(name), encoded, "{name}");
        }
    }

    #[test]
    fn groups_are_recognized_by_their_labels() {
        let ours = PushGroup::new(Part::Values, Some("acme/shop"));
        assert_eq!(
            PushGroup::from_labels(&json!({"job": "system-health", "reporter": "acme/shop"})),
            Some(ours)
        );
        let nameless = PushGroup::new(Part::Reporter, None);
        assert_eq!(PushGroup::from_labels(&json!({"job": "system-health-reporter"})), Some(nameless));
        for labels in [
            json!({"job": "backup", "reporter": "acme/shop"}),
            json!({"job": "system-health", "reporter": "acme/shop", "instance": "a"}),
            json!({"reporter": "acme/shop"}),
        ] {
            assert_eq!(PushGroup::from_labels(&labels), None, "{labels}");
        }
    }

    #[test]
    fn a_path_contains_job_and_reporter() {
        assert_eq!(PushGroup::new(Part::Values, None).path(), "/metrics/job/system-health");
        let path = PushGroup::new(Part::Reporter, Some("acme/shop")).path();
        assert_eq!(path, "/metrics/job/system-health-reporter/reporter@base64/YWNtZS9zaG9w");
    }
}
