//! Messages on stderr. Our own crates and the crates of linked metrics log at the chosen level. Whatever the verbosity, all
//! other crates log only warnings and errors, and the AWS SDK logs nothing, because details of requests can contain
//! credentials.

use std::{
    collections::BTreeSet,
    fmt::{self, Write as _},
    io::{self, IsTerminal, Write},
    time::SystemTime,
};

use anstyle::{AnsiColor, Style};
use indicatif::ProgressBar;
use system_health_registry::trace::PANIC_PLACE;
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
};
use tracing_subscriber::{
    Layer,
    filter::filter_fn,
    fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter, format::Writer},
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

use crate::{
    args::{LogFormat, OutputArguments},
    json_log::JsonFormat,
    output::printable,
    traces::ProgramTraces,
};

/// Starts logging and the collection of the spans of runs. The progress display is hidden while a message is written.
pub(crate) fn start(
    arguments: &OutputArguments,
    progress: &ProgressBar,
    crates: &BTreeSet<&'static str>,
    traces: &ProgramTraces,
) {
    let level = match (arguments.quiet, arguments.verbose) {
        (true, _) => LevelFilter::WARN,
        (false, 0) => LevelFilter::INFO,
        (false, 1) => LevelFilter::DEBUG,
        (false, _) => LevelFilter::TRACE,
    };
    let crates = crates.clone();
    // Spans are not shown. If nothing else collects them, they are disabled.
    let filter = filter_fn(move |metadata| {
        metadata.is_event() && *metadata.level() <= max_level(metadata.target(), &crates, level)
    });
    let filter = filter.with_max_level_hint(level.max(LevelFilter::WARN));
    let stderr = Stderr { progress: progress.clone(), color: arguments.color.into() };
    let messages = match arguments.log_format {
        LogFormat::Text => {
            let text = TextFormat { timestamps: !io::stderr().is_terminal() };
            tracing_subscriber::fmt::layer().event_format(text).with_writer(stderr).boxed()
        }
        LogFormat::Json => tracing_subscriber::fmt::layer()
            .json()
            .event_format(JsonFormat::new())
            .with_writer(stderr)
            .boxed(),
    };
    // If logging was already started in this process, it stays as it is.
    let subscriber = tracing_subscriber::registry().with(messages.with_filter(filter)).with(traces.layer());
    let _ = subscriber.try_init();
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let text = panic.payload_as_str().unwrap_or("(no text)");
        tracing::error!(target: "system_health", { panic.place = place }, "panic at {place}: {text}");
    }));
}

/// The most verbose level at which messages of a crate are shown.
fn max_level(target: &str, crates: &BTreeSet<&str>, level: LevelFilter) -> LevelFilter {
    let name = target.split("::").next().unwrap_or(target);
    if name.starts_with("system_health") || crates.contains(name) {
        level
    } else if name.starts_with("aws_") {
        // The AWS SDK logs whole responses, including secrets. Our own errors describe the problem.
        LevelFilter::OFF
    } else {
        LevelFilter::WARN
    }
}

/// Formats messages for people: `error: what happened`, followed by a line `hint: what to do about it` if there is a hint.
/// A message may consist of a hint alone. The time is shown unless stderr is a terminal.
struct TextFormat {
    timestamps: bool,
}

/// The fields of a message: the text, the hint, and any others as `name=value`.
#[derive(Default)]
struct Fields {
    text: String,
    hint: String,
    others: String,
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let written = match field.name() {
            "message" => write!(self.text, "{value:?}"),
            // The place is part of the text.
            PANIC_PLACE => Ok(()),
            name => write!(self.others, " {name}={value:?}"),
        };
        // Writing to a string cannot fail.
        let _ = written;
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "hint" => value.clone_into(&mut self.hint),
            "message" => self.text.push_str(value),
            _ => self.record_debug(field, &value),
        }
    }
}

impl<S, N> FormatEvent<S, N> for TextFormat
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _context: &FmtContext<'_, S, N>,
        mut line: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let (level, color) = match *event.metadata().level() {
            Level::ERROR => ("error", AnsiColor::Red),
            Level::WARN => ("warning", AnsiColor::Yellow),
            Level::INFO => ("info", AnsiColor::Green),
            Level::DEBUG => ("debug", AnsiColor::Blue),
            Level::TRACE => ("trace", AnsiColor::Magenta),
        };
        let mut fields = Fields::default();
        event.record(&mut fields);
        // A text may come from a server, so it may contain control characters.
        let [text, hint, others] = [fields.text, fields.hint, fields.others].map(|text| printable(&text));
        let time = if self.timestamps {
            format!("{} ", humantime::format_rfc3339_millis(SystemTime::now()))
        } else {
            String::new()
        };
        let style = Style::new().fg_color(Some(color.into())).bold();
        if !text.is_empty() {
            writeln!(line, "{time}{style}{level}{style:#}: {text}{others}")?;
        }
        if hint.is_empty() {
            return Ok(());
        }
        let style = AnsiColor::Cyan.on_default();
        writeln!(line, "{time}{style}hint{style:#}: {hint}")
    }
}

/// Writes messages above the progress display, in colour if that is enabled.
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
    use std::sync::Mutex;

    use super::*;

    /// What `log` writes into the buffer.
    fn written(buffer: &'static Mutex<Vec<u8>>, log: impl FnOnce()) -> String {
        let subscriber = tracing_subscriber::fmt()
            .event_format(TextFormat { timestamps: false })
            .with_writer(move || buffer.make_writer())
            .finish();
        tracing::subscriber::with_default(subscriber, log);
        String::from_utf8(buffer.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn a_message_that_is_given_as_a_field_has_no_quotation_marks() {
        static BUFFER: Mutex<Vec<u8>> = Mutex::new(Vec::new());

        let written = written(&BUFFER, || tracing::info!(message = "ready", port = 80));

        assert!(written.ends_with(": ready port=80\n"), "{written:?}");
    }

    #[test]
    fn a_message_cannot_control_the_terminal() {
        static BUFFER: Mutex<Vec<u8>> = Mutex::new(Vec::new());
        let from_server = "gone\u{7}\nreally \u{202e}so";

        let written = written(&BUFFER, || tracing::warn!("{from_server}"));

        assert!(written.ends_with(": gone \nreally so\n"), "{written:?}");
    }

    #[test]
    fn only_our_crates_and_crates_with_metrics_log_more_than_warnings() {
        let crates = BTreeSet::from(["aws", "acme_collectors"]);
        let max = |target| max_level(target, &crates, LevelFilter::TRACE);
        assert_eq!(max("system_health_collectors::github"), LevelFilter::TRACE);
        assert_eq!(max("acme_collectors::incidents"), LevelFilter::TRACE);
        assert_eq!(max("aws::metrics"), LevelFilter::TRACE);
        assert_eq!(max("aws_config::imds"), LevelFilter::OFF);
        assert_eq!(max("acme_collectors_of_others"), LevelFilter::WARN);
        assert_eq!(max("hyper::proto"), LevelFilter::WARN);
    }
}
