//! Random histories: the metrics, which read everything from the fake GitHub, must agree with a slow and obvious
//! computation over the history itself.
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the numbers are small, and not negative"
)]

use std::collections::BTreeMap;

use proptest::prelude::*;
use system_health_test_support::github::{
    Conclusion::{self, Cancelled, Failure, Skipped, StartupFailure, Success, TimedOut},
    FakeGitHub, Job, Run,
};

use super::{lines, seconds};
use crate::stage::Stage;

const DAY: u64 = 86_400;
const WINDOW: u64 = 7 * DAY;
const LOOKBACK: u64 = 3 * DAY;

/// All times are in seconds before now.
#[derive(Debug, Clone)]
struct PastRun {
    workflow: &'static str,
    branch: &'static str,
    event: &'static str,
    is_from_fork: bool,
    created: u64,
    /// The attempts, the oldest first. There is at least one.
    attempts: Vec<PastAttempt>,
}

#[derive(Debug, Clone)]
struct PastAttempt {
    started: u64,
    /// `None` while it runs.
    ending: Option<Conclusion>,
    jobs: Vec<PastJob>,
}

#[derive(Debug, Clone)]
struct PastJob {
    name: &'static str,
    /// True if the job did not run in this attempt. GitHub then lists it again, with the start and the end from
    /// the attempt in which it ran.
    is_copy: bool,
    created: u64,
    started: u64,
    completed: u64,
    state: JobState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum JobState {
    Ended(Conclusion),
    InProgress,
    Queued,
}

/// What an attempt is made from: how it ends, how long after the end of the previous attempt it starts, whether it leaves out the
/// jobs that have already passed, and for each job how it ends, how long it waits and how long it runs.
type AttemptPlan = (Conclusion, u64, bool, Vec<(JobState, u64, u64)>);

const NAMES: [&str; 3] = ["lint", "test", "test-wide"];

fn job_plan() -> impl Strategy<Value = (JobState, u64, u64)> {
    let ended = |conclusion| Just(JobState::Ended(conclusion));
    let state = prop_oneof![
        4 => ended(Success),
        3 => ended(Failure),
        1 => ended(Cancelled),
        1 => ended(Skipped),
    ];
    (state, 0..600_u64, 1..4_000_u64)
}

fn attempt_plan() -> impl Strategy<Value = AttemptPlan> {
    let ending = prop_oneof![
        4 => Just(Success),
        3 => Just(Failure),
        1 => Just(Cancelled),
        1 => Just(Skipped),
        1 => Just(TimedOut),
        1 => Just(StartupFailure),
    ];
    (ending, 60..5 * DAY, any::<bool>(), prop::collection::vec(job_plan(), 0..=NAMES.len()))
}

fn past_run() -> impl Strategy<Value = PastRun> {
    (
        prop_oneof![Just("ci.yml"), Just("nightly.yml")],
        prop_oneof![4 => Just("main"), 1 => Just("feature")],
        prop_oneof![3 => Just("push"), 1 => Just("schedule"), 1 => Just("pull_request")],
        prop::bool::weighted(0.15),
        10_000..12 * DAY,
        prop::collection::vec(attempt_plan(), 1..4),
        prop::option::weighted(0.2, prop::collection::vec(0..3_usize, NAMES.len())),
    )
        .prop_map(|(workflow, branch, event, is_from_fork, created, plans, last_progress)| {
            let attempts = attempts(created, plans, last_progress);
            PastRun { workflow, branch, event, is_from_fork, created, attempts }
        })
}

/// The attempts, one after the other, until now. With `last_progress`, the last attempt has not ended: 0 is a job that runs, 1 a
/// queued job, and 2 a job that has ended.
fn attempts(created: u64, plans: Vec<AttemptPlan>, last_progress: Option<Vec<usize>>) -> Vec<PastAttempt> {
    let mut attempts: Vec<PastAttempt> = Vec::new();
    let mut clock = created;
    for (ending, gap, skips_passed_jobs, plans) in plans {
        if !attempts.is_empty() {
            // Every attempt takes less than an hour and a half.
            match clock.checked_sub(gap).filter(|left| *left > 6_000) {
                Some(started) => clock = started,
                None => break,
            }
        }
        let started = clock;
        let before = attempts.last().map_or(&[][..], |attempt| &attempt.jobs[..]);
        let mut jobs: Vec<PastJob> = Vec::new();
        if ending != StartupFailure {
            for (name, (state, wait, time)) in NAMES.into_iter().zip(plans) {
                let passed_before = before
                    .iter()
                    .find(|job| job.name == name && job.state == JobState::Ended(Success))
                    .filter(|_| skips_passed_jobs);
                jobs.push(match passed_before {
                    Some(job) => PastJob { is_copy: true, created: started, ..job.clone() },
                    None => PastJob {
                        name,
                        is_copy: false,
                        created: started - 1,
                        started: started - 1 - wait,
                        completed: started - 1 - wait - time,
                        state,
                    },
                });
            }
        }
        clock = jobs.iter().map(|job| job.completed).chain([started]).min().unwrap_or(started);
        attempts.push(PastAttempt { started, ending: Some(ending), jobs });
    }
    if let (Some(last_progress), Some(last)) = (last_progress, attempts.last_mut()) {
        last.ending = None;
        for (job, progress) in last.jobs.iter_mut().zip(last_progress).filter(|(job, _)| !job.is_copy) {
            match progress {
                0 => job.state = JobState::InProgress,
                1 => (job.state, job.started) = (JobState::Queued, job.created),
                _ => {}
            }
        }
    }
    attempts
}

impl PastRun {
    fn to_run(&self) -> Run {
        let mut run = Run::new(self.workflow).branch(self.branch).age(seconds(self.created));
        if self.is_from_fork {
            run = run.fork("mallory/shop");
        }
        run = run.event(self.event);
        for (index, attempt) in self.attempts.iter().enumerate() {
            if index > 0 {
                run = run.re_run();
            }
            run = run.started(seconds(attempt.started));
            run = match attempt.ending {
                Some(ending) => run.conclusion(ending),
                None => run.in_progress(),
            };
            run = attempt.jobs.iter().fold(run, |run, job| run.with_job(job.to_job()));
        }
        run
    }

    fn latest(&self) -> &PastAttempt {
        self.attempts.last().unwrap()
    }

    fn tests_branch(&self) -> bool {
        self.branch == "main" && !self.is_from_fork && self.event != "pull_request"
    }

    fn counts(&self) -> bool {
        self.tests_branch() && self.latest().started < WINDOW && self.created <= WINDOW + LOOKBACK
    }

    fn is_flaky(&self) -> bool {
        let ended = |index: usize| self.attempts[index].ending;
        let indexes = 0..self.attempts.len();
        let has_failed = |ending| matches!(ending, Some(Failure | TimedOut | StartupFailure));
        indexes.clone().any(|first| {
            has_failed(ended(first))
                && indexes.clone().any(|later| later > first && ended(later) == Some(Success))
        })
    }

    fn flaky_jobs(&self) -> Vec<&'static str> {
        let state = |index: usize, name: &str| {
            let found = self.attempts[index].jobs.iter().find(|job| job.name == name && !job.is_copy);
            found.map(|job| job.state)
        };
        let indexes = 0..self.attempts.len();
        let is_flaky = |name: &&str| {
            indexes.clone().any(|first| {
                state(first, name) == Some(JobState::Ended(Failure))
                    && indexes
                        .clone()
                        .any(|later| later > first && state(later, name) == Some(JobState::Ended(Success)))
            })
        };
        NAMES.into_iter().filter(is_flaky).collect()
    }

    fn duration(&self) -> Option<u64> {
        let latest = self.latest();
        let last = latest.jobs.iter().map(|job| job.completed).min()?;
        let ran = matches!(latest.ending, Some(Success | Failure | TimedOut));
        // If all jobs are copies, nothing ran in this attempt.
        ran.then(|| latest.started.checked_sub(last)).flatten()
    }

    /// The jobs that started in the window on a runner.
    fn ran(&self) -> Vec<&PastJob> {
        if self.latest().ending == Some(Skipped) {
            return vec![];
        }
        let ran = |job: &&PastJob| {
            !job.is_copy
                && job.started < WINDOW
                && !matches!(job.state, JobState::Queued | JobState::Ended(Skipped))
        };
        self.attempts.iter().flat_map(|attempt| &attempt.jobs).filter(ran).collect()
    }
}

impl PastJob {
    fn to_job(&self) -> Job {
        let job = match self.state {
            JobState::Ended(conclusion) => Job::new(self.name, conclusion),
            JobState::InProgress => Job::in_progress(self.name),
            JobState::Queued => Job::queued(self.name),
        };
        job.created(seconds(self.created)).started(seconds(self.started)).completed(seconds(self.completed))
    }
}

/// The values of the metrics.
#[derive(Debug, Default, PartialEq)]
struct Values {
    runs: BTreeMap<String, u64>,
    ratio: Option<f64>,
    counts: [u64; 6],
    flaky_jobs: BTreeMap<String, u64>,
    durations: BTreeMap<String, f64>,
    waits: Vec<f64>,
    minutes: Option<f64>,
}

/// The values that the metrics must have.
fn expected(history: &[PastRun]) -> Values {
    let mut expected = Values::default();
    let counting: Vec<&PastRun> = history.iter().filter(|run| run.counts()).collect();
    for workflow in ["ci.yml", "nightly.yml"] {
        if history.iter().any(|run| run.workflow == workflow && run.tests_branch() && run.created <= 10 * DAY)
        {
            for ending in ["success", "failure"] {
                expected.runs.insert(format!("conclusion:{ending} workflow:{workflow}"), 0);
            }
        }
        let durations = counting.iter().filter(|run| run.workflow == workflow);
        let durations: Vec<f64> =
            durations.filter_map(|run| run.duration()).map(|time| time as f64).collect();
        for (name, rank) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)] {
            if let Some(value) = percentile(&durations, rank) {
                expected.durations.insert(format!("quantile:{name} workflow:{workflow}"), value);
            }
        }
    }
    for run in &counting {
        let ending = match run.latest().ending {
            None => "none",
            Some(Success) => "success",
            Some(Failure) => "failure",
            Some(Cancelled) => "cancelled",
            Some(Skipped) => "skipped",
            Some(TimedOut) => "timed_out",
            Some(StartupFailure) => "startup_failure",
            Some(_) => unreachable!(),
        };
        *expected.runs.entry(format!("conclusion:{ending} workflow:{}", run.workflow)).or_default() += 1;
        for job in run.flaky_jobs() {
            *expected.flaky_jobs.entry(format!("job:{job} workflow:{}", run.workflow)).or_default() += 1;
        }
    }
    let count =
        |condition: &dyn Fn(&PastRun) -> bool| counting.iter().filter(|run| condition(run)).count() as u64;
    let ended = |ending| move |run: &PastRun| run.latest().ending == Some(ending);
    let passed = count(&ended(Success));
    let failed = count(&ended(Failure)) + count(&ended(TimedOut)) + count(&ended(StartupFailure));
    expected.ratio = (passed + failed > 0).then(|| passed as f64 / (passed + failed) as f64);
    let ran: Vec<&PastJob> = counting.iter().flat_map(|run| run.ran()).collect();
    let queued = history.iter().filter(|run| run.latest().ending.is_none() && run.created <= 10 * DAY);
    let queued = queued.flat_map(|run| run.attempts.iter().flat_map(|attempt| &attempt.jobs));
    expected.counts = [
        passed + failed,
        count(&ended(Cancelled)),
        count(&ended(TimedOut)),
        count(&|run| run.attempts.len() > 1),
        count(&PastRun::is_flaky),
        queued.filter(|job| job.state == JobState::Queued).count() as u64,
    ];
    let waits: Vec<f64> = ran.iter().map(|job| job.created.saturating_sub(job.started) as f64).collect();
    expected.waits = [0.5, 0.9, 0.99].into_iter().filter_map(|rank| percentile(&waits, rank)).collect();
    let run_times: Vec<f64> = ran
        .iter()
        .filter(|job| matches!(job.state, JobState::Ended(_)))
        .map(|job| (job.started - job.completed) as f64)
        .collect();
    expected.minutes = (!run_times.is_empty()).then(|| run_times.iter().sum::<f64>() / 60.0);
    expected
}

/// As SQL defines `percentile_cont`: rows are numbered from 1, and the value is at row 1 + rank × (rows - 1).
fn percentile(values: &[f64], rank: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let row = 1.0 + rank * (values.len() as f64 - 1.0);
    let at = |row: f64| sorted.get(row as usize - 1).copied();
    if sorted.is_empty() {
        None
    } else if row.fract() == 0.0 {
        at(row)
    } else {
        Some((row.ceil() - row) * at(row.floor())? + (row - row.floor()) * at(row.ceil())?)
    }
}

/// The values that the metrics have.
async fn measured(history: &[PastRun]) -> Values {
    let github = FakeGitHub::start();
    let shop = github.repository("acme/shop");
    shop.commits(1);
    let mut sorted = history.to_vec();
    sorted.sort_by_key(|run| std::cmp::Reverse(run.created));
    for run in &sorted {
        shop.run(run.to_run());
    }
    let context = Stage::on(&github).one_repository();
    let number = async |metric: &str| {
        let lines = lines(metric, &context).await;
        let [line] = &lines[..] else { panic!("{metric}: {lines:?}") };
        line.parse::<u64>().unwrap_or_else(|_| panic!("{metric}: {line}"))
    };
    let values = async |metric: &str| {
        let lines = lines(metric, &context).await;
        if let [line] = &lines[..]
            && line.starts_with("no data: ")
        {
            return BTreeMap::new();
        }
        let parse = |line: String| {
            let (value, tags) = line.split_once(' ').unwrap_or((&line, ""));
            (tags.to_owned(), value.parse::<f64>().unwrap_or_else(|_| panic!("{metric}: {line}")))
        };
        lines.into_iter().map(parse).collect::<BTreeMap<String, f64>>()
    };
    let counts = async |metric: &str| {
        values(metric).await.into_iter().map(|(tags, value)| (tags, value as u64)).collect()
    };
    Values {
        runs: counts("runs").await,
        ratio: values("success_ratio").await.remove(""),
        counts: [
            number("success_ratio_samples").await,
            number("cancelled_runs").await,
            number("timed_out_runs").await,
            number("rerun_runs").await,
            number("flaky_runs").await,
            number("queued_jobs").await,
        ],
        flaky_jobs: counts("flaky_jobs").await,
        durations: values("duration_seconds").await,
        waits: values("queue_seconds").await.into_values().collect(),
        minutes: values("runner_minutes").await.remove("os:linux"),
    }
}

fn rounded(mut values: Values) -> Values {
    let round = |value: &mut f64| *value = (*value * 1e6).round() / 1e6;
    values.ratio.iter_mut().for_each(round);
    values.minutes.iter_mut().for_each(round);
    values.durations.values_mut().for_each(round);
    values.waits.iter_mut().for_each(round);
    values
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_random_history_is_measured_like_the_reference(history in prop::collection::vec(past_run(), 0..14)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();

        let measured = runtime.block_on(measured(&history));

        prop_assert_eq!(rounded(measured), rounded(expected(&history)));
    }
}
