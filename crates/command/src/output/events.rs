//! The events that collectors attached to a run. People get their times, levels, titles and links. Programs get all fields.

use std::fmt;

use humantime::format_rfc3339_seconds;
use serde::Serialize;
use system_health_registry::{Event, Level, Tag};
use system_health_reporter::markdown::{LinkUrl, Plain};

use super::{
    style::{BAD, GOOD, NOTICE, paint},
    text::{one_line, wrap},
};

/// Maximum number of events that are shown to people.
const MAX_EVENTS: usize = 20;

/// The events as a section of text. Nothing is written if there are none.
pub(super) struct EventLines<'a> {
    pub(super) events: &'a [Event],
    /// The width of the terminal, if there is one.
    pub(super) width: Option<usize>,
}

/// The events as a block in Markdown. Nothing is written if there are none.
pub(super) struct EventBlock<'a>(pub(super) &'a [Event]);

/// An event as JSON.
#[derive(Serialize)]
pub(super) struct JsonEvent<'a> {
    id: &'a str,
    title: &'a str,
    text: Option<&'a str>,
    level: &'static str,
    time: Option<String>,
    tags: Vec<&'a str>,
    link: Option<&'a str>,
}

impl<'a> From<&'a Event> for JsonEvent<'a> {
    fn from(event: &'a Event) -> Self {
        Self {
            id: event.id(),
            title: event.title(),
            text: event.text(),
            level: event.level().name(),
            time: time(event),
            tags: event.tags().iter().map(Tag::as_str).collect(),
            link: event.link(),
        }
    }
}

impl fmt::Display for EventLines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.events.is_empty() {
            return Ok(());
        }
        writeln!(f, "\nEvents")?;
        for event in self.events.iter().take(MAX_EVENTS) {
            let style = match event.level() {
                Level::Info => None,
                Level::Success => Some(GOOD),
                Level::Warning => Some(NOTICE),
                Level::Error => Some(BAD),
            };
            let level = event.level().name();
            let level = style.map_or_else(|| level.to_owned(), |style| paint(style, level));
            let time = time(event).unwrap_or_default();
            wrap(f, self.width, ("  ", "    "), &format!("{time} {level}: {}", one_line(event.title())))?;
            if let Some(link) = event.link() {
                // A link that is broken into lines cannot be opened.
                writeln!(f, "    {link}")?;
            }
        }
        match self.events.len().checked_sub(MAX_EVENTS) {
            Some(hidden @ 1..) => writeln!(f, "  … and {hidden} more: see --format json"),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for EventBlock<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(events) = self;
        if events.is_empty() {
            return Ok(());
        }
        writeln!(f, "\n<details>\n<summary>Events: {}</summary>\n", events.len())?;
        for event in events.iter().take(MAX_EVENTS) {
            let title = Plain(&one_line(event.title())).to_string();
            let title = event.link().map_or(title.clone(), |link| format!("[{title}]({})", LinkUrl(link)));
            let time = time(event).unwrap_or_default();
            writeln!(f, "- {time} {}: {title}", event.level().name())?;
        }
        if let Some(hidden @ 1..) = events.len().checked_sub(MAX_EVENTS) {
            writeln!(f, "- {hidden} more")?;
        }
        writeln!(f, "\n</details>")
    }
}

fn time(event: &Event) -> Option<String> {
    Some(format_rfc3339_seconds(event.happened_at()?).to_string())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use insta::assert_snapshot;

    use super::*;
    use crate::output::fixture;

    fn events(count: u64) -> Vec<Event> {
        let event = |number: u64| {
            let event = Event::new(format!("deploy-{number}"), format!("Deployed [version] {number}"));
            let event = event.unwrap().at(SystemTime::UNIX_EPOCH + Duration::from_secs(number)).unwrap();
            event.with_level(Level::Success).with_link("https://ci.example.com/a(b)").unwrap()
        };
        (0..count).map(event).collect()
    }

    #[test]
    fn the_first_events_are_shown_with_their_links_and_the_others_are_counted() {
        let events = events(22);
        let lines = fixture::plain(EventLines { events: &events, width: None });

        assert!(lines.ends_with("  … and 2 more: see --format json\n"), "{lines}");
        assert_snapshot!(lines.lines().take(4).collect::<Vec<_>>().join("\n"), @"

        Events
          1970-01-01T00:00:00Z success: Deployed [version] 0
            https://ci.example.com/a(b)
        ");
        assert_eq!(EventLines { events: &[], width: None }.to_string(), "");
    }

    #[test]
    fn titles_and_links_are_escaped_in_markdown() {
        assert_snapshot!(EventBlock(&events(1)), @r"

        <details>
        <summary>Events: 1</summary>

        - 1970-01-01T00:00:00Z success: [Deployed \[version\] 0](https://ci.example.com/a%28b%29)

        </details>
        ");
        assert_eq!(EventBlock(&[]).to_string(), "");
    }
}
