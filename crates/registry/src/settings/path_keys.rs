//! Which keys of a table are paths, as the types of its struct say. A path may be shown where other texts may not.

use std::cell::Cell;

use serde::{
    Deserializer,
    de::{
        Error, IntoDeserializer, Visitor,
        value::{self, MapDeserializer, SeqDeserializer},
    },
    forward_to_deserialize_any,
};

use super::{SettingPath, SettingsTable};

/// Whether the value of a key is a [`SettingPath`] or a list of them.
pub(super) fn is_path<T: SettingsTable>(key: &str) -> bool {
    let is_path = Cell::new(false);
    // Deserialisation always fails, after the type of the value is known.
    let _ = T::deserialize(TypeOfKey { key, is_path: &is_path });
    is_path.get()
}

/// A table in which one key is set.
struct TypeOfKey<'a> {
    key: &'a str,
    is_path: &'a Cell<bool>,
}

/// The value of the key. Learns from its `Deserialize` whether it is a path.
struct TypeOfValue<'a>(&'a Cell<bool>);

impl<'de> Deserializer<'de> for TypeOfKey<'_> {
    type Error = value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_map(MapDeserializer::new([(self.key, TypeOfValue(self.is_path))].into_iter()))
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
            self.0.set(true);
            return self.deserialize_any(visitor);
        }
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        tuple tuple_struct map struct enum identifier ignored_any
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
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Clone, Default, Deserialize)]
    #[serde(default)]
    struct Vault {
        name: String,
        certificate: Option<SettingPath>,
        clones: Vec<SettingPath>,
        folder: String,
    }

    impl SettingsTable for Vault {
        const NAME: &'static str = "vault";
        const ENV: &'static [(&'static str, &'static str)] = &[];
    }

    #[test]
    fn paths_are_found_by_their_type() {
        let paths = ["name", "certificate", "clones", "folder", "unknown"].map(is_path::<Vault>);

        assert_eq!(paths, [false, true, true, false, false]);
    }
}
