//! Subjects, and metrics about them.

use std::{env, fmt, fs, future::pending, sync::LazyLock};

use system_health_registry::{Context, Subject, Tag, TagError, Unavailable, system_health_metric};
use tokio::sync::Barrier;

/// One of six queues.
#[derive(Debug, Clone)]
pub(crate) struct Queue(u32);

impl Subject for Queue {
    async fn list(_context: &Context) -> Result<Vec<Self>, Unavailable> {
        Ok((1..=6).map(Self).collect())
    }

    fn tags(&self) -> Result<Vec<Tag>, TagError> {
        Ok(vec![Tag::new("queue", &self.to_string())?])
    }
}

impl fmt::Display for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "queue-{}", self.0)
    }
}

/// Opens when `TEST_TOGETHER` queues wait here at once. With fewer queues, they wait for ever.
static BARRIER: LazyLock<Barrier> = LazyLock::new(|| {
    let together = env::var("TEST_TOGETHER").ok().and_then(|text| text.parse().ok());
    Barrier::new(together.unwrap_or(1))
});

/// A value. The collector waits until enough queues are collected concurrently.
#[system_health_metric(key = "test.together", each = Queue)]
async fn together(_queue: Queue) -> u64 {
    BARRIER.wait().await;
    1
}

/// A value for the first queue. For each other queue, the collector writes to the pipe that `TEST_PIPE` names, and then waits
/// for ever.
#[system_health_metric(key = "test.pipe", each = Queue, timeout = "1h")]
async fn pipe(queue: Queue) -> Result<u64, Unavailable> {
    if queue.0 == 1 {
        return Ok(7);
    }
    fs::write(env::var("TEST_PIPE")?, "started")?;
    pending().await
}
