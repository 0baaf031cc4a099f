//! `report list`.

use system_health_registry::Catalog;

use crate::{
    exit::Status,
    output::{JsonList, Stdout, TableList},
};

/// Prints the catalog.
pub(super) fn run(catalog: &Catalog, stdout: Stdout) -> anyhow::Result<Status> {
    stdout.print(TableList(catalog), JsonList::new(catalog))?;
    Ok(Status::Done)
}
