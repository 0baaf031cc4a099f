//! Random alerts: `security.alerts_open`, which reads pages of three lists, must agree with a count of the open alerts.

use std::collections::BTreeSet;

use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::json;
use system_health_test_support::{
    github::{Alert, FakeGitHub, refusal},
    server::Answer,
};

use crate::stage::{Stage, collected};

const SEVERITIES: [&str; 4] = ["critical", "high", "medium", "low"];
/// Each kind, the path of its list, and its severities.
const KINDS: [(&str, &str, &[&str]); 3] = [
    ("dependabot", "/dependabot/alerts", &SEVERITIES),
    (
        "code_scanning",
        "/code-scanning/alerts",
        &["critical", "high", "medium", "low", "error", "warning", "note", "unrated"],
    ),
    ("secret_scanning", "/secret-scanning/alerts", &["unrated"]),
];

/// A number of equal alerts, with the kind and severity that they count as.
#[derive(Debug, Clone)]
struct Alerts {
    alert: Alert,
    counts_as: (&'static str, &'static str),
    is_open: bool,
    count: usize,
}

fn alert() -> impl Strategy<Value = (Alert, (&'static str, &'static str))> {
    let rule_severity = option::of(select(&["error", "warning", "note", "none"][..]));
    let code_scanning = (rule_severity, option::of(select(&SEVERITIES[..]))).prop_map(|(rule, security)| {
        let severity = match (security, rule) {
            (None, Some("none") | None) => "unrated",
            (Some(severity), _) | (None, Some(severity)) => severity,
        };
        (Alert::code_scanning(rule, security), ("code_scanning", severity))
    });
    prop_oneof![
        2 => select(&SEVERITIES[..]).prop_map(|severity| (Alert::dependabot(severity), ("dependabot", severity))),
        2 => code_scanning,
        1 => Just((Alert::secret(), ("secret_scanning", "unrated"))),
    ]
}

prop_compose! {
    fn alerts()((alert, counts_as) in alert(), is_open: bool, count in 1..80_usize) -> Alerts {
        let alert = if is_open { alert } else { alert.closed() };
        Alerts { alert, counts_as, is_open, count }
    }
}

/// The samples of the kinds that can be read.
fn expected(all: &[Alerts], is_unreadable: [bool; 3]) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for ((kind, _, severities), is_unreadable) in KINDS.into_iter().zip(is_unreadable) {
        for severity in severities.iter().filter(|_| !is_unreadable) {
            let matching =
                all.iter().filter(|alerts| alerts.is_open && alerts.counts_as == (kind, *severity));
            let count: usize = matching.map(|alerts| alerts.count).sum();
            lines.insert(format!("{count} kind:{kind} severity:{severity}"));
        }
    }
    lines
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_open_alert_is_counted_once(
        all in vec(alerts(), 0..10),
        is_unreadable in prop::array::uniform3(prop::bool::weighted(0.3)),
        is_forbidden: bool,
    ) {
        let github = FakeGitHub::start();
        let shop = github.repository("acme/shop");
        shop.commits(1);
        for alerts in &all {
            for _ in 0..alerts.count {
                shop.alert(alerts.alert.clone());
            }
        }
        let unreadable = KINDS.into_iter().zip(is_unreadable).filter(|(_, is_unreadable)| *is_unreadable);
        for ((_, path, _), _) in unreadable {
            let not_found = || Answer::json(404, &json!({ "message": "Not Found" }));
            github.fail(path, if is_forbidden { refusal::forbidden() } else { not_found() });
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let lines = runtime.block_on(collected(&Stage::on(&github), "security.alerts_open"));
        if is_unreadable == [true; 3] {
            prop_assert!(lines.len() == 1 && lines[0].starts_with("no data: "), "{:?}", lines);
        } else {
            let expected = expected(&all, is_unreadable);
            prop_assert_eq!(lines.len(), expected.len());
            prop_assert_eq!(lines.into_iter().collect::<BTreeSet<_>>(), expected);
        }
    }
}
