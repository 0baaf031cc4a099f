//! The options of a source.

use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use syn::parse::{ParseStream, Parser};
use system_health_rules::parse_duration;

use crate::{
    mistakes::Mistakes,
    option::{by_name, parse_list},
};

const NAMES: &[&str] = &["name", "timeout"];

/// The options of one source.
pub(crate) struct SourceOptions {
    pub(crate) name: String,
    pub(crate) timeout: Option<Duration>,
}

impl SourceOptions {
    /// Reads the options; fails with all their mistakes.
    pub(crate) fn parse(tokens: TokenStream) -> syn::Result<Self> {
        let mut mistakes = Mistakes::default();
        let list = |input: ParseStream<'_>| parse_list(input, &mut mistakes);
        let list = list.parse2(tokens)?;
        let written = by_name(NAMES, list, &mut mistakes);
        let name = if let Some(option) = written.get("name") {
            mistakes.note(option.text(name))
        } else {
            let message = "a source needs a name; add one such as `name = \"warehouse\"`";
            mistakes.add(syn::Error::new(Span::call_site(), message));
            None
        };
        let timeout = written.get("timeout").and_then(|option| mistakes.note(option.text(parse_duration)));
        mistakes.unless_any(Self { name: name.unwrap_or_default(), timeout })
    }
}

fn name(text: &str) -> Result<String, &'static str> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    if !text.is_empty() && text.chars().all(fits) {
        Ok(text.to_owned())
    } else {
        Err("a source's name contains only lower-case letters, digits, `_` and `-`, such as \"warehouse\"")
    }
}
