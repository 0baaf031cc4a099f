//! The lines of output. A thread prints them, so that a slow reader of stdout does not delay the answers of the intake.

use std::{
    fmt,
    path::Path,
    sync::mpsc::{SyncSender, sync_channel},
    thread::{self, JoinHandle},
};

use serde::Serialize;
use system_health_command::{Format, Stdout};
use system_health_intake::{Addresses, Notice};

/// Maximum number of lines that wait for a slow reader. Further lines are dropped.
const MAX_WAITING: usize = 10_000;

/// The first notice: where the intake listens, and where it stores what it gets.
#[derive(Debug, Serialize)]
#[serde(tag = "notice", rename = "listening")]
pub(crate) struct Listening {
    url: String,
    dogstatsd: Option<String>,
    file: String,
    /// The program that prints the line.
    #[serde(skip)]
    program: String,
}

/// Prints notices.
#[derive(Debug)]
pub(crate) struct Printer {
    lines: SyncSender<String>,
    format: Format,
    thread: JoinHandle<anyhow::Result<()>>,
}

impl Listening {
    pub(crate) fn new(program: &str, addresses: &Addresses, file: &Path) -> Self {
        let dogstatsd = addresses.dogstatsd.map(|address| format!("udp://{address}"));
        Self {
            url: format!("http://{}", addresses.http),
            dogstatsd,
            file: file.display().to_string(),
            program: program.to_owned(),
        }
    }
}

impl fmt::Display for Listening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "listening on {} for Datadog's API and traces", self.url)?;
        if let Some(dogstatsd) = &self.dogstatsd {
            write!(f, ", and on {dogstatsd} for DogStatsD")?;
        }
        write!(f, "\nstoring in {}", self.file)?;
        write!(f, "\n`{} --push --local` delivers here; Ctrl-C stops", self.program)
    }
}

impl Printer {
    pub(crate) fn start(stdout: Stdout) -> Self {
        let (lines, waiting) = sync_channel::<String>(MAX_WAITING);
        let thread = thread::spawn(move || waiting.iter().try_for_each(|line| stdout.write(&line)));
        Self { lines, format: stdout.format(), thread }
    }

    /// A function that prints notices from any thread.
    pub(crate) fn observer(&self) -> impl Fn(&Notice) + Send + Sync + 'static {
        let (lines, format) = (self.lines.clone(), self.format);
        move |notice| {
            let _ = lines.try_send(line(format, notice));
        }
    }

    pub(crate) fn print(&self, first: &Listening) {
        let _ = self.lines.try_send(line(self.format, first));
    }

    /// Prints the lines that still wait. Drop the observer first: the thread ends only when no more lines can come.
    pub(crate) fn finish(self) -> anyhow::Result<()> {
        drop(self.lines);
        self.thread
            .join()
            .unwrap_or_else(|_| Err(anyhow::anyhow!("the thread that prints the lines panicked")))
    }
}

fn line<T: fmt::Display + Serialize>(format: Format, content: &T) -> String {
    match format {
        Format::Json => to_json(content) + "\n",
        _ => format!("{content}\n"),
    }
}

fn to_json(content: &impl Serialize) -> String {
    serde_json::to_string(content).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_the_thread_is_an_error() {
        let (lines, _) = sync_channel(1);
        let thread = thread::spawn(|| -> anyhow::Result<()> { panic!("no paper") });
        let printer = Printer { lines, format: Format::Table, thread };

        let error = printer.finish().unwrap_err();

        assert_eq!(error.to_string(), "the thread that prints the lines panicked");
    }

    #[test]
    fn lines_are_text_or_json() {
        let addresses = Addresses {
            http: "127.0.0.1:8126".parse().unwrap(),
            dogstatsd: Some("127.0.0.1:8125".parse().unwrap()),
        };
        let listening = Listening::new("acme-health", &addresses, Path::new(":memory:"));

        assert_eq!(
            line(Format::Table, &listening),
            "listening on http://127.0.0.1:8126 for Datadog's API and traces, and on udp://127.0.0.1:8125 for DogStatsD\n\
             storing in :memory:\n\
             `acme-health --push --local` delivers here; Ctrl-C stops\n"
        );
        assert_eq!(
            line(Format::Json, &listening),
            "{\"notice\":\"listening\",\"url\":\"http://127.0.0.1:8126\",\"dogstatsd\":\"udp://127.0.0.1:8125\",\
             \"file\":\":memory:\"}\n"
        );
    }
}
