//! The program `fake-services` prints its addresses, obeys commands, and ends when its input ends.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
};

use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_fake-services");

#[tokio::test]
async fn the_program_prints_its_addresses_and_then_the_requests() {
    let mut program = Command::new(PROGRAM)
        .args(["--commits", "1", "--latency", "1ms"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let mut line = || -> Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
    let services = line();
    let client = reqwest::Client::builder().no_proxy().user_agent("test").build().unwrap();

    let url = format!("{}/repos/acme/shop/commits", services["github"].as_str().unwrap());
    let commits: Value =
        serde_json::from_str(&client.get(url).send().await.unwrap().text().await.unwrap()).unwrap();
    drop(program.stdin.take());

    assert_eq!(commits.as_array().unwrap().len(), 1);
    assert_eq!(line(), json!({ "github": ["GET /repos/acme/shop/commits"], "datadog": [] }));
    assert!(program.wait().unwrap().success());
}

#[test]
fn many_repositories_change_on_command() {
    let mut program = Command::new(PROGRAM)
        .args(["--repositories", "3", "--seed", "7"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let mut line = || -> Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
    assert_eq!(
        line()["repositories"],
        json!(["acme/repository-1", "acme/repository-2", "acme/repository-3"])
    );

    let mut commands = program.stdin.take().unwrap();
    writeln!(commands, "change 2").unwrap();

    assert_eq!(line(), json!({ "changed": 2, "counted_requests": 0 }));
    writeln!(commands, "change 9").unwrap();

    assert_eq!(line(), json!({ "changed": 3, "counted_requests": 0 }), "all of them");
    drop(commands);
    assert_eq!(line(), json!({ "github": [], "datadog": [] }));
    assert!(program.wait().unwrap().success());
}

#[test]
fn a_number_of_changes_that_cannot_be_read_is_an_error() {
    let mut program = Command::new(PROGRAM)
        .args(["--repositories", "1"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(program.stdin.take().unwrap(), "change many").unwrap();

    let output = program.wait_with_output().unwrap();

    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.starts_with("fake-services: `change many`: "), "{stderr}");
}

#[test]
fn a_wrong_option_is_an_error() {
    let output = Command::new(PROGRAM).args(["--commits", "many"]).output().unwrap();

    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.starts_with("fake-services: --commits `many`: "), "{stderr}");
}
