//! Subjects, and a metric that shows how many of them are worked on at once.

use std::{env, fmt, sync::LazyLock};

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

/// `TEST_TOGETHER` queues meet here. With fewer at once, they wait for ever.
static MEETING: LazyLock<Barrier> = LazyLock::new(|| {
    let together = env::var("TEST_TOGETHER").ok().and_then(|text| text.parse().ok());
    Barrier::new(together.unwrap_or(1))
});

/// A value, once enough queues are worked on at once.
#[system_health_metric(key = "test.together", each = Queue)]
async fn together(_queue: Queue) -> u64 {
    MEETING.wait().await;
    1
}
