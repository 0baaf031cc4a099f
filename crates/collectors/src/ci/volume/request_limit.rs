//! The limit of the metrics that make a request for each run.

use anyhow::ensure;

/// Refuses to make more requests than the settings allow. With fewer requests, the value would be wrong.
pub(super) fn ensure_within(requests: usize, limit: usize, what: &str) -> anyhow::Result<()> {
    ensure!(
        requests <= limit,
        "{requests} {what} of the runs in the window would have to be requested; set a shorter window in [metrics], or \
         raise `max_run_requests` in [ci], which is {limit}"
    );
    Ok(())
}
