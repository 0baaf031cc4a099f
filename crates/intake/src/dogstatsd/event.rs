//! Events: `_e{5,4}:title|text|d:1656581400|p:low|t:warning|#env:prod`.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{
    fields::{tags, timestamp},
    line_error::LineError,
};

/// A line with an event.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct EventLine {
    pub(crate) title: String,
    pub(crate) text: String,
    /// In seconds since 1970.
    pub(crate) timestamp: Option<i64>,
    pub(crate) tags: BTreeSet<String>,
    /// The other properties, with the names that they have in Datadog's API.
    properties: Vec<(&'static str, String)>,
}

impl EventLine {
    /// Parses what follows `_e{`.
    pub(super) fn parse(rest: &str) -> Result<Self, LineError> {
        let (lengths, rest) = rest.split_once("}:").ok_or(LineError::Event)?;
        let (title_length, text_length) = lengths.split_once(',').ok_or(LineError::Event)?;
        let length = |text: &str| text.parse::<usize>().map_err(|_| LineError::Event);
        let cut = |text: &str, length: usize| -> Result<(String, String), LineError> {
            let (head, rest) = text.split_at_checked(length).ok_or(LineError::Event)?;
            Ok((head.replace("\\n", "\n"), rest.to_owned()))
        };
        let (title, rest) = cut(rest, length(title_length)?)?;
        let rest = rest.strip_prefix('|').ok_or(LineError::Event)?;
        let (text, rest) = cut(rest, length(text_length)?)?;
        if title.is_empty() || !(rest.is_empty() || rest.starts_with('|')) {
            return Err(LineError::Event);
        }
        let mut event = Self { title, text, timestamp: None, tags: BTreeSet::new(), properties: Vec::new() };
        for field in rest.split('|').skip(1) {
            if let Some(text) = field.strip_prefix('#') {
                event.tags.extend(tags(text));
            }
            match field.split_once(':') {
                Some(("d", seconds)) => event.timestamp = Some(timestamp(seconds)?),
                Some(("h", host)) => event.properties.push(("host", host.to_owned())),
                Some(("k", key)) => event.properties.push(("aggregation_key", key.to_owned())),
                Some(("p", priority)) => event.properties.push(("priority", priority.to_owned())),
                Some(("s", source)) => event.properties.push(("source_type_name", source.to_owned())),
                Some(("t", level)) => event.properties.push(("alert_type", level.to_owned())),
                _ => {}
            }
        }
        Ok(event)
    }

    /// The event in the form of Datadog's API, without its timestamp.
    pub(crate) fn to_json(&self) -> Map<String, Value> {
        let own = [("title", json!(self.title)), ("text", json!(self.text)), ("tags", json!(self.tags))];
        let others = self.properties.iter().map(|(name, value)| (*name, json!(value)));
        own.into_iter().chain(others).map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lengths_of_title_and_text_are_in_bytes() {
        let event =
            EventLine::parse("7,5}:größe|a\\n|b|d:1656581400|h:web|p:low|t:warning|k:x|#env:prod").unwrap();

        assert_eq!((event.title.as_str(), event.text.as_str()), ("größe", "a\n|b"));
        assert_eq!(event.timestamp, Some(1_656_581_400));
        assert_eq!(
            Value::from(event.to_json()),
            json!({
                "title": "größe", "text": "a\n|b", "tags": ["env:prod"], "host": "web", "priority": "low",
                "alert_type": "warning", "aggregation_key": "x",
            })
        );
    }

    #[test]
    fn wrong_lengths_and_an_empty_title_are_refused() {
        for rest in [
            "",
            "5,4:title|text",
            "x,4}:title|text",
            "9,4}:title|text",
            "5,9}:title|text",
            "0,4}:|text",
            "5,3}:title|text",
            "1,1}:ä|b",
        ] {
            assert_eq!(EventLine::parse(rest), Err(LineError::Event), "{rest}");
        }
        assert!(EventLine::parse("5,0}:title|").is_ok());
    }
}
