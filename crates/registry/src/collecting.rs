//! The metric for which a task works. With it, a client counts requests by metric, although metrics share the client.

use std::future::Future;

use tokio::task_local;

use crate::Metric;

task_local! {
    static COLLECTED: Metric;
}

/// The metric for which the current task works. In a collector, this is the metric itself. While a shared resource is built,
/// this is the metric that first asked for the resource. `None` in a source, in [`Subject::list`](crate::Subject::list), in a gate,
/// and outside of a run.
#[must_use]
pub fn current_metric() -> Option<Metric> {
    COLLECTED.try_with(Clone::clone).ok()
}

/// Runs `work` for a metric.
pub(crate) async fn working_for<T>(metric: Metric, work: impl Future<Output = T>) -> T {
    COLLECTED.scope(metric, work).await
}

/// Runs `work` for the metric of the current task, even if `work` is spawned as another task.
pub(crate) fn working_for_current_metric<T>(
    work: impl Future<Output = T> + Send + 'static,
) -> impl Future<Output = T> + Send + 'static {
    let metric = current_metric();
    async move {
        match metric {
            Some(metric) => working_for(metric, work).await,
            None => work.await,
        }
    }
}

/// Runs blocking `work` for the metric of the current task, even if `work` runs on another thread.
pub(crate) fn blocking_for_current_metric<T: 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> impl FnOnce() -> T + Send + 'static {
    let metric = current_metric();
    move || match metric {
        Some(metric) => COLLECTED.sync_scope(metric, work),
        None => work(),
    }
}
