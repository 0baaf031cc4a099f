//! Metrics about each queue. A queue is a folder, and each file in it is a message that waits.

use std::{
    fmt, fs, io,
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};

use anyhow::Context as _;
use serde::Deserialize;
use system_health_registry::{
    Context, EvidenceItem, FromContext, Sample, Scope, Subject, Tag, TagError, Unavailable,
    settings::SettingPath, settings_table, system_health_metric,
};
use tokio::task::spawn_blocking;

/// Messages that wait in the queue.
#[system_health_metric(key = "queue.waiting", each = Queue, unit = "message", goal = "< 100")]
fn waiting(messages: Messages) -> usize {
    messages.0.len()
}

/// Messages that have waited for more than an hour.
#[system_health_metric(key = "queue.stuck", each = Queue, unit = "message", goal = "== 0")]
fn stuck(messages: Messages) -> Result<Sample, Unavailable> {
    let is_stuck = |message: &&Message| message.age > Duration::from_hours(1);
    let count = messages.0.iter().filter(is_stuck).count();
    Ok(Sample::new(count)?.with_evidence(messages.0.iter().map(|message| {
        let reason = format!("it has waited for {} min", message.age.as_secs() / 60);
        EvidenceItem::new(&message.name, is_stuck(&message), reason)
    })))
}

/// A queue, by its name.
#[derive(Debug, Clone)]
struct Queue(String);

impl Subject for Queue {
    async fn list(context: &Context) -> Result<Vec<Self>, Unavailable> {
        let spool: Spool = context.get().await?;
        Ok(spool.queues().await?)
    }

    fn tags(&self) -> Result<Vec<Tag>, TagError> {
        Ok(vec![Tag::new("queue", &self.0)?])
    }
}

impl fmt::Display for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The messages that wait in one queue.
#[derive(Debug, Clone)]
struct Messages(Arc<[Message]>);

impl FromContext for Messages {
    const SCOPE: Scope = Scope::Subject;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let (Queue(name), spool): (Queue, Spool) = (context.get().await?, context.get().await?);
        Ok(Self(spool.messages(&name).await?.into()))
    }
}

/// A message that waits.
#[derive(Debug, Clone)]
struct Message {
    name: String,
    age: Duration,
}

/// The folder with all queues.
#[derive(Debug, Clone)]
struct Spool {
    folder: Arc<Path>,
    now: SystemTime,
}

impl Spool {
    async fn queues(&self) -> anyhow::Result<Vec<Queue>> {
        let folder = Arc::clone(&self.folder);
        let read = move || {
            let queues = read_queues(&folder);
            queues.with_context(|| format!("cannot list the queues in {}", folder.display()))
        };
        spawn_blocking(read).await?
    }

    async fn messages(&self, queue: &str) -> anyhow::Result<Vec<Message>> {
        let (folder, now) = (self.folder.join(queue), self.now);
        let read = move || {
            let messages = read_messages(&folder, now);
            messages.with_context(|| format!("cannot list the messages in {}", folder.display()))
        };
        spawn_blocking(read).await?
    }
}

impl FromContext for Spool {
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let QueueSettings { spool } = context.get().await?;
        Ok(Self { folder: Arc::from(&*spool), now: context.started_at() })
    }
}

fn read_queues(spool: &Path) -> io::Result<Vec<Queue>> {
    let queue = |folder: fs::DirEntry| Queue(folder.file_name().to_string_lossy().into_owned());
    fs::read_dir(spool)?.map(|folder| folder.map(queue)).collect()
}

fn read_messages(folder: &Path, now: SystemTime) -> io::Result<Vec<Message>> {
    let files = fs::read_dir(folder)?;
    files.filter_map(|file| file.and_then(|file| read_message(&file, now)).transpose()).collect()
}

/// A message. `None` if it has left the queue since the files were listed.
fn read_message(file: &fs::DirEntry, now: SystemTime) -> io::Result<Option<Message>> {
    let metadata = match file.metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        metadata => metadata?,
    };
    let age = now.duration_since(metadata.modified()?).unwrap_or_default();
    Ok(Some(Message { name: file.file_name().to_string_lossy().into_owned(), age }))
}

/// The table `[queue]` of the settings file.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
struct QueueSettings {
    /// The folder that has a folder for each queue.
    spool: SettingPath,
}

impl Default for QueueSettings {
    fn default() -> Self {
        Self { spool: "/var/spool/shop".into() }
    }
}

settings_table!(QueueSettings, "queue");

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_evidence_matches_the_value() {
        let message = |minutes: u64| Message { name: minutes.to_string(), age: Duration::from_mins(minutes) };

        let sample = stuck(Messages([30, 90, 120].map(message).into())).unwrap();

        assert_eq!(sample.value().to_string(), sample.evidence().counted().to_string());
        assert_eq!(sample.evidence().total(), 3);
    }

    #[test]
    fn a_message_that_leaves_the_queue_meanwhile_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("1"), "").unwrap();
        let listed = fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap();
        assert!(read_message(&listed, SystemTime::now()).unwrap().is_some());

        fs::remove_file(listed.path()).unwrap();

        assert!(read_message(&listed, SystemTime::now()).unwrap().is_none());
    }

    #[tokio::test]
    async fn each_queue_has_its_own_messages() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("mail")).unwrap();
        fs::create_dir(folder.path().join("orders")).unwrap();
        fs::write(folder.path().join("mail/1"), "").unwrap();
        let context = Context::new().provide(QueueSettings { spool: folder.path().to_owned().into() });

        let mut counts = BTreeMap::new();
        for queue in Queue::list(&context).await.unwrap() {
            let messages: Messages = context.about(queue.clone()).get().await.unwrap();
            counts.insert(queue.0, waiting(messages));
        }

        assert_eq!(counts, BTreeMap::from([("mail".to_owned(), 1), ("orders".to_owned(), 0)]));
    }
}
