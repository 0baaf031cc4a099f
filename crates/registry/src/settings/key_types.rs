//! Which keys of a table have paths or durations as values, as the types of its struct say. These values may be shown where
//! other texts may not.

use std::cell::Cell;

use serde::{
    Deserializer,
    de::{
        Error, IntoDeserializer, Visitor,
        value::{self, MapDeserializer, SeqDeserializer},
    },
    forward_to_deserialize_any,
};

use super::{SettingPath, SettingsTable, duration};

/// A type whose values may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyType {
    /// A [`SettingPath`].
    Path,
    /// A [`Duration`](std::time::Duration).
    Duration,
}

/// The type of the value of a key, or of the items of its list. `None` if the type is another one.
pub(super) fn key_type<T: SettingsTable>(key: &str) -> Option<KeyType> {
    let found = Cell::new(None);
    // Deserialisation always fails, after the type of the value is known.
    let _ = T::deserialize(TypeOfKey { key, found: &found });
    found.get()
}

/// A table in which one key is set.
struct TypeOfKey<'a> {
    key: &'a str,
    found: &'a Cell<Option<KeyType>>,
}

/// The value of the key. Learns the type of the struct's field from the type's `Deserialize`.
struct TypeOfValue<'a>(&'a Cell<Option<KeyType>>);

impl<'de> Deserializer<'de> for TypeOfKey<'_> {
    type Error = value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_map(MapDeserializer::new([(self.key, TypeOfValue(self.found))].into_iter()))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> Deserializer<'de> for TypeOfValue<'_> {
    type Error = value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Self::Error> {
        Err(Self::Error::custom("only the type of the value is needed"))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_some(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_seq(SeqDeserializer::new([self].into_iter()))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        if name == SettingPath::NAME {
            self.0.set(Some(KeyType::Path));
            return self.deserialize_any(visitor);
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        if duration::is_duration(name, fields) {
            self.0.set(Some(KeyType::Duration));
        }
        self.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        tuple tuple_struct map enum identifier ignored_any
    }
}

impl IntoDeserializer<'_, value::Error> for TypeOfValue<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Clone, Default, Deserialize)]
    #[serde(default)]
    struct Vault {
        name: String,
        certificate: Option<SettingPath>,
        clones: Vec<SettingPath>,
        folder: String,
        pause: Duration,
        grace: Option<Duration>,
    }

    impl SettingsTable for Vault {
        const NAME: &'static str = "vault";
        const ENV: &'static [(&'static str, &'static str)] = &[];
    }

    #[test]
    fn paths_and_durations_are_found_by_their_type() {
        for (key, expected) in [
            ("name", None),
            ("certificate", Some(KeyType::Path)),
            ("clones", Some(KeyType::Path)),
            ("folder", None),
            ("pause", Some(KeyType::Duration)),
            ("grace", Some(KeyType::Duration)),
            ("unknown", None),
        ] {
            assert_eq!(key_type::<Vault>(key), expected, "{key}");
        }
    }
}
