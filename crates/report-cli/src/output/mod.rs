//! What goes to stdout: the data, as a table for people or as JSON for programs.

mod json;
mod list;
mod stdout;
mod table;
mod value;

pub(crate) use json::JsonReport;
pub(crate) use list::{JsonList, TableList};
pub(crate) use stdout::{OutputError, Stdout};
pub(crate) use table::TableReport;
