//! Queries find stored points by their metric, their tags and their time, and calculate with them.

use serde_json::{Value, json};
use system_health_test_support::datadog::DatadogIntake;

use super::{API_KEY, Answered, get, refused, send, series, submit};

fn target(query: &str) -> String {
    let query = query.replace('{', "%7B").replace('}', "%7D").replace(' ', "%20");
    format!("/api/v1/query?from=60&to=120&query={query}")
}

async fn ask(intake: &DatadogIntake, query: &str) -> Answered {
    get(intake, &target(query)).await
}

/// The scope and the points of each series in an answer.
fn found((status, body): &Answered) -> Value {
    assert_eq!(*status, 200, "{body}");
    let series = body["series"].as_array().unwrap().iter();
    series.map(|series| json!([series["scope"], series["pointlist"]])).collect()
}

async fn intake() -> DatadogIntake {
    let intake = DatadogIntake::start();
    submit(
        &intake,
        json!([
            series(1.0, 59, &["env:prod"]),
            series(2.0, 60, &["env:prod", "x:1"]),
            series(4.0, 60, &["env:dev", "x:1"]),
            series(6.0, 120, &["env:dev", "x:1"]),
            series(8.0, 121, &["env:dev", "x:1"]),
        ]),
    )
    .await;
    intake
}

#[tokio::test]
async fn points_are_aggregated_over_series() {
    let intake = intake().await;

    for (aggregator, value) in [("avg", 3.0), ("sum", 6.0), ("min", 2.0), ("max", 4.0), ("count", 2.0)] {
        let answered = ask(&intake, &format!("{aggregator}:a.b{{x:1}}")).await;
        let last = if aggregator == "count" { 1.0 } else { 6.0 };
        assert_eq!(found(&answered), json!([["x:1", [[60_000, value], [120_000, last]]]]), "{aggregator}");
    }
}

#[tokio::test]
async fn scopes_and_groups_choose_series() {
    let intake = intake().await;
    let dev = json!([[60_000, 4.0], [120_000, 6.0]]);

    for (query, series) in [
        ("sum:a.b{*}", json!([["*", [[60_000, 6.0], [120_000, 6.0]]]])),
        ("sum:a.b{x:1,!env:prod}", json!([["x:1,!env:prod", dev]])),
        ("sum:a.b{*} by {env}", json!([["env:dev", dev], ["env:prod", [[60_000, 2.0]]]])),
        ("sum:a.b{x:1} by {env,x}", json!([["env:dev,x:1", dev], ["env:prod,x:1", [[60_000, 2.0]]]])),
        ("sum:a.b{*} by {team}", json!([])),
        ("sum:a.b{env:test}", json!([])),
        ("sum:a.c{*}", json!([])),
    ] {
        assert_eq!(found(&ask(&intake, query).await), series, "{query}");
    }
}

#[tokio::test]
async fn arithmetic_is_calculated_where_both_sides_have_a_value() {
    let intake = intake().await;
    submit(&intake, json!([series(0.0, 120, &["env:prod", "x:1"])])).await;

    for (query, series) in [
        (
            "abs(sum:a.b{*} by {env}) * 2",
            json!([
                ["env:dev", [[60_000, 8.0], [120_000, 12.0]]],
                ["env:prod", [[60_000, 4.0], [120_000, 0.0]]]
            ]),
        ),
        ("sum:a.b{env:dev} / sum:a.b{env:prod}", json!([["*", [[60_000, 2.0]]]])),
        ("sum:a.b{env:dev} - sum:a.b{env:prod}", json!([["*", [[60_000, 2.0], [120_000, 6.0]]]])),
        ("sum:a.b{*} by {x} / sum:a.b{env:dev} by {x}", json!([["x:1", [[60_000, 1.5], [120_000, 1.0]]]])),
        ("sum:a.b{*} / sum:a.c{*}", json!([])),
    ] {
        assert_eq!(found(&ask(&intake, query).await), series, "{query}");
    }
}

#[tokio::test]
async fn counts_and_rates_are_converted() {
    let intake = DatadogIntake::start();
    let mut count = series(20.0, 60, &[]);
    (count["type"], count["interval"]) = (json!(1), json!(10));
    let mut rate = count.clone();
    (rate["type"], rate["metric"]) = (json!(2), json!("a.rate"));
    submit(&intake, json!([count, rate])).await;

    for (query, value) in [
        ("sum:a.b{*}", 20.0),
        ("sum:a.b{*}.as_count()", 20.0),
        ("sum:a.b{*}.as_rate()", 2.0),
        ("sum:a.rate{*}.as_count()", 200.0),
        ("sum:a.rate{*}.as_rate()", 20.0),
    ] {
        assert_eq!(found(&ask(&intake, query).await), json!([["*", [[60_000, value]]]]), "{query}");
    }
}

#[tokio::test]
async fn text_that_is_not_a_query_is_refused() {
    let intake = intake().await;

    for query in ["a.b", "7", "sum:a.b{*} /", "sum:a.b{*} / sum:a.b{*} by {x}", "unheard_of(sum:a.b{*})"] {
        let text = format!("Error parsing query: {query}");
        assert_eq!(ask(&intake, query).await, refused(400, &text));
    }
    for target in ["?to=120&query=avg:a.b%7B*%7D", "?from=soon&to=120&query=avg:a.b%7B*%7D", "?from=0&to=120"]
    {
        assert_eq!(get(&intake, &format!("/api/v1/query{target}")).await.0, 400, "{target}");
    }
    let without_app_key = send(&intake, &[API_KEY], "GET", &target("avg:a.b{*}"), &Value::Null).await;
    assert_eq!(without_app_key, refused(403, "Forbidden"));
}
