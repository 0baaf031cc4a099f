//! What goes to stdout: the data, as a table for people, as JSON for programs, or as Markdown for
//! pages that show it.

mod blocks;
mod columns;
mod delivery;
mod details;
mod doctor;
mod explanation;
#[cfg(test)]
pub(crate) mod fixture;
mod group;
mod history;
mod json;
mod list;
mod markdown;
mod markdown_list;
mod plot;
mod problems;
mod reasons;
mod stdout;
mod style;
mod table;
mod text;
mod value;

pub(crate) use delivery::ReceiptText;
pub(crate) use doctor::Diagnosis;
pub(crate) use explanation::Explanation;
pub(crate) use group::Group;
pub(crate) use history::{History, Row};
pub(crate) use json::JsonReport;
pub(crate) use list::{JsonList, TableList};
pub(crate) use markdown::MarkdownReport;
pub(crate) use markdown_list::MarkdownList;
pub(crate) use reasons::Reasons;
pub(crate) use stdout::OutputError;
pub use stdout::Stdout;
pub(crate) use table::TableReport;
pub(crate) use text::{count, join_names, one_line};
