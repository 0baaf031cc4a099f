//! What the attribute says about the metric, checked by the same rules as in the registry.

use std::{collections::HashMap, time::Duration};

use proc_macro2::{Span, TokenStream};
use syn::parse::{ParseStream, Parser};
use system_health_rules::{DurationError, Goal, Tag, check_interval, check_key, parse_duration};

use crate::{
    mistakes::Mistakes,
    option::{self, WrittenOption},
};

const NAMES: [&str; 9] = ["key", "kind", "interval", "unit", "goal", "tags", "timeout", "owner", "runbook"];

/// The options of one metric.
pub(crate) struct Options {
    pub(crate) key: String,
    pub(crate) kind: Kind,
    pub(crate) unit: Option<String>,
    pub(crate) goal: Option<Goal>,
    pub(crate) tags: Vec<String>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) owner: Option<String>,
    pub(crate) runbook: Option<String>,
}

/// How the values relate to time.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Gauge,
    Count { interval: Duration },
    Rate { interval: Duration },
}

/// The options by their names.
type Written = HashMap<&'static str, WrittenOption>;

impl Options {
    /// Reads the options; fails with all their mistakes.
    pub(crate) fn parse(tokens: TokenStream) -> syn::Result<Self> {
        let mut mistakes = Mistakes::default();
        let list = |input: ParseStream<'_>| option::parse_list(input, &mut mistakes);
        let list = list.parse2(tokens)?;
        let written = by_name(list, &mut mistakes);
        // A refused value leaves its default behind, which nobody sees: a mistake fails the whole.
        let options = Self {
            key: key(&written, &mut mistakes).unwrap_or_default(),
            kind: kind(&written, &mut mistakes).unwrap_or(Kind::Gauge),
            unit: written.get("unit").and_then(|option| mistakes.note(option.text(unit))),
            goal: written.get("goal").and_then(|option| mistakes.note(option.text(str::parse))),
            tags: written.get("tags").map(|option| tags(option, &mut mistakes)).unwrap_or_default(),
            timeout: written.get("timeout").and_then(|option| mistakes.note(option.text(parse_duration))),
            owner: written.get("owner").and_then(|option| mistakes.note(option.text(owner))),
            runbook: written.get("runbook").and_then(|option| mistakes.note(option.text(runbook))),
        };
        mistakes.unless_any(options)
    }
}

fn by_name(list: Vec<WrittenOption>, mistakes: &mut Mistakes) -> Written {
    let mut written = Written::new();
    for option in list {
        let name = option.name.to_string();
        match NAMES.into_iter().find(|known| *known == name) {
            None => mistakes.at(&option.name, unknown(&name)),
            Some(known) if written.contains_key(known) => {
                mistakes.at(&option.name, format!("the option `{known}` is given twice; keep one of them"));
            }
            Some(known) => {
                written.insert(known, option);
            }
        }
    }
    written
}

fn unknown(name: &str) -> String {
    let similarity = |known: &&str| strsim::jaro_winkler(known, name);
    let nearest =
        NAMES.into_iter().max_by(|a, b| similarity(a).total_cmp(&similarity(b))).unwrap_or_default();
    format!("there is no option `{name}`; did you mean `{nearest}`? (all options: `{}`)", NAMES.join("`, `"))
}

fn key(written: &Written, mistakes: &mut Mistakes) -> Option<String> {
    let Some(option) = written.get("key") else {
        let message = "a metric needs a key; add one such as `key = \"commits.hotfix\"`";
        mistakes.add(syn::Error::new(Span::call_site(), message));
        return None;
    };
    mistakes.note(option.text(|text| check_key(text).map(|()| text.to_owned())))
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

fn owner(text: &str) -> Result<String, &'static str> {
    if text.trim().is_empty() {
        Err("an owner must not be empty; write one such as \"team-platform\", or leave it out")
    } else {
        Ok(text.to_owned())
    }
}

fn runbook(text: &str) -> Result<String, &'static str> {
    let is_address = text.strip_prefix("https://").is_some_and(|rest| !rest.is_empty());
    if is_address && !text.contains(char::is_whitespace) {
        Ok(text.to_owned())
    } else {
        Err("a runbook is an address such as \"https://wiki.example.com/hotfix\"")
    }
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
