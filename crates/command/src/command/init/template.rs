//! The text of a settings file with all linked tables. Keys without a value are comments.

use std::{collections::BTreeMap, fmt};

/// A settings file under construction.
#[derive(Debug)]
pub(super) struct Template {
    tables: Vec<Table>,
}

#[derive(Debug)]
struct Table {
    name: String,
    has_value: bool,
    lines: Vec<String>,
}

impl Template {
    /// Tables by name, each with its own template.
    pub(super) fn new(tables: BTreeMap<&str, &str>) -> Self {
        let tables = tables.into_iter().map(|(name, template)| {
            let header = format!("[{name}]");
            let text = if template.is_empty() { &header } else { template };
            let lines = text.lines().map(str::to_owned).collect();
            Table { name: name.to_owned(), has_value: false, lines }
        });
        Self { tables: tables.collect() }
    }

    /// Sets a key to a text with a comment, in place of its example. A key without an example is not set.
    pub(super) fn set(&mut self, table: &str, key: &str, value: &str, comment: &str) {
        let example = format!("# {key} = ");
        // A JSON string is also a TOML string. `Debug` writes some characters as `\u{...}`, which TOML does not have.
        let value = serde_json::Value::from(value);
        for table in self.tables.iter_mut().filter(|it| it.name == table) {
            if let Some(line) = table.lines.iter_mut().find(|line| line.starts_with(&example)) {
                *line = format!("{key} = {value} # {comment}");
                table.has_value = true;
            }
        }
    }

    /// Replaces an example value in all tables.
    pub(super) fn replace_example(&mut self, example: &str, value: &str) {
        for line in self.tables.iter_mut().flat_map(|table| &mut table.lines) {
            *line = line.replace(example, value);
        }
    }

    /// Replaces several examples in all tables. An example within a replacement is not replaced.
    pub(super) fn replace_examples(&mut self, replacements: &[(&str, String)]) {
        for line in self.tables.iter_mut().flat_map(|table| &mut table.lines) {
            *line = with_replacements(line, replacements);
        }
    }
}

fn with_replacements(line: &str, replacements: &[(&str, String)]) -> String {
    let (mut replaced, mut rest) = (String::new(), line);
    loop {
        let places = replacements
            .iter()
            .filter_map(|(example, text)| Some((rest.find(*example)?, example.len(), text)));
        let Some((at, length, text)) = places.min_by_key(|(at, ..)| *at) else { return replaced + rest };
        replaced.push_str(&rest[..at]);
        replaced.push_str(text);
        rest = &rest[at + length..];
    }
}

impl fmt::Display for Template {
    /// Tables with values come first.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (with_values, others): (Vec<&Table>, Vec<&Table>) =
            self.tables.iter().partition(|table| table.has_value);
        for table in with_values.into_iter().chain(others) {
            writeln!(f)?;
            table.lines.iter().try_for_each(|line| writeln!(f, "{line}"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_with_values_come_first() {
        let ci = "[ci]\n# The workflow.\n# workflow = \"checks.yml\"\n# max_age = \"14d\"\n";
        let mut template = Template::new(BTreeMap::from([("acme", ""), ("ci", ci)]));

        template.set("ci", "workflow", "tests \"all\".yml", "found here");

        insta::assert_snapshot!(template, @r#"

        [ci]
        # The workflow.
        workflow = "tests \"all\".yml" # found here
        # max_age = "14d"

        [acme]
        "#);
    }

    #[test]
    fn an_example_within_a_replacement_is_not_replaced() {
        let mut template =
            Template::new(BTreeMap::from([("report", "[report]\n# skip = [\"prs.*\", \"ci.*\"]\n")]));

        template.replace_examples(&[("prs.*", "myci.*".to_owned()), ("ci.*", "myci.*".to_owned())]);

        assert_eq!(template.to_string(), "\n[report]\n# skip = [\"myci.*\", \"myci.*\"]\n");
    }

    #[test]
    fn a_name_with_combining_characters_stays_valid_toml() {
        let mut template = Template::new(BTreeMap::from([("ci", "[ci]\n# workflow = \"checks.yml\"\n")]));

        // `ü` is two characters in many file names on macOS.
        template.set("ci", "workflow", "pru\u{308}fung.yml", "found here");

        let text = template.to_string();
        assert!(text.contains("workflow = \"pru\u{308}fung.yml\" # found here"), "{text}");
    }
}
