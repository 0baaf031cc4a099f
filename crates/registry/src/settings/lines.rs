//! On which line of a file a value stands that is deep inside a table, so that an error about one of many repositories
//! leads to it. Paths are written as `serde_path_to_error` writes them: `metrics.commits.hotfix.notify[1]`.

use std::collections::BTreeMap;

use toml::de::DeValue;

/// Lines, starting at 1, by path.
pub(super) type Lines = BTreeMap<String, usize>;

/// The lines of all that is below a value.
pub(super) fn below(path: &str, value: &DeValue<'_>, line_of: &impl Fn(usize) -> usize) -> Lines {
    let mut lines = Lines::new();
    collect(path, value, line_of, &mut lines);
    lines
}

/// Whether a path leads to, or into, the value at another one.
pub(super) fn holds(holder: &str, path: &str) -> bool {
    path.strip_prefix(holder).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

fn collect(path: &str, value: &DeValue<'_>, line_of: &impl Fn(usize) -> usize, lines: &mut Lines) {
    let mut add = |path: String, position: usize, value: &DeValue<'_>| {
        collect(&path, value, line_of, lines);
        lines.insert(path, line_of(position));
    };
    match value {
        DeValue::Table(table) => {
            for (key, value) in table {
                add(format!("{path}.{}", key.get_ref()), key.span().start, value.get_ref());
            }
        }
        DeValue::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                add(format!("{path}[{index}]"), value.span().start, value.get_ref());
            }
        }
        _ => {}
    }
}
