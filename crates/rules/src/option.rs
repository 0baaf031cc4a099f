//! One option of the attribute `#[system_health_metric]`. All that the attribute, the catalog, JSON, lists and the
//! documentation know about an option is in its row of a table: [`OPTIONS`](crate::options::OPTIONS) for what every
//! metric has, [`MONITORING_OPTIONS`](crate::monitoring::MONITORING_OPTIONS) for what only monitors need.

use std::{error::Error, time::Duration};

use crate::Facts;

/// An option of a metric.
#[derive(Debug, Clone, Copy)]
pub struct MetricOption {
    /// The name, such as `goal`.
    pub name: &'static str,
    /// How the attribute writes the value.
    pub form: Form,
    /// What the option means, in Markdown.
    pub meaning: &'static str,
    /// What holds without the option, in Markdown.
    pub default: &'static str,
    /// A value, as the attribute writes it.
    pub example: &'static str,
    /// The option without which this one means nothing. It comes before this one in the table.
    pub depends_on: Option<&'static str>,
    /// Checks a value and sets it. The options before this one in the table are set already.
    pub(crate) set: fn(&mut Facts, &OptionValue) -> Result<(), ValueError>,
    /// The value, if it is set.
    pub(crate) get: fn(&Facts) -> Option<OptionValue>,
}

/// How the attribute writes the value of an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `"text"`
    Text,
    /// `["text", "text"]`
    List,
    /// `true` or `false`
    Bool,
    /// `2` or `0.5`
    Number,
    /// A type, which is not a fact: `each = Repository`.
    Type,
}

/// The value of an option as the attribute or JSON writes it.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(untagged))]
pub enum OptionValue {
    /// A text, such as `15m`.
    Text(String),
    /// Yes or no.
    Bool(bool),
    /// A number.
    Number(f64),
    /// Several texts.
    List(Vec<String>),
}

/// Why an option was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{option}`: {message}")]
pub struct OptionError {
    option: String,
    item: Option<usize>,
    message: String,
}

/// Why a value was refused. Any error becomes one through `?`.
pub(crate) struct ValueError {
    message: String,
    item: Option<usize>,
}

impl OptionValue {
    pub(crate) fn from_duration(duration: Duration) -> Self {
        Self::Text(humantime::format_duration(duration).to_string())
    }

    /// The texts, or `None` if there are none.
    pub(crate) fn from_list(texts: &[String]) -> Option<Self> {
        (!texts.is_empty()).then(|| Self::List(texts.to_vec()))
    }

    pub(crate) fn text(&self) -> Result<&str, ValueError> {
        match self {
            Self::Text(text) => Ok(text),
            _ => Err(ValueError::new("the value must be a text")),
        }
    }

    /// The text if it passes a check.
    pub(crate) fn text_if<E: Error>(&self, check: fn(&str) -> Result<(), E>) -> Result<String, ValueError> {
        let text = self.text()?;
        check(text)?;
        Ok(text.to_owned())
    }

    pub(crate) fn list(&self) -> Result<&[String], ValueError> {
        match self {
            Self::List(texts) => Ok(texts),
            _ => Err(ValueError::new("the value must be a list of texts")),
        }
    }

    pub(crate) fn bool(&self) -> Result<bool, ValueError> {
        match self {
            Self::Bool(value) => Ok(*value),
            _ => Err(ValueError::new("the value must be `true` or `false`")),
        }
    }

    pub(crate) fn number(&self) -> Result<f64, ValueError> {
        match self {
            Self::Number(value) => Ok(*value),
            _ => Err(ValueError::new("the value must be a number")),
        }
    }
}

impl OptionError {
    pub(crate) fn new(option: &str, error: impl Into<ValueError>) -> Self {
        let ValueError { message, item } = error.into();
        Self { option: option.to_owned(), item, message }
    }

    /// The name of the option.
    #[must_use]
    pub fn option(&self) -> &str {
        &self.option
    }

    /// The position of the refused text in a list.
    #[must_use]
    pub const fn item(&self) -> Option<usize> {
        self.item
    }

    /// What is wrong and what would be right, without the name of the option.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl ValueError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), item: None }
    }

    /// Says which text of a list was refused.
    pub(crate) fn at(self, item: usize) -> Self {
        Self { item: Some(item), ..self }
    }
}

// `ValueError` is no `Error` itself: that would conflict with taking every error through `?`.
impl<E: Error> From<E> for ValueError {
    fn from(error: E) -> Self {
        Self::new(error.to_string())
    }
}
