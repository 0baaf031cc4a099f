//! The progress display on stderr. It is shown only on a terminal, and only if a run takes longer than [`SHOW_AFTER`], so
//! that the terminal does not flicker in short runs.

use std::{
    collections::{BTreeMap, HashMap},
    convert::Infallible,
    fmt,
    io::{self, IsTerminal},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use system_health_registry::{Metric, Progress, SubjectLabel};

/// The time after which the display is shown.
const SHOW_AFTER: Duration = Duration::from_millis(300);

/// Creates a display that is not shown yet.
pub(crate) fn hidden() -> ProgressBar {
    ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden())
}

/// Returns an observer that updates the display with the progress of a run.
pub(crate) fn follow(bar: &ProgressBar) -> impl Fn(Progress<'_>) + Send + Sync + use<> {
    let bar = bar.clone();
    bar.set_length(0);
    bar.set_style(style());
    bar.set_prefix("metrics");
    let running = Mutex::new(InProgress::default());
    move |progress| {
        let mut running = running.lock().unwrap_or_else(PoisonError::into_inner);
        match progress {
            Progress::Planned { outcomes } => bar.inc_length(outcomes as u64),
            Progress::Started(metric, subject) => {
                if subject.is_some() {
                    // Each metric counts once for each of its subjects.
                    bar.set_prefix("outcomes");
                }
                running.start(label(metric, subject));
            }
            Progress::Finished(outcome) => {
                running.end(&label(&outcome.metric, outcome.subject.as_deref()));
                bar.inc(1);
            }
            _ => {}
        }
        bar.set_message(running.to_string());
    }
}

/// What is being collected, ordered by start time, so that the longest-running metric is shown.
#[derive(Debug, Default)]
struct InProgress {
    start_count: u64,
    by_start: BTreeMap<u64, String>,
    starts: HashMap<String, u64>,
}

impl InProgress {
    fn start(&mut self, label: String) {
        self.start_count += 1;
        self.starts.insert(label.clone(), self.start_count);
        self.by_start.insert(self.start_count, label);
    }

    fn end(&mut self, label: &str) {
        if let Some(start) = self.starts.remove(label) {
            self.by_start.remove(&start);
        }
    }
}

impl fmt::Display for InProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.by_start.values().next(), self.by_start.len()) {
            (None, _) => Ok(()),
            (Some(longest), 1) => f.write_str(longest),
            (Some(longest), all) => write!(f, "{longest} and {} more", all - 1),
        }
    }
}

/// The name of what is collected, such as `commits.hotfix acme/shop`.
fn label(metric: &Metric, subject: Option<&SubjectLabel>) -> String {
    match subject {
        Some(subject) => format!("{} {subject}", metric.key()),
        None => metric.key().to_owned(),
    }
}

/// Shows the display after [`SHOW_AFTER`]. The future never completes, so select it against the run.
pub(crate) async fn show(progress: &ProgressBar, wanted: bool) -> Infallible {
    if wanted && io::stderr().is_terminal() {
        tokio::time::sleep(SHOW_AFTER).await;
        progress.set_draw_target(ProgressDrawTarget::stderr());
        progress.enable_steady_tick(Duration::from_millis(100));
    }
    std::future::pending().await
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {pos}/{len} {prefix} {elapsed} {wide_msg:.dim}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_running_metric_is_shown() {
        let mut running = InProgress::default();
        let mut shown = vec![running.to_string()];
        for label in ["commits.reverts acme/web", "commits.hotfix acme/web", "commits.hotfix acme/shop"] {
            running.start(label.to_owned());
            shown.push(running.to_string());
        }
        running.end("commits.reverts acme/web");
        running.end("an outcome of a source, which never starts");
        shown.push(running.to_string());

        assert_eq!(
            shown,
            [
                "",
                "commits.reverts acme/web",
                "commits.reverts acme/web and 1 more",
                "commits.reverts acme/web and 2 more",
                "commits.hotfix acme/web and 1 more",
            ]
        );
    }
}
