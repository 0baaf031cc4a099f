//! What is known about a metric before it is collected. The attribute reads facts from its options while a collector
//! is compiled, a source returns them with its readings, and the state keeps them for metrics that only a run can know.

use std::time::Duration;

use crate::{
    Aggregate, Alias, AliasError, Goal, Kind, Monitoring, check_recovery,
    option::{MetricOption, OptionError, OptionValue, ValueError},
};

/// The facts of a metric: its key, what it measures, and how its values are read and monitored.
///
/// ```
/// use system_health_rules::{Facts, OptionValue};
///
/// let options = [
///     ("key", OptionValue::Text("jobs.failed".into())),
///     ("goal", OptionValue::Text("< 5".into())),
/// ];
/// let facts = Facts::from_options("Failed jobs.", &options).unwrap();
///
/// assert_eq!(facts, Facts::new("jobs.failed", "Failed jobs.").with_goal("< 5".parse().unwrap()));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    pub(crate) key: String,
    pub(crate) description: String,
    pub(crate) kind: Kind,
    pub(crate) unit: Option<String>,
    pub(crate) goal: Option<Goal>,
    pub(crate) tags: Vec<String>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) every: Option<Duration>,
    pub(crate) enabled: bool,
    pub(crate) requests: Option<f64>,
    pub(crate) backfill: bool,
    pub(crate) only_now: Option<String>,
    pub(crate) aggregate: Option<Aggregate>,
    pub(crate) by: Vec<String>,
    pub(crate) alias: Option<Alias>,
    pub(crate) monitoring: Monitoring,
}

impl Facts {
    /// The facts of a gauge without any options. The catalog checks them.
    pub fn new(key: impl Into<String>, description: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            description: description.into(),
            kind: Kind::Gauge,
            unit: None,
            goal: None,
            tags: Vec::new(),
            timeout: None,
            every: None,
            enabled: true,
            requests: None,
            backfill: false,
            only_now: None,
            aggregate: None,
            by: Vec::new(),
            alias: None,
            monitoring: Monitoring::default(),
        }
    }

    /// Reads the options by their names. Fails with everything that is wrong with them, but reports no consequences:
    /// an option is skipped if the one that it depends on was refused.
    pub fn from_options<N: AsRef<str>>(
        description: impl Into<String>,
        options: &[(N, OptionValue)],
    ) -> Result<Self, Vec<OptionError>> {
        let mut facts = Self::new("", description);
        let mut errors = Vec::new();
        let is_refused =
            |errors: &[OptionError], name: &str| errors.iter().any(|error| error.option() == name);
        for (name, _) in options {
            if !MetricOption::all().any(|option| option.name == name.as_ref()) {
                errors.push(OptionError::new(name.as_ref(), ValueError::new("there is no such option")));
            }
        }
        for option in MetricOption::all() {
            let Some((_, value)) = options.iter().find(|(name, _)| name.as_ref() == option.name) else {
                continue;
            };
            if option.depends_on.is_none_or(|other| !is_refused(&errors, other))
                && let Err(error) = (option.set)(&mut facts, value)
            {
                errors.push(OptionError::new(option.name, error));
            }
        }
        if !is_refused(&errors, "interval")
            && let Err(error) = facts.kind.check_has_interval()
        {
            errors.push(OptionError::new("kind", error));
        }
        if facts.goal.is_some()
            && !is_refused(&errors, "kind")
            && let Err(error) = facts.kind.check_can_have_goal()
        {
            errors.push(OptionError::new("goal", error));
        }
        if !is_refused(&errors, "alias_until") && facts.alias.as_ref().is_some_and(|alias| !alias.has_end()) {
            errors.push(OptionError::new("alias", AliasError::NoEnd));
        }
        if facts.key.is_empty() && !is_refused(&errors, "key") {
            let message = "a metric needs a key; add an option such as `key = \"commits.hotfix\"`";
            errors.push(OptionError::new("key", ValueError::new(message)));
        }
        if errors.is_empty() { Ok(facts) } else { Err(errors) }
    }

    /// The options that are set, with their values.
    pub fn options(&self) -> impl Iterator<Item = (&'static MetricOption, OptionValue)> {
        MetricOption::all().filter_map(|option| Some((option, (option.get)(self)?)))
    }

    /// Checks facts that were made without [`from_options`](Self::from_options) by the same rules.
    pub fn check(&self) -> Result<(), OptionError> {
        if self.description.trim().is_empty() {
            let error = ValueError::new(format!("the metric `{}` has no description", self.key));
            return Err(OptionError::new("description", error));
        }
        let options: Vec<_> = self.options().map(|(option, value)| (option.name, value)).collect();
        match Self::from_options("", &options) {
            Ok(_) => Ok(()),
            Err(errors) => errors.into_iter().next().map_or(Ok(()), Err),
        }
    }

    /// Sets the kind. Default: gauge.
    #[must_use]
    pub fn with_kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    /// Sets the unit of the values, such as `commit`.
    #[must_use]
    pub fn with_unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = Some(unit.into());
        self
    }

    /// Sets what the values should be.
    #[must_use]
    pub fn with_goal(mut self, goal: Goal) -> Self {
        self.goal = Some(goal);
        self
    }

    /// Replaces the goal, or removes it. The threshold at which an alert ends is removed as well if it does not fit the new
    /// goal, because it was chosen for the old one. Fails if a metric of this kind cannot have a goal.
    pub fn replace_goal(mut self, goal: Option<Goal>) -> Result<Self, OptionError> {
        if goal.is_some() {
            self.kind.check_can_have_goal().map_err(|error| OptionError::new("goal", error))?;
        }
        self.goal = goal;
        let recovery = &mut self.monitoring.recovery;
        *recovery = recovery.filter(|recovery| check_recovery(*recovery, goal).is_ok());
        Ok(self)
    }

    /// Sets tags for every sample of the metric.
    #[must_use]
    pub fn with_tags(mut self, tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.tags = tags.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the maximum time of one collection. Default: that of the engine, 30 seconds.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets how often a service collects the metric. Default: in each of its runs.
    #[must_use]
    pub fn with_every(mut self, every: Duration) -> Self {
        self.every = Some(every);
        self
    }

    /// Leaves the metric out of runs whose settings do not name it. By default, every run collects it.
    #[must_use]
    pub fn disabled(mut self) -> Self {
        self.enabled = false;
        self
    }

    /// Sets how many requests to other systems one collection makes if no other metric shares them.
    #[must_use]
    pub fn with_requests(mut self, requests: f64) -> Self {
        self.requests = Some(requests);
        self
    }

    /// Declares that the metric can be computed for a past instant. See [`can_backfill`](Self::can_backfill).
    #[must_use]
    pub fn with_backfill(mut self) -> Self {
        self.backfill = true;
        self
    }

    /// Sets why the metric can be computed only for now.
    #[must_use]
    pub fn with_only_now(mut self, reason: impl Into<String>) -> Self {
        self.only_now = Some(reason.into());
        self
    }

    /// Sets how several series of the metric become one value. See [`aggregate`](Self::aggregate) for the default.
    #[must_use]
    pub fn with_aggregate(mut self, aggregate: Aggregate) -> Self {
        self.aggregate = Some(aggregate);
        self
    }

    /// Sets the names of the tags whose values are lines of their own on dashboards. Default: none.
    #[must_use]
    pub fn with_by(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.by = names.into_iter().map(Into::into).collect();
        self
    }

    /// Sets a former key, under which the values are also delivered until a day.
    #[must_use]
    pub fn with_alias(mut self, alias: Alias) -> Self {
        self.alias = Some(alias);
        self
    }

    /// Sets how the metric is monitored.
    #[must_use]
    pub fn with_monitoring(mut self, monitoring: Monitoring) -> Self {
        self.monitoring = monitoring;
        self
    }

    /// The name of the metric, such as `commits.hotfix`.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The first part of the key: `commits` for `commits.hotfix`.
    #[must_use]
    pub fn group(&self) -> &str {
        self.key.split('.').next().unwrap_or_default()
    }

    /// What the metric measures; for a function, its doc comment.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// How the values relate to time.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What the values count.
    #[must_use]
    pub fn unit(&self) -> Option<&str> {
        self.unit.as_deref()
    }

    /// What the values should be.
    #[must_use]
    pub fn goal(&self) -> Option<Goal> {
        self.goal
    }

    /// The tags of every sample, as written.
    #[must_use]
    pub fn tags(&self) -> &[String] {
        &self.tags
    }

    /// The maximum time of one collection, if the metric has its own.
    #[must_use]
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// How often a service collects the metric, if not in each of its runs. Whole seconds, at least 10.
    #[must_use]
    pub fn every(&self) -> Option<Duration> {
        self.every
    }

    /// Whether a run collects the metric if the settings do not name it.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// How many requests to other systems one collection makes if no other metric shares them, as far as it is known.
    /// The metrics of a group share their requests.
    #[must_use]
    pub fn requests(&self) -> Option<f64> {
        self.requests
    }

    /// Whether the metric can be computed for a past instant. Then a value that is computed later for an instant is equal to
    /// the value of a run that started at that instant.
    #[must_use]
    pub fn can_backfill(&self) -> bool {
        self.backfill
    }

    /// Why the metric can be computed only for now, if it is known.
    #[must_use]
    pub fn only_now(&self) -> Option<&str> {
        self.only_now.as_deref()
    }

    /// How several series of the metric become one value. Default: counts and rates are summed; of gauges with a goal
    /// `<`, `<=`, `>` or `>=`, the value farthest from the goal counts; of other gauges, the average.
    #[must_use]
    pub fn aggregate(&self) -> Option<Aggregate> {
        self.aggregate
    }

    /// The tags whose values are lines of their own on dashboards.
    #[must_use]
    pub fn by(&self) -> &[String] {
        &self.by
    }

    /// The former key, under which the values are also delivered.
    #[must_use]
    pub fn alias(&self) -> Option<&Alias> {
        self.alias.as_ref()
    }

    /// How the metric is monitored.
    #[must_use]
    pub fn monitoring(&self) -> &Monitoring {
        &self.monitoring
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each option with a value other than its default, as the attribute writes it.
    fn all_options() -> Vec<(&'static str, OptionValue)> {
        let text = |text: &str| OptionValue::Text(text.to_owned());
        vec![
            ("key", text("jobs.failed")),
            ("kind", text("count")),
            ("interval", text("15m")),
            ("unit", text("job")),
            ("goal", text("< 0.1")),
            ("tags", OptionValue::List(vec!["Team:Web".to_owned(), "area:jobs".to_owned()])),
            ("timeout", text("1s 500ms")),
            ("every", text("1h")),
            ("enabled", OptionValue::Bool(false)),
            ("requests", OptionValue::Number(2.5)),
            ("backfill", OptionValue::Bool(true)),
            ("aggregate", text("max")),
            ("by", OptionValue::List(vec!["quantile".to_owned()])),
            ("alias", text("jobs.broken")),
            ("alias_until", text("2027-01-31")),
            ("owner", text("team-web")),
            ("runbook", text("https://wiki.example.com/jobs")),
            ("window", text("1h")),
            ("recovery", OptionValue::Number(0.05)),
            ("notify", OptionValue::List(vec!["@slack-web".to_owned(), "@oncall".to_owned()])),
        ]
    }

    fn errors(options: &[(&str, &str)]) -> Vec<String> {
        let options: Vec<_> =
            options.iter().map(|(name, text)| (*name, OptionValue::Text((*text).to_owned()))).collect();
        let errors = Facts::from_options("Jobs.", &options).expect_err("the options are refused");
        errors.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_option_is_read_and_returned() {
        let facts = Facts::from_options("Failed jobs.", &all_options()).unwrap();

        let returned: Vec<_> = facts.options().map(|(option, value)| (option.name, value)).collect();
        assert_eq!(returned, all_options());
        // `only_now` excludes `backfill`.
        let facts_of_the_table =
            MetricOption::all().filter(|option| !["each", "only_now"].contains(&option.name));
        assert_eq!(facts_of_the_table.count(), returned.len());
    }

    #[test]
    fn unset_options_are_not_returned() {
        let facts = Facts::new("jobs", "Jobs.");
        let set: Vec<_> = facts.options().map(|(option, _)| option.name).collect();
        assert_eq!(set, ["key", "kind"]);
    }

    #[test]
    fn an_option_comes_after_the_one_that_it_depends_on() {
        let names: Vec<_> = MetricOption::all().map(|option| option.name).collect();
        let position = |name| names.iter().position(|known| *known == name).unwrap();
        for option in MetricOption::all() {
            assert!(option.depends_on.is_none_or(|other| position(other) < position(option.name)));
        }
    }

    #[test]
    fn all_mistakes_are_reported_without_their_consequences() {
        assert_eq!(
            errors(&[("key", "a b"), ("goal", "5"), ("recovery", "3"), ("colour", "red")]),
            [
                "`colour`: there is no such option",
                "`key`: key `a b` contains ` `; only ASCII letters, digits, `_` and `.` are allowed",
                "`goal`: goal `5` must start with `<`, `<=`, `>`, `>=`, `==` or `!=`; write a goal such as \"< 5\"",
            ]
        );
        assert_eq!(errors(&[("key", "a"), ("kind", "count"), ("interval", "0s")]).len(), 1);
        assert_eq!(errors(&[("key", "a"), ("kind", "meter"), ("interval", "15m")]).len(), 1);
        assert_eq!(errors(&[("key", "a"), ("alias", "b"), ("alias_until", "soon")]).len(), 1);
    }

    #[test]
    fn names_of_tags_are_in_their_stored_form_and_distinct() {
        let by = |names: &[&str]| {
            let names = names.iter().map(ToString::to_string).collect();
            Facts::from_options(
                "Jobs.",
                &[("key", OptionValue::Text("jobs".to_owned())), ("by", OptionValue::List(names))],
            )
        };
        assert_eq!(by(&["quantile", "os"]).unwrap().by(), ["quantile", "os"]);
        for wrong in [&["Quantile"][..], &["team:web"], &["a b"], &[""], &["os", "os"]] {
            let errors = by(wrong).unwrap_err();
            assert_eq!((errors.len(), errors[0].option()), (1, "by"), "{wrong:?}");
        }
    }

    #[test]
    fn options_that_need_each_other_are_reported_if_one_is_missing() {
        for (options, refused) in [
            (&[("unit", "job")][..], "`key`: a metric needs a key"),
            (&[("key", "a"), ("kind", "rate")], "`kind`: a rate needs the time that a value covers"),
            (&[("key", "a"), ("interval", "15m")], "`interval`: a gauge has no interval"),
            (
                &[("key", "a"), ("kind", "counter"), ("interval", "15m")],
                "`interval`: a counter has no interval",
            ),
            (&[("key", "a"), ("kind", "counter"), ("goal", "< 5")], "`goal`: a counter has no current value"),
            (&[("key", "a"), ("kind", "distribution"), ("goal", "< 5")], "`goal`: a distribution has no"),
            (&[("key", "a"), ("only_now", " ")], "`only_now`: a reason has words"),
            (&[("key", "a"), ("recovery", "3")], "`recovery`: an alert ends when the goal is met again"),
            (&[("key", "a"), ("alias", "b")], "`alias`: an alias needs a day on which it expires"),
            (&[("key", "a"), ("alias_until", "2027-01-31")], "`alias_until`: there is no alias to expire"),
            (
                &[("key", "a"), ("alias", "a"), ("alias_until", "2027-01-31")],
                "`alias`: `a` is the metric's current",
            ),
        ] {
            let errors = errors(options);
            assert!(errors.len() == 1 && errors[0].starts_with(refused), "{errors:?}");
        }
    }

    #[test]
    fn a_threshold_that_does_not_fit_a_new_goal_is_removed() {
        let replaced = |goal: Option<&str>| {
            let monitoring = Monitoring { recovery: Some(3.0), ..Monitoring::default() };
            let facts =
                Facts::new("jobs", "Jobs.").with_goal("< 5".parse().unwrap()).with_monitoring(monitoring);
            let facts = facts.replace_goal(goal.map(|goal| goal.parse().unwrap())).unwrap();
            facts.check().unwrap();
            (facts.goal().map(|goal| goal.to_string()), facts.monitoring().recovery)
        };

        assert_eq!(replaced(Some("< 20")), (Some("< 20".to_owned()), Some(3.0)));
        for goal in [Some("< 2"), Some("== 0"), Some("> 5"), None] {
            assert_eq!(replaced(goal), (goal.map(str::to_owned), None));
        }
    }

    #[test]
    fn a_kind_without_a_current_value_gets_no_goal() {
        for kind in [Kind::Counter, Kind::Distribution] {
            let facts = Facts::new("jobs", "Jobs.").with_kind(kind);
            let error = facts.clone().replace_goal("< 5".parse().ok()).unwrap_err();
            assert!(error.message().contains("cannot have a goal"), "{error}");
            assert_eq!(facts.clone().replace_goal(None), Ok(facts));
        }
    }

    #[test]
    fn a_metric_that_can_be_backfilled_has_no_reason_why_it_cannot() {
        let text = |text: &str| OptionValue::Text(text.to_owned());
        let only_now = ("only_now", text("the queue keeps no history"));
        let facts = Facts::from_options("Jobs.", &[("key", text("jobs")), only_now.clone()]).unwrap();
        assert_eq!((facts.can_backfill(), facts.only_now()), (false, Some("the queue keeps no history")));
        let both = [("key", text("jobs")), ("backfill", OptionValue::Bool(true)), only_now];
        let errors = Facts::from_options("Jobs.", &both).unwrap_err();
        assert_eq!((errors.len(), errors[0].option()), (1, "only_now"));
    }

    #[test]
    fn the_refused_text_of_a_list_is_known() {
        let tags = OptionValue::List(vec!["a".to_owned(), "A".to_owned()]);
        let errors =
            Facts::from_options("Jobs.", &[("key", OptionValue::Text("a".to_owned())), ("tags", tags)]);
        let errors = errors.unwrap_err();
        assert_eq!((errors[0].option(), errors[0].item()), ("tags", Some(1)));
        assert_eq!(errors[0].message(), "the tag `a` is given twice; remove one of them");
    }
}
