//! Messages on stderr, through one door. Our own crates and those of the linked metrics may say what
//! they like; of all others only warnings pass, at any verbosity, because an HTTP library's details
//! can contain credentials.

use std::{
    collections::BTreeSet,
    fmt,
    io::{self, IsTerminal, Write},
};

use anstyle::{AnsiColor, Style};
use indicatif::ProgressBar;
use tracing::{Event, Level, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    Layer,
    filter::filter_fn,
    fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter, format::Writer},
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

use crate::args::{LogFormat, OutputArguments};

/// Starts logging. The progress display is taken off the terminal while a message is written.
pub(crate) fn start(
    arguments: &OutputArguments,
    progress: &ProgressBar,
    crates: impl IntoIterator<Item = &'static str>,
) {
    let level = match (arguments.quiet, arguments.verbose) {
        (true, _) => LevelFilter::WARN,
        (false, 0) => LevelFilter::INFO,
        (false, 1) => LevelFilter::DEBUG,
        (false, _) => LevelFilter::TRACE,
    };
    let crates: BTreeSet<&str> = crates.into_iter().collect();
    let filter = filter_fn(move |metadata| *metadata.level() <= most(metadata.target(), &crates, level));
    let filter = filter.with_max_level_hint(level.max(LevelFilter::WARN));
    let stderr = Stderr { progress: progress.clone(), color: arguments.color.into() };
    let messages = match arguments.log_format {
        LogFormat::Text => {
            let lines = Lines { timestamps: !io::stderr().is_terminal() };
            tracing_subscriber::fmt::layer().event_format(lines).with_writer(stderr).boxed()
        }
        LogFormat::Json => tracing_subscriber::fmt::layer()
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .with_writer(stderr)
            .boxed(),
    };
    // A second start in one process keeps the first.
    let _ = tracing_subscriber::registry().with(messages.with_filter(filter)).try_init();
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(target: "system_health", "panic at {place}: {}", panic.payload_as_str().unwrap_or("(no text)"));
    }));
}

/// How much of a crate's messages passes.
fn most(target: &str, crates: &BTreeSet<&str>, level: LevelFilter) -> LevelFilter {
    let name = target.split("::").next().unwrap_or(target);
    if name.starts_with("system_health") || crates.contains(name) {
        level
    } else if name.starts_with("aws_") {
        // The AWS SDK's messages repeat whole answers, secrets in them; our own errors say what matters.
        LevelFilter::OFF
    } else {
        LevelFilter::WARN
    }
}

/// A line for people: `warning: what happened`, with the time where no person watches.
struct Lines {
    timestamps: bool,
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut line: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let (name, color) = match *event.metadata().level() {
            Level::ERROR => ("error", AnsiColor::Red),
            Level::WARN => ("warning", AnsiColor::Yellow),
            Level::INFO => ("info", AnsiColor::Green),
            Level::DEBUG => ("debug", AnsiColor::Blue),
            Level::TRACE => ("trace", AnsiColor::Magenta),
        };
        if self.timestamps {
            write!(line, "{} ", humantime::format_rfc3339_millis(std::time::SystemTime::now()))?;
        }
        let style = Style::new().fg_color(Some(color.into())).bold();
        write!(line, "{style}{name}{style:#}: ")?;
        context.format_fields(line.by_ref(), event)?;
        writeln!(line)
    }
}

/// Writes messages above the progress display, without colour codes where they are not wanted.
#[derive(Clone)]
struct Stderr {
    progress: ProgressBar,
    color: anstream::ColorChoice,
}

impl<'a> MakeWriter<'a> for Stderr {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Write for Stderr {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.progress.suspend(|| anstream::AutoStream::new(io::stderr(), self.color).write_all(text))?;
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_crates_with_metrics_may_say_more_than_warnings() {
        let crates = BTreeSet::from(["aws", "acme_collectors"]);
        let most = |target| most(target, &crates, LevelFilter::TRACE);
        assert_eq!(most("system_health_collectors::github"), LevelFilter::TRACE);
        assert_eq!(most("acme_collectors::incidents"), LevelFilter::TRACE);
        assert_eq!(most("aws::metrics"), LevelFilter::TRACE);
        assert_eq!(most("aws_config::imds"), LevelFilter::OFF);
        assert_eq!(most("acme_collectors_of_others"), LevelFilter::WARN);
        assert_eq!(most("hyper::proto"), LevelFilter::WARN);
    }
}
