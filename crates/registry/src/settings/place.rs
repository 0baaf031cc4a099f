//! The place of a value in a settings file, as people write it there. A name with dots or other special characters is
//! quoted.

use toml::Value;

use super::{
    positions::contains,
    possible_secret::shown_name,
    setting::{TableEntries, setting_at},
};

/// The place of the value at a path, such as ``` `goal` in [goals."ci.health"] ```. The place of a table is its name, such as
/// `[goals."ci.health"]`. `None` if the path does not start with a key that is set.
pub(super) fn place(table: &str, entries: &TableEntries, path: &str) -> Option<String> {
    let (name, setting) = setting_at(entries, path)?;
    let (mut table, mut key, mut value) = (table.to_owned(), written(name), &setting.value);
    let mut rest = path.strip_prefix(name)?;
    loop {
        match value {
            Value::Table(inner) => {
                let Some((name, found)) = rest.strip_prefix('.').and_then(|rest| {
                    let containing = inner.iter().filter(|(name, _)| contains(name, rest));
                    containing.max_by_key(|(name, _)| name.len())
                }) else {
                    break;
                };
                table = format!("{table}.{key}");
                (key, value, rest) = (written(name), found, &rest[1 + name.len()..]);
            }
            Value::Array(items) => {
                let Some((index, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'))
                else {
                    break;
                };
                let Some(item) = index.parse().ok().and_then(|index: usize| items.get(index)) else { break };
                key = format!("{key}[{index}]");
                (value, rest) = (item, after);
            }
            _ => break,
        }
    }
    let is_table = value.is_table() && rest.is_empty() && !key.ends_with(']');
    Some(if is_table { format!("[{table}.{key}]") } else { format!("`{key}{rest}` in [{table}]") })
}

/// The name of a table or a key as it is written in a file. A name that may be a secret is not shown.
pub(super) fn written(name: &str) -> String {
    let is_bare = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    let shown = shown_name(name);
    if is_bare && !name.is_empty() { shown } else { format!("{shown:?}") }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::settings::file;

    #[test]
    fn a_place_is_shown_as_it_is_written() {
        let text = "[a]
            jobs = ['x', 'y']
            rules = [{ name = 'z' }]
            'b.c'.goal = '< 1'
            windows = { 'prs.*' = '7d' }";
        let tables = file::parse(Path::new("a.toml"), text).unwrap();
        for (path, shown) in [
            ("jobs", Some("`jobs` in [a]")),
            ("jobs[1]", Some("`jobs[1]` in [a]")),
            ("jobs[2]", Some("`jobs[2]` in [a]")),
            ("rules[0]", Some("`rules[0]` in [a]")),
            ("rules[0].name", Some("`name` in [a.rules[0]]")),
            ("b.c", Some("[a.\"b.c\"]")),
            ("b.c.goal", Some("`goal` in [a.\"b.c\"]")),
            ("windows.prs.*", Some("`\"prs.*\"` in [a.windows]")),
            ("others", None),
        ] {
            assert_eq!(place("a", &tables[0].entries, path).as_deref(), shown, "{path}");
        }
    }
}
