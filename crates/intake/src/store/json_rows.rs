//! Reads JSON from the rows of a table. Only a damaged file has rows that cannot be read.

use serde_json::Value;

/// The rows of a table. Rows that cannot be read are left out, so that the others can still be shown. Dropping this value logs
/// how many were left out.
#[derive(Debug)]
pub(super) struct JsonRows {
    table: &'static str,
    unreadable: u64,
}

impl JsonRows {
    pub(super) fn new(table: &'static str) -> Self {
        Self { table, unreadable: 0 }
    }

    /// The JSON of a row.
    pub(super) fn read(&mut self, text: &str) -> Option<Value> {
        let value = serde_json::from_str(text).ok();
        self.unreadable += u64::from(value.is_none());
        value
    }

    fn warning(&self) -> Option<String> {
        let left_out = match self.unreadable {
            0 => return None,
            1 => "1 row is left out, because it is not valid JSON".to_owned(),
            number => format!("{number} rows are left out, because they are not valid JSON"),
        };
        Some(format!("the table `{}` of the intake's file is damaged: {left_out}", self.table))
    }
}

impl Drop for JsonRows {
    fn drop(&mut self) {
        if let Some(warning) = self.warning() {
            tracing::warn!("{warning}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_cannot_be_read_are_counted() {
        let mut rows = JsonRows::new("events");
        let mut warning = |text: &str| {
            let value = rows.read(text);
            (value, rows.warning().unwrap_or_default())
        };

        assert_eq!(warning("1"), (Some(Value::from(1)), String::new()));
        let start = "the table `events` of the intake's file is damaged: ";
        let one = format!("{start}1 row is left out, because it is not valid JSON");
        assert_eq!(warning("{"), (None, one));
        let two = format!("{start}2 rows are left out, because they are not valid JSON");
        assert_eq!(warning(""), (None, two));
    }
}
