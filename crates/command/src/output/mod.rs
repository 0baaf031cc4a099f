//! The data that goes to stdout: a table for people, JSON for programs, CSV for spreadsheets, or Markdown for pages.

mod backfill;
mod backfill_json;
mod blocks;
mod columns;
mod delivery;
mod details;
mod distribution_summary;
mod doctor;
mod events;
mod explanation;
#[cfg(test)]
pub(crate) mod fixture;
mod history;
mod json;
mod list;
mod markdown;
mod markdown_list;
mod metric_outcomes;
mod plot;
mod problems;
mod reasons;
mod request_plans;
mod separate;
mod stdout;
mod style;
mod table;
mod text;
mod value;

pub use history::HistoryRow;
pub use json::JsonReport;
pub use list::JsonList;
pub use stdout::Stdout;

pub(crate) use backfill::BackfillTable;
pub(crate) use backfill_json::JsonBackfill;
pub(crate) use delivery::ReceiptText;
pub(crate) use doctor::Diagnosis;
pub(crate) use explanation::Explanation;
pub(crate) use history::HistoryReport;
pub(crate) use list::{JsonCatalog, TableList};
pub(crate) use markdown::MarkdownReport;
pub(crate) use markdown_list::MarkdownList;
pub(crate) use metric_outcomes::MetricOutcomes;
pub(crate) use reasons::Reasons;
pub(crate) use separate::{separate_data, standard_output};
pub(crate) use stdout::OutputError;
pub(crate) use table::TableReport;
pub(crate) use text::{count, join_names, one_line, printable, wrap};
