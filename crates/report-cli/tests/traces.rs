//! The traces of `report`: their spans, where they are sent, and what they do not contain.
#![cfg(all(feature = "traces", feature = "datadog", feature = "github"))]

use std::{fs, time::Duration};

use serde_json::{Value, json};
use system_health_test_support::{
    datadog::DatadogIntake,
    github::{Conclusion::Success, FakeGitHub, Run},
    scene::{ProgramOutput, Scene},
    server::{Answer, Request, Server},
};

const TOKEN: &str = "ghp_0123456789012345678901234567890123ab";

fn agent() -> Server {
    Server::start(|request: &Request| match request.line().as_str() {
        "GET /info" => Answer::json(200, &json!({"version": "7.70.0", "endpoints": ["/v0.4/traces"]})),
        _ => Answer::json(200, &json!({})),
    })
}

fn github() -> FakeGitHub {
    let github = FakeGitHub::builder().token(TOKEN).start();
    let run = Run::new("checks.yml").conclusion(Success).job("unit tests", Success);
    github.repository("acme/shop").commits(3).run(run);
    github
}

fn scene(github: &FakeGitHub, datadog: &DatadogIntake, agent: &str) -> Scene {
    Scene::new(env!("CARGO_BIN_EXE_report"))
        .variable("GITHUB_API_URL", github.url())
        .variable("GITHUB_TOKEN", TOKEN)
        .variable("GITHUB_REPOSITORY", "acme/shop")
        .variable("DD_URL", datadog.url())
        .variable("DD_API_KEY", DatadogIntake::KEY)
        .variable("DD_TRACE_ENABLED", "true")
        .variable("DD_TRACE_AGENT_URL", agent)
        .variable("DD_SERVICE", "shop")
        .file("system-health.toml", "[repository]\nbranch = 'main'\n")
}

/// The trace in the state folder.
fn last_trace(scene: &Scene) -> Value {
    let document = fs::read(scene.folder().join(".state/last-trace.json")).expect("a trace");
    serde_json::from_slice(&document).expect("JSON")
}

/// The names of the spans from the span with this resource up to the run.
fn ancestors<'t>(trace: &'t Value, resource: &str) -> Vec<&'t str> {
    let spans = trace["spans"].as_array().unwrap();
    let mut span = spans.iter().find(|span| span["resource"] == resource);
    let mut names = Vec::new();
    while let Some(found) = span {
        names.push(found["name"].as_str().unwrap());
        span = spans.iter().find(|parent| parent["span_id"] == found["parent_id"]);
    }
    assert!(!names.is_empty(), "no span of {resource} in {trace:#}");
    names
}

/// The messages on stderr, as JSON.
fn messages(ended: &ProgramOutput) -> Vec<Value> {
    ended.stderr().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_push_sends_one_trace_with_the_spans_of_its_requests() {
    let (github, datadog, agent) = (github(), DatadogIntake::start(), agent());
    let scene = scene(&github, &datadog, &agent.url());

    let ended = scene.run(&["--push", "--only", "commits.*"]).with_status(0);

    assert_eq!(agent.requests().len(), 1, "{ended}");
    let trace = last_trace(&scene);
    let id = ended.json()["run"]["trace_id"].clone();
    assert_eq!((&trace["trace_id"], &trace["service"]), (&id, &json!("shop")));
    let request = ancestors(&trace, "GET /repos/acme/shop/commits");
    assert_eq!(request.first(), Some(&"http.request"));
    assert!(request.contains(&"system_health.resource"), "{request:?}");
    assert_eq!(request[request.len() - 2..], ["system_health.metric", "system_health.run"]);
    assert_eq!(
        ancestors(&trace, "POST /api/v2/series"),
        ["http.request", "system_health.delivery", "system_health.run"]
    );
    let history = scene.run(&["history", "commits.hotfix"]).with_status(0).json();
    assert_eq!(history[0]["trace_id"], id);
}

#[test]
fn a_trace_contains_no_secret_and_requests_have_no_trace_headers() {
    let (github, datadog, agent) = (github(), DatadogIntake::start(), agent());
    let scene = scene(&github, &datadog, &agent.url());

    let ended = scene.run(&["--push"]);

    let trace = last_trace(&scene).to_string();
    let sent = String::from_utf8_lossy(&agent.requests()[0].body).into_owned();
    // A query string may contain a secret, so a trace contains no query parameters.
    for hidden in [TOKEN, DatadogIntake::KEY, "per_page", "page="] {
        assert!(!trace.contains(hidden) && !sent.contains(hidden), "{hidden}");
    }
    let requests = [github.requests(), datadog.server().requests()].concat();
    assert!(requests.len() > 3, "{ended}");
    for request in requests {
        assert_eq!(trace_headers(&request), [""; 0], "{}", request.line());
    }
}

/// The headers of a request that continue a trace in another service.
fn trace_headers(request: &Request) -> Vec<String> {
    let names = request.headers.keys().map(|name| name.as_str().to_lowercase());
    let is_trace_header = |name: &String| {
        ["traceparent", "tracestate", "b3", "baggage", "x-amzn-trace-id"].contains(&name.as_str())
            || name.starts_with("x-datadog-")
            || name.starts_with("x-b3-")
    };
    names.filter(is_trace_header).collect()
}

#[cfg(feature = "aws-ci")]
fn aws_scene(aws: &Server, agent: &Server) -> Scene {
    use system_health_test_support::moto::AccessKey;

    Scene::new(env!("CARGO_BIN_EXE_report"))
        .file("system-health.toml", "[metrics]\nenable = ['aws.*']\n[secrets]\naws = false\n")
        .aws(aws.url(), &AccessKey::example())
        .variable("DD_TRACE_ENABLED", "true")
        .variable("DD_TRACE_AGENT_URL", agent.url())
}

#[cfg(feature = "aws-ci")]
#[test]
fn a_request_that_aws_refuses_has_an_error() {
    let refusal = json!({"__type": "AccessDeniedException", "message": "No."});
    let (aws, agent) = (Server::start(move |_: &Request| Answer::json(400, &refusal)), agent());
    let scene = aws_scene(&aws, &agent);

    let ended = scene.run(&["--only", "aws.*"]);

    let trace = last_trace(&scene);
    let spans = trace["spans"].as_array().unwrap().iter();
    let requests: Vec<&Value> = spans.filter(|span| span["name"] == "http.request").collect();
    assert!(!requests.is_empty(), "{ended}");
    for request in requests {
        assert_eq!(request["error"]["message"], "the status is 400", "{request:#}");
    }
}

#[cfg(feature = "aws-ci")]
#[test]
fn requests_to_aws_have_no_trace_headers() {
    let (aws, agent) = (Server::start(|_: &Request| Answer::json(200, &json!({}))), agent());
    let scene = aws_scene(&aws, &agent);

    let ended = scene.run(&["--only", "aws.*"]);

    assert_eq!(last_trace(&scene)["trace_id"], ended.json()["run"]["trace_id"], "{ended}");
    let requests = aws.requests();
    let asks = |service: &str| {
        let target = |request: &Request| request.header("x-amz-target").map(str::to_owned);
        requests.iter().filter_map(target).any(|target| target.to_lowercase().contains(service))
    };
    for service in ["codebuild", "codepipeline"] {
        assert!(asks(service), "{service}: {ended}");
    }
    for request in &requests {
        assert_eq!(trace_headers(request), [""; 0], "{}", request.line());
    }
}

#[test]
fn messages_in_json_name_their_span() {
    let (github, datadog, agent) = (github(), DatadogIntake::start(), agent());
    github.fail("/commits", Answer::text(500, "text/plain", "oops"));
    let scene = scene(&github, &datadog, &agent.url()).variable("DD_ENV", "test");

    let ended = scene.run(&["--only", "commits.hotfix", "--deadline", "5s", "--log-format", "json"]);

    let id = &ended.json()["run"]["trace_id"];
    let messages = messages(&ended);
    let named: Vec<_> = messages.iter().filter(|message| message["dd.trace_id"] == *id).collect();
    assert!(named.len() >= 2, "{ended}");
    for message in named {
        assert_eq!((&message["dd.service"], &message["dd.env"]), (&json!("shop"), &json!("test")));
        assert!(message["dd.span_id"].as_str().unwrap().parse::<u64>().is_ok(), "{message}");
    }
    let failure = messages.iter().find(|message| message["level"] == "ERROR").expect("an error");
    assert_eq!(failure["dd.trace_id"], *id);
}

#[test]
fn an_absent_agent_causes_one_warning() {
    let (github, datadog) = (github(), DatadogIntake::start());
    let scene = scene(&github, &datadog, "http://127.0.0.1:1");

    let ended = scene.run(&["--push", "--only", "commits.hotfix"]).with_status(0);

    let warnings = ended.stderr();
    let about_traces = warnings.lines().filter(|line| line.contains("trace") || line.contains("127.0.0.1:1"));
    let about_traces: Vec<_> = about_traces.collect();
    assert_eq!(about_traces.len(), 1, "{ended}");
    assert!(
        about_traces[0].contains("the trace of the run was not sent: the Agent at http://127.0.0.1:1"),
        "{ended}"
    );
    assert_eq!(last_trace(&scene)["trace_id"], ended.json()["run"]["trace_id"]);
}

#[test]
fn without_the_setting_nothing_is_traced() {
    let (github, datadog, agent) = (github(), DatadogIntake::start(), agent());
    let scene = scene(&github, &datadog, &agent.url()).variable("DD_TRACE_ENABLED", "false");

    let ended = scene.run(&["--push", "--only", "commits.hotfix", "--log-format", "json"]).with_status(0);

    assert_eq!(agent.requests().len(), 0);
    assert_eq!(ended.json()["run"].get("trace_id"), None);
    assert!(!ended.stderr().contains("dd."), "{ended}");
    assert!(!scene.folder().join(".state/last-trace.json").exists());
}

#[test]
fn doctor_asks_the_agent() {
    let agent = agent();
    let scene = Scene::new(env!("CARGO_BIN_EXE_report"))
        .git_work_tree()
        .commit("hotfix", Duration::from_mins(1))
        .variable("DD_TRACE_ENABLED", "1")
        .variable("DD_TRACE_AGENT_URL", agent.url());

    let shown = scene.run(&["doctor", "--format", "json"]).stdout();

    assert!(
        shown.contains(&format!("the Agent at {} (version 7.70.0) accepts traces", agent.url())),
        "{shown}"
    );
    assert_eq!(agent.requests().len(), 1);
    let absent = scene.variable("DD_TRACE_AGENT_URL", "http://127.0.0.1:1");
    let shown = absent.run(&["doctor", "--format", "json"]).with_status(1).stdout();
    assert!(shown.contains("the Agent at http://127.0.0.1:1: "), "{shown}");
}
