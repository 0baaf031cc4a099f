//! What the attribute says about the metric, checked by the same rules as in the registry.

use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use syn::{
    Type,
    parse::{ParseStream, Parser},
};
use system_health_rules::{
    Aggregate, ContactError, DurationError, Goal, HandleError, Tag, check_interval, check_key, check_owner,
    check_recovery, check_runbook, check_window, parse_day, parse_duration, parse_handles, parse_recovery,
};

use crate::{
    mistakes::Mistakes,
    option::{Written, WrittenOption, by_name, parse_list},
};

const NAMES: &[&str] = &[
    "key",
    "each",
    "kind",
    "interval",
    "unit",
    "goal",
    "tags",
    "timeout",
    "owner",
    "runbook",
    "window",
    "aggregate",
    "recovery",
    "notify",
    "alias",
    "alias_until",
];

/// The options of one metric.
pub(crate) struct Options {
    pub(crate) key: String,
    pub(crate) each: Option<Type>,
    pub(crate) kind: Kind,
    pub(crate) unit: Option<String>,
    pub(crate) goal: Option<Goal>,
    pub(crate) tags: Vec<String>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) owner: Option<String>,
    pub(crate) runbook: Option<String>,
    pub(crate) window: Option<Duration>,
    pub(crate) aggregate: Option<Aggregate>,
    pub(crate) recovery: Option<f64>,
    pub(crate) notify: Vec<String>,
    pub(crate) alias: Option<Alias>,
}

/// A former key, and the time since 1970 at which the day begins on which it ends.
pub(crate) struct Alias {
    pub(crate) key: String,
    pub(crate) until: Duration,
}

/// How the values relate to time.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Gauge,
    Count { interval: Duration },
    Rate { interval: Duration },
}

impl Options {
    /// Reads the options; fails with all their mistakes.
    pub(crate) fn parse(tokens: TokenStream) -> syn::Result<Self> {
        let mut mistakes = Mistakes::default();
        let list = |input: ParseStream<'_>| parse_list(input, &mut mistakes);
        let list = list.parse2(tokens)?;
        let written = by_name(NAMES, list, &mut mistakes);
        // A refused value leaves its default behind, which nobody sees: a mistake fails the whole.
        let mut options = Self {
            key: key(&written, &mut mistakes).unwrap_or_default(),
            each: written.get("each").and_then(|option| mistakes.note(each(option))),
            kind: kind(&written, &mut mistakes).unwrap_or(Kind::Gauge),
            unit: written.get("unit").and_then(|option| mistakes.note(option.text(unit))),
            goal: written.get("goal").and_then(|option| mistakes.note(option.text(str::parse))),
            tags: written.get("tags").map(|option| tags(option, &mut mistakes)).unwrap_or_default(),
            timeout: written.get("timeout").and_then(|option| mistakes.note(option.text(parse_duration))),
            owner: written.get("owner").and_then(|option| mistakes.note(option.text(owner))),
            runbook: written.get("runbook").and_then(|option| mistakes.note(option.text(runbook))),
            window: written.get("window").and_then(|option| mistakes.note(option.text(window))),
            aggregate: written.get("aggregate").and_then(|option| mistakes.note(option.text(str::parse))),
            recovery: None,
            notify: written
                .get("notify")
                .and_then(|option| mistakes.note(option.text(notify)))
                .unwrap_or_default(),
            alias: None,
        };
        options.recovery = recovery(&written, options.goal, &mut mistakes);
        options.alias = alias(&written, &options.key, &mut mistakes);
        mistakes.unless_any(options)
    }
}

fn key(written: &Written, mistakes: &mut Mistakes) -> Option<String> {
    let Some(option) = written.get("key") else {
        let message = "a metric needs a key; add one such as `key = \"commits.hotfix\"`";
        mistakes.add(syn::Error::new(Span::call_site(), message));
        return None;
    };
    mistakes.note(option.text(|text| check_key(text).map(|()| text.to_owned())))
}

fn each(option: &WrittenOption) -> syn::Result<Type> {
    syn::parse2(option.value.clone()).map_err(|_| {
        option.mistake(
            "`each` names the type of what the metric is about, such as `each = Repository`, without quotes",
        )
    })
}

fn kind(written: &Written, mistakes: &mut Mistakes) -> Option<Kind> {
    let interval = written.get("interval");
    let duration = interval.map(|option| mistakes.note(option.text(read_interval)));
    let Some(option) = written.get("kind") else {
        return gauge(interval, mistakes);
    };
    match mistakes.note(option.text(|text| Ok::<_, String>(text.to_owned())))?.as_str() {
        "gauge" => gauge(interval, mistakes),
        name @ ("count" | "rate") => {
            let Some(interval) = duration else {
                mistakes.add(option.mistake(format!(
                    "a {name} needs the time that a value covers; add one such as `interval = \"15m\"`"
                )));
                return None;
            };
            let interval = interval?;
            Some(if name == "count" { Kind::Count { interval } } else { Kind::Rate { interval } })
        }
        other => {
            mistakes.add(option.mistake(format!(
                "there is no kind `{other}`; a metric is a `gauge`, a `count` or a `rate`"
            )));
            None
        }
    }
}

fn gauge(interval: Option<&WrittenOption>, mistakes: &mut Mistakes) -> Option<Kind> {
    let Some(interval) = interval else { return Some(Kind::Gauge) };
    let message = "a gauge has no interval; remove it, or add `kind = \"count\"` or `kind = \"rate\"`";
    mistakes.at(&interval.name, message);
    None
}

fn read_interval(text: &str) -> Result<Duration, DurationError> {
    let interval = parse_duration(text)?;
    check_interval(interval).map(|()| interval)
}

fn unit(text: &str) -> Result<String, &'static str> {
    if text.trim().is_empty() {
        Err("a unit must not be empty; write one such as \"commit\", or leave it out")
    } else {
        Ok(text.to_owned())
    }
}

fn owner(text: &str) -> Result<String, ContactError> {
    check_owner(text).map(|()| text.to_owned())
}

fn runbook(text: &str) -> Result<String, ContactError> {
    check_runbook(text).map(|()| text.to_owned())
}

fn window(text: &str) -> Result<Duration, DurationError> {
    let window = parse_duration(text)?;
    check_window(window).map(|()| window)
}

fn notify(text: &str) -> Result<Vec<String>, HandleError> {
    Ok(parse_handles(text)?.into_iter().map(str::to_owned).collect())
}

fn recovery(written: &Written, goal: Option<Goal>, mistakes: &mut Mistakes) -> Option<f64> {
    let option = written.get("recovery")?;
    let recovery = mistakes.note(option.text(parse_recovery))?;
    // A goal that is refused itself is mistake enough.
    if goal.is_some() || !written.contains_key("goal") {
        let checked = check_recovery(recovery, goal);
        mistakes.note(checked.map_err(|refusal| option.mistake(refusal)))?;
    }
    Some(recovery)
}

fn alias(written: &Written, own: &str, mistakes: &mut Mistakes) -> Option<Alias> {
    let (key, until) = (written.get("alias"), written.get("alias_until"));
    let key_text = key.map(|option| mistakes.note(option.text(|text| former_key(text, own))));
    let until_day = until.map(|option| mistakes.note(option.text(parse_day)));
    match (key, until) {
        (Some(key), None) => {
            let message = "an alias ends some day; add one such as `alias_until = \"2027-01-31\"`";
            mistakes.at(&key.name, message);
        }
        (None, Some(until)) => {
            let message = "there is no alias that could end; add one such as `alias = \"commits.hotfixes\"`";
            mistakes.at(&until.name, message);
        }
        _ => {}
    }
    Some(Alias { key: key_text??, until: until_day?? })
}

fn former_key(text: &str, own: &str) -> Result<String, String> {
    check_key(text).map_err(|refusal| refusal.to_string())?;
    if text == own {
        return Err(format!("`{text}` is the key itself; an alias is a former one"));
    }
    Ok(text.to_owned())
}

/// The tags as written; the registry brings them into Datadog's form.
fn tags(option: &WrittenOption, mistakes: &mut Mistakes) -> Vec<String> {
    let mut seen = Vec::new();
    let mut texts = Vec::new();
    for literal in mistakes.note(option.texts()).unwrap_or_default() {
        match Tag::parse(&literal.value()) {
            Ok(tag) if seen.contains(&tag) => {
                mistakes.at(&literal, format!("the tag `{tag}` is given twice; keep one of them"));
            }
            Ok(tag) => {
                seen.push(tag);
                texts.push(literal.value());
            }
            Err(refusal) => mistakes.at(&literal, refusal),
        }
    }
    texts
}
