//! The commits of the longest window, read once for all metrics about a repository.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use system_health_registry::{Context, FromContext, Scope, Subjects, Unavailable, Window, Windows};

use super::{
    BranchHistory, Commit, CommitSettings, CommitSource, CommitsOrigin, HistoryRange, RecentCommits,
    classifier::compile_in_background, past::PastCommits, recent::distinct,
};
use crate::{
    date::format_date, git::LocalClone, github::GitHubSettings, repository::Repository,
    web_page::commits_page,
};

/// How far in the future the date of a commit may be. A later date comes from a wrong clock.
const MAX_CLOCK_SKEW: Duration = Duration::from_hours(24);

/// The commits of a branch in the longest window. Each metric takes those of its own window.
#[derive(Debug, Clone)]
pub(crate) struct CommitList {
    origin: Arc<CommitsOrigin>,
    range: HistoryRange,
    commits: Arc<[Commit]>,
    /// In a backfill, the commits with the times at which they landed. Then `commits` is empty.
    past: Option<PastCommits>,
}

/// A metric has a longer window than the list.
#[derive(Debug, thiserror::Error)]
#[error(
    "commits are read since {read}, but the window of this metric starts at {needed}; make the window of \"commits.*\" in \
     [metrics.windows] as long as that of this metric"
)]
pub(crate) struct WindowTooLong {
    read: String,
    needed: String,
}

impl CommitList {
    /// The commits of one window.
    pub(crate) fn within(&self, window: &Window) -> Result<RecentCommits, WindowTooLong> {
        let range = self.range.starting_at(window.start());
        if range.since() < self.range.since() {
            let (read, needed) = (self.range.since(), range.since());
            let text = |time| format_date(time).to_string();
            return Err(WindowTooLong { read: text(read), needed: text(needed) });
        }
        let is_in_range = |commit: &&Commit| range.contains(commit.committed_at);
        let commits = if self.commits.iter().all(|commit| is_in_range(&commit)) {
            Arc::clone(&self.commits)
        } else {
            self.commits.iter().filter(is_in_range).cloned().collect()
        };
        Ok(RecentCommits::from_distinct(Arc::clone(&self.origin), range.since(), commits))
    }

    /// The list as a run would have read it at a past instant.
    fn at(&self, instant: SystemTime) -> Result<Self, Unavailable> {
        let Some(past) = &self.past else { return Ok(self.clone()) };
        let (range, commits) = past.at(instant, &self.range)?;
        Ok(Self { origin: Arc::clone(&self.origin), range, commits, past: None })
    }

    /// All commits of the list.
    #[cfg(feature = "github")]
    pub(super) fn all_commits(&self) -> RecentCommits {
        let (origin, commits) = (Arc::clone(&self.origin), Arc::clone(&self.commits));
        RecentCommits::from_distinct(origin, self.range.since(), commits)
    }

    /// The warning about commits with dates in the future. They count until the window has passed their dates.
    fn future_warning(&self, now: SystemTime) -> Option<String> {
        let is_future = |commit: &&Commit| {
            commit.committed_at.duration_since(now).is_ok_and(|ahead| ahead > MAX_CLOCK_SKEW)
        };
        let mut future = self.commits.iter().filter(is_future);
        let first = future.next()?;
        let others = match future.count() {
            0 => String::new(),
            1 => ", and so is 1 more".to_owned(),
            others => format!(", and so are {others} more"),
        };
        let date = format_date(first.committed_at);
        Some(format!(
            "commit {} is dated more than a day in the future, {date}{others}; it counts until the window \
             has passed that date",
            first.title()
        ))
    }
}

impl FromContext for CommitList {
    const SCOPE: Scope = Scope::Subject;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        compile_in_background();
        let settings = context.get::<CommitSettings>().await?;
        let longest = context.get::<Windows>().await?.longest(&["commits.*"]);
        let range = HistoryRange::new(longest.start(), settings.history);
        let range = if context.instants().is_some() { range.for_backfill() } else { range };
        let repository = context.get::<Repository>().await?;
        let (is_local, history) = match context.get::<CommitSource>().await? {
            CommitSource::GitHub(on_github) => (false, on_github.history(context, &range).await?),
            CommitSource::LocalClone(clone) => {
                let github = context.get::<GitHubSettings>().await?;
                let branch = repository.branch().cloned();
                (true, with_pages(clone.history(branch, range.clone()).await?, &clone, &github))
            }
        };
        let (branch, page) = (history.branch.clone(), history.web_page.clone());
        let origin =
            CommitsOrigin { is_local, repository: repository.name().to_owned(), branch, web_page: page };
        let (commits, past) = match context.instants() {
            None => (distinct(history.commits), None),
            Some(instants) => {
                let length = instants.first().duration_since(longest.start()).unwrap_or_default();
                // The history may contain commits from after the start of the backfill.
                let read_at = SystemTime::now().max(context.started_at());
                (Arc::default(), Some(PastCommits::new(history, read_at, length)))
            }
        };
        let list = Self { origin: Arc::new(origin), range, commits, past };
        // With many repositories, a line about each would hide everything else.
        if context.get::<Subjects<Repository>>().await.is_ok_and(|subjects| subjects.iter().count() > 1) {
            tracing::debug!("commits: {}", list.origin);
        } else {
            tracing::info!(target: "system_health", "commits: {}", list.origin);
        }
        if let Some(warning) = list.future_warning(context.started_at()) {
            tracing::warn!(target: "system_health", "{}: {warning}", list.origin.repository);
        }
        Ok(list)
    }
}

/// Adds the web pages, if the clone's remote is on the host whose API is used.
fn with_pages(history: BranchHistory, clone: &LocalClone, github: &GitHubSettings) -> BranchHistory {
    let Some(repository_page) = clone.addresses().find_map(|address| github.web_page_of(address)) else {
        return history;
    };
    let with_page = |commit: Commit| {
        let page = format!("{repository_page}/commit/{}", commit.id);
        Commit { web_page: Some(page), ..commit }
    };
    let page = commits_page(&repository_page, &history.branch);
    BranchHistory { web_page: page, commits: history.commits.into_iter().map(with_page).collect(), ..history }
}

impl FromContext for RecentCommits {
    const SCOPE: Scope = Scope::Metric;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let list = context.get::<CommitList>().await?;
        let list = list.at(context.started_at())?;
        Ok(list.within(&context.get::<Window>().await?)?)
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::commits::{CommitAuthor, HistoryChoice};

    fn commit(id: &str, committed_at: SystemTime) -> Commit {
        let (message, author) = ("Sell socks".into(), CommitAuthor::default());
        Commit { id: id.into(), message, committed_at, web_page: None, author, node_id: None }
    }

    fn list(since: SystemTime, commits: impl IntoIterator<Item = Commit>) -> CommitList {
        CommitList {
            origin: Arc::new(CommitsOrigin {
                is_local: false,
                repository: "acme/shop".into(),
                branch: "main".into(),
                web_page: None,
            }),
            range: HistoryRange::new(since, HistoryChoice::FirstParent),
            commits: commits.into_iter().collect(),
            past: None,
        }
    }

    fn at(hours: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_hours(hours)
    }

    #[test]
    fn each_metric_gets_the_commits_of_its_window() {
        let list = list(at(0), [commit("a", at(1)), commit("b", at(24)), commit("c", at(47))]);
        let ids = |hours| {
            let recent = list.within(&Window::ending_at(at(48), Duration::from_hours(hours))).unwrap();
            recent.commits().iter().map(|commit| commit.id.clone()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!((ids(48), ids(24), ids(1)), ("a b c".into(), "b c".into(), "c".into()));
    }

    #[test]
    fn a_window_that_starts_before_the_list_is_refused() {
        let error =
            list(at(24), []).within(&Window::ending_at(at(48), Duration::from_hours(25))).unwrap_err();
        insta::assert_snapshot!(error, @r#"commits are read since 1970-01-02T00:00:00Z, but the window of this metric starts at 1970-01-01T23:00:00Z; make the window of "commits.*" in [metrics.windows] as long as that of this metric"#);
    }

    #[test]
    fn commits_in_the_future_cause_one_warning() {
        let now = UNIX_EPOCH + Duration::from_hours(24 * 365);
        let in_hours = |id: &str, hours| commit(id, now + Duration::from_hours(hours));
        let warning = |commits: Vec<Commit>| list(UNIX_EPOCH, commits).future_warning(now);

        assert_eq!(warning(vec![in_hours("a", 24), in_hours("b", 0)]), None);
        assert_eq!(
            warning(vec![in_hours("a", 1), in_hours("0123456789abc", 48), in_hours("c", 25)]).unwrap(),
            "commit 0123456789 Sell socks is dated more than a day in the future, 1971-01-03T00:00:00Z, and so is 1 \
             more; it counts until the window has passed that date"
        );
    }

    #[test]
    fn a_year_with_five_digits_is_shown_as_the_end_of_9999() {
        let commit = commit("a", UNIX_EPOCH + Duration::from_mins(5_000_000_000));
        let warning = list(UNIX_EPOCH, [commit]).future_warning(UNIX_EPOCH).unwrap();
        assert!(
            warning.contains("more than a day in the future, 9999-12-31T23:59:59Z; it counts"),
            "{warning}"
        );
    }
}
