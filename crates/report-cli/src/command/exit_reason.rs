//! Why the exit status is not 0, logged when stdout goes to a program: a job's log should tell why it failed, in a few
//! lines also where a thousand repositories do.

use std::io::{self, IsTerminal};

use system_health_registry::{Report, State, Unavailable};

use crate::{
    args::FailOn,
    delivery::{Delivery, Fate},
    output::{Group, Reasons, count, join_names, one_line},
};

/// The most metrics and sources that are named for one kind of failure besides errors.
const MAX_NAMED: usize = 20;

/// Logs what makes the exit status of a run other than 0.
pub(super) fn log(report: &Report, deliveries: &[Delivery], fail_on: FailOn) {
    if io::stdout().is_terminal() || fail_on == FailOn::Never {
        return;
    }
    if fail_on != FailOn::Delivery {
        lines(report, fail_on).iter().for_each(|line| tracing::error!("{line}"));
    }
    for delivery in deliveries.iter().filter(|delivery| delivery.failed()) {
        if let Fate::Pushed(receipt) = &delivery.fate {
            let text = receipt.to_string();
            let lines: Vec<&str> = text.lines().map(str::trim).collect();
            tracing::error!("not all was delivered to {}{}", delivery.sink, lines.join("; "));
        }
    }
}

/// What metrics and sources have to do with the exit status.
fn lines(report: &Report, fail_on: FailOn) -> Vec<String> {
    let groups = Group::all(report.run().outcomes());
    let all = || groups.iter().copied();
    let mut lines = reasons(&Reasons::of_state(all(), State::Error), "");
    lines.extend(reasons(&Reasons::of_items(all()), ""));
    lines.extend(bounded(report.run().sources().iter().filter_map(|source| {
        let name = &source.name;
        match &source.result {
            Err(Unavailable::Error(error)) => {
                Some(format!("the source `{name}`: {}", one_line(&error.to_string())))
            }
            Err(Unavailable::NoData(no_data)) if fail_on == FailOn::NoData => {
                Some(format!("the source `{name}`: no data: {}", one_line(no_data.reason())))
            }
            Ok(_) if !source.refused.is_empty() => {
                let refused = source.refused.iter().map(|refused| one_line(&refused.to_string()));
                let number = count(source.refused.len(), "metric");
                Some(format!(
                    "the source `{name}`: {number} refused: {}",
                    join_names(&refused.collect::<Vec<_>>(), None)
                ))
            }
            Ok(_) | Err(Unavailable::NoData(_)) => None,
        }
    })));
    if fail_on == FailOn::NoData {
        lines.extend(reasons(&Reasons::of_state(all(), State::NoData), "no data: "));
    }
    if fail_on == FailOn::Goal {
        let missed = |group: Group<'_>| Some(format!("{}: {}", group.metric.key(), group.missed_text()?));
        lines.extend(bounded(all().filter_map(missed)));
    }
    lines
}

fn reasons(reasons: &Reasons, state: &str) -> Vec<String> {
    let mut lines: Vec<String> = reasons
        .shown
        .iter()
        .map(|reason| {
            let lists: Vec<String> = reason.lists(None).map(|list| format!(" ({list})")).collect();
            format!("{}: {state}{}{}", reason.subject(), reason.text(), lists.concat())
        })
        .collect();
    lines.extend(reasons.others.map(|(others, number)| {
        format!("{state}{number} more, for {others} other reasons; the JSON document has all")
    }));
    lines
}

fn bounded(lines: impl Iterator<Item = String>) -> Vec<String> {
    let mut lines: Vec<String> = lines.collect();
    if lines.len() > MAX_NAMED {
        let hidden = lines.split_off(MAX_NAMED - 1).len();
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
    async fn a_thousand_failures_are_a_few_lines() {
        let report = fixture::run(fixture::metrics(), fixture::sources(), Some(1_000)).await;

        assert_snapshot!(lines(&report, FailOn::Goal).join("\n"), @"");
        assert_snapshot!(lines(&report, FailOn::NoData).split_off(9).join("\n"), @"");
    }
}
