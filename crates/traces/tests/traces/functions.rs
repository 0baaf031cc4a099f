//! Functions with `#[traced]`, and plain spans of the crate `tracing`.

use system_health_registry::{
    Unavailable, system_health_metric,
    trace::{SpanTag, Trace},
    traced,
};
use tracing::{Instrument, info_span};

use crate::harness::{span, trace_run, tracer, tree};

#[traced]
fn count_rows(table: &str) -> Result<u64, std::num::ParseIntError> {
    let rows: u64 = table.parse()?;
    Ok(rows)
}

#[traced]
async fn ask(questions: &mut Vec<String>) -> Result<u64, Unavailable> {
    questions.push("how many".to_owned());
    if questions.len() > 1 {
        return Err(Unavailable::no_data("asked twice"));
    }
    Ok(questions.len() as u64)
}

#[traced]
fn boxed(fails: bool) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    if fails { Err("only a text".into()) } else { Ok(()) }
}

#[traced]
fn plain<'a>(words: &'a [String], _more: impl Into<u64>) -> &'a str {
    words.first().map_or("", String::as_str)
}

#[traced]
fn last(words: &mut [String]) -> Option<&mut String> {
    words.last_mut()
}

struct Client {
    calls: u64,
}

impl Client {
    #[traced]
    async fn call(&mut self) -> u64 {
        self.calls += 1;
        self.calls
    }
}

/// Calls traced functions from a sync collector.
#[system_health_metric(key = "functions.sync")]
fn sync() -> Result<u64, Unavailable> {
    plain(&["a".to_owned()], 1_u32);
    boxed(false)?;
    assert!(boxed(true).is_err());
    Ok(count_rows("seven")?)
}

/// Calls traced functions from an async collector.
#[system_health_metric(key = "functions.async")]
async fn asynchronous() -> Result<u64, Unavailable> {
    let mut questions = Vec::new();
    ask(&mut questions).await?;
    assert_eq!(Client { calls: 0 }.call().await, 1);
    ask(&mut questions).await
}

/// Has a plain span.
#[system_health_metric(key = "functions.plain")]
async fn with_plain_span() -> u64 {
    let span = info_span!("login", user = "eva", attempt = 2, token = "ghp_0123456789abcdef");
    async {
        tracing::info!("asking for rows");
        tracing::info!(message = "a text in a field");
        tracing::info!(token = "ghp_0123456789abcdef", user = "eva", "signed in with gho_0123456789abcdef");
        tracing::error!(error = "401 for ghs_0123456789abcdef", "refused");
        tracing::error!(error = %"403 for ghs_0123456789abcdef", "refused again");
        7
    }
    .instrument(span)
    .await
}

#[test]
fn a_traced_function_may_return_a_part_of_its_argument() {
    let mut words = ["a".to_owned()];

    last(&mut words).unwrap().push('b');

    assert_eq!(words, ["ab"]);
}

#[tokio::test]
async fn traced_functions_of_a_sync_collector_are_parts_of_it() {
    let trace = trace_run(&*tracer(""), &["functions.sync"]).await;

    assert_eq!(
        tree(&trace),
        "system_health.run collect\n  system_health.metric functions.sync\n    plain traces::functions::plain\n    \
         boxed traces::functions::boxed\n    boxed traces::functions::boxed\n    count_rows traces::functions::count_rows\n"
    );
    let error = span(&trace, "traces::functions::count_rows").error.as_ref().unwrap();
    assert_eq!(error.kind, "ParseIntError");
    assert_eq!(error.message, "invalid digit found in string");
    let boxed: Vec<_> = trace.spans.iter().filter(|span| span.name == "boxed").collect();
    assert_eq!(boxed[0].error, None);
    assert_eq!(boxed[1].error.as_ref().unwrap().message, "only a text");
    // The arguments are not recorded.
    assert!(!format!("{:?}", span(&trace, "traces::functions::count_rows").tags).contains("seven"));
}

#[tokio::test]
async fn traced_functions_of_an_async_collector_are_parts_of_it() {
    let trace = trace_run(&*tracer(""), &["functions.async"]).await;

    assert_eq!(
        tree(&trace),
        "system_health.run collect\n  system_health.metric functions.async\n    ask traces::functions::ask\n    \
         call traces::functions::call\n    ask traces::functions::ask\n"
    );
    let last = trace.spans.last().unwrap();
    assert_eq!(last.error, None, "no data is no error");
    assert_eq!(last.tags["system_health.state"], "no_data".into());
}

#[tokio::test]
async fn plain_spans_and_messages_are_parts_of_the_trace_but_secrets_are_not() {
    let trace = trace_run(&*tracer(""), &["functions.plain"]).await;

    let span = span(&trace, "login");
    assert_eq!(span.tags["user"], "eva".into());
    assert_eq!(span.tags["token"], "...".into());
    let logs: Vec<_> = span.logs.iter().map(|log| (log.level.as_str(), log.message.as_str())).collect();
    assert_eq!(
        logs,
        [
            ("info", "asking for rows"),
            ("info", "a text in a field"),
            ("info", "signed in with ... token=\"...\" user=\"eva\""),
            ("error", "refused error=401 for ..."),
            ("error", "refused again error=403 for ..."),
        ]
    );
    assert_eq!(span.error.as_ref().unwrap().message, "401 for ...");
    assert!(!format!("{trace:?}").contains("0123456789abcdef"), "{trace:#?}");
}

/// Has spans with errors: one is a text, and the other has a cause.
#[system_health_metric(key = "functions.errors")]
fn with_errors() -> u64 {
    let cause = std::io::Error::other("token ghp_0123456789abcdef");
    let error: &(dyn std::error::Error + 'static) = &std::io::Error::other(cause);
    let _span = info_span!("ask", error).entered();
    let _inner = info_span!("login", error = "401 for ghp_0123456789abcdef").entered();
    7
}

#[tokio::test]
async fn errors_of_plain_spans_contain_no_secrets() {
    let trace = trace_run(&*tracer(""), &["functions.errors"]).await;

    let message = |name| span(&trace, name).error.as_ref().unwrap().message.clone();
    assert_eq!(message("ask"), "token ...");
    assert_eq!(message("login"), "401 for ...");
    assert!(!format!("{trace:?}").contains("0123456789abcdef"), "{trace:#?}");
}

/// Has texts that are cut within a token.
#[system_health_metric(key = "functions.long")]
fn with_long_texts() -> u64 {
    let ending_in_token = |words: usize| format!("{}ghp_0123456789abcdef", "word ".repeat(words));
    let (long_error, query) = (ending_in_token(798), ending_in_token(198));
    let error: &(dyn std::error::Error + 'static) = &std::io::Error::other(long_error.clone());
    let _span = info_span!("ask", error).entered();
    let _inner = info_span!("login", error = long_error.as_str(), query = query.as_str()).entered();
    7
}

#[tokio::test]
async fn no_start_of_a_secret_is_left_where_a_text_is_cut() {
    let trace = trace_run(&*tracer(""), &["functions.long"]).await;

    for name in ["ask", "login"] {
        let error = span(&trace, name).error.as_ref().unwrap();
        assert!(error.message.ends_with(" word ..."), "{}", error.message);
    }
    assert!(span(&trace, "login").tags.contains_key("query"));
    assert!(!format!("{trace:?}").contains("ghp_"), "{trace:#?}");
}

/// Has a span with numbers that JSON does not have.
#[system_health_metric(key = "functions.numbers")]
fn with_numbers() -> u64 {
    let _span = info_span!("divide", ratio = f64::NAN, limit = f64::INFINITY, half = 0.5).entered();
    7
}

#[tokio::test]
async fn numbers_that_json_does_not_have_are_texts() {
    let trace = trace_run(&*tracer(""), &["functions.numbers"]).await;

    let tags = &span(&trace, "divide").tags;
    assert_eq!(tags["ratio"], SpanTag::from("NaN"));
    assert_eq!(tags["limit"], SpanTag::from("inf"));
    assert_eq!(tags["half"], SpanTag::Number(0.5));
    let read: Trace = serde_json::from_str(&serde_json::to_string(&trace).unwrap()).unwrap();
    assert_eq!(span(&read, "divide").tags, *tags);
}
