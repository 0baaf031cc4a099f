//! The commits of the window, fetched once for all metrics over a repository.

use std::{
    collections::HashSet,
    fmt,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use system_health_registry::{
    Context, EvidenceItem, FromContext, Sample, SampleError, Scope, Subjects, Unavailable,
};

use super::{Classifier, Commit, CommitSettings, CommitSource, Verdict, Window, listing};
use crate::{
    date,
    github::{GitHubRepository, GitHubSettings, WatchedBranch},
    local_clone::LocalClone,
    page,
    repository::Repository,
};

/// A commit that is dated further in the future than this was made with a wrong clock.
const LARGEST_SKEW: Duration = Duration::from_hours(24);

/// Every commit of a branch within the window that the settings say, and where they were read.
#[derive(Debug, Clone)]
pub struct RecentCommits {
    origin: Arc<CommitsOrigin>,
    since: SystemTime,
    commits: Arc<[Commit]>,
}

/// Where commits were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitsOrigin {
    /// Whether they were read in the local clone and not on GitHub.
    pub is_local: bool,
    /// The repository, such as `rust-lang/rust`; for a clone that nobody named, perhaps its folder.
    pub repository: String,
    /// The branch, or `HEAD` for a clone where a commit is checked out without one.
    pub branch: String,
    /// The page that lists the branch's commits, if it is known.
    pub page: Option<String>,
}

impl RecentCommits {
    /// Takes the commits since a time from any place, for tests and for other sources.
    pub fn new(origin: CommitsOrigin, since: SystemTime, commits: impl IntoIterator<Item = Commit>) -> Self {
        let mut seen = HashSet::new();
        // A list that grows while its pages are read shows a commit on two of them.
        let commits = commits.into_iter().filter(|commit| seen.insert(commit.id.clone())).collect();
        Self { origin: Arc::new(origin), since, commits }
    }

    /// Where the commits were read.
    #[must_use]
    pub fn origin(&self) -> &CommitsOrigin {
        &self.origin
    }

    /// The commits, each once.
    #[must_use]
    pub fn commits(&self) -> &[Commit] {
        &self.commits
    }

    /// The number of commits that count, as a sample with the tag `branch`, and a link to the list of commits where
    /// there is one.
    ///
    /// The evidence lists the commits that count, and those that do not although their messages use the
    /// same words. If there are none of either, it says how many commits there are. `kind` is what is counted,
    /// such as `a revert`.
    pub fn count(&self, classifier: &Classifier, kind: &str) -> Result<Sample, SampleError> {
        let mut evidence: Vec<_> =
            self.commits.iter().filter_map(|commit| evidence(commit, classifier)).collect();
        if evidence.is_empty() {
            evidence.push(self.summary(kind));
        }
        let count = evidence.iter().filter(|item| item.counted()).count();
        let sample = Sample::new(count)?.with_tag("branch", &self.origin.branch)?.with_evidence(evidence);
        Ok(page::linked(sample, self.origin.page.as_deref()))
    }

    /// All commits as one item, when there is nothing to say of any single one.
    fn summary(&self, kind: &str) -> EvidenceItem {
        let (commits, reason) = match self.commits.len() {
            0 => ("no commits".to_owned(), "nothing landed on the branch in this time".to_owned()),
            1 => ("1 commit".to_owned(), format!("it is not {kind}")),
            many => (format!("{many} commits"), format!("none of them is {kind}")),
        };
        let since = humantime::format_rfc3339_seconds(self.since);
        EvidenceItem::new(format!("{commits} since {since}"), false, reason)
            .with_link(self.origin.page.as_deref())
    }

    /// What to warn of when commits are dated in the future. They stay in the window until the clock has
    /// caught up.
    fn future_warning(&self, now: SystemTime) -> Option<String> {
        let is_future = |commit: &&Commit| {
            commit.committed_at.duration_since(now).is_ok_and(|ahead| ahead > LARGEST_SKEW)
        };
        let mut future = self.commits.iter().filter(is_future);
        let first = future.next()?;
        let others = match future.count() {
            0 => String::new(),
            others => format!(", and so are {others} more"),
        };
        let date = date::shown(first.committed_at);
        Some(format!(
            "commit {} is dated more than a day in the future, {date}{others}; it counts until the window \
             has passed that date",
            first.title()
        ))
    }
}

fn evidence(commit: &Commit, classifier: &Classifier) -> Option<EvidenceItem> {
    let (counts, reason) = match classifier.classify(&commit.message) {
        Verdict::Counts(form) => (true, form),
        Verdict::NearMiss(reason) => (false, reason.to_owned()),
        Verdict::Unrelated => return None,
    };
    Some(EvidenceItem::new(commit.title(), counts, reason).with_link(commit.page.as_deref()))
}

impl FromContext for RecentCommits {
    const SCOPE: Scope = Scope::Subject;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let settings = context.get::<CommitSettings>().await?;
        let since = context.started_at().checked_sub(settings.window).unwrap_or(UNIX_EPOCH);
        let window = Window::new(since, settings.history);
        let recent = match context.get::<CommitSource>().await? {
            CommitSource::GitHub(repository) => {
                on_github(&repository, &context.get().await?, &window).await?
            }
            CommitSource::LocalClone(clone) => {
                in_clone(&clone, &context.get().await?, &context.get().await?, window).await?
            }
        };
        // One line about each of a thousand repositories would hide the others.
        if context.get::<Subjects<Repository>>().await.is_ok_and(|all| all.iter().count() > 1) {
            tracing::debug!("commits: {}", recent.origin);
        } else {
            tracing::info!(target: "system_health", "commits: {}", recent.origin);
        }
        if let Some(warning) = recent.future_warning(context.started_at()) {
            tracing::warn!(target: "system_health", "{}: {warning}", recent.origin.repository);
        }
        Ok(recent)
    }
}

async fn on_github(
    repository: &GitHubRepository,
    WatchedBranch(branch): &WatchedBranch,
    window: &Window,
) -> Result<RecentCommits, Unavailable> {
    let listing = listing::read(repository, branch, window).await?;
    let origin = CommitsOrigin {
        is_local: false,
        repository: repository.name().to_string(),
        branch: branch.to_string(),
        page: listing.page,
    };
    Ok(RecentCommits::new(origin, window.since(), listing.commits))
}

async fn in_clone(
    clone: &LocalClone,
    repository: &Repository,
    github: &GitHubSettings,
    window: Window,
) -> Result<RecentCommits, Unavailable> {
    let since = window.since();
    let history = clone.history(repository.branch().cloned(), window).await?;
    let base = clone.addresses().find_map(|remote| github.page_of(remote));
    let page = base.as_deref().and_then(|base| page::of_branch(base, &history.branch));
    let with_page = |commit: Commit| {
        let page = base.as_deref().map(|base| format!("{base}/commit/{}", commit.id));
        Commit { page, ..commit }
    };
    let repository = repository.name().to_owned();
    let origin = CommitsOrigin { is_local: true, repository, branch: history.branch, page };
    Ok(RecentCommits::new(origin, since, history.commits.into_iter().map(with_page)))
}

impl fmt::Display for CommitsOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.is_local { "the local clone of" } else { "GitHub," };
        write!(f, "from {place} {} (branch {})", self.repository, self.branch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin() -> CommitsOrigin {
        CommitsOrigin { is_local: false, repository: "acme/shop".into(), branch: "main".into(), page: None }
    }

    fn commit(id: &str, message: &str) -> Commit {
        Commit { id: id.into(), message: message.into(), committed_at: SystemTime::UNIX_EPOCH, page: None }
    }

    fn recent(commits: impl IntoIterator<Item = Commit>) -> RecentCommits {
        RecentCommits::new(origin(), UNIX_EPOCH, commits)
    }

    #[test]
    fn a_commit_that_is_listed_twice_counts_once() {
        let recent = recent(["a", "b", "b", "c"].map(|id| commit(id, "hotfix")));

        let sample = recent.count(&Classifier::hotfixes(), "a hotfix").unwrap();

        let tags: Vec<_> = sample.tags().iter().map(ToString::to_string).collect();
        assert_eq!((sample.value().to_string(), tags.join(" ")), ("3".into(), "branch:main".into()));
    }

    #[test]
    fn the_value_is_the_number_of_counted_items_also_beyond_what_evidence_keeps() {
        let message = |number: u32| match number % 3 {
            0 => "hotfix: login",
            1 => "Explain hotfix branches",
            _ => "Sell socks",
        };
        let commits = (0..300).map(|number| commit(&number.to_string(), message(number)));

        let sample = recent(commits).count(&Classifier::hotfixes(), "a hotfix").unwrap();

        assert_eq!(sample.value().to_string(), "100");
        assert_eq!((sample.evidence().counted(), sample.evidence().total()), (100, 200));
        assert!(sample.evidence().items().len() < 200);
    }

    #[test]
    fn a_value_of_0_without_near_misses_says_what_was_looked_at() {
        for (messages, title, reason) in [
            (&[][..], "no commits", "nothing landed on the branch in this time"),
            (&["Sell socks"], "1 commit", "it is not a revert"),
            (&["Sell socks", "Sell shoes"], "2 commits", "none of them is a revert"),
        ] {
            let commits = messages.iter().map(|message| commit(message, message));

            let sample = recent(commits).count(&Classifier::reverts(), "a revert").unwrap();

            let [item] = sample.evidence().items() else { panic!("{:?}", sample.evidence()) };
            assert_eq!((sample.value().to_string(), sample.evidence().counted()), ("0".into(), 0));
            assert_eq!(item.title(), format!("{title} since 1970-01-01T00:00:00Z"));
            assert_eq!((item.counted(), item.reason()), (false, reason));
        }
        let near_miss = [commit("a", "Add a revert button"), commit("b", "Sell socks")];
        let sample = recent(near_miss).count(&Classifier::reverts(), "a revert").unwrap();
        assert_eq!(sample.evidence().items()[0].title(), "a Add a revert button");
        assert_eq!(sample.evidence().total(), 1);
    }

    #[test]
    fn commits_of_the_future_are_warned_of_once() {
        let now = UNIX_EPOCH + Duration::from_hours(24 * 365);
        let in_hours = |id: &str, hours| Commit {
            committed_at: now + Duration::from_hours(hours),
            ..commit(id, "Sell socks")
        };
        let warning = |commits: Vec<Commit>| recent(commits).future_warning(now);

        assert_eq!(warning(vec![in_hours("a", 24), in_hours("b", 0)]), None);
        assert_eq!(
            warning(vec![in_hours("a", 1), in_hours("0123456789abc", 48), in_hours("c", 25)]).unwrap(),
            "commit 0123456789 Sell socks is dated more than a day in the future, 1971-01-03T00:00:00Z, and so are 1 \
             more; it counts until the window has passed that date"
        );
    }

    #[test]
    fn a_commit_of_a_year_that_has_no_usual_form_is_one_of_the_future() {
        let commit =
            Commit { committed_at: UNIX_EPOCH + Duration::from_mins(5_000_000_000), ..commit("a", "b") };
        let warning = RecentCommits::new(origin(), UNIX_EPOCH, [commit]).future_warning(UNIX_EPOCH).unwrap();
        assert!(
            warning.contains("more than a day in the future, 9999-12-31T23:59:59Z; it counts"),
            "{warning}"
        );
    }

    #[test]
    fn the_origin_is_said_in_a_line() {
        assert_eq!(origin().to_string(), "from GitHub, acme/shop (branch main)");
        let local = CommitsOrigin { is_local: true, ..origin() };
        assert_eq!(local.to_string(), "from the local clone of acme/shop (branch main)");
    }
}
