//! The progress display: on stderr, only on a terminal, and only once a run takes longer than a
//! moment, so that quick runs do not flicker.

use std::{
    collections::BTreeSet,
    convert::Infallible,
    io::{self, IsTerminal},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use system_health_registry::{Metric, Progress, SubjectLabel};

const A_MOMENT: Duration = Duration::from_millis(300);

/// A display that is not shown yet.
pub(crate) fn hidden() -> ProgressBar {
    ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden())
}

/// Follows a run; the returned function is told how far it has come.
pub(crate) fn follow(bar: &ProgressBar) -> impl Fn(Progress<'_>) + Send + Sync + use<> {
    let bar = bar.clone();
    bar.set_length(0);
    bar.set_style(style());
    let running = Mutex::new(BTreeSet::new());
    move |progress| {
        let mut running = running.lock().unwrap_or_else(PoisonError::into_inner);
        match progress {
            Progress::Planned { outcomes } => bar.inc_length(outcomes as u64),
            Progress::Started(metric, subject) => {
                running.insert(label(metric, subject));
            }
            Progress::Finished(outcome) => {
                running.remove(&label(&outcome.metric, outcome.subject.as_deref()));
                bar.inc(1);
            }
            _ => {}
        }
        bar.set_message(running.first().cloned().unwrap_or_default());
    }
}

/// What is being collected, such as `commits.hotfix acme/shop`.
fn label(metric: &Metric, subject: Option<&SubjectLabel>) -> String {
    match subject {
        Some(subject) => format!("{} {subject}", metric.key()),
        None => metric.key().to_owned(),
    }
}

/// Shows the display after a moment; never ends by itself. Select it against the run.
pub(crate) async fn show(progress: &ProgressBar, wanted: bool) -> Infallible {
    if wanted && io::stderr().is_terminal() {
        tokio::time::sleep(A_MOMENT).await;
        progress.set_draw_target(ProgressDrawTarget::stderr());
        progress.enable_steady_tick(Duration::from_millis(100));
    }
    std::future::pending().await
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {pos}/{len} metrics {elapsed} {wide_msg:.dim}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}
