//! Labels. A tag `name:value` becomes a label, with the changes that Prometheus' data model requires
//! (<https://prometheus.io/docs/concepts/data_model/#metric-names-and-labels>).

use std::collections::BTreeSet;

use system_health_registry::Tag;

/// The label that contains the name of the reporter. It is also part of the grouping key.
pub(crate) const REPORTER: &str = "reporter";

/// The value of a tag that is only a name, such as `nightly`.
const NO_VALUE: &str = "true";

/// The labels of a series, sorted by name. There may be very many series, and a list takes less time and memory than a map.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Labels(Vec<(String, String)>);

impl Labels {
    /// The labels with these names and values. Values of one name are joined.
    fn new(mut pairs: Vec<(String, &str)>) -> Self {
        pairs.sort_unstable();
        pairs.dedup();
        let mut labels = Vec::<(String, String)>::with_capacity(pairs.len() + 2);
        for (name, value) in pairs {
            match labels.last_mut() {
                Some((last, values)) if *last == name => {
                    values.push(',');
                    values.push_str(value);
                }
                _ => labels.push((name, value.to_owned())),
            }
        }
        Self(labels)
    }

    /// Sets a label.
    pub(crate) fn insert(&mut self, name: &str, value: String) {
        match self.0.binary_search_by(|(known, _)| known.as_str().cmp(name)) {
            Ok(at) => self.0[at].1 = value,
            Err(at) => self.0.insert(at, (name.to_owned(), value)),
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl IntoIterator for Labels {
    type Item = (String, String);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl FromIterator<(String, String)> for Labels {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(labels: I) -> Self {
        let mut all = Self::default();
        labels.into_iter().for_each(|(name, value)| all.insert(&name, value));
        all
    }
}

/// The labels of a point, with the name of the reporter.
pub(crate) fn labels(tags: &BTreeSet<Tag>, reporter: Option<&str>) -> Labels {
    let pairs = tags.iter().map(|tag| {
        let (name, value) = tag.as_str().split_once(':').unwrap_or((tag.as_str(), NO_VALUE));
        (label_name(name), value)
    });
    let mut labels = Labels::new(pairs.collect());
    if let Some(reporter) = reporter {
        // In a Pushgateway, the label of the group has the same name and replaces any other value.
        labels.insert(REPORTER, reporter.to_owned());
    }
    labels
}

/// Labels in the text format, such as `{branch="main"}`.
pub(crate) fn label_set(labels: &Labels) -> String {
    let written: Vec<String> =
        labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escape_value(value))).collect();
    if written.is_empty() { String::new() } else { format!("{{{}}}", written.join(",")) }
}

fn escape_value(value: &str) -> String {
    value.replace('\\', "\\\\").replace('\n', "\\n").replace('"', "\\\"")
}

/// Converts the name of a tag into the name of a label. The result contains only letters, digits and underscores, and
/// has no special meaning in Prometheus.
fn label_name(name: &str) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let name: String = name.chars().map(allowed).collect();
    match &*name {
        // Labels of the scraped target. Prometheus itself renames conflicting labels in this way.
        "job" | "instance" => format!("exported_{name}"),
        // Labels of the buckets of histograms and summaries.
        "le" | "quantile" => format!("tag_{name}"),
        _ if name.starts_with("__") || name.starts_with(|c: char| c.is_ascii_digit()) => format!("tag{name}"),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label_pairs(tags: &[&str], reporter: Option<&str>) -> Vec<(String, String)> {
        let tags = tags.iter().map(|tag| Tag::parse(tag).unwrap()).collect();
        labels(&tags, reporter).into_iter().collect()
    }

    #[test]
    fn a_tag_is_a_label() {
        for (tags, expected) in [
            (&["env:test", "branch:main"][..], &[("branch", "main"), ("env", "test")][..]),
            (&["url:http://a:1/b"], &[("url", "http://a:1/b")]),
            (&["nightly"], &[("nightly", "true")]),
            (&["team:web", "team:api"], &[("team", "api,web")]),
            (&["nightly", "nightly:x"], &[("nightly", "true,x")]),
            (&["git-branch:b", "git.branch:a"], &[("git_branch", "a,b")]),
            (&["job:build", "instance:i-1"], &[("exported_instance", "i-1"), ("exported_job", "build")]),
            (&["le:1", "quantile:0.5"], &[("tag_le", "1"), ("tag_quantile", "0.5")]),
            (&["région:île"], &[("r_gion", "île")]),
            (&["éé:1", "é1:2"], &[("_1", "2"), ("tag__", "1")]),
            (&[], &[]),
        ] {
            let found = label_pairs(tags, None);
            let found: Vec<_> = found.iter().map(|(name, value)| (&**name, &**value)).collect();
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn label_values_are_escaped() {
        assert_eq!(escape_value("a \\ \"b\"\nc"), "a \\\\ \\\"b\\\"\\nc");
    }

    #[test]
    fn the_reporters_name_is_a_label() {
        let expected = [("reporter".to_owned(), "acme/shop".to_owned())];
        assert_eq!(label_pairs(&[], Some("acme/shop")), expected);
        assert_eq!(
            label_pairs(&["reporter:other"], Some("acme/shop")),
            expected,
            "the name of the reporter replaces a tag"
        );
    }
}
