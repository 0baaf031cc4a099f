//! Checks that the report of these tests has the form of the reports that the command prints.

use std::path::Path;

use serde_json::Value;
use system_health_test_support::tools::run_contract_script;

use crate::site::report;

#[test]
#[ignore = "needs a schema validator: run cargo xtask test"]
fn the_report_of_these_tests_matches_the_published_schema() {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/report.schema.json");

    let faults =
        run_contract_script("json_schema_check.py", &[&schema], &serde_json::to_vec(&[report()]).unwrap());

    assert_eq!(serde_json::from_str::<Value>(&faults).unwrap(), serde_json::json!([[]]));
}
