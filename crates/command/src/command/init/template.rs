//! The text of a settings file: every key of the linked tables as a comment, except for those with a value.

use std::{collections::BTreeSet, fmt};

/// Every key that a table of ours has, with an example. A test holds it to the tables that are linked into `report`.
const TABLES: &str = include_str!("template.toml");

/// A settings file that is put together.
#[derive(Debug)]
pub(super) struct Template {
    tables: Vec<Table>,
}

#[derive(Debug)]
struct Table {
    name: String,
    lines: Vec<String>,
}

impl Template {
    /// The tables that are linked. Of a table that is not ours, only the name is known.
    pub(super) fn new(linked: &BTreeSet<&str>) -> Self {
        let mut tables: Vec<Table> = ours();
        tables.retain(|table| linked.contains(&*table.name));
        for name in linked {
            if !tables.iter().any(|table| table.name == *name) && !is_example(name) {
                let lines = vec![format!("[{name}]"), "# A table of another crate.".to_owned()];
                tables.push(Table { name: (*name).to_owned(), lines });
            }
        }
        Self { tables }
    }

    /// Sets a key to a text, in place of its example, and says why.
    pub(super) fn set(&mut self, table: &str, key: &str, value: &str, why: &str) {
        let example = format!("# {key} = ");
        let tables = self.tables.iter_mut().filter(|it| it.name == table);
        for line in tables.flat_map(|table| &mut table.lines) {
            if line.starts_with(&example) {
                *line = format!("{key} = {value:?} # {why}");
                return;
            }
        }
    }

    /// Replaces the example of a text everywhere.
    pub(super) fn replace_example(&mut self, example: &str, value: &str) {
        for line in self.tables.iter_mut().flat_map(|table| &mut table.lines) {
            *line = line.replace(example, value);
        }
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for table in &self.tables {
            writeln!(f)?;
            table.lines.iter().try_for_each(|line| writeln!(f, "{line}"))?;
        }
        Ok(())
    }
}

/// The tables of the template, each with its comments and the examples of tables below it.
fn ours() -> Vec<Table> {
    let mut tables = Vec::<Table>::new();
    for line in TABLES.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            tables.push(Table { name: name.to_owned(), lines: Vec::new() });
        }
        if let Some(table) = tables.last_mut() {
            table.lines.push(line.to_owned());
        }
    }
    for table in &mut tables {
        while table.lines.last().is_some_and(String::is_empty) {
            table.lines.pop();
        }
    }
    tables
}

/// Whether the template has a table only as an example below another one.
fn is_example(name: &str) -> bool {
    TABLES.contains(&format!("# [{name}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_linked_tables_are_there_and_those_of_others_are_named() {
        let mut template = Template::new(&BTreeSet::from(["acme", "ci", "repositories"]));
        template.set("ci", "workflow", "tests \"all\".yml", "found here");
        let text = template.to_string();

        assert!(text.starts_with("\n[ci]\n"), "{text}");
        assert!(text.contains("\nworkflow = \"tests \\\"all\\\".yml\" # found here\n"), "{text}");
        assert!(text.contains("\n# max_age = \"14d\"\n"), "{text}");
        assert!(text.ends_with("\n[acme]\n# A table of another crate.\n"), "{text}");
        assert!(!text.contains("[datadog]") && !text.contains("repositories"), "{text}");
    }
}
