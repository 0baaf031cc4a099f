//! Events, such as a deploy, a migration or an incident. They are shown with the metrics, so that people see why a value
//! changed. An event outlives the run and is delivered once.

use std::{
    collections::BTreeSet,
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};
use system_health_rules::YEAR_10000;

use crate::{LinkError, Tag, TagError, link::check_link};

/// The maximum length of an id, in characters.
const MAX_ID_LENGTH: usize = 200;
/// The maximum length of a title, in characters.
const MAX_TITLE_LENGTH: usize = 500;
/// The maximum length of a text, in characters.
const MAX_TEXT_LENGTH: usize = 3500;

/// Something that happened and is shown with the metrics.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use system_health_registry::{Event, EventError, Level};
///
/// # fn main() -> Result<(), EventError> {
/// let deploy = Event::new("deploy-1207", "Deployed version 4.2")?
///     .with_level(Level::Success)
///     .with_tag("service", "shop")?
///     .with_link("https://github.com/acme/shop/releases/tag/v4.2")?
///     .at(SystemTime::now() - Duration::from_mins(5))?;
/// # assert_eq!((deploy.id(), deploy.level()), ("deploy-1207", Level::Success));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "StoredEvent", into = "StoredEvent")]
pub struct Event {
    id: String,
    title: String,
    text: Option<String>,
    tags: BTreeSet<Tag>,
    level: Level,
    happened_at: Option<SystemTime>,
    link: Option<String>,
}

/// The importance of an event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Information.
    #[default]
    Info,
    /// Something went well.
    Success,
    /// Something needs attention.
    Warning,
    /// Something failed.
    Error,
}

/// Why an event was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EventError {
    /// It has no id, or no title.
    #[error("an event's {0} must not be empty")]
    Empty(&'static str),
    /// Its id, title or text is too long.
    #[error("an event's {part} may have at most {max} characters, this one has {length}")]
    Length {
        /// `id`, `title` or `text`.
        part: &'static str,
        /// The maximum number of characters.
        max: usize,
        /// The number of characters.
        length: usize,
    },
    /// Its id contains a control character.
    #[error("an event's id must not contain control characters, this one contains {0:?}")]
    Control(char),
    /// A tag cannot be used.
    #[error(transparent)]
    Tag(#[from] TagError),
    /// The link is not the URL of a page.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The time is before 1970 or after 9999.
    #[error("an event's time must be in the years 1970 to 9999; check the unit of the time, such as seconds")]
    Time,
}

impl Event {
    /// An event with an id and a title. The id identifies the event in all runs: an event that is attached repeatedly is
    /// delivered once. The id has 1 to 200 characters and no control characters. The title says what happened, in 1 to 500
    /// characters.
    pub fn new(id: impl Into<String>, title: impl Into<String>) -> Result<Self, EventError> {
        let (id, title) = (id.into(), title.into());
        check_length("id", &id, MAX_ID_LENGTH)?;
        if let Some(found) = id.chars().find(|c| c.is_control()) {
            return Err(EventError::Control(found));
        }
        check_length("title", &title, MAX_TITLE_LENGTH)?;
        for (part, text) in [("id", &id), ("title", &title)] {
            if text.trim().is_empty() {
                return Err(EventError::Empty(part));
            }
        }
        let (text, link, happened_at) = (None, None, None);
        Ok(Self { id, title, text, tags: BTreeSet::new(), level: Level::Info, happened_at, link })
    }

    /// Adds a text of at most 3500 characters.
    pub fn with_text(mut self, text: impl Into<String>) -> Result<Self, EventError> {
        let text = text.into();
        check_length("text", &text, MAX_TEXT_LENGTH)?;
        self.text = Some(text);
        Ok(self)
    }

    /// Adds the tag `name:value`. See [`Tag::new`] for how the value is changed.
    pub fn with_tag(mut self, name: &str, value: &str) -> Result<Self, EventError> {
        self.tags.insert(Tag::new(name, value)?);
        Ok(self)
    }

    /// Adds tags.
    #[must_use]
    pub fn with_tags(mut self, tags: impl IntoIterator<Item = Tag>) -> Self {
        self.tags.extend(tags);
        self
    }

    /// Sets the level. Default: [`Level::Info`].
    #[must_use]
    pub const fn with_level(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// Sets when the event happened, in the years 1970 to 9999. Default: when the run started.
    pub fn at(mut self, time: SystemTime) -> Result<Self, EventError> {
        if !time.duration_since(UNIX_EPOCH).is_ok_and(|since_1970| since_1970 < YEAR_10000) {
            return Err(EventError::Time);
        }
        self.happened_at = Some(time);
        Ok(self)
    }

    /// Adds the page of the event: a URL with `http` or `https`, without a user name, whitespace or control characters, of at
    /// most 2000 characters.
    pub fn with_link(mut self, url: impl Into<String>) -> Result<Self, EventError> {
        let url = url.into();
        check_link(&url)?;
        self.link = Some(url);
        Ok(self)
    }

    /// The id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The title: what happened.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The text, if there is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// The event's own tags, without the tags of the report.
    #[must_use]
    pub const fn tags(&self) -> &BTreeSet<Tag> {
        &self.tags
    }

    /// The level.
    #[must_use]
    pub const fn level(&self) -> Level {
        self.level
    }

    /// When the event happened, if that is known.
    #[must_use]
    pub const fn happened_at(&self) -> Option<SystemTime> {
        self.happened_at
    }

    /// The page of the event, if there is one.
    #[must_use]
    pub fn link(&self) -> Option<&str> {
        self.link.as_deref()
    }
}

impl Level {
    /// The name of the level: `info`, `success`, `warning` or `error`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// The stored form of an event. Reading it makes the same checks as creating a new event.
#[derive(Serialize, Deserialize)]
struct StoredEvent {
    id: String,
    title: String,
    text: Option<String>,
    tags: Vec<String>,
    level: Level,
    happened_at: Option<SystemTime>,
    link: Option<String>,
}

impl From<Event> for StoredEvent {
    fn from(event: Event) -> Self {
        let Event { id, title, text, tags, level, happened_at, link } = event;
        let tags = tags.iter().map(Tag::to_string).collect();
        Self { id, title, text, tags, level, happened_at, link }
    }
}

impl TryFrom<StoredEvent> for Event {
    type Error = EventError;

    fn try_from(stored: StoredEvent) -> Result<Self, EventError> {
        let mut event = Self::new(stored.id, stored.title)?.with_level(stored.level);
        if let Some(text) = stored.text {
            event = event.with_text(text)?;
        }
        if let Some(link) = stored.link {
            event = event.with_link(link)?;
        }
        if let Some(time) = stored.happened_at {
            event = event.at(time)?;
        }
        event.tags = stored.tags.iter().map(|tag| Tag::parse(tag)).collect::<Result<_, _>>()?;
        Ok(event)
    }
}

fn check_length(part: &'static str, text: &str, max: usize) -> Result<(), EventError> {
    match text.chars().count() {
        length if length > max => Err(EventError::Length { part, max, length }),
        _ => Ok(()),
    }
}
