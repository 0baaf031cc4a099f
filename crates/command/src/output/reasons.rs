//! Why metrics and items have no value. If an API is down, a thousand repositories fail with the same text. The text is shown
//! once, with the number of repositories and the first names. Each outcome is counted on exactly one line.

use std::{cmp::Reverse, collections::HashMap, ops::RangeInclusive};

use system_health_registry::{ItemError, Outcome, OutcomeState, Tag, Unavailable};

use super::{
    metric_outcomes::{MAX_ROWS, MetricOutcomes},
    text::{count, join_names, one_line},
};

/// Maximum number of reasons that are shown for one metric, if more than `MAX_ROWS` outcomes or items have one.
const MAX_OF_METRIC: usize = 5;

/// Maximum number of reasons that are shown for a run.
const MAX_OF_RUN: usize = 50;

/// Maximum number of keys or names before the text. If there are more, only their number is shown there, and they are
/// listed below the text.
const MAX_BEFORE_TEXT: usize = 3;

/// Stands for the parts of a text that differ between subjects: the name of the subject, and ids such as those of commits.
const PLACEHOLDER: &str = "…";

/// Minimum and maximum length of an id in hexadecimal digits, such as an abbreviated commit id or a SHA-256.
const ID_LENGTHS: RangeInclusive<usize> = 7..=64;

/// The reasons for one state or for failed items, the most frequent first.
pub(crate) struct Reasons {
    /// The reasons that are shown.
    pub(crate) shown: Vec<SharedReason>,
    /// The number of other reasons, and of their outcomes or items. `None` if all reasons are shown.
    pub(crate) others: Option<(usize, usize)>,
}

/// A text, and the metrics and subjects that share it.
#[derive(Debug)]
pub(crate) struct SharedReason {
    keys: Vec<String>,
    /// What the names stand for, such as `repository`.
    noun: String,
    names: Vec<String>,
    text: String,
    /// Whether the text summarises several rare texts.
    is_summary: bool,
}

/// Why one outcome or item has no value.
struct OwnReason {
    name: Option<String>,
    text: String,
}

/// The outcomes or items of a metric with the same text.
struct TextGroup {
    names: Vec<String>,
    /// The text of the first outcome or item, before its name and ids are replaced.
    first_text: String,
    count: usize,
}

impl Reasons {
    /// Why metrics have no data, or failed.
    pub(crate) fn for_state<'a>(
        groups: impl IntoIterator<Item = MetricOutcomes<'a>>,
        state: OutcomeState,
    ) -> Self {
        Self::from_own_reasons(groups, MetricOutcomes::subject_noun, |group| {
            let outcomes = group.outcomes.iter().filter(|outcome| outcome.state() == state);
            outcomes.filter_map(OwnReason::from_outcome).collect()
        })
    }

    /// Why items failed. An outcome whose only item failed has the error of that item, so the item is not listed again.
    pub(crate) fn for_failed_items<'a>(groups: impl IntoIterator<Item = MetricOutcomes<'a>>) -> Self {
        Self::from_own_reasons(
            groups,
            |_| "item".to_owned(),
            |group| {
                let is_listed = |outcome: &&Outcome| {
                    outcome.state() == OutcomeState::Value || outcome.failed_items().len() > 1
                };
                let items = group.outcomes.iter().filter(is_listed).flat_map(|outcome| {
                    outcome.failed_items().iter().map(move |item| OwnReason::from_item(outcome, item))
                });
                items.collect()
            },
        )
    }

    fn from_own_reasons<'a>(
        groups: impl IntoIterator<Item = MetricOutcomes<'a>>,
        noun: impl Fn(&MetricOutcomes<'a>) -> String,
        own_reasons: impl Fn(&MetricOutcomes<'a>) -> Vec<OwnReason>,
    ) -> Self {
        let mut reasons: Vec<SharedReason> = Vec::new();
        // Metrics that need the same resource fail with the same text.
        let mut indices = HashMap::new();
        for group in groups {
            let own = own_reasons(&group);
            if own.is_empty() {
                continue;
            }
            let noun = noun(&group);
            for (text, names, is_summary) in bounded(group_by_text(own), &noun) {
                let index =
                    *indices.entry((text.clone(), names.clone(), noun.clone())).or_insert(reasons.len());
                let key = group.metric.key().to_owned();
                match reasons.get_mut(index) {
                    Some(reason) => reason.keys.push(key),
                    None => {
                        reasons.push(SharedReason {
                            keys: vec![key],
                            noun: noun.clone(),
                            names,
                            text,
                            is_summary,
                        });
                    }
                }
            }
        }
        // The sort is stable, so reasons with equal counts stay in the order of the keys.
        reasons.sort_by_key(|reason| (reason.is_summary, Reverse(reason.count())));
        let hidden = reasons.split_off(reasons.len().min(MAX_OF_RUN));
        let others =
            (!hidden.is_empty()).then(|| (hidden.len(), hidden.iter().map(SharedReason::count).sum()));
        Self { shown: reasons, others }
    }

    /// Whether there are no reasons.
    pub(crate) fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    /// The number of outcomes or items.
    pub(crate) fn count(&self) -> usize {
        let shown: usize = self.shown.iter().map(SharedReason::count).sum();
        shown + self.others.map_or(0, |(_, count)| count)
    }
}

impl SharedReason {
    /// The number of outcomes or items.
    pub(crate) fn count(&self) -> usize {
        self.keys.len() * self.names.len().max(1)
    }

    /// The metrics and subjects that share the text, such as `commits.hotfix of 312 repositories`.
    pub(crate) fn affected(&self) -> String {
        let keys = if self.keys.len() > MAX_BEFORE_TEXT {
            count(self.keys.len(), "metric")
        } else {
            self.keys.join(", ")
        };
        match self.names.len() {
            0 => keys,
            1..=MAX_BEFORE_TEXT => format!("{keys} of {}", self.names.join(", ")),
            many => format!("{keys} of {}", count(many, &self.noun)),
        }
    }

    /// The text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The keys and names that [`affected`](Self::affected) only counts, or the first of them.
    pub(crate) fn lists(&self) -> impl Iterator<Item = String> {
        let long = [&self.keys, &self.names].into_iter().filter(|names| names.len() > MAX_BEFORE_TEXT);
        long.map(|names| join_names(names))
    }
}

impl OwnReason {
    fn from_outcome(outcome: &Outcome) -> Option<Self> {
        let text = match outcome.result.as_ref().err()? {
            Unavailable::NoData(no_data) => one_line(no_data.reason()),
            // The reason of each item has a line of its own.
            Unavailable::Error(_) if outcome.failed_items().len() > 1 => {
                format!("{} items failed, and no other item has a value", outcome.failed_items().len())
            }
            Unavailable::Error(error) => one_line(&error.to_string()),
        };
        Some(Self { name: outcome.subject.as_ref().map(|subject| one_line(subject.name())), text })
    }

    fn from_item(outcome: &Outcome, item: &ItemError) -> Self {
        let subject = outcome.subject.iter().map(|subject| one_line(subject.name()));
        let name = subject.chain(item.tags().iter().map(Tag::to_string)).collect::<Vec<_>>().join(" ");
        let name = if name.is_empty() { "(without tags)".to_owned() } else { name };
        Self { name: Some(name), text: one_line(&item.error().to_string()) }
    }
}

/// Groups reasons by text, the most frequent first. The name of the subject and ids are replaced in the text.
fn group_by_text(reasons: Vec<OwnReason>) -> Vec<(String, TextGroup)> {
    let mut indices = HashMap::new();
    let mut all: Vec<(String, TextGroup)> = Vec::new();
    for OwnReason { name, text } in reasons {
        let shared =
            without_ids(&name.as_ref().map_or_else(|| text.clone(), |name| without_name(&text, name)));
        let index = *indices.entry(shared.clone()).or_insert(all.len());
        if index == all.len() {
            all.push((shared, TextGroup { names: Vec::new(), first_text: text, count: 0 }));
        }
        let group = &mut all[index].1;
        group.names.extend(name);
        group.count += 1;
    }
    all.sort_by_key(|(_, group)| Reverse(group.count));
    all
}

/// The texts with their names, and whether a text is a summary. If there are too many texts, one summary with an example
/// replaces the rare ones.
fn bounded(mut all: Vec<(String, TextGroup)>, noun: &str) -> Vec<(String, Vec<String>, bool)> {
    let total: usize = all.iter().map(|(_, group)| group.count).sum();
    let is_long = total > MAX_ROWS && all.len() > MAX_OF_METRIC;
    let rare = all.split_off(if is_long { MAX_OF_METRIC - 1 } else { all.len() });
    let mut bounded: Vec<_> = all
        .into_iter()
        .map(|(shared, group)| (if group.count == 1 { group.first_text } else { shared }, group.names, false))
        .collect();
    if let Some((_, example)) = rare.first() {
        let example = example.first_text.clone();
        let each = if rare.iter().all(|(_, group)| group.count == 1) {
            format!(", a different one for each {noun}")
        } else {
            String::new()
        };
        bounded.push((
            format!("{} other reasons{each}, such as: {example}", rare.len()),
            rare.into_iter().flat_map(|(_, group)| group.names).collect(),
            true,
        ));
    }
    bounded
}

/// Replaces a name in the text, if the name is a whole word.
fn without_name(text: &str, name: &str) -> String {
    if name.is_empty() {
        return text.to_owned();
    }
    let is_part_of_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let mut shared = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(name) {
        let (before, after) = (&rest[..at], &rest[at + name.len()..]);
        let is_in_longer_word =
            before.chars().next_back().or(shared.chars().next_back()).is_some_and(is_part_of_word)
                || after.chars().next().is_some_and(is_part_of_word);
        shared.push_str(before);
        shared.push_str(if is_in_longer_word { name } else { PLACEHOLDER });
        rest = after;
    }
    shared + rest
}

/// Replaces ids in the text: words of 7 to 64 hexadecimal digits with at least one letter and one decimal digit. Numbers,
/// such as a status, stay.
fn without_ids(text: &str) -> String {
    let is_id = |word: &str| {
        ID_LENGTHS.contains(&word.len())
            && word.bytes().all(|byte| byte.is_ascii_hexdigit())
            && word.bytes().any(|byte| byte.is_ascii_digit())
            && word.bytes().any(|byte| byte.is_ascii_alphabetic())
    };
    text.split_inclusive(|c: char| !c.is_alphanumeric())
        .map(|part| {
            let word = part.trim_end_matches(|c: char| !c.is_alphanumeric());
            if is_id(word) { format!("{PLACEHOLDER}{}", &part[word.len()..]) } else { part.to_owned() }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_replaced_and_numbers_are_not() {
        for (text, shared) in [
            ("no commit 1a2b3c4d5e of `main`", "no commit … of `main`"),
            ("GET /commits/0123456789abcdef0123456789abcdef01234567: 404", "GET /commits/…: 404"),
            ("HTTP 500 at 12:30:05, 1234567 bytes", "HTTP 500 at 12:30:05, 1234567 bytes"),
            ("a defaced facade", "a defaced facade"),
        ] {
            assert_eq!(without_ids(text), shared);
        }
    }

    #[test]
    fn the_name_of_the_subject_is_replaced() {
        for (text, name, shared) in [
            ("GET /repos/acme/shop/commits: 404", "acme/shop", "GET /repos/…/commits: 404"),
            ("cannot read `acme/shop`; acme/shop is gone", "acme/shop", "cannot read `…`; … is gone"),
            ("cannot read acme/shop-2 of acme/shop", "acme/shop", "cannot read acme/shop-2 of …"),
            ("a failure: a", "a", "… failure: …"),
            ("connection refused", "", "connection refused"),
            ("das Läuft: äu", "äu", "das Läuft: …"),
        ] {
            assert_eq!(without_name(text, name), shared);
        }
    }

    #[test]
    fn rare_reasons_share_one_line() {
        let reason = |number: usize| OwnReason {
            name: Some(format!("acme/{number}")),
            text: if number < 30 { "gone".to_owned() } else { format!("reset after {number} s") },
        };

        let all = bounded(group_by_text((0..100).map(reason).collect()), "repository");

        let counts: Vec<_> = all.iter().map(|(text, names, _)| (text.as_str(), names.len())).collect();
        assert_eq!(
            counts,
            [
                ("gone", 30),
                ("reset after 30 s", 1),
                ("reset after 31 s", 1),
                ("reset after 32 s", 1),
                ("67 other reasons, a different one for each repository, such as: reset after 33 s", 67)
            ]
        );
    }
}
