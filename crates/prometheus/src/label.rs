//! Labels. A tag `name:value` becomes a label, with the changes that Prometheus' data model requires
//! (<https://prometheus.io/docs/concepts/data_model/#metric-names-and-labels>).

use std::{borrow::Cow, collections::BTreeSet, fmt, iter};

use system_health_registry::Tag;

/// The label that contains the name of the reporter. It is also part of the grouping key.
pub(crate) const REPORTER: &str = "reporter";

/// The value of a tag that is only a name, such as `nightly`.
const NO_VALUE: &str = "true";

/// Ends each name and each value. Neither contains it, and it is less than every other character, so the texts have the same
/// order as the lists of labels.
const END: char = '\0';

/// The labels of a series, sorted by name. There may be very many series, and one text takes less memory than a list of texts.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Labels(String);

impl Labels {
    /// The labels with these names and values. Several values of one name are joined by commas.
    pub(crate) fn new(mut pairs: Vec<(Cow<'_, str>, &str)>) -> Self {
        pairs.sort_unstable();
        pairs.dedup();
        let length: usize = pairs.iter().map(|(name, value)| name.len() + value.len() + 2).sum();
        let mut text = String::with_capacity(length);
        let mut last = None;
        for (name, value) in &pairs {
            if last == Some(name) {
                text.pop();
                text.push(',');
            } else {
                text.push_str(name);
                text.push(END);
            }
            text.push_str(value);
            text.push(END);
            last = Some(name);
        }
        Self(text)
    }

    /// The labels with one more label. It replaces a label of the same name.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let others = self.iter().filter(|(other, _)| *other != name);
        Self::new(others.chain([(name, value)]).map(|(name, value)| (Cow::from(name), value)).collect())
    }

    /// The names and values.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut texts = self.0.split_terminator(END);
        iter::from_fn(move || Some((texts.next()?, texts.next()?)))
    }
}

/// The labels of a point, with the name of the reporter.
pub(crate) fn labels(tags: &BTreeSet<Tag>, reporter: Option<&str>) -> Labels {
    let pairs = tags.iter().map(|tag| {
        let (name, value) = tag.as_str().split_once(':').unwrap_or((tag.as_str(), NO_VALUE));
        (label_name(name), value)
    });
    let mut pairs: Vec<(Cow<'_, str>, &str)> = pairs.collect();
    if let Some(reporter) = reporter {
        // In a Pushgateway, the label of the group has the same name and replaces any other value.
        pairs.retain(|(name, _)| name != REPORTER);
        pairs.push((REPORTER.into(), reporter));
    }
    Labels::new(pairs)
}

/// Labels in the text format, such as `{branch="main"}`.
pub(crate) struct LabelSet<'a>(pub(crate) &'a Labels);

impl fmt::Display for LabelSet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "{";
        for (name, value) in self.0.iter() {
            f.write_str(separator)?;
            f.write_str(name)?;
            f.write_str("=\"")?;
            write_escaped(f, value)?;
            f.write_str("\"")?;
            separator = ",";
        }
        if separator == "," { f.write_str("}") } else { Ok(()) }
    }
}

fn write_escaped(f: &mut impl fmt::Write, value: &str) -> fmt::Result {
    let mut plain_from = 0;
    for (at, byte) in value.bytes().enumerate() {
        let escaped = match byte {
            b'\n' => "\\n",
            b'\\' => "\\\\",
            b'"' => "\\\"",
            _ => continue,
        };
        f.write_str(value.get(plain_from..at).unwrap_or_default())?;
        f.write_str(escaped)?;
        plain_from = at + 1;
    }
    f.write_str(value.get(plain_from..).unwrap_or_default())
}

/// Converts the name of a tag into the name of a label. The result contains only lower-case letters, digits and underscores,
/// and has no special meaning in Prometheus.
fn label_name(name: &str) -> Cow<'_, str> {
    let is_allowed = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_';
    let changed = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let name: Cow<'_, str> = if name.bytes().all(is_allowed) {
        name.into()
    } else {
        name.chars().map(changed).collect::<String>().into()
    };
    match &*name {
        // Labels of the scraped target. Prometheus itself renames conflicting labels in this way.
        "job" | "instance" => format!("exported_{name}").into(),
        // Labels of the buckets of histograms and the quantiles of summaries.
        "le" | "quantile" => format!("tag_{name}").into(),
        _ if name.starts_with("__") || name.starts_with(|c: char| c.is_ascii_digit()) => {
            format!("tag{name}").into()
        }
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label_pairs(tags: &[&str], reporter: Option<&str>) -> Vec<(String, String)> {
        let tags = tags.iter().map(|tag| Tag::parse(tag).unwrap()).collect();
        owned_pairs(&labels(&tags, reporter))
    }

    fn owned_pairs(labels: &Labels) -> Vec<(String, String)> {
        labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
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
    fn an_added_label_keeps_the_order_and_may_be_empty() {
        let mut labels = Labels::new(vec![("b".into(), "1"), ("d".into(), "2")]);
        for (name, value) in [("c", ""), ("a", "3"), ("b", "4")] {
            labels = labels.with(name, value);
        }
        let expected = [("a", "3"), ("b", "4"), ("c", ""), ("d", "2")];
        assert_eq!(labels.iter().collect::<Vec<_>>(), expected);
        assert_eq!(LabelSet(&labels).to_string(), "{a=\"3\",b=\"4\",c=\"\",d=\"2\"}");
        assert_eq!(Labels::default().iter().count(), 0);
        assert_eq!(LabelSet(&Labels::default()).to_string(), "");
    }

    #[test]
    fn labels_are_sorted_by_their_names_and_values() {
        let sorted: [&[(&str, &str)]; 6] =
            [&[], &[("a", "")], &[("a", "1")], &[("a", "1"), ("b", "1")], &[("a", "1-")], &[("a-b", "1")]];
        let labels = sorted
            .map(|pairs| Labels::new(pairs.iter().map(|(name, value)| ((*name).into(), *value)).collect()));
        assert!(labels.is_sorted_by(|one, next| one < next), "{labels:?}");
    }

    #[test]
    fn label_values_are_escaped() {
        let mut text = String::new();
        write_escaped(&mut text, "a \\ \"b\"\nç").unwrap();
        assert_eq!(text, "a \\\\ \\\"b\\\"\\nç");
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
