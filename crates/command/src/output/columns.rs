//! Rows of metrics in aligned columns. If the terminal is too narrow, each key has its own line above its rows.

use std::fmt;

use tabled::{
    Table,
    builder::Builder,
    grid::util::string::get_string_width,
    settings::{Alignment, Padding, Style, object::Columns as Column},
};

use super::style::heading;

/// A table with rows for metrics. The first column contains the keys.
pub(super) struct Columns {
    /// Each heading, and whether its column contains numbers.
    headings: Vec<(&'static str, bool)>,
    rows: Vec<(String, Vec<String>)>,
}

impl Columns {
    /// Creates columns without rows. Takes each heading, and whether its column contains numbers.
    pub(super) fn new(headings: Vec<(&'static str, bool)>) -> Self {
        Self { headings, rows: Vec::new() }
    }

    /// Adds a row for a metric: one cell for each heading, without line breaks.
    pub(super) fn push(&mut self, key: &str, cells: Vec<String>) {
        self.rows.push((key.to_owned(), cells));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Writes the rows. If they are wider than `width`, each key is written above its rows.
    pub(super) fn write(&self, f: &mut impl fmt::Write, width: Option<usize>) -> fmt::Result {
        let with_keys = self.table(true);
        if width.is_none_or(|width| max_line_width(&with_keys) <= width) {
            return with_keys.lines().try_for_each(|line| writeln!(f, "{}", line.trim_end()));
        }
        let without_keys = self.table(false);
        let mut lines = without_keys.lines();
        writeln!(f, "{}", heading("METRIC"))?;
        writeln!(f, "  {}", lines.next().unwrap_or_default().trim_end())?;
        let mut previous_key = None;
        for ((key, _), line) in self.rows.iter().zip(lines) {
            if previous_key != Some(key) {
                writeln!(f, "{key}")?;
            }
            writeln!(f, "  {}", line.trim_end())?;
            previous_key = Some(key);
        }
        Ok(())
    }

    fn table(&self, with_keys: bool) -> String {
        let mut table = Builder::new();
        let headings = self.headings.iter().map(|(heading, _)| *heading);
        let headings = with_keys.then_some("METRIC").into_iter().chain(headings);
        table.push_record(headings.map(heading));
        for (key, cells) in &self.rows {
            table.push_record(with_keys.then_some(key).into_iter().chain(cells));
        }
        let mut table: Table = table.build();
        table.with(Style::empty()).with(Padding::new(0, 2, 0, 0));
        for (at, (_, is_number)) in self.headings.iter().enumerate() {
            if *is_number {
                table.modify(Column::one(at + usize::from(with_keys)), Alignment::right());
            }
        }
        table.to_string()
    }
}

/// The width of the widest line on a terminal.
pub(super) fn max_line_width(text: &str) -> usize {
    let visible = anstream::adapter::strip_str(text).to_string();
    visible.lines().map(|line| get_string_width(line.trim_end())).max().unwrap_or(0)
}
