//! Builds a reporter. Errors in its configuration are found here, before anything is collected. Only missing and duplicate
//! destinations are found later, by [`Reporter::check`].

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use system_health_registry::{
    Catalog, CatalogError, Context, Destination, Engine, Interruption, MetricSettings, NameParts, Process,
    Progress, Settings, SinkType, StandardOutput, trace::Tracer,
};

use crate::{
    DestinationsError, GoalsOfTwoMetrics, ReportSettings, Reporter, ReporterError, Selection, SelectionError,
    StateSettings, base_tags,
    name::{Name, NameHook, program_name},
    run_trace::Tracing,
    self_metrics::only_self_metrics,
    service_run::Intervals,
    settings::MAX_SLOT,
    target::Sinks,
    watching::WatchingSince,
    with_goals_of_settings, without_self_metrics,
};

/// Builds a [`Reporter`]. What is not set here comes from the settings or has a default.
pub struct ReporterBuilder {
    settings: Settings,
    catalog: Option<Catalog>,
    sinks: Sinks,
    to: Vec<String>,
    only: Vec<String>,
    skip: Vec<String>,
    skip_sources: Vec<String>,
    state: StateChoice,
    deadline: Option<Duration>,
    align: Option<Duration>,
    self_metrics: bool,
    events: bool,
    program: Option<String>,
    name_parts: Option<NameHook>,
    engine: Engine,
    stdout: StandardOutput,
    needs_destination: bool,
    watching_since: Option<SystemTime>,
    default_align: Option<Duration>,
    longest_deadline: Option<Duration>,
    tracer: Option<Arc<dyn Tracer>>,
}

/// Where state is stored.
#[derive(Debug, Clone)]
pub(crate) enum StateChoice {
    /// In the folder of the settings, or the default folder.
    Settings,
    Folder(PathBuf),
    Nowhere,
}

impl ReporterBuilder {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            settings,
            catalog: None,
            sinks: Sinks { types: SinkType::linked(), own: Vec::new() },
            to: Vec::new(),
            only: Vec::new(),
            skip: Vec::new(),
            skip_sources: Vec::new(),
            state: StateChoice::Settings,
            deadline: None,
            align: None,
            self_metrics: true,
            events: true,
            program: None,
            name_parts: None,
            engine: Engine::new(),
            stdout: StandardOutput::default(),
            needs_destination: true,
            watching_since: None,
            default_align: None,
            longest_deadline: None,
            tracer: None,
        }
    }

    /// Collects the metrics of a catalog. Default: all metrics that are linked into the program.
    #[must_use]
    pub fn catalog(mut self, catalog: Catalog) -> Self {
        self.catalog = Some(catalog);
        self
    }

    /// Adds a sink to the sinks that are linked into the program.
    #[must_use]
    pub fn sink(mut self, sink: SinkType) -> Self {
        self.sinks.types.push(sink);
        self
    }

    /// Adds a destination that needs no settings. [`to`](Self::to) can name its sink.
    #[must_use]
    pub fn destination(mut self, destination: impl Destination + 'static) -> Self {
        self.sinks.own.push(Arc::new(destination));
        self
    }

    /// Delivers to all destinations of these sinks. Default: `to` in `[report]`, or all sinks that are configured.
    #[must_use]
    pub fn to(mut self, sinks: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.to = sinks.into_iter().map(Into::into).collect();
        self
    }

    /// Collects only the metrics whose keys match one of these globs, such as `commits.*`. The globs do not restrict the
    /// metrics about the reporter itself, unless a glob matches some of them. Then only the matching ones are collected.
    #[must_use]
    pub fn only(mut self, patterns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.only = patterns.into_iter().map(Into::into).collect();
        self
    }

    /// Does not collect the metrics whose keys match one of these globs, in addition to `skip` in `[report]`.
    #[must_use]
    pub fn skip(mut self, patterns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.skip = patterns.into_iter().map(Into::into).collect();
        self
    }

    /// Does not run the sources with these names, in addition to `skip_sources` in `[report]`. Their metrics are not collected.
    #[must_use]
    pub fn skip_sources(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.skip_sources = names.into_iter().map(Into::into).collect();
        self
    }

    /// Keeps state in a folder. Default: `dir` in `[state]`, or a folder for the program such as
    /// `~/.local/state/system-health/report`.
    #[must_use]
    pub fn state_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.state = StateChoice::Folder(folder.into());
        self
    }

    /// Keeps no state between runs: points that cannot be delivered in the same run are lost, and no events are sent.
    #[must_use]
    pub fn without_state(mut self) -> Self {
        self.state = StateChoice::Nowhere;
        self
    }

    /// Sets the maximum time of a run, including its delivery. Default: `deadline` in `[report]`.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Sets the length of the schedule slot. The points of a run get the time at which its slot starts, so that, in
    /// most backends, a repeated run in the same slot overwrites them. Default: `align` in `[report]`.
    #[must_use]
    pub fn align(mut self, slot: Duration) -> Self {
        self.align = Some(slot);
        self
    }

    /// Sets the length of the schedule slot if neither [`align`](Self::align) nor the settings set it. A length that is not
    /// allowed has no effect.
    #[must_use]
    pub fn align_by_default(mut self, slot: Duration) -> Self {
        self.default_align = Some(slot);
        self
    }

    /// Limits the deadline of the settings. A deadline that is set with [`deadline`](Self::deadline) is not limited.
    #[must_use]
    pub fn deadline_at_most(mut self, longest: Duration) -> Self {
        self.longest_deadline = Some(longest);
        self
    }

    /// Delivers no metrics about the reporter itself, even if the settings enable them.
    #[must_use]
    pub fn without_self_metrics(mut self) -> Self {
        self.self_metrics = false;
        self
    }

    /// Sends no events, even if the settings enable them.
    #[must_use]
    pub fn without_events(mut self) -> Self {
        self.events = false;
        self
    }

    /// Sets the program's name, which is part of the reporter's name. Default: the name of the executable file.
    #[must_use]
    pub fn program(mut self, name: impl Into<String>) -> Self {
        self.program = Some(name.into());
        self
    }

    /// Sets a function that determines the parts of the reporter's name, unless the settings name the reporter. It is called at
    /// most once in each run and must return the same value each time. Default: the reporter is named after the program.
    #[must_use]
    pub fn name_parts<F>(mut self, hook: impl Fn(Context) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = NameParts> + Send + 'static,
    {
        self.name_parts = Some(NameHook::new(hook));
        self
    }

    /// Calls the observer with the progress of a run.
    #[must_use]
    pub fn observer(mut self, observer: impl Fn(Progress<'_>) + Send + Sync + 'static) -> Self {
        self.engine = self.engine.with_observer(observer);
        self
    }

    /// Sets the output of sinks that deliver to standard output. Default: the standard output of the process.
    #[must_use]
    pub fn stdout(mut self, stdout: StandardOutput) -> Self {
        self.stdout = stdout;
        self
    }

    /// Allows pushes without any destination. If no sink is named, only [configured](Destination::is_configured) destinations
    /// are used. By default, an unconfigured destination is used if there is no other, and having none at all is an error.
    #[must_use]
    pub fn without_required_destination(mut self) -> Self {
        self.needs_destination = false;
        self
    }

    /// Sets the time since which this program reports. A counter that started later has not been delivered by anybody else, so
    /// it is delivered from zero. Default: the time at which the reporter is built.
    #[must_use]
    pub fn watching_since(mut self, time: SystemTime) -> Self {
        self.watching_since = Some(time);
        self
    }

    /// Collects the spans of each run with this tracer, keeps the last trace in the state folder, and sends each trace after
    /// the points. Default: spans are not collected.
    #[must_use]
    pub fn tracer(mut self, tracer: Arc<dyn Tracer>) -> Self {
        self.tracer = Some(tracer);
        self
    }

    /// Checks the configuration and builds the reporter. Does not connect to anything and writes nothing.
    pub fn build(self) -> Result<Reporter, ReporterError> {
        let uses_to_of_settings = self.to.is_empty();
        let report: ReportSettings = self.settings.table()?;
        if self.align.is_none() {
            report.check_slot(&self.settings)?;
        }
        let default_align = self.default_align.filter(|slot| *slot <= MAX_SLOT);
        let report = ReportSettings {
            deadline: self.deadline.unwrap_or_else(|| {
                self.longest_deadline.map_or(report.deadline, |longest| report.deadline.min(longest))
            }),
            align: self.align.or(report.align).or(default_align),
            self_metrics: self.self_metrics && report.self_metrics,
            events: self.events && report.events,
            to: if uses_to_of_settings { report.to } else { self.to },
            ..report
        };
        let program = self.program.unwrap_or_else(program_name);
        let mut state: StateSettings = self.settings.table()?;
        let keeps_state = !matches!(self.state, StateChoice::Nowhere);
        if let StateChoice::Folder(folder) = self.state {
            state.dir = Some(folder.into());
        }
        let linked = Catalog::linked()?;
        let self_metrics = only_self_metrics(linked.clone());
        let catalog = without_self_metrics(self.catalog.unwrap_or(linked));
        if catalog.metrics().is_empty() && catalog.sources().is_empty() {
            return Err(CatalogError::Empty.into());
        }
        let all = catalog.with_metrics(self_metrics.metrics().iter().cloned())?;
        let all = with_goals_of_settings(all, &self.settings)?;
        let self_metrics = Catalog::new(only_self_metrics(all.clone()).metrics().iter().cloned())?;
        let catalog = without_self_metrics(all.clone());
        let selection = Selection::new(&all, &self.only, &self.skip)?
            .skip_sources(&all, &self.skip_sources)?
            .with_settings(&all, &self.settings)?;
        let goals =
            GoalsOfTwoMetrics::from_settings(&all, &self.settings)?.filter(|key| selection.keeps(key));
        let skipped = report.skip.iter().map(ToString::to_string);
        let skipped_sources = selection.skipped_sources().map(|name| format!("source {name}"));
        let skip: Vec<String> = self.skip.into_iter().chain(skipped).chain(skipped_sources).collect();
        let tags = base_tags(&report)?;
        let to = self.sinks.find(&report.to, |position| {
            let origin = self.settings.origin::<ReportSettings>(&format!("to[{position}]"));
            // If the program has named the sinks, they do not come from the settings.
            match origin.filter(|_| uses_to_of_settings) {
                Some(origin) => format!("{origin}: `to` in [report]"),
                None => "`to`".to_owned(),
            }
        })?;
        let self_metrics = report.self_metrics.then(|| selection.filter_self_metrics(self_metrics));
        let catalog = match selection.select(catalog.clone()) {
            Err(SelectionError::Nothing) if selection.names_self_metrics() && self_metrics.is_some() => {
                selection.filter(catalog)
            }
            selected => selected?,
        };
        self.sinks.check(&self.settings)?;
        let intervals = Intervals::new(self.settings.table::<MetricSettings>()?, &all);
        let targets = match self.sinks.targets(&to, &self.settings) {
            Err(DestinationsError::NoSink | DestinationsError::NoneConfigured { .. })
                if !self.needs_destination =>
            {
                Ok(Vec::new())
            }
            Ok(targets) if !self.needs_destination => {
                Ok(targets.into_iter().filter(|target| target.settings_hints.is_none()).collect())
            }
            targets => targets,
        };
        Ok(Reporter {
            watching_since: WatchingSince::new(self.watching_since.unwrap_or_else(SystemTime::now)),
            selection,
            catalog,
            self_metrics,
            goals,
            intervals,
            targets,
            name: Name::new(&report, &tags, &program, &self.only, &skip, self.name_parts)?,
            align: report.slot()?,
            engine: self.engine.with_concurrency(report.concurrency),
            process: Process::new().provide(self.settings).provide(self.stdout),
            tags,
            report,
            state,
            keeps_state,
            interruption: Interruption::never(),
            end_of_collection: Interruption::never(),
            tracing: self.tracer.map(Tracing::new),
        })
    }
}

impl std::fmt::Debug for ReporterBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReporterBuilder")
            .field("to", &self.to)
            .field("only", &self.only)
            .field("skip", &self.skip)
            .field("skip_sources", &self.skip_sources)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
