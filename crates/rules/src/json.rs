//! Facts in JSON: the description and the options by their names, with the values that the attribute would have.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error, ser::SerializeMap};

use crate::{Facts, OptionValue};

const DESCRIPTION: &str = "description";

impl Serialize for Facts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(DESCRIPTION, self.description())?;
        for (option, value) in self.options() {
            map.serialize_entry(option.name, &value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Facts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut options = BTreeMap::<String, OptionValue>::deserialize(deserializer)?;
        let Some(OptionValue::Text(description)) = options.remove(DESCRIPTION) else {
            return Err(D::Error::custom("the facts of a metric need a description"));
        };
        let options: Vec<_> = options.into_iter().collect();
        Self::from_options(description, &options).map_err(|errors| {
            let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
            D::Error::custom(errors.join("; "))
        })
    }
}
