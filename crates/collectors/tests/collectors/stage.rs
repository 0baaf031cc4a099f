//! The setup of a test: settings, a token and a directory. Also functions that collect single metrics.

use std::{
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use system_health_collectors::{
    ci::tests_passing,
    commits::{hotfix_commits, revert_commits},
    git::WorkingDirectory,
    repository::Repository,
};
use system_health_credentials::Credentials;
use system_health_registry::{
    Catalog, Context, Engine, EvidenceItem, FromContext, Reading, Sample, Settings, Subject, Subjects,
    Unavailable,
};
use system_health_test_support::github::FakeGitHub;
use tokio::sync::OnceCell;

pub(crate) const TOKEN: &str = "ghp_0123456789secret";

/// The metrics that a run collects if the settings enable no others.
pub(crate) fn enabled_metrics() -> Catalog {
    let linked = Catalog::linked().unwrap();
    Catalog::new(linked.metrics().iter().filter(|metric| metric.is_enabled()).cloned()).unwrap()
}

/// The settings, the token and the directory of runs.
pub(crate) struct Stage {
    settings: String,
    variables: Vec<(String, String)>,
    directory: PathBuf,
    started_at: SystemTime,
    deadline: Duration,
}

impl Stage {
    /// A stage without a token, a repository or a clone.
    pub(crate) fn empty() -> Self {
        Self {
            settings: String::new(),
            variables: Vec::new(),
            // No git repository is above the root.
            directory: PathBuf::from("/"),
            started_at: SystemTime::now(),
            deadline: Duration::from_secs(20),
        }
    }

    /// A stage with a token, and with `acme/shop` on this GitHub and its branch `main` in the settings.
    pub(crate) fn on(github: &FakeGitHub) -> Self {
        Self::empty().github(github).token().settings("[repository]\nname = \"acme/shop\"\nbranch = \"main\"")
    }

    pub(crate) fn github(self, github: &FakeGitHub) -> Self {
        let url = github.url();
        self.settings(&format!("[github]\napi_url = \"{url}\""))
    }

    pub(crate) fn token(self) -> Self {
        self.variable("GITHUB_TOKEN", TOKEN)
    }

    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds lines to the settings file. Each table may be added once.
    pub(crate) fn settings(mut self, toml: &str) -> Self {
        self.settings += toml;
        self.settings += "\n";
        self
    }

    pub(crate) fn directory(mut self, directory: &Path) -> Self {
        directory.clone_into(&mut self.directory);
        self
    }

    pub(crate) fn started_at(mut self, started_at: SystemTime) -> Self {
        self.started_at = started_at;
        self
    }

    pub(crate) fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// The context of a run over any number of repositories.
    pub(crate) fn context(&self) -> Context {
        let settings = Settings::builder().toml(Path::new("test.toml"), &self.settings);
        Context::starting_at(self.started_at)
            .with_deadline(self.deadline)
            .provide(settings.and_then(system_health_registry::settings::SettingsBuilder::build).unwrap())
            .provide(Credentials::from_variables(self.variables.clone()))
            .provide(WorkingDirectory(self.directory.clone()))
    }

    /// The context of a run over one repository.
    pub(crate) fn one_repository(&self) -> OneRepository {
        self.context().into()
    }

    pub(crate) async fn hotfixes(&self) -> Result<Sample, Unavailable> {
        hotfixes(&self.one_repository()).await
    }

    pub(crate) async fn tests(&self) -> Result<Sample, Unavailable> {
        tests(&self.one_repository()).await
    }
}

/// The context of a run over one repository. The repository is listed when the first resource is built.
pub(crate) struct OneRepository {
    run_context: Context,
    subject: OnceCell<Result<(Context, Repository), Unavailable>>,
}

impl From<Context> for OneRepository {
    fn from(run_context: Context) -> Self {
        Self { run_context, subject: OnceCell::new() }
    }
}

impl OneRepository {
    pub(crate) async fn get<T: FromContext>(&self) -> Result<T, Unavailable> {
        self.subject().await?.0.get().await
    }

    /// The context of the repository, and the repository.
    async fn subject(&self) -> Result<&(Context, Repository), Unavailable> {
        let list = async || {
            let subjects = self.run_context.get::<Subjects<Repository>>().await?;
            let [repository] = subjects.iter().collect::<Vec<_>>()[..] else {
                panic!("there is not exactly one repository: {subjects:?}")
            };
            Ok((self.run_context.about(repository.clone()), repository.clone()))
        };
        self.subject.get_or_init(list).await.as_ref().map_err(Clone::clone)
    }

    /// The sample with the tags of the repository, as the engine adds them.
    async fn tagged(&self, sample: Sample) -> Result<Sample, Unavailable> {
        let (_, repository) = self.subject().await?;
        let mut sample = sample;
        for tag in repository.tags()? {
            let (name, value) = tag.as_str().split_once(':').unwrap();
            sample = sample.with_tag(name, value)?;
        }
        Ok(sample)
    }
}

pub(crate) async fn hotfixes(context: &OneRepository) -> Result<Sample, Unavailable> {
    context.tagged(hotfix_commits(context.get().await?, context.get().await?, context.get().await?)?).await
}

pub(crate) async fn reverts(context: &OneRepository) -> Result<Sample, Unavailable> {
    context.tagged(revert_commits(context.get().await?, context.get().await?, context.get().await?)?).await
}

pub(crate) async fn tests(context: &OneRepository) -> Result<Sample, Unavailable> {
    context.tagged(tests_passing(context.get().await?)?).await
}

/// The result of a metric in a line: `2 [branch:main, repository:acme/shop]`, `no data: …` or `error: …`.
pub(crate) fn line(result: &Result<Sample, Unavailable>) -> String {
    match result {
        Ok(sample) => {
            let tags: Vec<_> = sample.tags().iter().map(ToString::to_string).collect();
            format!("{} [{}]", sample.value(), tags.join(", "))
        }
        Err(Unavailable::NoData(reason)) => format!("no data: {reason}"),
        Err(Unavailable::Error(error)) => format!("error: {error}"),
    }
}

/// A metric as the engine collects it.
async fn outcome(stage: &Stage, key: &str) -> Result<Reading, Unavailable> {
    let linked = Catalog::linked().unwrap();
    let metrics = linked.metrics().iter().filter(|metric| metric.key() == key).cloned();
    let run = Engine::new().run(&Catalog::new(metrics).unwrap(), &stage.context()).await;
    let [outcome] = run.outcomes() else { panic!("{key}: {:#?}", run.outcomes()) };
    outcome.result.clone()
}

/// A metric as the engine collects it: one line for each sample and each failed item, or one line with the reason of no data or
/// the error.
pub(crate) async fn collected(stage: &Stage, key: &str) -> Vec<String> {
    match outcome(stage, key).await {
        Ok(reading) => {
            let samples = reading.samples().iter().map(|sample| {
                let tags: Vec<String> = sample.tags().iter().map(ToString::to_string).collect();
                format!("{} {}", sample.value(), tags.join(" ")).trim().to_owned()
            });
            samples.chain(reading.failed_items().iter().map(|failure| format!("failed: {failure}"))).collect()
        }
        Err(Unavailable::NoData(reason)) => vec![format!("no data: {reason}")],
        Err(Unavailable::Error(error)) => vec![format!("error: {error}")],
    }
}

/// The evidence of a metric in lines: `+ title: reason`, or `-` for what did not count.
pub(crate) async fn evidence_of(stage: &Stage, key: &str) -> Vec<String> {
    let line = |item: &EvidenceItem| {
        format!("{} {}: {}", if item.is_counted() { '+' } else { '-' }, item.title(), item.reason())
    };
    match outcome(stage, key).await {
        Ok(reading) => {
            reading.samples().iter().flat_map(|sample| sample.evidence().items()).map(line).collect()
        }
        Err(Unavailable::NoData(reason)) => reason.evidence().items().iter().map(line).collect(),
        Err(Unavailable::Error(error)) => panic!("{error}"),
    }
}

pub(crate) fn days(days: u64) -> Duration {
    Duration::from_hours(24 * days)
}
