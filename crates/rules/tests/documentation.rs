//! The tables of options in the documentation match the code. `UPDATE_DOCS=1` regenerates them.

use std::{env, fmt::Write, fs, path::Path};

use system_health_rules::MetricOption;

const START: &str = "<!-- options -->\n";
const END: &str = "<!-- end of options -->\n";

fn table(options: &[MetricOption]) -> String {
    let mut table = "| option | meaning | default | example |\n|---|---|---|---|\n".to_owned();
    for MetricOption { name, meaning, default, example, .. } in options {
        writeln!(table, "| `{name}` | {meaning} | {default} | `{example}` |").unwrap();
    }
    table
}

fn tables() -> String {
    let (general, monitoring) = (table(MetricOption::general()), table(MetricOption::monitoring()));
    format!("{general}\nThese options are for the monitors of the metric:\n\n{monitoring}")
}

/// Compares a file with the expected text, or writes the expected text to the file.
fn check(file: &str, expected: impl FnOnce(&str) -> String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = fs::read_to_string(&path).unwrap();
    let expected = expected(&text);
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(path, expected).unwrap();
    } else {
        assert!(
            text == expected,
            "{file} is out of date; regenerate it with UPDATE_DOCS=1. Expected:\n{expected}"
        );
    }
}

#[test]
fn the_attribute_documents_every_option() {
    check("../registry-macros/options.md", |_| tables());
}

#[test]
fn the_guide_documents_every_option() {
    check("../../docs/writing-collectors.md", |text| {
        let (before, rest) = text.split_once(START).expect("the guide has the start of the table");
        let (_, after) = rest.split_once(END).expect("the guide has the end of the table");
        format!("{before}{START}{}{END}{after}", tables())
    });
}
