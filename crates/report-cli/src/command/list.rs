//! `report list`.

use system_health_registry::Catalog;

use crate::{
    args::Format,
    exit::Status,
    output::{JsonList, MarkdownList, Stdout, TableList},
};

/// Prints the catalog.
pub(super) fn run(catalog: &Catalog, stdout: Stdout) -> anyhow::Result<Status> {
    match stdout.form() {
        Format::Markdown => stdout.write(&MarkdownList(catalog).to_string())?,
        _ => stdout.print(TableList(catalog), JsonList::new(catalog))?,
    }
    Ok(Status::Done)
}
