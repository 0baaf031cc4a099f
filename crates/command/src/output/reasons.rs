//! Why metrics have no value. If an API is down, a thousand repositories fail with the same text: it is shown once, with
//! their number and the first names. Each outcome is counted on exactly one line.

use std::{cmp::Reverse, collections::HashMap, ops::RangeInclusive};

use system_health_registry::{ItemError, Outcome, State, Tag, Unavailable};

use super::{
    metric_outcomes::{MAX_ROWS, MetricOutcomes},
    text::{count, join_names, one_line},
};

/// Maximum number of reasons that are shown for one metric, if more outcomes than `MAX_ROWS` have one.
const MAX_OF_METRIC: usize = 5;

/// Maximum number of reasons that are shown for a run.
const MAX_OF_RUN: usize = 50;

/// Maximum number of keys or names before the text. More are counted there and listed below it.
const MAX_BEFORE_TEXT: usize = 3;

/// Replaces what differs in a text that several subjects share: the name of the subject, and the ids of commits and the
/// like.
const VARIABLE: &str = "…";

/// Minimum and maximum length of an id in hexadecimal digits, such as an abbreviated commit id or a SHA-256.
const ID_LENGTHS: RangeInclusive<usize> = 7..=64;

/// The reasons for one state, those of most outcomes first.
pub(crate) struct Reasons {
    /// The reasons.
    pub(crate) shown: Vec<SharedReason>,
    /// The number of other reasons and of their outcomes, if not all are shown.
    pub(crate) others: Option<(usize, usize)>,
}

/// A text, and the metrics and subjects that share it.
#[derive(Debug)]
pub(crate) struct SharedReason {
    keys: Vec<String>,
    /// What the names are, such as `repository`.
    thing: String,
    names: Vec<String>,
    text: String,
    /// Whether the text replaces several rare ones.
    is_rest: bool,
}

/// One outcome or item.
struct Case {
    name: Option<String>,
    text: String,
}

/// The cases of a metric with the same text.
struct Alike {
    names: Vec<String>,
    /// The text of the first one, with its own name.
    first: String,
    cases: usize,
}

impl Reasons {
    /// Why metrics have no data, or failed.
    pub(crate) fn for_state<'a>(groups: impl IntoIterator<Item = MetricOutcomes<'a>>, state: State) -> Self {
        Self::from_cases(groups, MetricOutcomes::thing, |group| {
            let outcomes = group.outcomes.iter().filter(|outcome| outcome.state() == state);
            outcomes.filter_map(Case::from_outcome).collect()
        })
    }

    /// Why items failed beside samples.
    pub(crate) fn for_failed_items<'a>(groups: impl IntoIterator<Item = MetricOutcomes<'a>>) -> Self {
        Self::from_cases(
            groups,
            |_| "item".to_owned(),
            |group| {
                let items = group.outcomes.iter().flat_map(|outcome| {
                    outcome.failures().iter().map(move |item| Case::from_item(outcome, item))
                });
                items.collect()
            },
        )
    }

    fn from_cases<'a>(
        groups: impl IntoIterator<Item = MetricOutcomes<'a>>,
        thing: impl Fn(&MetricOutcomes<'a>) -> String,
        cases: impl Fn(&MetricOutcomes<'a>) -> Vec<Case>,
    ) -> Self {
        let mut reasons: Vec<SharedReason> = Vec::new();
        // Metrics that need the same resource fail alike.
        let mut places = HashMap::new();
        for group in groups {
            let cases = cases(&group);
            if cases.is_empty() {
                continue;
            }
            let thing = thing(&group);
            for (text, names, is_rest) in bounded(alike(cases), &thing) {
                let place =
                    *places.entry((text.clone(), names.clone(), thing.clone())).or_insert(reasons.len());
                let key = group.metric.key().to_owned();
                match reasons.get_mut(place) {
                    Some(reason) => reason.keys.push(key),
                    None => {
                        reasons.push(SharedReason {
                            keys: vec![key],
                            thing: thing.clone(),
                            names,
                            text,
                            is_rest,
                        });
                    }
                }
            }
        }
        // Stable, so reasons of as many outcomes stay in the order of the keys.
        reasons.sort_by_key(|reason| (reason.is_rest, Reverse(reason.count())));
        let hidden = reasons.split_off(reasons.len().min(MAX_OF_RUN));
        let others =
            (!hidden.is_empty()).then(|| (hidden.len(), hidden.iter().map(SharedReason::count).sum()));
        Self { shown: reasons, others }
    }

    /// Whether there are none.
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

    /// What the text is about, such as `commits.hotfix of 312 repositories`.
    pub(crate) fn subject(&self) -> String {
        let keys = if self.keys.len() > MAX_BEFORE_TEXT {
            count(self.keys.len(), "metric")
        } else {
            self.keys.join(", ")
        };
        match self.names.len() {
            0 => keys,
            1..=MAX_BEFORE_TEXT => format!("{keys} of {}", self.names.join(", ")),
            more => format!("{keys} of {}", count(more, &self.thing)),
        }
    }

    /// The text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The keys and names that `subject` only counts, or the first of them.
    pub(crate) fn lists(&self) -> impl Iterator<Item = String> {
        let long = [&self.keys, &self.names].into_iter().filter(|names| names.len() > MAX_BEFORE_TEXT);
        long.map(|names| join_names(names))
    }
}

impl Case {
    fn from_outcome(outcome: &Outcome) -> Option<Self> {
        let text = match outcome.result.as_ref().err()? {
            Unavailable::NoData(no_data) => one_line(no_data.reason()),
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

/// The cases by their texts, apart from the subject's own name in it; those with most cases first.
fn alike(cases: Vec<Case>) -> Vec<(String, Alike)> {
    let mut places = HashMap::new();
    let mut all: Vec<(String, Alike)> = Vec::new();
    for Case { name, text } in cases {
        let shared = without_ids(&name.as_ref().map_or_else(|| text.clone(), |name| without(&text, name)));
        let place = *places.entry(shared.clone()).or_insert(all.len());
        if place == all.len() {
            all.push((shared, Alike { names: Vec::new(), first: text, cases: 0 }));
        }
        let alike = &mut all[place].1;
        alike.names.extend(name);
        alike.cases += 1;
    }
    all.sort_by_key(|(_, alike)| Reverse(alike.cases));
    all
}

/// The first texts with their names; of very many, the others become one with an example.
fn bounded(mut all: Vec<(String, Alike)>, thing: &str) -> Vec<(String, Vec<String>, bool)> {
    let cases: usize = all.iter().map(|(_, alike)| alike.cases).sum();
    let is_long = cases > MAX_ROWS && all.len() > MAX_OF_METRIC;
    let rest = all.split_off(if is_long { MAX_OF_METRIC - 1 } else { all.len() });
    let mut bounded: Vec<_> = all
        .into_iter()
        .map(|(shared, alike)| (if alike.cases == 1 { alike.first } else { shared }, alike.names, false))
        .collect();
    if let Some((_, example)) = rest.first() {
        let example = example.first.clone();
        let each = if rest.iter().all(|(_, alike)| alike.cases == 1) {
            format!(", a different one for each {thing}")
        } else {
            String::new()
        };
        bounded.push((
            format!("{} other reasons{each}, such as: {example}", rest.len()),
            rest.into_iter().flat_map(|(_, alike)| alike.names).collect(),
            true,
        ));
    }
    bounded
}

/// The text without a name that is a word in it.
fn without(text: &str, name: &str) -> String {
    if name.is_empty() {
        return text.to_owned();
    }
    let is_part_of_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let mut shared = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(name) {
        let (before, after) = (&rest[..at], &rest[at + name.len()..]);
        let inside = before.chars().next_back().or(shared.chars().next_back()).is_some_and(is_part_of_word)
            || after.chars().next().is_some_and(is_part_of_word);
        shared.push_str(before);
        shared.push_str(if inside { name } else { VARIABLE });
        rest = after;
    }
    shared + rest
}

/// The text without ids: words of hexadecimal digits, with a letter and a decimal digit among them. A status or another
/// number stays.
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
            if is_id(word) { format!("{VARIABLE}{}", &part[word.len()..]) } else { part.to_owned() }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_do_not_tell_texts_apart_and_numbers_do() {
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
    fn a_text_is_the_same_for_all_subjects_apart_from_their_names() {
        for (text, name, shared) in [
            ("GET /repos/acme/shop/commits: 404", "acme/shop", "GET /repos/…/commits: 404"),
            ("cannot read `acme/shop`; acme/shop is gone", "acme/shop", "cannot read `…`; … is gone"),
            ("cannot read acme/shop-2 of acme/shop", "acme/shop", "cannot read acme/shop-2 of …"),
            ("a failure: a", "a", "… failure: …"),
            ("connection refused", "", "connection refused"),
            ("das Läuft: äu", "äu", "das Läuft: …"),
        ] {
            assert_eq!(without(text, name), shared);
        }
    }

    #[test]
    fn rare_reasons_of_a_metric_are_one_line_and_every_case_is_counted() {
        let case = |number: usize| Case {
            name: Some(format!("acme/{number}")),
            text: if number < 30 { "gone".to_owned() } else { format!("reset after {number} s") },
        };

        let all = bounded(alike((0..100).map(case).collect()), "repository");

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
