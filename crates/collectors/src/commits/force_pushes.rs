//! Force pushes to the branch, from GitHub's list of a repository's activity.

use anyhow::Context as _;
use http::StatusCode;
use serde::Deserialize;
use system_health_registry::{
    Context, EvidenceItem, FromContext, Sample, SampleError, Scope, Unavailable, Window, Windows,
    system_health_metric,
};

use crate::{
    date::format_date,
    github::{
        ExistingBranch, GitHubError, GitHubRepository, Permission, Timestamp, WatchedBranch, no_data_without,
    },
    repository::{Branch, Repository},
    short_id::short_id,
};

/// GitHub's name for the type of the activity.
const FORCE_PUSH: &str = "force_push";

/// The force pushes to the branch: at least all in the longest window of the metrics about commits.
#[derive(Debug, Clone)]
pub struct ForcePushes {
    branch: Branch,
    pushes: Vec<Activity>,
}

/// See <https://docs.github.com/en/rest/repos/repos#list-repository-activities>.
#[derive(Debug, Clone, Deserialize)]
struct Activity {
    id: u64,
    before: String,
    after: String,
    #[serde(rename = "ref")]
    reference: String,
    timestamp: Timestamp,
    #[serde(rename = "activity_type")]
    operation: String,
    #[serde(deserialize_with = "Option::deserialize")]
    actor: Option<Actor>,
}

#[derive(Debug, Clone, Deserialize)]
struct Actor {
    login: String,
}

/// Force pushes to the branch within the window (7 days by default).
#[system_health_metric(
    key = "commits.force_pushes",
    each = Repository,
    unit = "push",
    aggregate = "sum",
    goal = "== 0",
    runbook = "https://github.com/system-health/system-health/blob/main/docs/runbooks/commits.force_pushes.md",
    enabled = false,
    requests = 2,
    timeout = "1h",
    only_now = "GitHub does not say how long it lists force pushes"
)]
pub fn force_pushes(pushes: ForcePushes, window: Window) -> Result<Sample, SampleError> {
    let counted = pushes.pushes.iter().filter(|push| window.contains(push.timestamp.0));
    let evidence: Vec<EvidenceItem> = counted.map(Activity::item).collect();
    let sample = Sample::new(evidence.len())?.with_tag("branch", pushes.branch.as_str())?;
    Ok(sample.with_evidence(evidence))
}

impl Activity {
    fn item(&self) -> EvidenceItem {
        let login = self.actor.as_ref().map_or("a deleted account", |actor| &*actor.login);
        let title = format!("{} to {}", short_id(&self.before), short_id(&self.after));
        EvidenceItem::new(title, true, format!("pushed by {login} at {}", format_date(self.timestamp.0)))
    }
}

impl FromContext for ForcePushes {
    const SCOPE: Scope = Scope::Subject;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let repository = context.get::<GitHubRepository>().await?;
        let WatchedBranch(branch) = context.get().await?;
        let window = context.get::<Windows>().await?.longest(&["commits.*"]);
        let pushes = read(&repository, &branch, &window).await;
        if let Err(error) = &pushes
            && let Some(error) = error.downcast_ref::<GitHubError>()
            && error.status() == Some(StatusCode::NOT_FOUND)
        {
            // GitHub also answers 404 if the repository or the branch does not exist.
            ExistingBranch::check(context).await?;
            return Err(Unavailable::no_data(format!(
                "GitHub lists no activity of {}: {}",
                repository.name(),
                error.cause()
            )));
        }
        let pushes = pushes
            .with_context(|| format!("cannot list the force pushes to `{branch}` of {}", repository.name()))
            .map_err(|error| no_data_without(Permission::Contents, repository.name(), error))?;
        if pushes.is_empty() {
            ExistingBranch::check(context).await?;
        }
        Ok(Self { branch, pushes })
    }
}

/// Reads the list from the newest item back to the start of the window. GitHub's parameter `time_period` is not used, because
/// its period ends when GitHub answers, and not when the run started.
async fn read(
    repository: &GitHubRepository,
    branch: &Branch,
    window: &Window,
) -> anyhow::Result<Vec<Activity>> {
    let reference = format!("refs/heads/{branch}");
    let query = [
        ("ref", reference.as_str()),
        ("activity_type", FORCE_PUSH),
        ("direction", "desc"),
        ("per_page", "100"),
    ];
    let mut pages = repository.pages::<Vec<Activity>>(&["activity"], &query);
    let mut pushes: Vec<Activity> = Vec::new();
    while let Some(page) = pages.next().await? {
        let is_last = page.iter().all(|item| item.timestamp.0 < window.start());
        for item in page {
            // A server that does not know the parameters answers with all activity.
            let is_wanted = item.reference == reference && item.operation == FORCE_PUSH;
            if is_wanted && pushes.iter().all(|known| known.id != item.id) {
                pushes.push(item);
            }
        }
        if is_last {
            break;
        }
    }
    Ok(pushes)
}
