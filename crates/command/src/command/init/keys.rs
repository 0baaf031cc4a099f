//! The keys in the examples of a settings file. The templates name built-in metrics. A program without these gets examples
//! with its own metrics.

use system_health_registry::{Catalog, KeyPattern, Kind, self_metrics::is_self_metric};

/// The names in the templates that are replaced: keys, patterns, and [`GOAL_NAME`].
const EXAMPLES: [&str; 8] = [
    "commits.reverts",
    "commits.hotfix",
    "prs.stale",
    "ci.runs",
    "commits.*",
    "prs.*",
    "ci.*",
    "commits.reverted",
];

/// The name of a goal of two metrics in the templates. It is not the key of a metric.
const GOAL_NAME: &str = "commits.reverted";

/// What the goal of two metrics in the templates means.
const GOAL_DESCRIPTION: &str = "There are fewer than half as many reverts as hotfixes.";

/// All examples, each with what to write instead. Empty if the catalog has the metrics of the examples, or has no metrics except
/// those about the reporter.
pub(super) fn replacements(catalog: &Catalog) -> Vec<(&'static str, String)> {
    let keys = catalog.metrics().iter().map(|metric| metric.key());
    let keys: Vec<&str> = keys.filter(|key| !is_self_metric(key)).collect();
    let is_known = |example: &&str| {
        example.parse().is_ok_and(|pattern: KeyPattern| keys.iter().any(|key| pattern.is_match(key)))
    };
    let [first, ..] = keys[..] else { return Vec::new() };
    if EXAMPLES.iter().filter(|example| **example != GOAL_NAME).all(is_known) {
        return Vec::new();
    }
    // The examples contain goals, which a counter or a distribution cannot have.
    let can_have_goal = |kind: Kind| !matches!(kind, Kind::Counter | Kind::Distribution);
    let for_goals = catalog.metrics().iter().filter(|metric| can_have_goal(metric.facts().kind()));
    let mut for_goals = for_goals.map(|metric| metric.key()).filter(|key| !is_self_metric(key));
    let first = for_goals.next().unwrap_or(first);
    let second = for_goals.next().unwrap_or("another.metric");
    let (group, pattern) = match first.split_once('.') {
        Some((group, _)) => (group, format!("{group}.*")),
        // A key without a dot has no group.
        None => (first, first.to_owned()),
    };
    let mut goal_name = format!("{group}.ratio");
    while keys.contains(&goal_name.as_str()) {
        goal_name.push_str("_of_two");
    }
    let mut replacements: Vec<(&'static str, String)> = EXAMPLES
        .into_iter()
        .map(|example| match example {
            GOAL_NAME => (example, goal_name.clone()),
            _ if example.ends_with(".*") => (example, pattern.clone()),
            "commits.hotfix" => (example, second.to_owned()),
            _ => (example, first.to_owned()),
        })
        .collect();
    replacements.push((GOAL_DESCRIPTION, "What the goal means.".to_owned()));
    replacements
}

#[cfg(test)]
mod tests {
    use system_health_registry::{Facts, IntoReading};

    use super::*;
    use crate::output::fixture;

    fn catalog(keys: &[&str]) -> Catalog {
        let metric = |key: &&str| fixture::without_subject(Facts::new(*key, "A test."), || 1.into_reading());
        Catalog::new(keys.iter().map(metric)).unwrap()
    }

    fn replacement(catalog: &Catalog, example: &str) -> Option<String> {
        replacements(catalog).into_iter().find(|(it, _)| *it == example).map(|(_, text)| text)
    }

    #[test]
    fn a_program_without_the_metrics_of_the_examples_gets_its_own() {
        let own = catalog(&["queue.length", "queue.oldest"]);

        assert_eq!(replacement(&own, "prs.*").as_deref(), Some("queue.*"));
        assert_eq!(replacement(&own, "commits.reverts").as_deref(), Some("queue.length"));
        assert_eq!(replacement(&own, "commits.hotfix").as_deref(), Some("queue.oldest"));
        assert_eq!(replacement(&own, GOAL_NAME).as_deref(), Some("queue.ratio"));
    }

    #[test]
    fn the_examples_with_a_key_without_a_group_are_valid() {
        let own = catalog(&["answer"]);

        assert_eq!(replacement(&own, "prs.*").as_deref(), Some("answer"));
        assert_eq!(replacement(&own, GOAL_NAME).as_deref(), Some("answer.ratio"));
    }

    #[test]
    fn the_examples_of_goals_are_valid() {
        let counter = Facts::new("queue.added", "A test.").with_kind(Kind::Counter);
        let metrics = [counter, Facts::new("queue.ratio", "A test."), Facts::new("queue.length", "A test.")];
        let metrics = metrics.map(|facts| fixture::without_subject(facts, || 1.into_reading()));
        let own = Catalog::new(metrics).unwrap();

        for example in ["commits.reverts", "commits.hotfix"] {
            assert_ne!(replacement(&own, example).as_deref(), Some("queue.added"));
        }
        assert_eq!(replacement(&own, GOAL_NAME).as_deref(), Some("queue.ratio_of_two"));
    }

    #[test]
    fn a_program_with_the_metrics_of_the_examples_keeps_them() {
        let built_in = catalog(&["ci.runs", "commits.hotfix", "commits.reverts", "prs.stale"]);

        assert_eq!(replacements(&built_in), []);
    }

    /// An example that is changed only in a template is no longer replaced.
    #[test]
    fn the_templates_have_the_examples() {
        let templates: Vec<&str> =
            system_health_registry::settings::TableSpec::templates().into_values().collect();
        let templates = templates.concat();

        // The template with `commits.*` is in a crate that this test does not link.
        for example in EXAMPLES.iter().filter(|example| **example != "commits.*").chain([&GOAL_DESCRIPTION]) {
            assert!(templates.contains(example), "no template has {example}");
        }
    }
}
