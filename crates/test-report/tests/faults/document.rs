//! Checks that the documentation has the table of all scenarios.

use std::collections::BTreeSet;

use crate::{
    agent, cloudwatch, collectors, corporate, destinations, exposition, outputs, processes,
    scenario::Scenario, services, store,
};

fn table() -> String {
    let mut rows: Vec<Scenario> = services::scenarios();
    rows.extend(cloudwatch::scenarios());
    rows.extend(exposition::scenarios());
    rows.extend(outputs::scenarios());
    rows.extend(agent::scenarios());
    rows.extend(destinations::scenarios());
    rows.extend(collectors::scenarios());
    rows.extend(processes::scenarios());
    rows.extend(store::scenarios());
    rows.extend(corporate::scenarios());
    let distinct: BTreeSet<_> = rows.iter().map(|row| (row.place, &row.fault)).collect();
    assert_eq!(distinct.len(), rows.len(), "two rows have the same place and fault");
    assert!(rows.len() >= 60, "{}", rows.len());
    let line =
        |row: &Scenario| format!("| {} | {} | {} | {} |\n", row.place, row.fault, row.delivered, row.status);
    format!(
        "| where | fault | delivered | exit status |\n|---|---|---|---|\n{}",
        rows.iter().map(line).collect::<String>()
    )
}

#[test]
fn the_documentation_has_the_table_of_scenarios() {
    let document = include_str!("../../../../docs/reliability.md");
    let table = table();

    assert!(document.contains(&table), "docs/reliability.md should contain:\n{table}");
}
