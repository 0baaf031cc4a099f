//! The scope of monitors: which points they watch, and which monitors a push may change. Each environment and service has its
//! own monitors.

use std::fmt;

use system_health_registry::Tag;

/// Tags of the points that monitors watch, such as `env:production` and `service:system-health`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonitorScope(Vec<String>);

impl MonitorScope {
    /// The tags `env:` and `service:` among the tags of a report.
    #[must_use]
    pub fn from_tags(tags: &[Tag]) -> Self {
        let is_in_scope = |tag: &&Tag| ["env:", "service:"].iter().any(|name| tag.as_str().starts_with(name));
        let mut tags: Vec<String> = tags.iter().filter(is_in_scope).map(Tag::to_string).collect();
        tags.sort();
        Self(tags)
    }

    /// The tags.
    #[must_use]
    pub fn tags(&self) -> &[String] {
        &self.0
    }
}

impl fmt::Display for MonitorScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { f.write_str("*") } else { f.write_str(&self.0.join(",")) }
    }
}
