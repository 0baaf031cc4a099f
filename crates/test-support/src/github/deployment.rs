//! Deployments, releases and tags, as tests describe them and as the fake stores them.

use std::time::{Duration, SystemTime};

use super::when::When;

/// A deployment that a test adds to a [`Repository`](super::Repository). By default, it was created an hour ago and has no
/// status. Ages count from the fake's clock.
#[derive(Debug, Clone)]
pub struct Deployment {
    environment: String,
    commit: String,
    created: When,
    statuses: Vec<(&'static str, When)>,
}

/// A release that a test adds to a [`Repository`](super::Repository). By default, it was published an hour ago.
#[derive(Debug, Clone)]
pub struct Release {
    tag: String,
    commit: Option<String>,
    created: When,
    published: When,
    is_draft: bool,
    is_prerelease: bool,
}

/// A tag that a test adds to a [`Repository`](super::Repository). By default, it is lightweight.
#[derive(Debug, Clone)]
pub struct Tag {
    name: String,
    commit: String,
    tagged: Option<When>,
}

/// A deployment of a repository.
#[derive(Debug, Clone)]
pub(super) struct StoredDeployment {
    pub(super) number: u64,
    pub(super) environment: String,
    pub(super) commit: String,
    pub(super) created: SystemTime,
    pub(super) statuses: Vec<(&'static str, SystemTime)>,
}

/// A release of a repository.
#[derive(Debug, Clone)]
pub(super) struct StoredRelease {
    pub(super) number: u64,
    pub(super) tag: String,
    pub(super) commit: Option<String>,
    pub(super) created: SystemTime,
    pub(super) published: Option<SystemTime>,
    pub(super) is_draft: bool,
    pub(super) is_prerelease: bool,
}

/// A tag of a repository.
#[derive(Debug, Clone)]
pub(super) struct StoredTag {
    pub(super) name: String,
    pub(super) commit: String,
    pub(super) tagged: Option<SystemTime>,
}

impl Deployment {
    /// A deployment of a commit to an environment.
    pub fn new(environment: impl Into<String>, commit: impl Into<String>) -> Self {
        let created = When::Ago(Duration::from_hours(1));
        Self { environment: environment.into(), commit: commit.into(), created, statuses: Vec::new() }
    }

    /// Created this long ago.
    #[must_use]
    pub const fn age(mut self, age: Duration) -> Self {
        self.created = When::Ago(age);
        self
    }

    /// Got a status such as `SUCCESS` this long ago.
    #[must_use]
    pub fn status(mut self, state: &'static str, age: Duration) -> Self {
        self.statuses.push((state, When::Ago(age)));
        self
    }

    /// Created and successful this long ago.
    #[must_use]
    pub fn success(self, age: Duration) -> Self {
        self.age(age).status("SUCCESS", age)
    }

    pub(super) fn store(self, number: u64, now: SystemTime) -> StoredDeployment {
        let mut statuses: Vec<_> =
            self.statuses.into_iter().map(|(state, when)| (state, when.resolve(now))).collect();
        // The newest first.
        statuses.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
        StoredDeployment {
            number,
            environment: self.environment,
            commit: self.commit,
            created: self.created.resolve(now),
            statuses,
        }
    }
}

impl Release {
    /// A release of a tag and its commit.
    pub fn new(tag: impl Into<String>, commit: impl Into<String>) -> Self {
        let published = When::Ago(Duration::from_hours(1));
        Self {
            tag: tag.into(),
            commit: Some(commit.into()),
            created: published,
            published,
            is_draft: false,
            is_prerelease: false,
        }
    }

    /// Created this long ago, and published then unless it is a draft.
    #[must_use]
    pub const fn age(mut self, age: Duration) -> Self {
        (self.created, self.published) = (When::Ago(age), When::Ago(age));
        self
    }

    /// Created this long ago. The time of its publication stays the same.
    #[must_use]
    pub const fn created(mut self, age: Duration) -> Self {
        self.created = When::Ago(age);
        self
    }

    /// A draft. It has no time of publication.
    #[must_use]
    pub const fn draft(mut self) -> Self {
        self.is_draft = true;
        self
    }

    /// A prerelease.
    #[must_use]
    pub const fn prerelease(mut self) -> Self {
        self.is_prerelease = true;
        self
    }

    /// Its tag was deleted.
    #[must_use]
    pub fn without_tag(mut self) -> Self {
        self.commit = None;
        self
    }

    pub(super) fn store(self, number: u64, now: SystemTime) -> StoredRelease {
        StoredRelease {
            number,
            tag: self.tag,
            commit: self.commit,
            created: self.created.resolve(now),
            published: (!self.is_draft).then(|| self.published.resolve(now)),
            is_draft: self.is_draft,
            is_prerelease: self.is_prerelease,
        }
    }
}

impl Tag {
    /// A tag of a commit.
    pub fn new(name: impl Into<String>, commit: impl Into<String>) -> Self {
        Self { name: name.into(), commit: commit.into(), tagged: None }
    }

    /// An annotated tag that was made this long ago.
    #[must_use]
    pub const fn annotated(mut self, age: Duration) -> Self {
        self.tagged = Some(When::Ago(age));
        self
    }

    pub(super) fn store(self, now: SystemTime) -> StoredTag {
        StoredTag { name: self.name, commit: self.commit, tagged: self.tagged.map(|when| when.resolve(now)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_is_not_published_however_old_it_is() {
        let draft = Release::new("v1", "c0ffee").draft().age(Duration::from_hours(2));

        assert_eq!(draft.store(1, SystemTime::now()).published, None);
    }
}
