//! The lines and columns of values in a settings file, also of values deep inside a table, so that an error about one of many
//! repositories names the right line. Paths have the format of `serde_path_to_error`: `metrics.commits.hotfix.notify[1]`.

use std::{collections::BTreeMap, ops::Range, path::Path};

use toml::de::DeValue;

use super::Origin;

/// The positions of everything below a key, by path.
pub(super) type Positions = BTreeMap<String, Position>;

/// A place in a text. Line and column start at 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) line: u32,
    pub(super) column: u32,
}

/// Converts offsets in a file into lines and columns.
pub(super) struct Locator<'a> {
    path: &'a Path,
    text: &'a str,
    line_starts: Vec<usize>,
}

impl<'a> Locator<'a> {
    pub(super) fn new(path: &'a Path, text: &'a str) -> Self {
        let starts = text.match_indices('\n').map(|(end, _)| end + 1);
        Self { path, text, line_starts: std::iter::once(0).chain(starts).collect() }
    }

    /// The origin at the start of a range of bytes.
    pub(super) fn origin(&self, span: Range<usize>) -> Origin {
        let Position { line, column } = self.position(span);
        Origin::File { path: self.path.to_owned(), line, column }
    }

    /// The positions of everything below a value.
    pub(super) fn below(&self, path: &str, value: &DeValue<'_>) -> Positions {
        let mut positions = Positions::new();
        self.collect(path, value, &mut positions);
        positions
    }

    fn position(&self, span: Range<usize>) -> Position {
        let line = self.line_starts.partition_point(|start| *start <= span.start);
        let start = self.line_starts[line - 1];
        let column = self.text.get(start..span.start).map_or(0, |before| before.chars().count()) + 1;
        let limited = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Position { line: limited(line), column: limited(column) }
    }

    fn collect(&self, path: &str, value: &DeValue<'_>, positions: &mut Positions) {
        let mut add = |path: String, span: Range<usize>, value: &DeValue<'_>| {
            self.collect(&path, value, positions);
            positions.insert(path, self.position(span));
        };
        match value {
            DeValue::Table(table) => {
                for (key, value) in table {
                    add(format!("{path}.{}", key.get_ref()), key.span(), value.get_ref());
                }
            }
            DeValue::Array(values) => {
                for (index, value) in values.iter().enumerate() {
                    add(format!("{path}[{index}]"), value.span(), value.get_ref());
                }
            }
            _ => {}
        }
    }
}

/// Whether the value at `path` is the value at `container` or a part of it.
pub(super) fn contains(container: &str, path: &str) -> bool {
    path.strip_prefix(container).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let text = "a = 'é'\r\nö = { b = 1 }\n";
        let locator = Locator::new(Path::new("a.toml"), text);
        for (what, line, column) in [("a =", 1, 1), ("'é'", 1, 5), ("ö", 2, 1), ("b = 1", 2, 7)] {
            let start = text.find(what).unwrap();
            assert_eq!(locator.position(start..start), Position { line, column }, "{what}");
        }
        assert_eq!(locator.position(text.len()..text.len()), Position { line: 3, column: 1 });
    }
}
