//! The options that every metric may need. The options that only monitors need are in [`monitoring`](crate::monitoring).

use std::fmt;

use crate::{
    Alias, AliasError, Kind, Tag, check_key, check_unit,
    option::{Form, MetricOption, OptionValue, ValueError},
    parse_day, parse_duration, parse_every, parse_interval,
    requests::check_requests,
};

pub(crate) const OPTIONS: &[MetricOption] = &[
    MetricOption {
        name: "key",
        form: Form::Text,
        meaning: "the name of the metric, by \
                  [Datadog's rules](https://docs.datadoghq.com/metrics/custom_metrics/#naming-custom-metrics): ASCII \
                  letters, digits, `_` and `.`, starting with a letter; at most 200 characters",
        default: "required",
        example: "\"commits.hotfix\"",
        depends_on: None,
        set: |facts, value| {
            facts.key = value.text_if(check_key)?;
            Ok(())
        },
        get: |facts| Some(OptionValue::Text(facts.key.clone())),
    },
    MetricOption {
        name: "each",
        form: Form::Type,
        meaning: "the type of the subjects: the metric is collected for each of them",
        default: "collected once a run",
        example: "Repository",
        depends_on: None,
        // A type is code and not a fact. The attribute passes it on to the metric.
        set: |_, _| Ok(()),
        get: |_| None,
    },
    MetricOption {
        name: "kind",
        form: Form::Text,
        meaning: "`gauge`, `count`, `rate`, `counter` (a running total) or `distribution` (many values)",
        default: "`gauge`",
        example: "\"count\"",
        depends_on: None,
        set: |facts, value| {
            facts.kind = Kind::from_name(value.text()?)?;
            Ok(())
        },
        get: |facts| Some(OptionValue::Text(facts.kind.name().to_owned())),
    },
    MetricOption {
        name: "interval",
        form: Form::Text,
        meaning: "the time that a value of a count or a rate covers, in whole seconds. A sample with its own start \
                  covers the time since that start instead",
        default: "required for a count or a rate",
        example: "\"15m\"",
        depends_on: Some("kind"),
        set: |facts, value| Ok(facts.kind.set_interval(parse_interval(value.text()?)?)?),
        get: |facts| facts.kind.interval().map(OptionValue::from_duration),
    },
    MetricOption {
        name: "unit",
        form: Form::Text,
        meaning: "what the values count or measure",
        default: "none",
        example: "\"commit\"",
        depends_on: None,
        set: |facts, value| {
            facts.unit = Some(value.text_if(check_unit)?);
            Ok(())
        },
        get: |facts| facts.unit.clone().map(OptionValue::Text),
    },
    MetricOption {
        name: "goal",
        form: Form::Text,
        meaning: "what the values should be: `<`, `<=`, `>`, `>=`, `==` or `!=`, and a number",
        default: "none",
        example: "\"< 5\"",
        depends_on: None,
        set: |facts, value| {
            facts.goal = Some(value.text()?.parse()?);
            Ok(())
        },
        get: |facts| facts.goal.map(|goal| OptionValue::Text(goal.to_string())),
    },
    MetricOption {
        name: "tags",
        form: Form::List,
        meaning: "tags of every sample",
        default: "none",
        example: "[\"team:platform\"]",
        depends_on: None,
        set: |facts, value| {
            facts.tags = checked_tags(value.list()?)?;
            Ok(())
        },
        get: |facts| OptionValue::from_list(&facts.tags),
    },
    MetricOption {
        name: "timeout",
        form: Form::Text,
        meaning: "the maximum time of one collection",
        default: "30 seconds",
        example: "\"2m\"",
        depends_on: None,
        set: |facts, value| {
            facts.timeout = Some(parse_duration(value.text()?)?);
            Ok(())
        },
        get: |facts| facts.timeout.map(OptionValue::from_duration),
    },
    MetricOption {
        name: "every",
        form: Form::Text,
        meaning: "how often `report serve` collects the metric, in whole seconds, at least `10s`. With `1h`, the first run \
                  at or after each full hour in UTC collects it. Other commands, such as `report --push`, ignore this \
                  option",
        default: "in each run",
        example: "\"1h\"",
        depends_on: None,
        set: |facts, value| {
            facts.every = Some(parse_every(value.text()?)?);
            Ok(())
        },
        get: |facts| facts.every.map(OptionValue::from_duration),
    },
    MetricOption {
        name: "enabled",
        form: Form::Bool,
        meaning: "whether a run collects the metric if the settings do not name it; a metric with `false` is collected \
                  if `enable` in `[metrics]` or `--only` names it",
        default: "`true`",
        example: "false",
        depends_on: None,
        set: |facts, value| {
            facts.enabled = value.bool()?;
            Ok(())
        },
        get: |facts| (!facts.enabled).then_some(OptionValue::Bool(false)),
    },
    MetricOption {
        name: "requests",
        form: Form::Number,
        meaning: "the number of requests that a run makes for each subject if it collects only this metric; used to \
                  estimate a run. The metrics of a group, such as `prs.*`, share their requests",
        default: "unknown",
        example: "2",
        depends_on: None,
        set: |facts, value| {
            let requests = value.number()?;
            check_requests(requests)?;
            facts.requests = Some(requests);
            Ok(())
        },
        get: |facts| facts.requests.map(OptionValue::Number),
    },
    MetricOption {
        name: "backfill",
        form: Form::Bool,
        meaning: "whether the metric can be computed for a past instant, with the same value as in a run at that instant; \
                  `report backfill` computes these metrics",
        default: "`false`",
        example: "true",
        depends_on: None,
        set: |facts, value| {
            facts.backfill = value.bool()?;
            Ok(())
        },
        get: |facts| facts.backfill.then_some(OptionValue::Bool(true)),
    },
    MetricOption {
        name: "only_now",
        form: Form::Text,
        meaning: "why the metric cannot be computed for a past instant, for the output of `report backfill`",
        default: "unknown",
        example: "\"the queue keeps no history\"",
        depends_on: None,
        set: |facts, value| {
            facts.only_now = Some(checked_reason(value.text()?, facts.backfill)?);
            Ok(())
        },
        get: |facts| facts.only_now.clone().map(OptionValue::Text),
    },
    MetricOption {
        name: "aggregate",
        form: Form::Text,
        meaning: "how several series, such as those of several repositories, become one value on dashboards and in \
                  monitors: `avg`, `min`, `max` or `sum`",
        default: "for counts, rates and counters, the sum; for gauges with a goal `<` or `<=`, the maximum; for gauges \
                  with a goal `>` or `>=`, the minimum; for other gauges and distributions, the average",
        example: "\"max\"",
        depends_on: None,
        set: |facts, value| {
            facts.aggregate = Some(value.text()?.parse()?);
            Ok(())
        },
        get: |facts| facts.aggregate.map(|aggregate| OptionValue::Text(aggregate.to_string())),
    },
    MetricOption {
        name: "by",
        form: Form::List,
        meaning: "names of tags that split the metric on dashboards: each of their values has its own line. The values of \
                  all other tags are combined",
        default: "one line",
        example: "[\"quantile\"]",
        depends_on: None,
        set: |facts, value| {
            facts.by = checked_tag_names(value.list()?)?;
            Ok(())
        },
        get: |facts| OptionValue::from_list(&facts.by),
    },
    MetricOption {
        name: "alias",
        form: Form::Text,
        meaning: "a former key, under which the values are also delivered; needs `alias_until`",
        default: "none",
        example: "\"commits.hotfixes\"",
        depends_on: Some("key"),
        set: |facts, value| {
            facts.alias = Some(Alias::without_end(value.text()?, &facts.key)?);
            Ok(())
        },
        get: |facts| facts.alias.as_ref().map(|alias| OptionValue::Text(alias.key().to_owned())),
    },
    MetricOption {
        name: "alias_until",
        form: Form::Text,
        meaning: "the day on which the alias expires, at 00:00 UTC",
        default: "required with `alias`",
        example: "\"2027-01-31\"",
        depends_on: Some("alias"),
        set: |facts, value| {
            let until = parse_day(value.text()?)?;
            facts.alias.as_mut().ok_or(AliasError::NoAlias)?.set_until(until);
            Ok(())
        },
        get: |facts| facts.alias.as_ref().map(|alias| OptionValue::Text(alias.until_day())),
    },
];

/// Accepts the reason why a metric can be computed only for now.
fn checked_reason(reason: &str, can_backfill: bool) -> Result<String, ValueError> {
    if can_backfill {
        return Err(ValueError::new("the metric has `backfill = true`; remove one of the two options"));
    }
    if reason.trim().is_empty() {
        return Err(ValueError::new(
            "a reason must not be empty; write a reason such as \"the queue keeps no history\"",
        ));
    }
    Ok(reason.to_owned())
}

/// The tags as written. They are converted into their stored form when they are used.
fn checked_tags(texts: &[String]) -> Result<Vec<String>, ValueError> {
    check_distinct("tag", texts, |text| Ok(Tag::parse(text)?))?;
    Ok(texts.to_vec())
}

/// Names of tags in their stored form, as queries need them.
fn checked_tag_names(names: &[String]) -> Result<Vec<String>, ValueError> {
    check_distinct("tag name", names, |name| match Tag::parse(&format!("{name}:any")) {
        Ok(tag) if tag.name() == name => Ok(name.to_owned()),
        _ => Err(ValueError::new(format!(
            "`{name}` is not the name of a tag; write a name such as `quantile`"
        ))),
    })?;
    Ok(names.to_vec())
}

/// Parses each text, and refuses the first one that is invalid or means the same as an earlier one. `what` says what a text is.
fn check_distinct<T: PartialEq + fmt::Display>(
    what: &str,
    texts: &[String],
    parse: impl Fn(&str) -> Result<T, ValueError>,
) -> Result<(), ValueError> {
    let mut earlier = Vec::new();
    for (position, text) in texts.iter().enumerate() {
        let parsed = parse(text).map_err(|error| error.at(position))?;
        if earlier.contains(&parsed) {
            let message = format!("the {what} `{parsed}` is given twice; remove one of them");
            return Err(ValueError::new(message).at(position));
        }
        earlier.push(parsed);
    }
    Ok(())
}
