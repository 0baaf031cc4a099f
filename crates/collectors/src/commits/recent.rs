//! The commits of a metric's window.

use std::{collections::HashSet, fmt, sync::Arc, time::SystemTime};

use system_health_registry::{EvidenceItem, Sample, SampleError};

#[cfg(feature = "github")]
use super::HistoryRange;
use super::{Classification, Classifier, Commit, people::authors};
use crate::{date::format_date, github::BotLogins, web_page::with_page_link};

/// All commits of a branch within the [window](system_health_registry::Window) of the metric that takes them, and where they
/// were read. They are read once for all metrics about a repository.
#[derive(Debug, Clone)]
pub struct RecentCommits {
    origin: Arc<CommitsOrigin>,
    since: SystemTime,
    commits: Arc<[Commit]>,
}

/// Where commits were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitsOrigin {
    /// Whether they were read in the local clone, instead of on GitHub.
    pub is_local: bool,
    /// The repository, such as `rust-lang/rust`. For a clone without a remote, the name of its folder.
    pub repository: String,
    /// The branch, or `HEAD` for a clone in which a commit is checked out without a branch.
    pub branch: String,
    /// The web page that lists the commits of the branch, if it is known.
    pub web_page: Option<String>,
}

impl RecentCommits {
    /// The commits since a time, for tests and for sources of your own. If a commit occurs twice, only the first is
    /// kept.
    pub fn new(origin: CommitsOrigin, since: SystemTime, commits: impl IntoIterator<Item = Commit>) -> Self {
        Self::from_distinct(Arc::new(origin), since, distinct(commits))
    }

    pub(super) fn from_distinct(
        origin: Arc<CommitsOrigin>,
        since: SystemTime,
        commits: Arc<[Commit]>,
    ) -> Self {
        Self { origin, since, commits }
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

    /// The number of commits that count, as a sample with the tag `branch`, and with a link to the list of commits if
    /// its page is known.
    ///
    /// The evidence lists the commits that count and the near misses. If there are none of either, it says how many
    /// commits there are. `what` names what is counted, such as `a revert`.
    pub fn count(&self, classifier: &Classifier, what: &str) -> Result<Sample, SampleError> {
        self.count_labelled(classifier, what, |_| None)
    }

    /// Like [`Self::count`], but a commit also counts if `labelled` returns a reason for it.
    pub(super) fn count_labelled(
        &self,
        classifier: &Classifier,
        what: &str,
        labelled: impl Fn(&Commit) -> Option<String>,
    ) -> Result<Sample, SampleError> {
        let item = |commit| evidence_item(commit, classifier, &labelled);
        let mut evidence: Vec<_> = self.commits.iter().filter_map(item).collect();
        if evidence.is_empty() {
            evidence.push(self.summary(what));
        }
        self.sample(evidence)
    }

    /// The number of commits, as a sample like that of [`Self::count`].
    pub fn landed(&self) -> Result<Sample, SampleError> {
        let item = |commit: &Commit| {
            let reason = format!("landed at {}", format_date(commit.committed_at));
            EvidenceItem::new(commit.title(), true, reason).with_link(commit.web_page.as_deref())
        };
        let mut evidence: Vec<_> = self.commits.iter().map(item).collect();
        if evidence.is_empty() {
            evidence.push(self.summary("a commit"));
        }
        self.sample(evidence)
    }

    /// The number of people who wrote the commits, as a sample like that of [`Self::count`].
    pub(super) fn authors(&self, bots: &BotLogins) -> Result<Sample, SampleError> {
        let mut evidence = authors(&self.commits, bots);
        if evidence.is_empty() {
            evidence.push(self.summary("a commit"));
        }
        self.sample(evidence)
    }

    /// The number of items that count, with the tag `branch` and a link to the list of commits.
    pub(super) fn sample(&self, evidence: Vec<EvidenceItem>) -> Result<Sample, SampleError> {
        let count = evidence.iter().filter(|item| item.is_counted()).count();
        let sample = Sample::new(count)?.with_tag("branch", &self.origin.branch)?.with_evidence(evidence);
        Ok(with_page_link(sample, self.origin.web_page.as_deref()))
    }

    /// The commits in a range. The range must not start earlier than the time since which these commits were read.
    #[cfg(feature = "github")]
    pub(super) fn within(&self, range: &HistoryRange) -> Self {
        let is_in_range = |commit: &&Commit| range.contains(commit.committed_at);
        let commits = self.commits.iter().filter(is_in_range).cloned().collect();
        Self { origin: Arc::clone(&self.origin), since: range.since(), commits }
    }

    /// One item about all commits, for evidence without single commits.
    pub(super) fn summary(&self, what: &str) -> EvidenceItem {
        let (commits, reason) = match self.commits.len() {
            0 => ("no commits".to_owned(), "nothing landed on the branch in this time".to_owned()),
            1 => ("1 commit".to_owned(), format!("it is not {what}")),
            many => (format!("{many} commits"), format!("none of them is {what}")),
        };
        let since = format_date(self.since);
        EvidenceItem::new(format!("{commits} since {since}"), false, reason)
            .with_link(self.origin.web_page.as_deref())
    }
}

/// The commits without repetitions. If a list grows while its pages are read, a commit may be on two pages.
pub(super) fn distinct(commits: impl IntoIterator<Item = Commit>) -> Arc<[Commit]> {
    let mut seen = HashSet::new();
    commits.into_iter().filter(|commit| seen.insert(commit.id.clone())).collect()
}

fn evidence_item(
    commit: &Commit,
    classifier: &Classifier,
    labelled: impl Fn(&Commit) -> Option<String>,
) -> Option<EvidenceItem> {
    let (counts, reason) = match (classifier.classify(&commit.message), labelled(commit)) {
        (Classification::Counts(form), _) => (true, form),
        (_, Some(label)) => (true, label),
        (Classification::NearMiss(reason), None) => (false, reason.to_owned()),
        (Classification::Unrelated, None) => return None,
    };
    Some(EvidenceItem::new(commit.title(), counts, reason).with_link(commit.web_page.as_deref()))
}

impl fmt::Display for CommitsOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.is_local { "the local clone of" } else { "GitHub," };
        write!(f, "from {place} {} (branch {})", self.repository, self.branch)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::commits::CommitAuthor;

    fn origin() -> CommitsOrigin {
        CommitsOrigin {
            is_local: false,
            repository: "acme/shop".into(),
            branch: "main".into(),
            web_page: None,
        }
    }

    fn commit(id: &str, message: &str) -> Commit {
        Commit {
            id: id.into(),
            message: message.into(),
            committed_at: SystemTime::UNIX_EPOCH,
            web_page: None,
            author: CommitAuthor::default(),
            node_id: None,
        }
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
    fn the_value_is_the_number_of_counted_items_even_if_the_evidence_is_cut() {
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
    fn the_evidence_of_a_0_without_near_misses_says_how_many_commits_there_are() {
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
            assert_eq!((item.is_counted(), item.reason()), (false, reason));
        }
        let near_miss = [commit("a", "Add a revert button"), commit("b", "Sell socks")];
        let sample = recent(near_miss).count(&Classifier::reverts(), "a revert").unwrap();
        assert_eq!(sample.evidence().items()[0].title(), "a Add a revert button");
        assert_eq!(sample.evidence().total(), 1);
    }

    #[test]
    fn a_start_before_1970_is_shown_as_1970() {
        let recent = RecentCommits::new(origin(), UNIX_EPOCH - Duration::from_secs(1), []);

        let sample = recent.landed().unwrap();

        assert_eq!(sample.evidence().items()[0].title(), "no commits since 1970-01-01T00:00:00Z");
    }

    #[test]
    fn the_origin_is_shown_in_one_line() {
        assert_eq!(origin().to_string(), "from GitHub, acme/shop (branch main)");
        let local = CommitsOrigin { is_local: true, ..origin() };
        assert_eq!(local.to_string(), "from the local clone of acme/shop (branch main)");
    }
}
