//! What happened is shown beside the metrics, so that people see why a value changed: a deploy, a
//! migration, an incident. An event stands by itself: it outlives the run, and is delivered once.

use std::{collections::BTreeSet, time::SystemTime};

use serde::{Deserialize, Serialize};

use crate::{LinkError, Tag, TagError, link::check_link};

/// The longest id, in characters.
const MAX_ID_LENGTH: usize = 200;
/// The longest title, in characters.
const MAX_TITLE_LENGTH: usize = 500;
/// The longest text, in characters.
const MAX_TEXT_LENGTH: usize = 3500;

/// Something that happened and is shown beside the metrics.
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
///     .at(SystemTime::now() - Duration::from_mins(5));
/// # assert_eq!((deploy.id(), deploy.level()), ("deploy-1207", Level::Success));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Event {
    id: String,
    title: String,
    text: Option<String>,
    tags: BTreeSet<Tag>,
    level: Level,
    happened_at: Option<SystemTime>,
    link: Option<String>,
}

/// How much an event matters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Good to know.
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
    #[error("an event's {part} has at most {most} characters, this one has {length}")]
    Length {
        /// `id`, `title` or `text`.
        part: &'static str,
        /// How many characters it may have.
        most: usize,
        /// How many it has.
        length: usize,
    },
    /// Its id contains a control character.
    #[error("an event's id contains no control characters, this one contains {0:?}")]
    Control(char),
    /// A tag cannot be used.
    #[error(transparent)]
    Tag(#[from] TagError),
    /// The link leads to no page.
    #[error(transparent)]
    Link(#[from] LinkError),
}

impl Event {
    /// Names an event. The id tells it from all others, in this run and in others, so that it is delivered
    /// once however often it is attached: 1 to 200 characters, none of them a control character. The title
    /// says what happened, in 1 to 500 characters.
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

    /// Says more about it, in at most 3500 characters.
    pub fn with_text(mut self, text: impl Into<String>) -> Result<Self, EventError> {
        let text = text.into();
        check_length("text", &text, MAX_TEXT_LENGTH)?;
        self.text = Some(text);
        Ok(self)
    }

    /// Adds the tag `name:value`. See [`Tag::new`] for what is made of the value.
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

    /// Says how much it matters.
    #[must_use]
    pub const fn with_level(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// Says when it happened, which is when the run started otherwise.
    #[must_use]
    pub const fn at(mut self, time: SystemTime) -> Self {
        self.happened_at = Some(time);
        self
    }

    /// Names the page that shows it: an address with `http` or `https`, without whitespace and control
    /// characters, of at most 2000 characters.
    pub fn with_link(mut self, url: impl Into<String>) -> Result<Self, EventError> {
        let url = url.into();
        check_link(&url)?;
        self.link = Some(url);
        Ok(self)
    }

    /// What tells it from all others.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What happened.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What else there is to say.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// Its own tags, without those of the report.
    #[must_use]
    pub const fn tags(&self) -> &BTreeSet<Tag> {
        &self.tags
    }

    /// How much it matters.
    #[must_use]
    pub const fn level(&self) -> Level {
        self.level
    }

    /// When it happened, where that is known.
    #[must_use]
    pub const fn happened_at(&self) -> Option<SystemTime> {
        self.happened_at
    }

    /// The page that shows it.
    #[must_use]
    pub fn link(&self) -> Option<&str> {
        self.link.as_deref()
    }
}

impl Level {
    /// The level's name: `info`, `success`, `warning` or `error`.
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

/// An event as a store keeps it. It becomes an event again by the same checks as a new one.
#[derive(Serialize, Deserialize)]
struct Written {
    id: String,
    title: String,
    text: Option<String>,
    tags: Vec<String>,
    level: Level,
    happened_at: Option<SystemTime>,
    link: Option<String>,
}

impl From<Event> for Written {
    fn from(event: Event) -> Self {
        let Event { id, title, text, tags, level, happened_at, link } = event;
        let tags = tags.iter().map(Tag::to_string).collect();
        Self { id, title, text, tags, level, happened_at, link }
    }
}

impl TryFrom<Written> for Event {
    type Error = EventError;

    fn try_from(written: Written) -> Result<Self, EventError> {
        let mut event = Self::new(written.id, written.title)?.with_level(written.level);
        if let Some(text) = written.text {
            event = event.with_text(text)?;
        }
        if let Some(link) = written.link {
            event = event.with_link(link)?;
        }
        event.tags = written.tags.iter().map(|tag| Tag::parse(tag)).collect::<Result<_, _>>()?;
        event.happened_at = written.happened_at;
        Ok(event)
    }
}

fn check_length(part: &'static str, text: &str, most: usize) -> Result<(), EventError> {
    match text.chars().count() {
        length if length > most => Err(EventError::Length { part, most, length }),
        _ => Ok(()),
    }
}
