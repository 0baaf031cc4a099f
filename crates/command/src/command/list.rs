//! `report list`: prints the catalog.

use system_health_registry::Catalog;

use crate::{
    args::{Format, ListArguments},
    exit::Status,
    output::{JsonList, MarkdownList, Stdout, TableList},
    remembered::with_remembered,
};

/// Prints the catalog.
pub(super) fn run(arguments: &ListArguments, catalog: &Catalog, stdout: Stdout) -> anyhow::Result<Status> {
    let catalog = &with_remembered(catalog, Some(&arguments.settings), Some(&arguments.folder))?;
    match stdout.form() {
        Format::Markdown => stdout.write(&MarkdownList(catalog).to_string())?,
        _ => stdout.print(TableList(catalog), JsonList::new(catalog))?,
    }
    Ok(Status::Done)
}
