//! Evidence: the items that a value is based on, so that people can check the value.
//!
//! A collector attaches what it examined: commits, builds, queues. Each item says whether it counted and why. Evidence is
//! shown to people, in JSON, in Markdown and in events. It is never delivered as points.

use crate::link::check_link;

/// Maximum number of stored items that counted.
const MAX_COUNTED: usize = 50;
/// Maximum number of stored items that did not count.
const MAX_NOT_COUNTED: usize = 50;
/// Maximum length of a title or a reason, in characters.
const MAX_LENGTH: usize = 300;

/// Characters that change the direction of the text around them. With them, a title could look like a different text. See
/// <https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters>.
const DIRECTIONAL_CHARACTERS: &[char] = &[
    '\u{61c}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}',
    '\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}',
];

/// The items that a value or its absence is based on, in the collector's order.
///
/// At most 50 items that counted and 50 items that did not count are stored. The totals include the items that are not stored.
///
/// ```
/// use system_health_registry::{EvidenceItem, Sample};
///
/// let queues = [("mail", 7), ("billing", 0)];
/// let stuck = queues.iter().filter(|(_, age)| *age > 5).count();
///
/// let sample = Sample::new(stuck)?.with_evidence(queues.iter().map(|(name, age)| {
///     EvidenceItem::new(*name, *age > 5, format!("its oldest message is {age} minutes old"))
///         .with_link(Some(&format!("https://queues.example.com/{name}")))
/// }));
///
/// assert_eq!((sample.evidence().counted(), sample.evidence().total()), (1, 2));
/// # Ok::<(), system_health_registry::SampleError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    items: Vec<EvidenceItem>,
    counted: usize,
    total: usize,
}

/// One item that a collector examined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceItem {
    title: String,
    counted: bool,
    reason: String,
    link: Option<String>,
}

impl Evidence {
    pub(crate) const fn none() -> Self {
        Self { items: Vec::new(), counted: 0, total: 0 }
    }

    /// The stored items.
    #[must_use]
    pub fn items(&self) -> &[EvidenceItem] {
        &self.items
    }

    /// The number of items that counted, including those that are not stored.
    #[must_use]
    pub const fn counted(&self) -> usize {
        self.counted
    }

    /// The number of items, including those that are not stored.
    #[must_use]
    pub const fn total(&self) -> usize {
        self.total
    }

    /// Whether there are no items.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.total == 0
    }
}

impl EvidenceItem {
    /// An item with its title, whether it counted, and why.
    ///
    /// Control characters become spaces, and characters that reorder text are removed. A text with more than 300 characters
    /// is truncated to 300, and ` …` is added. So an item is always one short line.
    #[must_use]
    pub fn new(title: impl AsRef<str>, counted: bool, reason: impl AsRef<str>) -> Self {
        Self { title: one_line(title.as_ref()), counted, reason: one_line(reason.as_ref()), link: None }
    }

    /// Adds the page of the item. A link that is not the URL of a page is ignored, because the item is useful without it.
    #[must_use]
    pub fn with_link(mut self, url: Option<&str>) -> Self {
        self.link = url.filter(|url| check_link(url).is_ok()).map(str::to_owned);
        self
    }

    /// What the item is, such as a commit with the first line of its message.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Whether the item counted.
    #[must_use]
    pub const fn is_counted(&self) -> bool {
        self.counted
    }

    /// Why the item counted or did not.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The page of the item, if there is one.
    #[must_use]
    pub fn link(&self) -> Option<&str> {
        self.link.as_deref()
    }
}

impl FromIterator<EvidenceItem> for Evidence {
    fn from_iter<T: IntoIterator<Item = EvidenceItem>>(items: T) -> Self {
        let mut evidence = Self::default();
        for item in items {
            let not_counted = evidence.total - evidence.counted;
            let (already, limit) =
                if item.counted { (evidence.counted, MAX_COUNTED) } else { (not_counted, MAX_NOT_COUNTED) };
            evidence.total += 1;
            evidence.counted += usize::from(item.counted);
            if already < limit {
                evidence.items.push(item);
            }
        }
        evidence
    }
}

fn one_line(text: &str) -> String {
    let line = text.replace(char::is_control, " ").replace(DIRECTIONAL_CHARACTERS, "");
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MAX_LENGTH) {
        Some((end, _)) => format!("{} …", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(number: usize, counted: bool) -> EvidenceItem {
        EvidenceItem::new(format!("item {number}"), counted, "because")
    }

    #[test]
    fn totals_include_the_items_beyond_the_limits() {
        let items = (0..200).map(|number| item(number, number % 2 == 0));
        let evidence: Evidence = items.collect();

        let kept = |counted| evidence.items().iter().filter(|item| item.is_counted() == counted).count();
        assert_eq!((evidence.counted(), evidence.total()), (100, 200));
        assert_eq!((kept(true), kept(false)), (MAX_COUNTED, MAX_NOT_COUNTED));
        assert_eq!(evidence.items()[0].title(), "item 0");
    }

    #[test]
    fn an_item_is_one_bounded_line() {
        let item = EvidenceItem::new("fix\n\n\u{1b}[31mlogin\u{202e}", true, "x".repeat(1_000));

        assert_eq!(item.title(), "fix [31mlogin");
        assert_eq!(item.reason().chars().count(), MAX_LENGTH + 2);
    }

    #[test]
    fn a_link_that_is_not_a_page_is_ignored() {
        let link = |url| item(1, true).with_link(url).link().map(str::to_owned);

        assert_eq!(link(Some("https://github.com/a/b")).as_deref(), Some("https://github.com/a/b"));
        assert_eq!(link(Some("javascript:alert(1)")), None);
        assert_eq!(link(None), None);
    }
}
