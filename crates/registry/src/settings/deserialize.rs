//! Deserialises a table of settings. It does five things that `toml`'s own deserialiser does not: it refuses unknown keys
//! at every depth, it refuses NaN and infinite numbers, it parses numbers, booleans and lists from the text of an environment
//! variable, it parses durations such as `90s`, and it resolves paths relative to the file that contains them.

use std::fmt;

use serde::{
    de::{
        Deserialize, DeserializeSeed, Deserializer, EnumAccess, Error, Expected, IntoDeserializer,
        Unexpected, VariantAccess, Visitor,
        value::{MapDeserializer, SeqDeserializer, StrDeserializer},
    },
    forward_to_deserialize_any,
};
use toml::Value;

use super::{
    NameSuggestions, Origin, SettingPath,
    duration::{self, DurationVisitor},
    setting::{Setting, TableEntries},
};

/// Why a value was refused.
#[derive(Debug)]
pub(super) enum DeserializeError {
    Message(String),
    /// A struct has no such key.
    UnknownKey {
        key: String,
        known: NameSuggestions,
    },
    /// A struct has no default for a key that is not set.
    MissingKey(&'static str),
}

/// The keys of a table.
pub(super) struct TableDeserializer<'a>(pub(super) &'a TableEntries);

/// A value with its origin.
#[derive(Clone, Copy)]
struct ValueDeserializer<'a> {
    input: Input<'a>,
    origin: &'a Origin,
}

/// A variant of an enum with its content, written as `{ variant = content }`.
struct VariantDeserializer<'a> {
    variant: &'a str,
    content: ValueDeserializer<'a>,
}

#[derive(Clone, Copy)]
enum Input<'a> {
    /// A value of a file or a flag, which already has a type.
    Typed(&'a Value),
    /// The text of an environment variable, or one item of a list in it. This text is parsed as the expected type.
    Text(&'a str),
}

impl<'a> ValueDeserializer<'a> {
    fn new(setting: &'a Setting) -> Self {
        let input = match (&setting.value, &setting.origin) {
            (Value::String(text), Origin::Environment(_)) => Input::Text(text),
            (value, _) => Input::Typed(value),
        };
        Self { input, origin: &setting.origin }
    }

    fn typed(self, value: &'a Value) -> Self {
        Self { input: Input::Typed(value), ..self }
    }

    fn text(self) -> Option<&'a str> {
        match self.input {
            Input::Text(text) => Some(text),
            Input::Typed(value) => value.as_str(),
        }
    }

    /// Parses the text of an environment variable and visits the result. A typed value is visited without a conversion.
    fn visit_parsed<'de, V: Visitor<'de>, T>(
        self,
        visitor: V,
        parse: impl FnOnce(&str) -> Option<T>,
        visit: impl FnOnce(V, T) -> Result<V::Value, DeserializeError>,
    ) -> Result<V::Value, DeserializeError> {
        match self.input {
            Input::Text(text) => match parse(text) {
                Some(value) => visit(visitor, value),
                None => Err(refused(text, &visitor)),
            },
            Input::Typed(_) => self.deserialize_any(visitor),
        }
    }

    /// Visits a [`Duration`](std::time::Duration). serde reads it from two numbers, and people write it as a text.
    fn visit_duration<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
        let duration = self.deserialize_str(DurationVisitor::any())?;
        let numbers = [duration.as_secs(), u64::from(duration.subsec_nanos())];
        visitor.visit_seq(SeqDeserializer::new(numbers.into_iter()))
    }

    /// Visits a path. A relative path in a file is resolved relative to the folder of the file.
    fn visit_path<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
        let Some(path) = self.text() else { return self.deserialize_any(visitor) };
        if path.trim().is_empty() {
            return Err(Error::custom("the path is empty"));
        }
        let Some(folder) = self.origin.folder() else { return visitor.visit_str(path) };
        match folder.join(path).to_str() {
            Some(path) => visitor.visit_str(path),
            None => Err(Error::custom(
                "the path is relative to the folder of the settings file, and the name of the folder is not valid Unicode; \
                 write an absolute path",
            )),
        }
    }
}

impl<'de> Deserializer<'de> for TableDeserializer<'_> {
    type Error = DeserializeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
        let entries = self.0.iter().map(|(key, setting)| (key.as_str(), ValueDeserializer::new(setting)));
        visitor.visit_map(MapDeserializer::new(entries))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DeserializeError> {
        check_keys(self.0.keys(), fields)?;
        self.deserialize_any(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DeserializeError> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// Methods for whole numbers. They also accept the text of an environment variable.
macro_rules! deserialize_whole_number {
    ($($method:ident)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
            self.visit_parsed(visitor, |text| text.parse().ok(), V::visit_i64)
        })+
    };
}

impl<'de> Deserializer<'de> for ValueDeserializer<'_> {
    type Error = DeserializeError;

    // The visitors of smaller integer types check the range.
    deserialize_whole_number! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
        let finite = |text: &str| text.parse().ok().filter(|number: &f64| number.is_finite());
        self.visit_parsed(visitor, finite, V::visit_f64)
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
        let value = match self.input {
            Input::Text(text) => return visitor.visit_str(text),
            Input::Typed(value) => value,
        };
        match value {
            Value::String(text) => visitor.visit_str(text),
            Value::Integer(number) => visitor.visit_i64(*number),
            Value::Float(number) if number.is_finite() => visitor.visit_f64(*number),
            Value::Float(number) => Err(Error::invalid_value(Unexpected::Float(*number), &visitor)),
            Value::Boolean(truth) => visitor.visit_bool(*truth),
            Value::Datetime(_) => {
                let visited = value.clone().deserialize_any(visitor);
                visited.map_err(|error| DeserializeError::Message(error.message().to_owned()))
            }
            Value::Array(values) => {
                visitor.visit_seq(SeqDeserializer::new(values.iter().map(|value| self.typed(value))))
            }
            Value::Table(table) => visitor.visit_map(MapDeserializer::new(
                table.iter().map(|(key, value)| (key.as_str(), self.typed(value))),
            )),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
        self.visit_parsed(visitor, |text| text.to_ascii_lowercase().parse().ok(), V::visit_bool)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
        let Input::Text(text) = self.input else { return self.deserialize_any(visitor) };
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        visitor.visit_seq(SeqDeserializer::new(items.map(|item| Self { input: Input::Text(item), ..self })))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeserializeError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DeserializeError> {
        if name == SettingPath::NAME { self.visit_path(visitor) } else { visitor.visit_newtype_struct(self) }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DeserializeError> {
        if duration::is_duration(name, fields) {
            return self.visit_duration(visitor);
        }
        if let Input::Typed(Value::Table(table)) = self.input {
            check_keys(table.keys(), fields)?;
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DeserializeError> {
        if let Some(variant) = self.text() {
            let variant: StrDeserializer<'_, DeserializeError> = variant.into_deserializer();
            return visitor.visit_enum(variant);
        }
        let Input::Typed(Value::Table(table)) = self.input else { return self.deserialize_any(visitor) };
        let mut entries = table.iter();
        match (entries.next(), entries.next()) {
            (Some((variant, content)), None) => {
                visitor.visit_enum(VariantDeserializer { variant, content: self.typed(content) })
            }
            _ => Err(Error::custom(format!("set exactly one of `{}`", variants.join("`, `")))),
        }
    }

    forward_to_deserialize_any! {
        i128 u128 char str string bytes byte_buf unit unit_struct tuple tuple_struct map identifier ignored_any
    }
}

impl IntoDeserializer<'_, DeserializeError> for ValueDeserializer<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de, 'a> EnumAccess<'de> for VariantDeserializer<'a> {
    type Error = DeserializeError;
    type Variant = ValueDeserializer<'a>;

    fn variant_seed<T: DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<(T::Value, ValueDeserializer<'a>), DeserializeError> {
        let variant: StrDeserializer<'_, DeserializeError> = self.variant.into_deserializer();
        Ok((seed.deserialize(variant)?, self.content))
    }
}

impl<'de> VariantAccess<'de> for ValueDeserializer<'_> {
    type Error = DeserializeError;

    fn unit_variant(self) -> Result<(), DeserializeError> {
        Deserialize::deserialize(self)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, DeserializeError> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, DeserializeError> {
        self.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DeserializeError> {
        self.deserialize_struct("", fields, visitor)
    }
}

/// Refuses a key that a struct does not have.
fn check_keys<'k>(
    mut keys: impl Iterator<Item = &'k String>,
    fields: &'static [&'static str],
) -> Result<(), DeserializeError> {
    match keys.find(|key| !fields.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => {
            let known = NameSuggestions::nearest_to(key, fields.iter().copied());
            Err(DeserializeError::UnknownKey { key: key.clone(), known })
        }
    }
}

fn refused(text: &str, expected: &dyn Expected) -> DeserializeError {
    Error::invalid_type(Unexpected::Str(text), expected)
}

impl Error for DeserializeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Message(message.to_string())
    }

    fn missing_field(field: &'static str) -> Self {
        Self::MissingKey(field)
    }
}

impl std::error::Error for DeserializeError {}

impl fmt::Display for DeserializeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(message) => f.write_str(message),
            Self::UnknownKey { key, known } => write!(f, "there is no key `{key}`{known}"),
            Self::MissingKey(key) => write!(f, "the key `{key}` is missing"),
        }
    }
}
