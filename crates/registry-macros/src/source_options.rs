//! The options of a source.

use std::{fmt::Display, time::Duration};

use proc_macro2::TokenStream;
use system_health_rules::{MetricOption, parse_duration};

use crate::{
    attribute_option::{AttributeOption, AttributeOptions, mistake_in_whole_call},
    mistakes::Mistakes,
};

const NAMES: &[&str] = &["name", "timeout"];

/// The options of one source.
pub(crate) struct SourceOptions {
    pub(crate) name: String,
    pub(crate) timeout: Option<Duration>,
}

impl SourceOptions {
    /// Parses the options. Fails with all their mistakes.
    pub(crate) fn parse(tokens: TokenStream) -> syn::Result<Self> {
        let mut mistakes = Mistakes::default();
        let written = AttributeOptions::parse(tokens, NAMES, option_of_metric, &mut mistakes)?;
        let name = if let Some(option) = written.get("name") {
            mistakes.ok_or_add(parse(option, parse_name))
        } else {
            let message = "a source needs a name; add an option such as `name = \"warehouse\"`";
            mistakes.add(mistake_in_whole_call(message));
            None
        };
        let timeout =
            written.get("timeout").and_then(|option| mistakes.ok_or_add(parse(option, parse_duration)));
        mistakes.finish_with(Self { name: name.unwrap_or_default(), timeout })
    }
}

/// The message about an option that only a metric has.
fn option_of_metric(name: &str) -> Option<String> {
    MetricOption::all().any(|option| option.name == name).then(|| {
        format!(
            "`{name}` is an option of a metric; a source describes its metrics at run time, with the `Facts` that it returns \
             (options of a source: `{}`)",
            NAMES.join("`, `")
        )
    })
}

fn parse<T, E: Display>(option: &AttributeOption, rule: impl FnOnce(&str) -> Result<T, E>) -> syn::Result<T> {
    rule(&option.text()?).map_err(|error| option.mistake_at(None, error))
}

fn parse_name(text: &str) -> Result<String, &'static str> {
    let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    if !text.is_empty() && text.chars().all(is_allowed) {
        Ok(text.to_owned())
    } else {
        Err("a source's name contains only lower-case letters, digits, `_` and `-`, such as \"warehouse\"")
    }
}
