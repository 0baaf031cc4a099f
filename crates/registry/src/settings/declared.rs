//! Checks that the keys in the declaration of a table are fields of its struct. Otherwise, a wrong key would be found only when
//! somebody sets its environment variable.

use serde::{
    Deserializer,
    de::{Error, Visitor, value},
    forward_to_deserialize_any,
};

use super::{NameSuggestions, SettingsError, SettingsTable, TableSpec};

/// Fails if the declaration names a key that the struct does not have.
pub(super) fn check_declared_keys<T: SettingsTable>() -> Result<(), SettingsError> {
    let mut fields = None;
    // Deserialisation always fails, after the fields are known.
    let _ = T::deserialize(FieldNames(&mut fields));
    // A map accepts any key.
    let Some(fields) = fields else { return Ok(()) };
    let variables = T::ENV.iter().chain(T::AMBIENT).map(|(key, _)| key);
    let secrets = T::SECRET.iter().map(|(key, ..)| key);
    let exclusive = T::EXCLUSIVE.iter().flat_map(|(key, other)| [key, other]);
    match variables.chain(secrets).chain(exclusive).find(|key| !fields.contains(*key)) {
        None => Ok(()),
        Some(key) => Err(SettingsError::UndeclaredKey {
            table: T::NAME,
            location: TableSpec::location(T::NAME),
            key,
            known: NameSuggestions::nearest_to(key, fields.iter().copied()),
        }),
    }
}

/// Learns the names of the fields of a struct from its `Deserialize`.
struct FieldNames<'a>(&'a mut Option<&'static [&'static str]>);

impl<'de> Deserializer<'de> for FieldNames<'_> {
    type Error = value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Self::Error> {
        Err(Self::Error::custom("only the names of the fields are needed"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        *self.0 = Some(fields);
        self.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Clone, Default, Deserialize)]
    #[serde(default)]
    struct MisspelledQueue {
        broker: String,
        password: String,
    }

    impl SettingsTable for MisspelledQueue {
        const NAME: &'static str = "queue";
        const ENV: &'static [(&'static str, &'static str)] = &[("brokr", "QUEUE_BROKER")];
    }

    #[derive(Debug, Clone, Default, Deserialize)]
    #[serde(default)]
    struct Queue {
        broker: String,
        password: String,
    }

    impl SettingsTable for Queue {
        const NAME: &'static str = "queue";
        const ENV: &'static [(&'static str, &'static str)] = &[("broker", "QUEUE_BROKER")];
        const SECRET: &'static [(&'static str, &'static str, &'static str)] =
            &[("password", "QUEUE_PASSWORD", "QUEUE_PASSWORD_FILE")];
    }

    #[derive(Debug, Clone, Default, Deserialize)]
    #[serde(transparent)]
    #[expect(dead_code, reason = "only the type matters")]
    struct Names(BTreeMap<String, String>);

    impl SettingsTable for Names {
        const NAME: &'static str = "names";
        const ENV: &'static [(&'static str, &'static str)] = &[("any", "ANY_NAME")];
    }

    #[test]
    fn a_declared_key_without_a_field_is_refused_although_its_variable_is_unset() {
        assert_eq!(
            check_declared_keys::<MisspelledQueue>().unwrap_err().to_string(),
            "the declaration of the settings table [queue] names the key `brokr`, which its struct does not have; did you \
             mean `broker`? (others: `password`)"
        );
        check_declared_keys::<Queue>().unwrap();
        check_declared_keys::<Names>().unwrap();
    }
}
