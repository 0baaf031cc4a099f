//! Whether the sinks that a push uses can deliver.

use futures::future::join_all;
use system_health_registry::{Context, Finding, Grade, Settings, SharedError, SinkType};
use system_health_reporter::{DestinationsError, ReportSettings, Reporter, ReporterError, outbox_name};

use crate::program::Program;

/// The results of checking all sinks.
pub(super) struct SinkFindings {
    pub(super) findings: Vec<Finding>,
    /// The sinks that can deliver.
    pub(super) ready: Vec<&'static str>,
    /// Whether the settings configure any sink, even wrongly, or name it in `to`.
    pub(super) any_configured: bool,
}

/// The sinks that a push delivers to.
pub(super) enum Choice {
    /// The names of the sinks, and of the outboxes of their destinations.
    Sinks { names: Vec<&'static str>, outboxes: Vec<String> },
    /// The settings do not determine the sinks. The finding says why, unless another finding already does.
    Unclear(Option<Finding>),
}

/// What was found about one sink.
#[derive(Default)]
struct AboutSink {
    is_configured: bool,
    is_ready: bool,
    findings: Vec<Finding>,
}

/// Checks the destinations of a push.
pub(super) async fn diagnose(
    sinks: &[SinkType],
    choice: &Choice,
    settings: &Settings,
    context: &Context,
) -> SinkFindings {
    if sinks.is_empty() {
        let none = Finding::warning("sinks", "this program was built without any");
        return SinkFindings { findings: vec![none], ready: Vec::new(), any_configured: false };
    }
    let checked = join_all(sinks.iter().map(|sink| diagnose_sink(sink, choice, settings, context))).await;
    let ready = sinks.iter().zip(&checked).filter(|(_, about)| about.is_ready);
    SinkFindings {
        ready: ready.map(|(sink, _)| sink.name).collect(),
        any_configured: checked.iter().any(|about| about.is_configured),
        findings: checked.into_iter().flat_map(|about| about.findings).collect(),
    }
}

impl Choice {
    /// The sinks that a push with these settings delivers to.
    pub(super) fn new(program: &Program, settings: &Settings) -> Self {
        let builder = Reporter::builder(settings.clone()).without_state();
        let builder = program.own_sinks.iter().fold(builder, |builder, sink| builder.sink(*sink));
        let error = match builder.build() {
            Ok(reporter) => match reporter.destinations() {
                Ok(destinations) => {
                    let (names, outboxes) = destinations.map(|one| (one.sink(), outbox_name(one))).unzip();
                    return Self::Sinks { names, outboxes };
                }
                Err(error) => error,
            },
            Err(ReporterError::Destinations(error)) => error,
            Err(_) => return Self::Unclear(None), // other errors are found elsewhere
        };
        match error {
            DestinationsError::NoSink | DestinationsError::NoneConfigured { .. } => {
                Self::Sinks { names: Vec::new(), outboxes: Vec::new() }
            }
            // The findings about the sinks say why.
            DestinationsError::Settings(_) => Self::Unclear(None),
            error => {
                Self::Unclear(Some(Finding::failed("destinations", SharedError::new(error).to_string())))
            }
        }
    }

    /// The finding about an unclear choice.
    pub(super) fn problem(&self) -> Option<Finding> {
        match self {
            Self::Sinks { .. } => None,
            Self::Unclear(problem) => problem.clone(),
        }
    }

    /// Whether a push with these settings certainly does not deliver what waits in an outbox.
    pub(super) fn leaves_out(&self, outbox: &str) -> bool {
        matches!(self, Self::Sinks { outboxes, .. } if outboxes.iter().all(|chosen| chosen != outbox))
    }
}

async fn diagnose_sink(
    sink: &SinkType,
    choice: &Choice,
    settings: &Settings,
    context: &Context,
) -> AboutSink {
    let destinations = match (sink.configure)(settings) {
        Ok(destinations) => destinations,
        Err(error) => {
            let findings = vec![Finding::failed(sink.name, SharedError::to_string(&error))];
            return AboutSink { is_configured: true, is_ready: false, findings };
        }
    };
    let is_configured = destinations.iter().any(|destination| destination.is_configured());
    if matches!(choice, Choice::Sinks { names, .. } if !names.contains(&sink.name)) {
        let unused = "is configured, and no push delivers to it: `to` in [report] does not name it";
        let findings = is_configured.then(|| Finding::info(sink.name, unused));
        return AboutSink { is_configured, is_ready: false, findings: findings.into_iter().collect() };
    }
    let diagnoses = destinations
        .iter()
        .map(|destination| Finding::check_with_timeout(sink.name, destination.diagnose(context.clone())));
    let mut findings = join_all(diagnoses).await.concat();
    let is_ready = !findings.is_empty() && findings.iter().all(|finding| finding.grade != Grade::Failed);
    // The settings do not ask for this sink, so its problems are not failures.
    for finding in findings.iter_mut().filter(|_| !is_configured && !is_named(sink, settings)) {
        finding.grade = finding.grade.min(Grade::Info);
    }
    AboutSink { is_configured: is_configured || is_named(sink, settings), is_ready, findings }
}

fn is_named(sink: &SinkType, settings: &Settings) -> bool {
    settings.table().is_ok_and(|report: ReportSettings| report.to.iter().any(|name| name == sink.name))
}
