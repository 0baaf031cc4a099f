//! Why the exit status is not 0. If stdout is not a terminal, the reasons are logged, so that the log of a job says why it
//! failed. They take only a few lines even if a thousand repositories fail.

use system_health_registry::{ItemError, OutcomeState, Report, SourceOutcome, Unavailable};
use system_health_reporter::{Delivery, DeliveryResult, FailOn};

use crate::output::{MetricOutcomes, Reasons, ReceiptText, Stdout, count, one_line};

/// Maximum number of lines about sources, and of lines about missed goals.
const MAX_LINES: usize = 20;

/// Logs why the exit status of a run is not 0. On a terminal, nothing is logged, because the printed report shows the reasons.
pub(crate) fn log(report: &Report, deliveries: &[Delivery], fail_on: FailOn) {
    if !Stdout::is_terminal() {
        log_always(report, deliveries, fail_on);
    }
}

/// Logs why the exit status is not 0, even if stdout is a terminal. This is for a run whose data is not printed.
pub(crate) fn log_always(report: &Report, deliveries: &[Delivery], fail_on: FailOn) {
    if fail_on == FailOn::Never {
        return;
    }
    if fail_on != FailOn::Delivery {
        for line in lines(report, fail_on) {
            tracing::error!("{line}");
        }
    }
    for delivery in deliveries.iter().filter(|delivery| delivery.has_failed()) {
        let (sink, address) = (delivery.sink, &delivery.address);
        if let DeliveryResult::Interrupted { .. } = delivery.result {
            tracing::error!("not everything was delivered to {sink} ({address}): interrupted");
        } else if let Some(receipt) = delivery.receipt() {
            let text = ReceiptText(receipt).to_string();
            let lines: Vec<&str> = text.lines().map(str::trim).collect();
            tracing::error!("not everything was delivered to {sink} ({address}){}", lines.join("; "));
        }
    }
}

/// The reasons that come from metrics and sources.
fn lines(report: &Report, fail_on: FailOn) -> Vec<String> {
    let groups = MetricOutcomes::by_metric(report.run().outcomes());
    let all = || groups.iter().copied();
    let mut lines = reason_lines(&Reasons::for_state(all(), OutcomeState::Error), "");
    lines.extend(reason_lines(&Reasons::for_failed_items(all()), ""));
    lines.extend(bounded(report.run().sources().iter().flat_map(|source| source_lines(source, fail_on))));
    if fail_on == FailOn::NoData {
        lines.extend(reason_lines(&Reasons::for_state(all(), OutcomeState::NoData), "no data: "));
    }
    if fail_on == FailOn::Goal {
        let missed =
            |group: MetricOutcomes<'_>| Some(format!("{}: {}", group.metric.key(), group.missed_text()?));
        lines.extend(bounded(MetricOutcomes::of_report(report).into_iter().filter_map(missed)));
    }
    lines
}

/// Why a source makes the exit status nonzero: its error, its lack of data if `fail_on` says so, or each refused metric.
fn source_lines(source: &SourceOutcome, fail_on: FailOn) -> Vec<String> {
    let SourceOutcome { name, location, result, refused, .. } = source;
    match result {
        Err(Unavailable::Error(error)) => {
            vec![format!("the source `{name}`: {}", one_line(&error.to_string()))]
        }
        Err(Unavailable::NoData(no_data)) if fail_on == FailOn::NoData => {
            vec![format!("the source `{name}`: no data: {}", one_line(no_data.reason()))]
        }
        Err(Unavailable::NoData(_)) => Vec::new(),
        Ok(_) => {
            let line = |error: &ItemError| {
                let error = one_line(&error.to_string());
                format!("the source `{name}` in {location} returned a metric that was refused: {error}")
            };
            refused.iter().map(line).collect()
        }
    }
}

fn reason_lines(reasons: &Reasons, prefix: &str) -> Vec<String> {
    let mut lines: Vec<String> = reasons
        .shown
        .iter()
        .map(|reason| {
            let lists: Vec<String> = reason.lists().map(|list| format!(" ({list})")).collect();
            format!("{}: {prefix}{}{}", reason.affected(), reason.text(), lists.concat())
        })
        .collect();
    lines.extend(reasons.others.map(|(others, affected)| {
        let others = count(others, "other reason");
        format!("{prefix}{affected} more, for {others}; the JSON document has all")
    }));
    lines
}

fn bounded(lines: impl Iterator<Item = String>) -> Vec<String> {
    let mut lines: Vec<String> = lines.collect();
    if lines.len() > MAX_LINES {
        let hidden = lines.split_off(MAX_LINES - 1).len();
        lines.push(format!("{hidden} more; the JSON document has all"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::output::fixture;

    #[tokio::test(start_paused = true)]
    async fn a_thousand_failures_take_a_few_lines() {
        let report = fixture::run_thousand().await;

        assert_snapshot!(lines(&report, FailOn::Goal).join("\n"), @"
        commits.hotfix, commits.reverts of 312 repositories: connection refused (acme/app-0005, acme/app-0006, acme/app-0007, acme/app-0008, acme/app-0009, acme/app-0010, acme/app-0011, acme/app-0012, acme/app-0013, acme/app-0014, acme/app-0015, acme/app-0016, acme/app-0017, acme/app-0018, acme/app-0019, acme/app-0020, acme/app-0021, acme/app-0022, acme/app-0023, acme/app-0024 and 292 more)
        ci.tests_passing_on_main of 312 repositories: GET https://api.github.com/repos/…/actions/runs: connection refused (acme/app-0005, acme/app-0006, acme/app-0007, acme/app-0008, acme/app-0009, acme/app-0010, acme/app-0011, acme/app-0012, acme/app-0013, acme/app-0014, acme/app-0015, acme/app-0016, acme/app-0017, acme/app-0018, acme/app-0019, acme/app-0020, acme/app-0021, acme/app-0022, acme/app-0023, acme/app-0024 and 292 more)
        commits.hotfix of acme/app-0990: the answer is cut off after 990 bytes
        commits.hotfix of acme/app-0991: the answer is cut off after 991 bytes
        commits.hotfix of acme/app-0992: the answer is cut off after 992 bytes
        commits.hotfix of 7 repositories: 7 other reasons, a different one for each repository, such as: the answer is cut off after 993 bytes (acme/app-0993, acme/app-0994, acme/app-0995, acme/app-0996, acme/app-0997, acme/app-0998, acme/app-0999)
        commits.reverts of acme/app-0317 branch:gone: 404 Not Found
        the source `prometheus`: cannot ask http://prometheus:9090: connection refused
        the source `warehouse` in acme (db.rs:7) returned a metric that was refused: the key `commits.hotfix` is used elsewhere; rename one of the metrics
        ci.tests_passing_on_main: the goal is missed by 30 of 683 samples: acme/app-0322, acme/app-0345, acme/app-0368, acme/app-0391, acme/app-0414, acme/app-0437, acme/app-0460, acme/app-0483, acme/app-0506, acme/app-0529, acme/app-0552, acme/app-0575, acme/app-0598, acme/app-0621, acme/app-0644, acme/app-0667, acme/app-0690, acme/app-0713, acme/app-0736, acme/app-0759 and 10 more
        commits.hotfix: the goal is missed by 45 of 678 samples: acme/app-0749, acme/app-0748, acme/app-0747, acme/app-0746, acme/app-0745, acme/app-0744, acme/app-0743, acme/app-0742, acme/app-0741, acme/app-0740, acme/app-0739, acme/app-0738, acme/app-0737, acme/app-0736, acme/app-0735, acme/app-0734, acme/app-0733, acme/app-0732, acme/app-0731, acme/app-0730 and 25 more
        ");
        assert_snapshot!(lines(&report, FailOn::NoData).split_off(9).join("\n"), @"ci.tests_passing_on_main of 5 repositories: no data: the repository has no workflow (acme/app-0000, acme/app-0001, acme/app-0002, acme/app-0003, acme/app-0004)");
    }
}
