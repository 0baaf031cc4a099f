//! One option of the attribute `#[system_health_metric]`. An option is described once, by a row of a table. The
//! attribute, the catalog, JSON, `report list` and the documentation all use this row. There are two tables:
//! [`OPTIONS`](crate::options::OPTIONS) for every metric, and
//! [`MONITORING_OPTIONS`](crate::monitoring::MONITORING_OPTIONS) for the monitors of a metric.

use std::{error::Error, time::Duration};

use crate::{Facts, format_duration};

/// An option of a metric.
#[derive(Debug, Clone, Copy)]
pub struct MetricOption {
    /// The name, such as `goal`.
    pub name: &'static str,
    /// The syntax of the value in the attribute.
    pub form: Form,
    /// What the option means, in Markdown.
    pub meaning: &'static str,
    /// The default, in Markdown.
    pub default: &'static str,
    /// An example of a value, as written in the attribute.
    pub example: &'static str,
    /// Another option that this one requires. It comes earlier in the table.
    pub depends_on: Option<&'static str>,
    /// Checks a value and sets it. The options that come earlier in the table are already set.
    pub(crate) set: fn(&mut Facts, &OptionValue) -> Result<(), ValueError>,
    /// The value, if it is set.
    pub(crate) get: fn(&Facts) -> Option<OptionValue>,
}

/// The syntax of an option's value in the attribute.
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

/// The value of an option, as it is written in the attribute or in JSON.
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

/// Why a value was refused. The operator `?` converts any error into a `ValueError`.
pub(crate) struct ValueError {
    message: String,
    item: Option<usize>,
}

impl OptionValue {
    pub(crate) fn from_duration(duration: Duration) -> Self {
        Self::Text(format_duration(duration))
    }

    /// A list of texts, or `None` if it would be empty.
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

    /// Sets the position of the refused text in a list.
    pub(crate) fn at(self, item: usize) -> Self {
        Self { item: Some(item), ..self }
    }
}

// `ValueError` does not implement `Error`, because this conversion would then conflict with `From<T> for T`.
impl<E: Error> From<E> for ValueError {
    fn from(error: E) -> Self {
        Self::new(error.to_string())
    }
}
