//! Formats values as they are written in a settings file.

use toml::Value;

use super::place::written;

/// Maximum number of values of a list or table that are shown.
const MAX_SHOWN: usize = 10;

/// A value as it is written in a file. For a long list or table, only the first values, and the number of all values.
pub(super) fn to_toml(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text:?}"),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => float(*number),
        Value::Boolean(truth) => truth.to_string(),
        Value::Datetime(time) => time.to_string(),
        Value::Array(values) => format!("[{}]", first_values(values.iter().map(to_toml))),
        Value::Table(table) => {
            let entries = table.iter().map(|(key, value)| format!("{} = {}", written(key), to_toml(value)));
            format!("{{ {} }}", first_values(entries))
        }
    }
}

/// A float with a decimal point, as in messages of serde.
fn float(number: f64) -> String {
    let text = number.to_string();
    if number.is_finite() && !text.contains('.') { text + ".0" } else { text }
}

fn first_values(values: impl ExactSizeIterator<Item = String>) -> String {
    let length = values.len();
    let shown: Vec<String> = values.take(MAX_SHOWN).collect();
    let hidden = if length > MAX_SHOWN { format!(", … ({length} in all)") } else { String::new() };
    shown.join(", ") + &hidden
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_is_shown_by_its_first_values_and_its_length() {
        let list = |length: i64| to_toml(&Value::Array((0..length).map(Value::Integer).collect()));

        assert_eq!(list(10), "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]");
        assert_eq!(list(1_000), "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, … (1000 in all)]");
    }

    #[test]
    fn floats_have_a_decimal_point_and_special_keys_have_quotes() {
        let table = |key: &str, value: f64| {
            to_toml(&Value::Table([(key.to_owned(), Value::Float(value))].into_iter().collect()))
        };

        assert_eq!(table("ratio", 2.0), "{ ratio = 2.0 }");
        assert_eq!(table("prs.*", 0.5), "{ \"prs.*\" = 0.5 }");
        assert_eq!(table("ghp_0123456789abcdef", 0.5), "{ ... = 0.5 }");
    }
}
