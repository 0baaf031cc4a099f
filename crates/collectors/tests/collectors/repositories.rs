//! Several repositories in one run: each has its own outcomes, settings and source.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, SystemTime},
};

use system_health_collectors::{commits::RecentCommits, repository::Repository};
use system_health_registry::{
    Catalog, Context, Engine, Facts, FromContext, IntoReading, Metric, Outcome, Progress, Report, Run, Scope,
    Unavailable, location,
};
use system_health_test_support::{
    github::{self, Commit, Conclusion, FakeGitHub, refusal},
    server::Answer,
};

use crate::{
    git::Git,
    stage::{Stage, TOKEN, enabled_metrics},
};

/// Settings that name these repositories, and a token.
fn stage(github: &FakeGitHub, names: &[impl AsRef<str>]) -> Stage {
    Stage::empty().github(github).token().settings(&named(names))
}

fn named(names: &[impl AsRef<str>]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("{:?}", name.as_ref())).collect();
    format!("[repository]\nnames = [{}]", names.join(", "))
}

async fn run(stage: &Stage) -> Run {
    Engine::new().run(&enabled_metrics(), &stage.context()).await
}

/// The outcomes of a metric by their repositories, one line each.
fn lines(run: Run, key: &str) -> BTreeMap<String, String> {
    let report = Report::new(run, vec![]);
    let outcomes = report.run().outcomes().iter().filter(|outcome| outcome.metric.key() == key);
    let name = |outcome: &Outcome| outcome.subject.as_ref().unwrap().name().to_owned();
    outcomes.map(|outcome| (name(outcome), line(&report, outcome))).collect()
}

fn line(report: &Report, outcome: &Outcome) -> String {
    match &outcome.result {
        Ok(reading) => {
            let sample = &reading.samples()[0];
            let tags: Vec<_> = report.tags_of(outcome, sample).iter().map(ToString::to_string).collect();
            format!("{} [{}]", sample.value(), tags.join(", "))
        }
        Err(Unavailable::NoData(reason)) => format!("no data: {reason}"),
        Err(Unavailable::Error(error)) => format!("error: {error}"),
    }
}

fn passed() -> github::Run {
    github::Run::new("checks.yml").job("test", Conclusion::Success)
}

#[tokio::test]
async fn a_repository_that_fails_does_not_affect_the_others() {
    let github = FakeGitHub::builder().token(TOKEN).start();
    for name in ["acme/shop", "acme/broken", "acme/closed", "acme/old"] {
        github.repository(name).commit("hotfix").run(passed());
    }
    github.repository("acme/old").rename("acme/new");
    github.fail("/repos/acme/broken", refusal::server_error(500));
    github.fail("/repos/acme/closed", refusal::forbidden());
    let names = ["acme/shop", "acme/gone", "acme/broken", "acme/closed", "acme/old"];
    let stage = stage(&github, &names);

    let run = run(&stage).await;

    assert_eq!(run.outcomes().len(), 3 * names.len());
    for key in ["commits.hotfix", "ci.tests_passing_on_main"] {
        let lines = lines(run.clone(), key);
        assert!(lines["acme/shop"].starts_with("1 [branch:main"), "{lines:#?}");
        assert!(lines["acme/old"].starts_with("1 [branch:main"), "{lines:#?}");
        for (name, word) in [("gone", "404"), ("broken", "500"), ("closed", "403")] {
            let line = &lines[&format!("acme/{name}")];
            assert!(line.starts_with("error: ") && line.contains(word) && line.contains(name), "{line}");
        }
    }
}

#[tokio::test]
async fn each_repository_has_its_own_tag_and_its_own_evidence() {
    let github = FakeGitHub::start();
    github.repository("acme/shop").commit("hotfix: socks");
    github.repository("acme/web").commit("hotfix: page").commit("hotfix: style");

    let report = Report::new(run(&stage(&github, &["acme/shop", "acme/web"])).await, vec![]);

    let points: Vec<_> = report.points().filter(|point| point.key == "commits.hotfix").collect();
    let tags = points.iter().map(|point| point.tags.iter().map(ToString::to_string).collect::<Vec<_>>());
    assert_eq!(
        tags.collect::<Vec<_>>(),
        [["branch:main", "repository:acme/shop"], ["branch:main", "repository:acme/web"]]
    );
    let outcomes = report.run().outcomes().iter().filter(|outcome| outcome.metric.key() == "commits.hotfix");
    let titles: Vec<_> = outcomes
        .flat_map(|outcome| outcome.samples()[0].evidence().items())
        .map(|item| item.title().split_once(' ').unwrap().1.to_owned())
        .collect();
    assert_eq!(titles, ["hotfix: socks", "hotfix: style", "hotfix: page"]);
}

#[tokio::test]
async fn each_repository_may_have_a_branch_a_workflow_and_jobs_of_its_own() {
    let github = FakeGitHub::start();
    github.repository("acme/shop").commit(Commit::new("hotfix").branch("next"));
    github.repository("acme/shop").run(passed().branch("next"));
    let web = github.repository("acme/web");
    web.commit(Commit::new("hotfix").branch("develop"));
    let failed = github::Run::new("ci.yml").branch("develop").conclusion(Conclusion::Failure);
    web.run(failed.job("test (a)", Conclusion::Success).job("deploy", Conclusion::Failure));
    let own = "branch = \"next\"\n[repositories.\"Acme/Web\"]\nbranch = \"develop\"\nworkflow = \"ci.yml\"\njobs = [\"test*\"]";
    let stage = stage(&github, &["acme/shop", "acme/web"]).settings(own);

    let run = run(&stage).await;

    let hotfixes = lines(run.clone(), "commits.hotfix");
    assert_eq!(hotfixes["acme/shop"], "1 [branch:next, repository:acme/shop]");
    assert_eq!(hotfixes["acme/web"], "1 [branch:develop, repository:acme/web]");
    let tests = lines(run, "ci.tests_passing_on_main");
    assert_eq!(tests["acme/shop"], "1 [branch:next, repository:acme/shop, workflow:checks.yml]");
    assert_eq!(tests["acme/web"], "1 [branch:develop, repository:acme/web, workflow:ci.yml]");
}

#[tokio::test]
async fn a_message_about_a_setting_names_the_table_that_it_comes_from() {
    let github = FakeGitHub::start();
    for name in ["acme/shop", "acme/web", "acme/api"] {
        github.repository(name).run(passed().age(Duration::from_hours(72)));
    }
    let own = "[repositories.\"acme/web\"]\njobs = [\"unit*\"]\n[repositories.\"acme/shop\"]\nworkflow = \"no.yml\"\n\
               [repositories.\"acme/api\"]\nmax_age = \"1d\"";

    let run = run(&stage(&github, &["acme/shop", "acme/web", "acme/api"]).settings(own)).await;

    let tests = lines(run, "ci.tests_passing_on_main");
    for (name, part) in [
        ("acme/web", "`jobs` in [repositories.\"acme/web\"]: `unit*` matches no job"),
        ("acme/shop", "`workflow` in [repositories.\"acme/shop\"] is the name of a file"),
        ("acme/api", "`max_age` in [repositories.\"acme/api\"] is 1 day"),
    ] {
        assert!(tests[name].contains(part), "{}", tests[name]);
    }
}

#[tokio::test]
async fn the_local_clone_is_used_only_for_the_repository_of_its_remote() {
    let github = FakeGitHub::start();
    for name in ["acme/shop", "acme/web"] {
        github.repository(name).commit("hotfix 1").commit("hotfix 2").run(passed());
    }
    let git = Git::with_app();
    git.commit("app", "hotfix", SystemTime::now());
    git.set_origin("app", "https://127.0.0.1/Acme/Shop");
    let names = named(&["acme/shop", "acme/web"]);
    let stage = |source: &str| {
        let settings = format!("{names}\n[commits]\nsource = \"{source}\"");
        Stage::empty().github(&github).settings(&settings).directory(&git.path("app"))
    };

    let automatic = run(&stage("auto")).await;
    let local = lines(run(&stage("clone")).await, "commits.hotfix");
    let shop_requests = github.requests().iter().filter(|request| request.path().contains("/shop")).count();
    let with_token = lines(run(&stage("auto").token()).await, "commits.hotfix");

    let hotfixes = lines(automatic.clone(), "commits.hotfix");
    assert_eq!(hotfixes["acme/shop"], "1 [branch:main, repository:acme/shop]", "from the clone");
    assert_eq!(hotfixes["acme/web"], "2 [branch:main, repository:acme/web]", "from GitHub, without a token");
    let tests = lines(automatic, "ci.tests_passing_on_main");
    assert!(tests["acme/shop"].starts_with("no data: found no GitHub token"), "{tests:#?}");
    assert_eq!(tests["acme/web"], "1 [branch:main, repository:acme/web, workflow:checks.yml]");
    assert_eq!(shop_requests, 0, "without a token, the clone is read instead");
    assert_eq!(local["acme/shop"], "1 [branch:main, repository:acme/shop]");
    assert!(local["acme/web"].contains("no remote of this clone points to acme/web"), "{local:#?}");
    assert!(with_token.values().all(|line| line.starts_with("2 [")), "{with_token:#?}");
}

/// Makes a run over a hundred repositories for which GitHub always gives this answer. Returns the outcomes of `commits.hotfix`
/// and the number of requests.
async fn refused(answer: Answer) -> (Vec<String>, usize) {
    let github = FakeGitHub::start();
    let names = github.repositories(100, |_, repository| {
        repository.commit("hotfix");
    });
    github.fail("/repos/", answer);
    let run = run(&stage(&github, &names)).await;
    (lines(run, "commits.hotfix").into_values().collect(), github.requests().len())
}

/// Maximum number of requests under way when the first response arrives: 16 repositories each request their default branch.
const MAX_UNDER_WAY: usize = 16;

#[tokio::test]
async fn a_refused_token_is_not_sent_for_the_remaining_repositories() {
    let (lines, requests) = refused(refusal::bad_credentials()).await;

    assert!(requests <= MAX_UNDER_WAY, "{requests} requests");
    assert_eq!(lines.len(), 100);
    let message = "401 Unauthorized: Bad credentials (https://docs.github.com/rest); check the GitHub token: it may be \
                mistyped, expired or revoked";
    assert!(lines.iter().all(|line| line.starts_with("error: ") && line.ends_with(message)), "{lines:#?}");
    let not_sent =
        lines.iter().filter(|line| line.contains(": not sent, because GitHub has refused the token"));
    assert!(not_sent.count() >= 100 - MAX_UNDER_WAY, "{lines:#?}");
}

#[tokio::test]
async fn a_rate_limit_that_outlasts_the_run_applies_to_all_repositories() {
    for status in [403, 429] {
        let (lines, requests) = refused(refusal::secondary_rate_limit(status, Duration::from_hours(1))).await;

        assert!(requests <= MAX_UNDER_WAY, "{requests} requests");
        assert_eq!(lines.len(), 100);
        let limited = |line: &String| line.contains("GitHub's rate limit") && line.contains("a wait of ");
        assert!(lines.iter().all(limited), "{lines:#?}");
    }
}

#[tokio::test]
async fn a_rate_limit_that_ends_in_time_is_waited_out_by_all() {
    let github = FakeGitHub::start();
    let names = github.repositories(20, |_, repository| {
        repository.commit("hotfix").run(passed());
    });
    github.fail_times(3, "/repos/", refusal::secondary_rate_limit(403, Duration::from_secs(1)));

    let run = run(&stage(&github, &names)).await;

    assert!(lines(run, "commits.hotfix").values().all(|line| line.starts_with("1 [")));
    assert_eq!(github.requests().len(), 3 * names.len() + 3);
}

/// Keeps the commits of a repository, so that [`Live`] counts them.
#[derive(Clone)]
struct Held(#[expect(dead_code, reason = "held until the repository is done")] Arc<Counted>);

struct Counted {
    _commits: RecentCommits,
    live: Live,
}

/// The number of repositories whose commits are in memory now, and the maximum of this number.
#[derive(Clone, Default)]
struct Live(Arc<(AtomicUsize, AtomicUsize)>);

impl FromContext for Live {
    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Ok(Self::default())
    }
}

impl FromContext for Held {
    const SCOPE: Scope = Scope::Subject;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let (commits, live) = (context.get().await?, context.get::<Live>().await?);
        let now = live.0.0.fetch_add(1, SeqCst) + 1;
        live.0.1.fetch_max(now, SeqCst);
        Ok(Self(Arc::new(Counted { _commits: commits, live })))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.live.0.0.fetch_sub(1, SeqCst);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_repositories_are_read_a_few_at_once_with_two_requests_each() {
    const COUNT: usize = 1_000;
    const MAX_AT_ONCE: usize = 16;
    let github = FakeGitHub::builder().token(TOKEN).start();
    let names = github.repositories(COUNT, |number, repository| {
        for _ in 0..number % 3 {
            repository.commit("hotfix");
        }
        repository.commit("Sell socks");
        let conclusion = if number % 7 == 0 { Conclusion::Failure } else { Conclusion::Success };
        repository.run(github::Run::new("checks.yml").conclusion(conclusion).job("test", conclusion));
    });
    let stage = stage(&github, &names).settings("branch = \"main\"").deadline(Duration::from_mins(5));
    let live = Live::default();
    let context = stage.context().provide(live.clone());
    let held = Metric::new(Facts::new("test.held", "Holds the commits."), location!(), |context| {
        Box::pin(async move {
            context.get::<Held>().await?;
            1.into_reading()
        })
    });
    let metrics = enabled_metrics().metrics().to_vec();
    let catalog = Catalog::new(metrics.into_iter().chain([held.each::<Repository>()])).unwrap();
    let (open, max_open) = (Mutex::new(BTreeMap::<String, usize>::new()), Arc::new(AtomicUsize::new(0)));
    let max_seen = Arc::clone(&max_open);
    let engine = Engine::new().with_observer(move |progress| {
        let mut open = open.lock().unwrap();
        match progress {
            Progress::Started(_, Some(subject)) => *open.entry(subject.name().to_owned()).or_default() += 1,
            Progress::Finished(Outcome { subject: Some(subject), .. }) => {
                let unfinished = open.get_mut(subject.name()).unwrap();
                *unfinished -= 1;
                if *unfinished == 0 {
                    open.remove(subject.name());
                }
            }
            _ => {}
        }
        max_seen.fetch_max(open.len(), SeqCst);
    });

    let run = engine.run(&catalog, &context).await;

    assert_eq!(run.outcomes().len(), 4 * COUNT);
    let hotfixes = lines(run.clone(), "commits.hotfix");
    let tests = lines(run, "ci.tests_passing_on_main");
    for (number, name) in (1..).zip(&names) {
        let (hotfix, passes) = (number % 3, u8::from(number % 7 != 0));
        assert_eq!(hotfixes[name], format!("{hotfix} [branch:main, repository:{name}]"));
        assert_eq!(tests[name], format!("{passes} [branch:main, repository:{name}, workflow:checks.yml]"));
    }
    assert_eq!(github.requests().len(), 2 * COUNT, "one list of commits and one of runs each");
    let paths: BTreeSet<_> = github.requests().iter().map(|request| request.path().to_owned()).collect();
    assert_eq!(paths.len(), 2 * COUNT);
    assert!(max_open.load(SeqCst) <= MAX_AT_ONCE, "{} repositories at once", max_open.load(SeqCst));
    let max_live = live.0.1.load(SeqCst);
    assert!(max_live <= MAX_AT_ONCE, "the commits of {max_live} repositories at once");
    assert_eq!(live.0.0.load(SeqCst), 0);
}
