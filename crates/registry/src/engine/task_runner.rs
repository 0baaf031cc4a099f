//! Runs tasks with a time limit. The limit is enforced from outside of the task, so it also ends the wait for a task that
//! never yields.

use std::time::Duration;

use tokio::{
    runtime::Handle,
    time::{Instant, timeout_at},
};
use tracing::{Instrument, Span};

use crate::{Context, Interruption, SharedError, Unavailable, task::Task, task_error::TaskError};

/// Where tasks run, and when they have to end.
#[derive(Debug, Clone)]
pub(super) struct TaskRunner {
    pub(super) workers: Handle,
    /// The deadline of the run.
    pub(super) deadline: Option<Instant>,
    /// A signal that may end the run earlier.
    pub(super) interruption: Interruption,
}

#[derive(Debug, thiserror::Error)]
#[error(
    "no result within {}{}{}",
    humantime::format_duration(*.limit),
    if *.is_end_of_run { ", the time left until the run's deadline" } else { "" },
    still_waiting_for(.wait_list)
)]
struct TimedOut {
    limit: Duration,
    /// Whether the run's deadline came before the task's own time limit.
    is_end_of_run: bool,
    wait_list: Vec<&'static str>,
}

#[derive(Debug, thiserror::Error)]
#[error("not started: the run's deadline had passed")]
struct NotStarted;

#[derive(Debug, thiserror::Error)]
#[error("interrupted before there was a result")]
struct Interrupted;

impl TaskRunner {
    /// Starts a task immediately, with its own handle to the context, in a span of the run's trace. The returned future waits
    /// for the task. The error after a panic contains `name`.
    pub(super) fn run<T, F, W>(
        &self,
        name: &'static str,
        span: &Span,
        context: &Context,
        limit: Duration,
        work: W,
    ) -> impl Future<Output = Result<T, Unavailable>> + use<T, F, W>
    where
        T: Send + 'static,
        W: FnOnce(Context) -> F,
        F: Future<Output = Result<T, Unavailable>> + Send + 'static,
    {
        let started = Instant::now();
        let deadline = earlier(self.deadline, started.checked_add(limit));
        let is_end_of_run = deadline.is_some() && deadline == self.deadline;
        let is_too_late = self.deadline.is_some_and(|deadline| deadline <= started);
        let interruption = self.interruption.clone();
        let is_interrupted = interruption.has_happened();
        let (own_context, wait_list) = context.with_wait_list();
        let start = || Task::from(self.workers.spawn(work(own_context).instrument(span.clone())));
        let task = (!is_too_late && !is_interrupted).then(start);
        async move {
            let Some(mut task) = task else {
                return Err(if is_interrupted { Interrupted.into() } else { NotStarted.into() });
            };
            let finished = async {
                match deadline {
                    Some(deadline) => timeout_at(deadline, &mut task).await,
                    None => Ok((&mut task).await),
                }
            };
            match interruption.run_until_interrupted(finished).await {
                None => Err(Interrupted.into()),
                Some(Ok(Ok(result))) => result,
                Some(Ok(Err(error))) => Err(SharedError::new(TaskError::new(name, error)).into()),
                Some(Err(_)) => {
                    let limit = deadline.map_or(Duration::ZERO, |deadline| deadline - started);
                    let limit = rounded_up(limit);
                    Err(TimedOut { limit, is_end_of_run, wait_list: wait_list.names() }.into())
                }
            }
        }
    }
}

pub(super) fn earlier(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    one.into_iter().chain(other).min()
}

/// Rounds a limit up to a multiple of 10 ms, so that a message shows the configured time: when a task starts, the time until
/// the run's deadline is already a little shorter.
fn rounded_up(duration: Duration) -> Duration {
    let hundredths = u64::try_from(duration.as_nanos().div_ceil(10_000_000)).unwrap_or(u64::MAX);
    Duration::from_millis(hundredths.saturating_mul(10))
}

fn still_waiting_for(resources: &[&str]) -> String {
    if resources.is_empty() {
        String::new()
    } else {
        format!(", still waiting for {}", resources.join(" and "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_rounded_up_to_a_multiple_of_10_ms() {
        for (micros, millis) in [(0, 0), (500, 10), (10_000, 10), (29_990_500, 30_000), (30_000_000, 30_000)]
        {
            assert_eq!(rounded_up(Duration::from_micros(micros)), Duration::from_millis(millis));
        }
    }
}
