//! Random histories of issues: the metrics, which read pages of a fake GitHub, must agree with a slow reference that replays each
//! history event by event.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proptest::prelude::*;
use system_health_test_support::github::{FakeGitHub, Issue};

use crate::stage::{Stage, collected};

/// The length of the window, in minutes. All ages are odd, so nothing happens at the start of the window.
const WINDOW: u64 = 7 * 24 * 60;
/// `ci[bot]` is a bot by its name, and `robot` because the settings name it.
const AUTHORS: [&str; 4] = ["ada", "grace", "ci[bot]", "robot"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum IssueEvent {
    Close(Option<&'static str>),
    Reopen,
    Comment,
}

#[derive(Debug, Clone)]
struct PastIssue {
    author: &'static str,
    /// In minutes before now.
    opened: u64,
    /// The oldest first, each with its age in minutes.
    events: Vec<(u64, IssueEvent)>,
}

/// The values of the metrics.
#[derive(Debug, Default, PartialEq)]
struct Values {
    open: usize,
    opened: usize,
    closed: usize,
    /// How long solved issues of people took to close, in seconds, in any order.
    times: Vec<u64>,
}

fn event() -> impl Strategy<Value = IssueEvent> {
    let reason = prop::sample::select(&[Some("COMPLETED"), Some("NOT_PLANNED"), Some("DUPLICATE"), None][..]);
    prop_oneof![
        3 => reason.prop_map(IssueEvent::Close),
        1 => Just(IssueEvent::Reopen),
        1 => Just(IssueEvent::Comment),
    ]
}

prop_compose! {
    fn past_issue()(
        author in prop::sample::select(&AUTHORS[..]),
        ages in prop::collection::btree_set(0..WINDOW, 1..6),
        events in prop::collection::vec(event(), 5),
    ) -> PastIssue {
        let mut ages = ages.into_iter().rev().map(|age| 2 * age + 1);
        let opened = ages.next().unwrap_or_default();
        PastIssue { author, opened, events: ages.zip(events).collect() }
    }
}

impl PastIssue {
    fn to_issue(&self) -> Issue {
        let ago = Duration::from_mins;
        let mut is_open = true;
        let mut issue = Issue::new("Sell socks").by(self.author).age(ago(self.opened));
        for (age, event) in &self.events {
            match event {
                IssueEvent::Close(reason) if is_open => {
                    (is_open, issue) = (false, issue.close_as(ago(*age), *reason));
                }
                IssueEvent::Reopen if !is_open => (is_open, issue) = (true, issue.reopen(ago(*age))),
                _ => issue = issue.touch(ago(*age)),
            }
        }
        issue
    }
}

fn expected(issues: &[PastIssue]) -> Values {
    let mut values = Values::default();
    for issue in issues {
        // When it was closed, and why. Closing an issue twice and reopening an open one change nothing.
        let mut closed: Option<(u64, Option<&str>)> = None;
        for (age, event) in &issue.events {
            closed = match event {
                IssueEvent::Close(reason) => closed.or(Some((*age, *reason))),
                IssueEvent::Reopen => None,
                IssueEvent::Comment => closed,
            };
        }
        values.open += usize::from(closed.is_none());
        values.opened += usize::from(issue.opened < WINDOW);
        let Some((age, reason)) = closed.filter(|(age, _)| *age < WINDOW) else { continue };
        values.closed += 1;
        let is_solved = reason.is_none_or(|reason| reason == "COMPLETED");
        if is_solved && ["ada", "grace"].contains(&issue.author) {
            values.times.push((issue.opened - age) * 60);
        }
    }
    values
}

/// The quantile `thousandths / 1_000`, as SQL's `percentile_cont` computes it: interpolated between the two nearest values.
fn quantile(sorted: &[u64], thousandths: usize) -> f64 {
    let position = (sorted.len() - 1) * thousandths;
    let (rank, part) = (position / 1_000, position % 1_000);
    let exact = |number: usize| f64::from(u32::try_from(number).unwrap());
    let value = |rank: usize| f64::from(u32::try_from(sorted[rank.min(sorted.len() - 1)]).unwrap());
    (value(rank) * exact(1_000 - part) + value(rank + 1) * exact(part)) / 1_000.0
}

/// The numbers of a metric. No data is an empty list.
async fn numbers(stage: &Stage, key: &str) -> Vec<f64> {
    let lines = collected(stage, key).await;
    assert!(lines.iter().all(|line| !line.starts_with("error: ")), "{key}: {lines:?}");
    let number = |line: &String| line.split(' ').next()?.parse().ok();
    lines.iter().filter_map(number).collect()
}

async fn check(issues: &[PastIssue], max_nodes: u64) {
    let now: SystemTime = UNIX_EPOCH + Duration::from_hours(485_772);
    let github = FakeGitHub::builder().now(now).start();
    let shop = github.repository("acme/shop");
    for issue in issues {
        shop.issue(issue.to_issue());
    }
    github.time_out_queries_above(max_nodes);
    let settings = format!(
        "[github]\napi_url = \"{}\"\nbots = [\"robot\"]\n[repository]\nname = \"acme/shop\"",
        github.url()
    );
    let stage = Stage::empty().token().settings(&settings).started_at(now);

    let mut expected = expected(issues);
    expected.times.sort_unstable();
    let times = numbers(&stage, "issues.time_to_close_seconds").await;
    for (key, number) in [
        ("issues.open", expected.open),
        ("issues.opened", expected.opened),
        ("issues.closed", expected.closed),
        ("issues.time_to_close_seconds_samples", expected.times.len()),
    ] {
        assert_eq!(numbers(&stage, key).await, [f64::from(u32::try_from(number).unwrap())], "{key}");
    }
    let quantiles: Vec<f64> = match &expected.times[..] {
        [] => vec![],
        sorted => [500, 900, 990].map(|thousandths| quantile(sorted, thousandths)).to_vec(),
    };
    let is_near = |(actual, expected): (&f64, &f64)| (actual - expected).abs() < 0.001;
    assert_eq!(times.len(), quantiles.len());
    assert!(times.iter().zip(&quantiles).all(is_near), "{times:?} {quantiles:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_issues_have_the_values_of_the_reference(
        issues in prop::collection::vec(past_issue(), 0..12),
        // GitHub times out queries that look up more nodes.
        max_nodes in 4..200_u64,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(check(&issues, max_nodes));
    }
}
