//! Checks the statements of the chart's README.

use std::{collections::BTreeMap, fs};

use system_health_test_support::{scene::Scene, tools};

use crate::helm::{VERSIONS, arguments, chart, objects, of_kind, pod, rendered, template_text};

fn readme() -> String {
    fs::read_to_string(chart().join("README.md")).unwrap()
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn the_readme_has_the_table_of_all_values() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("README.md");
    let written = readme();
    fs::write(&file, &written).unwrap();

    // The generator also refuses values without a description, and descriptions without a value.
    let generated = tools::with_node(tools::file("readme-generator/node_modules/.bin/readme-generator"))
        .args(["--values", "values.yaml", "--readme"])
        .arg(&file)
        .current_dir(chart())
        .output()
        .unwrap();

    assert!(generated.status.success(), "{}", String::from_utf8_lossy(&generated.stdout));
    assert_eq!(written, fs::read_to_string(&file).unwrap(), "run readme-generator in charts/cronjob");
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn the_examples_are_valid() {
    let readme = readme();
    let examples: Vec<&str> =
        readme.split("```yaml\n").skip(1).map(|text| text.split_once("```").unwrap().0).collect();
    assert!(examples.len() >= 4);
    for version in VERSIONS {
        for values in &examples {
            objects(&template_text(version, values).unwrap_or_else(|error| panic!("{values}: {error}")));
        }
    }
}

/// A row of the table of schedules, with durations in seconds.
struct Row {
    schedule: String,
    active_deadline: u64,
    repetitions: u32,
    slot: u64,
    run_deadline: u64,
}

fn seconds(duration: &str) -> u64 {
    let minutes: u64 = duration.strip_suffix('m').unwrap().parse().unwrap();
    60 * minutes
}

fn rows() -> Vec<Row> {
    let readme = readme();
    let (_, table) = readme.split_once("| schedule |").unwrap();
    let lines = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            Row {
                schedule: cells[1].split('`').nth(1).unwrap().to_owned(),
                active_deadline: cells[2].parse().unwrap(),
                repetitions: cells[3].parse().unwrap(),
                slot: seconds(cells[4]),
                run_deadline: seconds(cells[5]),
            }
        })
        .collect()
}

/// The minutes of an hour at which a schedule starts runs.
fn minutes(schedule: &str) -> Vec<u64> {
    let field = schedule.split(' ').next().unwrap();
    match field.strip_prefix("*/") {
        Some(step) => (0..60).step_by(step.parse().unwrap()).collect(),
        None => field.split(',').map(|minute| minute.parse().unwrap()).collect(),
    }
}

#[test]
fn the_schedules_in_the_readme_follow_its_rules() {
    let rows = rows();
    assert_eq!(rows.len(), 5);
    for Row { schedule, active_deadline, repetitions, slot, run_deadline } in rows {
        let minutes = minutes(&schedule);
        let waits: u64 = (0..repetitions).map(|repetition| 10 << repetition).sum();
        let next = minutes.iter().skip(1).copied().chain([minutes[0] + 60]);
        let interval = minutes.iter().zip(next).map(|(minute, next)| 60 * (next - minute)).min().unwrap();

        assert!(active_deadline > u64::from(repetitions + 1) * run_deadline + waits, "{schedule}");
        assert!(active_deadline < interval, "{schedule}");
        assert_eq!(3600 % slot, 0, "{schedule}");
        for minute in minutes {
            assert!(
                repetitions == 0 || slot - 60 * minute % slot >= active_deadline,
                "{schedule} at {minute}"
            );
        }
    }
}

#[test]
#[ignore = "needs Helm: run cargo xtask test"]
fn the_first_schedule_is_the_default() {
    let first = rows().into_iter().next().unwrap();
    let objects = rendered("{}");
    let cronjob = of_kind(&objects, "CronJob")[0];
    let job = &cronjob["spec"]["jobTemplate"]["spec"];

    assert_eq!(cronjob["spec"]["schedule"], first.schedule);
    assert_eq!(job["activeDeadlineSeconds"], first.active_deadline);
    assert_eq!(job["backoffLimit"], first.repetitions);
    let options: BTreeMap<&str, &str> =
        arguments(pod(cronjob)).windows(2).map(|words| (words[0], words[1])).collect();
    assert_eq!(seconds(options["--align"]), first.slot);
    // The deadline of the row is the reporter's own default.
    assert!(!options.contains_key("--deadline"));
    let help = Scene::new(env!("CARGO_BIN_EXE_report")).run(&["--help"]).stdout();
    assert!(help.contains(&format!("or {}m]", first.run_deadline / 60)), "{help}");
}
