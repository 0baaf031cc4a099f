//! Which points monitors look at, and whose monitors they are. Reports of another environment or service
//! are other reports: they neither alert here, nor are their monitors ours.

use std::fmt;

use system_health_registry::Tag;

/// The tags of reports that monitors look at, such as `env:production` and `service:system-health`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope(Vec<String>);

impl Scope {
    /// Takes `env:` and `service:` from the tags of a report.
    #[must_use]
    pub fn of(tags: &[Tag]) -> Self {
        let names = |tag: &&Tag| ["env:", "service:"].iter().any(|name| tag.as_str().starts_with(name));
        let mut tags: Vec<String> = tags.iter().filter(names).map(Tag::to_string).collect();
        tags.sort();
        Self(tags)
    }

    /// The tags.
    #[must_use]
    pub fn tags(&self) -> &[String] {
        &self.0
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { f.write_str("*") } else { f.write_str(&self.0.join(",")) }
    }
}
