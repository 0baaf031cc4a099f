//! Facts as the options of the attribute: how they are read, returned and checked.

use crate::{
    AliasError, Facts,
    option::{MetricOption, OptionError, OptionValue, ValueError},
};

impl Facts {
    /// Reads the options by their names. Fails with all mistakes, but not with their consequences: an option is skipped if the
    /// option that it depends on was refused.
    pub fn from_options<N: AsRef<str>>(
        description: impl Into<String>,
        options: &[(N, OptionValue)],
    ) -> Result<Self, Vec<OptionError>> {
        let mut facts = Self::new("", description);
        let mut errors = Vec::new();
        let mut skipped = Vec::new();
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
            if option.depends_on.is_some_and(|other| skipped.contains(&other) || is_refused(&errors, other)) {
                skipped.push(option.name);
            } else if let Err(error) = (option.set)(&mut facts, value) {
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
        if !is_refused(&errors, "alias_until")
            && !skipped.contains(&"alias_until")
            && facts.alias.as_ref().is_some_and(|alias| !alias.has_end())
        {
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

    /// Applies the rules of [`from_options`](Self::from_options) to facts that were made in another way. Also refuses a blank
    /// description.
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
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All options that can be set together, with values other than the defaults, as the attribute writes them.
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
        // `each` is not a fact, and `only_now` excludes `backfill`.
        let options_in_the_tables =
            MetricOption::all().filter(|option| !["each", "only_now"].contains(&option.name));
        assert_eq!(options_in_the_tables.count(), returned.len());
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
        assert_eq!(errors(&[("key", "A b"), ("alias", "b"), ("alias_until", "2027-01-31")]).len(), 1);
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
    fn a_single_mistake_is_one_error_that_names_its_option() {
        for (options, start) in [
            (&[("unit", "job")][..], "`key`: a metric needs a key"),
            (&[("key", "a"), ("kind", "rate")], "`kind`: a rate needs the time that a value covers"),
            (&[("key", "a"), ("interval", "15m")], "`interval`: a gauge has no interval"),
            (
                &[("key", "a"), ("kind", "counter"), ("interval", "15m")],
                "`interval`: a counter has no interval",
            ),
            (&[("key", "a"), ("kind", "counter"), ("goal", "< 5")], "`goal`: a counter has no current value"),
            (&[("key", "a"), ("kind", "distribution"), ("goal", "< 5")], "`goal`: a distribution has no"),
            (&[("key", "a"), ("only_now", " ")], "`only_now`: a reason must not be empty"),
            (&[("key", "a"), ("recovery", "3")], "`recovery`: a recovery threshold needs a goal"),
            (&[("key", "a"), ("alias", "b")], "`alias`: an alias needs a day on which it expires"),
            (&[("key", "a"), ("alias_until", "2027-01-31")], "`alias_until`: there is no alias to expire"),
            (
                &[("key", "a"), ("alias", "a"), ("alias_until", "2027-01-31")],
                "`alias`: `a` is the metric's current",
            ),
        ] {
            let errors = errors(options);
            assert!(errors.len() == 1 && errors[0].starts_with(start), "{errors:?}");
        }
    }

    #[test]
    fn backfill_and_only_now_exclude_each_other() {
        let text = |text: &str| OptionValue::Text(text.to_owned());
        let only_now = ("only_now", text("the queue keeps no history"));
        let facts = Facts::from_options("Jobs.", &[("key", text("jobs")), only_now.clone()]).unwrap();
        assert_eq!((facts.can_backfill(), facts.only_now()), (false, Some("the queue keeps no history")));
        let contradictory = [("key", text("jobs")), ("backfill", OptionValue::Bool(true)), only_now];
        let errors = Facts::from_options("Jobs.", &contradictory).unwrap_err();
        assert_eq!((errors.len(), errors[0].option()), (1, "only_now"));
    }

    #[test]
    fn an_error_has_the_position_of_the_refused_text_in_a_list() {
        let tags = OptionValue::List(vec!["a".to_owned(), "A".to_owned()]);
        let errors =
            Facts::from_options("Jobs.", &[("key", OptionValue::Text("a".to_owned())), ("tags", tags)]);
        let errors = errors.unwrap_err();
        assert_eq!((errors[0].option(), errors[0].item()), ("tags", Some(1)));
        assert_eq!(errors[0].message(), "the tag `a` is given twice; remove one of them");
        let names = OptionValue::List(vec!["os".to_owned(), "os".to_owned()]);
        let errors =
            Facts::from_options("Jobs.", &[("key", OptionValue::Text("a".to_owned())), ("by", names)]);
        let message = "the tag name `os` is given twice; remove one of them";
        assert_eq!(errors.unwrap_err()[0].message(), message);
    }
}
