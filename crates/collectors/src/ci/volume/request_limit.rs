//! The limit of the metrics that may need a request for each run.

use anyhow::ensure;

/// Refuses to read more than the settings allow. If less were read, the value would be wrong. What an earlier run of the
/// reporter has kept needs no request, but counts: otherwise, one run of the reporter would fail, and the next would not.
pub(super) fn ensure_within(needed: usize, limit: usize, what: &str) -> anyhow::Result<()> {
    ensure!(
        needed <= limit,
        "{needed} {what} are needed, and `max_run_requests` in [ci] permits {limit}; raise it, or set a shorter window in \
         [metrics]"
    );
    Ok(())
}
