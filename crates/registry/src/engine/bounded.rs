//! A task that is waited for as long as it may take, and not longer.

use std::time::Duration;

use tokio::{
    runtime::Handle,
    time::{Instant, timeout_at},
};

use crate::{Context, SharedError, Unavailable, panic, task::Task};

/// Where tasks run, and when they have to end.
#[derive(Debug, Clone)]
pub(super) struct Bounds {
    pub(super) workers: Handle,
    /// When the run has to end.
    pub(super) end: Option<Instant>,
}

#[derive(Debug, thiserror::Error)]
#[error("no result within {}{}", humantime::format_duration(*.limit), waiting_for(.waiting))]
struct TimedOut {
    limit: Duration,
    waiting: Vec<&'static str>,
}

#[derive(Debug, thiserror::Error)]
#[error("not started: the run's deadline was over")]
struct NotStarted;

impl Bounds {
    /// Starts a task at once, with a handle to the context of its own; the returned future waits for it. `what` names
    /// the task if it breaks down.
    pub(super) fn run<T, F, W>(
        &self,
        what: &'static str,
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
        let deadline = earlier(self.end, started.checked_add(limit));
        let is_over = self.end.is_some_and(|end| end <= started);
        let (own_context, waiting) = context.for_metric();
        let task = (!is_over).then(|| Task::from(self.workers.spawn(work(own_context))));
        async move {
            let Some(mut task) = task else { return Err(NotStarted.into()) };
            let finished = match deadline {
                Some(deadline) => timeout_at(deadline, &mut task).await,
                None => Ok((&mut task).await),
            };
            match finished {
                Ok(Ok(result)) => result,
                Ok(Err(broken)) => Err(SharedError::new(panic::describe(what, broken)).into()),
                Err(_) => {
                    let limit = deadline.map_or(Duration::ZERO, |deadline| deadline - started);
                    Err(TimedOut { limit: nearly_whole(limit), waiting: waiting.names() }.into())
                }
            }
        }
    }
}

pub(super) fn earlier(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    one.into_iter().chain(other).min()
}

/// What is left of a limit when the engine starts is a bit less than the limit that people set.
fn nearly_whole(duration: Duration) -> Duration {
    let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(millis.div_ceil(10).saturating_mul(10))
}

fn waiting_for(resources: &[&str]) -> String {
    if resources.is_empty() {
        String::new()
    } else {
        format!(", still waiting for {}", resources.join(" and "))
    }
}
