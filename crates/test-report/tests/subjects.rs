//! How many subjects are collected concurrently, how subjects are selected, and a sink that the program itself adds.

use std::fs;

use serde_json::Value;
use system_health_test_support::scene::{ProgramOutput, Scene};

fn scene() -> Scene {
    Scene::new(env!("CARGO_BIN_EXE_test-report"))
}

fn subjects(ended: &ProgramOutput) -> Vec<Value> {
    let document = ended.json();
    document["metrics"].as_array().unwrap().iter().map(|metric| metric["subject"].clone()).collect()
}

#[test]
fn the_settings_limit_the_number_of_concurrent_subjects() {
    let run = |concurrency: u32| {
        let settings = format!("[report]\nconcurrency = {concurrency}\n");
        let scene = scene().file("system-health.toml", &settings).variable("TEST_TOGETHER", "3");
        scene.run(&["--only", "test.together", "--deadline", "2s"])
    };

    assert_eq!(run(3).with_status(0).metric("test.together")["state"], "value");
    let too_few = run(2).with_status(1);
    assert!(too_few.stdout().contains("no result within"), "{too_few}");
    assert!(!too_few.stdout().contains("\"samples\""), "{too_few}");
}

#[test]
fn only_the_named_subjects_are_explained() {
    let explain = |subjects: &[&str]| scene().run(&[&["explain", "test.together"], subjects].concat());

    let some = explain(&["--subject", "queue-2", "--subject", "queue-[56]"]).with_status(0);
    assert_eq!(subjects(&some), ["queue-2", "queue-5", "queue-6"]);
    let none = explain(&["--subject", "queue-7"]).with_status(2);
    none.says("--subject `queue-7` matches no subject; did you mean `queue-1`?");
    let without = scene().run(&["explain", "test.value", "--subject", "queue-1"]).with_status(2);
    without.says("--subject needs metrics about subjects");
}

#[test]
fn a_program_delivers_to_a_sink_of_its_own() {
    let scene = scene().variable("TEST_SINK", "keys");

    let ended = scene.run(&["--push", "--to", "test", "--no-self-metrics", "--only", "test.value"]);

    assert_eq!(ended.with_status(0).json()["deliveries"][0]["sink"], "test");
    assert_eq!(fs::read_to_string(scene.folder().join("keys")).unwrap(), "test.value\n");
    assert!(scene.run(&["--help"]).with_status(0).stdout().contains("Keys, in a file"));
}
