//! The events of a run: goals that have been missed or met again since the last push, and the events that collectors have
//! attached. Each event is sent at most once. The store keeps track of that.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    fmt::Write,
    hash::{DefaultHasher, Hash, Hasher},
    time::{Duration, SystemTime},
};

use system_health_registry::{
    Event, EventError, Evidence, Goal, Level, Metric, Outcome, Report, Sample, Tag, overlay_tags,
};
use system_health_state::{GoalState, PendingEvent};

use crate::markdown::ItemLine;

/// Maximum number of series that an event shows. The others are counted.
const MAX_SERIES: usize = 10;
/// Maximum length of the tags of a series, in characters. The first tag is shown even if it is longer.
const MAX_TAGS_LENGTH: usize = 150;
/// Maximum number of items of evidence that an event shows.
const MAX_ITEMS: usize = 5;
/// Maximum length of the title of an event, in characters.
const MAX_TITLE: usize = 500;
/// Maximum length of the text of an event, in characters.
const MAX_TEXT: usize = 3500;
/// Maximum length of the key in the id of an event, in characters. An id may have 200 characters, but so may a key.
const MAX_KEY_IN_ID: usize = 100;

/// A series with a goal.
struct GoalSeries<'a> {
    metric: &'a Metric,
    goal: Goal,
    sample: &'a Sample,
    tags: BTreeSet<Tag>,
    /// The tags that identify the series. The `version:` of the report is left out, because a new version does not make it a
    /// new series. A `version:` of the metric, the subject or the sample is included.
    identity: String,
}

/// Whether each series with a value meets the goal of its metric.
pub(crate) fn goal_states(report: &Report) -> Vec<GoalState> {
    series_with_goals(report).map(|series| series.state()).collect()
}

/// The events of goals that flipped: one for all series of a metric that now miss its goal, and one for all that meet it again.
pub(crate) fn flip_events(report: &Report, flipped: &[&GoalState]) -> Vec<PendingEvent> {
    let flipped: BTreeSet<&GoalState> = flipped.iter().copied().collect();
    let mut by_metric = BTreeMap::<(&str, bool), Vec<GoalSeries<'_>>>::new();
    for series in series_with_goals(report) {
        let state = series.state();
        if flipped.contains(&state) {
            by_metric.entry((series.metric.key(), state.met)).or_default().push(series);
        }
    }
    let events = by_metric.into_iter().filter_map(|((key, met), series)| {
        flip_event(report, series.first()?.metric, met, &series)
            .inspect_err(|error| tracing::warn!("cannot make an event about the goal of {key}: {error}"))
            .ok()
    });
    events.filter_map(|event| pending(&event, report.timestamp())).collect()
}

/// The events that collectors have attached, sorted by time, with the tags of the report.
#[must_use]
pub fn attached_events(report: &Report, events: &[Event]) -> Vec<Event> {
    let complete = |event: &Event| {
        let tags: Vec<Tag> = overlay_tags(report.tags(), event.tags()).cloned().collect();
        let event = event.clone().with_tags(tags);
        let time = event.happened_at().unwrap_or(report.timestamp());
        // The time of a collector was already accepted. The time of the report is refused if the clock is wrong. Then the event has
        // no time.
        event.clone().at(time).unwrap_or(event)
    };
    let mut events: Vec<Event> = events.iter().map(complete).collect();
    // The sort is stable, so events with the same time stay sorted by id.
    events.sort_by_key(Event::happened_at);
    events
}

/// The events that collectors have attached, except those that happened too long ago.
pub(crate) fn collector_events(report: &Report, events: &[Event], max_age: Duration) -> Vec<PendingEvent> {
    let oldest = SystemTime::now().checked_sub(max_age).unwrap_or(SystemTime::UNIX_EPOCH);
    let events = attached_events(report, events).into_iter().filter_map(|event| {
        let time = event.happened_at().unwrap_or(report.timestamp());
        if time < oldest {
            tracing::debug!("the event `{}` happened too long ago to be sent", event.id());
            return None;
        }
        pending(&event, time)
    });
    events.collect()
}

/// Parses a stored event.
pub(crate) fn parse(pending: &PendingEvent) -> Result<Event, serde_json::Error> {
    serde_json::from_str(&pending.body)
}

fn pending(event: &Event, time: SystemTime) -> Option<PendingEvent> {
    let body = serde_json::to_string(event)
        .inspect_err(|error| tracing::warn!("cannot store the event `{}`: {error}", event.id()));
    Some(PendingEvent { id: event.id().to_owned(), time, body: body.ok()? })
}

fn series_with_goals(report: &Report) -> impl Iterator<Item = GoalSeries<'_>> {
    report.run().outcomes().iter().chain(report.goals()).flat_map(move |outcome: &Outcome| {
        let goal = outcome.metric.goal();
        goal.into_iter().flat_map(move |goal| {
            outcome.samples().iter().map(move |sample| {
                let tags = report.tags_of(outcome, sample);
                let is_version = |tag: &Tag| tag.name() == "version";
                // A version of the metric, the subject or the sample is part of the series and replaces the version of the
                // report.
                let has_own_version = sample.tags().iter().any(is_version)
                    || outcome.subject.as_ref().is_some_and(|it| it.tags().iter().any(is_version))
                    || outcome.metric.tags().iter().any(|tag| tag.to_lowercase().starts_with("version:"));
                let identity = tags.iter().filter(|tag| has_own_version || !is_version(tag)).map(Tag::as_str);
                let identity = identity.collect::<Vec<_>>().join(",");
                GoalSeries { metric: &outcome.metric, goal, sample, tags, identity }
            })
        })
    })
}

impl GoalSeries<'_> {
    fn state(&self) -> GoalState {
        GoalState {
            key: self.metric.key().to_owned(),
            goal: self.metric.condition().unwrap_or_default(),
            tags: self.identity.clone(),
            met: self.sample.meets(self.goal),
        }
    }
}

fn flip_event(
    report: &Report,
    metric: &Metric,
    met: bool,
    series: &[GoalSeries<'_>],
) -> Result<Event, EventError> {
    let goal = metric.condition().unwrap_or_default();
    let (word, does, level) = if met {
        ("met", "meets its goal again", Level::Success)
    } else {
        ("missed", "misses its goal", Level::Error)
    };
    let key = metric.key();
    let title = format!("{key} {does} ({goal})");
    // Runs in the same schedule slot have the same timestamp. So the id contains the start of the run and the series: in a
    // later run of the slot, other series of the metric may flip, or the same ones again.
    let started = humantime::format_rfc3339_millis(report.run().started_at());
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    for series in series {
        series.tags.hash(&mut hasher);
    }
    let id = format!("goal {key:.MAX_KEY_IN_ID$} {word} {started} {:016x}", hasher.finish());
    let common = series.iter().map(|series| series.tags.clone()).reduce(|common, tags| &common & &tags);
    let common = common.unwrap_or_default();
    let title = format!("{title:.MAX_TITLE$}");
    let mut event =
        Event::new(id, title)?.with_level(level).with_tags(common.iter().cloned()).at(report.timestamp())?;
    if let [GoalSeries { sample, .. }] = series
        && let Some(link) = sample.link()
    {
        event = event.with_link(link)?;
    }
    let text = event_text(metric, series, &common);
    event.with_text(text.chars().take(MAX_TEXT).collect::<String>())
}

fn event_text(metric: &Metric, series: &[GoalSeries<'_>], common: &BTreeSet<Tag>) -> String {
    let mut text = String::new();
    let unit = metric.unit().map(|unit| format!(" {unit}")).unwrap_or_default();
    for GoalSeries { sample, tags, .. } in series.iter().take(MAX_SERIES) {
        let differing = shown_tags(tags.difference(common));
        add_paragraph(&mut text, &format!("**{}{unit}** {differing}", sample.value()));
    }
    if let Some(hidden @ 1..) = series.len().checked_sub(MAX_SERIES) {
        add_paragraph(&mut text, &format!("and {hidden} more series"));
    }
    if let Some(goal) = metric.goal() {
        add_paragraph(&mut text, &format!("It should be {goal}."));
    }
    if let Some(runbook) = &metric.monitoring().runbook {
        add_paragraph(&mut text, &format!("Runbook: {runbook}"));
    }
    if let Some(link) = workflow_run_link(|name| env::var(name).ok().filter(|value| !value.is_empty())) {
        add_paragraph(&mut text, &link);
    }
    add_paragraph(&mut text, metric.description());
    add_evidence(&mut text, series);
    text.trim_end().to_owned()
}

/// The tags that distinguish a series from the others. Only whole tags are shown.
fn shown_tags<'a>(tags: impl IntoIterator<Item = &'a Tag>) -> String {
    let mut shown = String::new();
    for tag in tags {
        let tag = format!("`{tag}` ");
        if !shown.is_empty() && shown.chars().count() + tag.chars().count() > MAX_TAGS_LENGTH {
            shown.push('…');
            break;
        }
        shown.push_str(&tag);
    }
    shown
}

/// Adds a few items that counted. If none counted, adds a few of those that did not. Only whole lines are added.
fn add_evidence(text: &mut String, series: &[GoalSeries<'_>]) {
    let evidence = || series.iter().map(|series| series.sample.evidence());
    let counted: usize = evidence().map(Evidence::counted).sum();
    let (heading, total) = match counted {
        0 => ("Not counted", evidence().map(Evidence::total).sum()),
        counted => ("Counted", counted),
    };
    let items = evidence().flat_map(Evidence::items).filter(|item| item.is_counted() == (counted > 0));
    let mut lines = String::new();
    let mut shown = 0;
    let room = MAX_TEXT.saturating_sub(text.chars().count() + 100);
    for item in items.take(MAX_ITEMS) {
        // `%%%` would end Datadog's Markdown.
        let line = format!("- {}\n", ItemLine(item)).replace("%%", "%\u{200b}%");
        if lines.chars().count() + line.chars().count() <= room {
            lines.push_str(&line);
            shown += 1;
        }
    }
    if shown > 0 {
        let shown_of = if shown == total { String::new() } else { format!("{shown} of ") };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{heading} ({shown_of}{total}):\n\n{lines}");
    }
}

fn add_paragraph(text: &mut String, paragraph: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{}\n", paragraph.trim());
}

/// Links to the workflow run, if the program runs in GitHub Actions. See
/// <https://docs.github.com/en/actions/reference/workflows-and-actions/variables>.
fn workflow_run_link(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let (server, repository) = (variable("GITHUB_SERVER_URL")?, variable("GITHUB_REPOSITORY")?);
    let run = variable("GITHUB_RUN_ID")?;
    let mut link = format!("Reported by [workflow run {run}]({server}/{repository}/actions/runs/{run})");
    if let Some(commit) = variable("GITHUB_SHA") {
        let short = commit.get(..7).unwrap_or(&commit);
        let _ = write!(link, " of commit [{short}]({server}/{repository}/commit/{commit})");
    }
    Some(link)
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use system_health_registry::{
        Catalog, Context, Engine, Facts, IntoReading, Reading, Run, Subject, TagError, Unavailable, location,
    };

    use super::*;

    /// A version of the shop.
    #[derive(Clone)]
    struct Version(u32);

    impl Subject for Version {
        async fn list(_context: &Context) -> Result<Vec<Self>, Unavailable> {
            Ok(vec![Self(1), Self(2)])
        }

        fn tags(&self) -> Result<Vec<Tag>, TagError> {
            Ok(vec![Tag::new("version", &self.to_string())?])
        }
    }

    impl fmt::Display for Version {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{}", self.0)
        }
    }

    async fn run(metric: Metric) -> Run {
        Engine::new().run(&Catalog::new([metric]).unwrap(), &Context::new()).await
    }

    #[tokio::test]
    async fn a_series_has_the_version_of_its_sample_not_of_the_report() {
        let facts = Facts::new("shop.versions", "Versions of the shop.").with_goal("== 1".parse().unwrap());
        let metric = Metric::new(facts, location!(), |_| {
            Box::pin(async {
                let sample = |version: &str, value| Sample::new(value)?.with_tag("version", version);
                Reading::new(vec![sample("1", 1.0)?, sample("2", 0.0)?], vec![])
            })
        });
        let run = run(metric).await;
        // The report's own version may be equal to a version of a sample.
        for version in ["version:9", "version:2"] {
            let tags = ["env:test", version].map(|tag| Tag::parse(tag).unwrap());
            let states = goal_states(&Report::new(run.clone(), tags));

            let states: Vec<_> = states.into_iter().map(|goal| (goal.tags, goal.met)).collect();
            assert_eq!(
                states,
                [("env:test,version:1".to_owned(), true), ("env:test,version:2".to_owned(), false)]
            );
        }
    }

    #[tokio::test]
    async fn the_version_of_a_subject_identifies_its_series() {
        let facts = Facts::new("shop.errors", "Errors of each version.").with_goal("< 5".parse().unwrap());
        let metric = Metric::new(facts, location!(), |context| {
            Box::pin(async move {
                let Version(number) = context.get().await?;
                (if number == 1 { 0.0 } else { 9.0 }).into_reading()
            })
        });

        let states = goal_states(&Report::new(run(metric.each::<Version>()).await, []));

        let states: Vec<_> = states.into_iter().map(|goal| (goal.tags, goal.met)).collect();
        assert_eq!(states, [("version:1".to_owned(), true), ("version:2".to_owned(), false)]);
    }

    #[tokio::test]
    async fn a_goal_with_very_long_keys_has_an_event() {
        let [single, combined, left, right] = ["s", "c", "l", "r"].map(|letter| letter.repeat(200));
        let facts = Facts::new(single, "A test.").with_goal("< 5".parse().unwrap());
        let metric = Metric::new(facts, location!(), |_| Box::pin(async { 9.0.into_reading() }));
        let goal = format!("{left} / {right} < 0.1").parse().unwrap();
        let combined = Outcome {
            metric: Metric::of_two_metric_goal(Facts::new(combined, "A test."), goal, None),
            subject: None,
            result: 0.2.into_reading(),
            duration: Duration::ZERO,
        };
        let report = Report::new(run(metric).await, []).with_goals(vec![combined]);
        let states = goal_states(&report);

        let events = flip_events(&report, &states.iter().collect::<Vec<_>>());

        assert_eq!(events.len(), 2);
    }

    #[test]
    fn only_whole_tags_are_shown() {
        let long = "x".repeat(100);
        let tags = ["a", "b"].map(|name| Tag::new(name, &long).unwrap());

        assert_eq!(shown_tags(&tags), format!("`a:{long}` …"));
        assert_eq!(shown_tags(&tags[..1]), format!("`a:{long}` "));
    }

    #[test]
    fn a_workflow_run_is_linked() {
        let variable = |name: &str| {
            let value = match name {
                "GITHUB_SERVER_URL" => "https://github.com",
                "GITHUB_REPOSITORY" => "acme/shop",
                "GITHUB_RUN_ID" => "42",
                "GITHUB_SHA" => "0123456789abcdef",
                _ => return None,
            };
            Some(value.to_owned())
        };

        assert_eq!(
            workflow_run_link(variable).as_deref(),
            Some(
                "Reported by [workflow run 42](https://github.com/acme/shop/actions/runs/42) of commit \
                 [0123456](https://github.com/acme/shop/commit/0123456789abcdef)"
            )
        );
        assert_eq!(workflow_run_link(|name| (name != "GITHUB_RUN_ID").then(|| "x".to_owned())), None);
    }
}
