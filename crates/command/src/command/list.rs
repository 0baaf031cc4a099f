//! `report list`.

use system_health_registry::Catalog;

use crate::{
    args::{Format, ListArguments},
    exit::Status,
    output::{JsonList, MarkdownList, Stdout, TableList},
    remembered::{Place, with_remembered},
};

/// Prints the catalog.
pub(super) fn run(arguments: &ListArguments, catalog: &Catalog, stdout: Stdout) -> anyhow::Result<Status> {
    let place = Place { settings: Some(&arguments.settings), folder: Some(&arguments.folder) };
    let catalog = &with_remembered(catalog, &place)?;
    match stdout.form() {
        Format::Markdown => stdout.write(&MarkdownList(catalog).to_string())?,
        _ => stdout.print(TableList(catalog), JsonList::new(catalog))?,
    }
    Ok(Status::Done)
}
