//! Releases, and tags.

use std::{cmp::Reverse, time::SystemTime};

use serde_json::Value;

use super::{
    connection::Connection,
    field::Field,
    object::{Object, Resolved},
    types::{Commit, Release, Repository, TagRef},
};
use crate::github::{deployment::StoredTag, objects::WEB, repository_data::RepositoryData, when::timestamp};

/// The object of an annotated tag.
struct Tag<'a> {
    repository: &'a RepositoryData,
    data: &'a StoredTag,
    tagged: SystemTime,
}

struct Tagger(SystemTime);

impl<'a> Release<'a> {
    /// The list `releases` of a repository.
    pub(super) fn list(repository: &'a RepositoryData, field: &Field<'_>) -> Resolved<'a> {
        let mut found: Vec<_> = repository.releases.iter().map(|data| Self { repository, data }).collect();
        found.sort_by_key(|found| Reverse((found.data.created, found.data.number)));
        Connection::resolve(field, found)
    }

    /// The release that GitHub marks as the latest one. Here, it is the last published one that is not a prerelease. On GitHub,
    /// people may choose another one.
    pub(super) fn latest(repository: &'a RepositoryData) -> Option<Self> {
        let published = repository.releases.iter().filter(|data| !data.is_draft && !data.is_prerelease);
        let latest = published.max_by_key(|data| (data.published, data.number))?;
        Some(Self { repository, data: latest })
    }
}

impl<'a> TagRef<'a> {
    /// The list `refs` of a repository for tags, the newest first.
    pub(super) fn list(repository: &'a RepositoryData, field: &Field<'_>) -> Resolved<'a> {
        let mut found: Vec<_> = repository.tags.iter().map(|data| Self { repository, data }).collect();
        found.sort_by_key(|found| {
            let committed = Commit::at(repository, &found.data.commit).map(|commit| commit.data.committed);
            Reverse((found.data.tagged.or(committed), found.data.name.clone()))
        });
        Connection::resolve(field, found)
    }
}

impl Object for Release<'_> {
    fn type_name(&self) -> &'static str {
        "Release"
    }

    fn interfaces(&self) -> &'static [&'static str] {
        &["Node", "UniformResourceLocatable"]
    }

    fn resolve(&self, field: &Field<'_>) -> Option<Resolved<'_>> {
        let data = self.data;
        Some(match field.name {
            "id" => Resolved::value(format!("RE_{}_{}", self.repository.id, data.number)),
            "tagName" => Resolved::value(&*data.tag),
            "isDraft" => Resolved::value(data.is_draft),
            "isPrerelease" => Resolved::value(data.is_prerelease),
            "createdAt" => Resolved::time(data.created),
            "publishedAt" => data.published.map_or(Resolved::value(Value::Null), Resolved::time),
            "url" => {
                Resolved::value(format!("{WEB}/{}/releases/tag/{}", self.repository.full_name, data.tag))
            }
            "tagCommit" => {
                let commit = data.commit.as_deref();
                Resolved::optional(commit.and_then(|commit| Commit::at(self.repository, commit)))
            }
            _ => return None,
        })
    }
}

impl Object for TagRef<'_> {
    fn type_name(&self) -> &'static str {
        "Ref"
    }

    fn interfaces(&self) -> &'static [&'static str] {
        &["Node"]
    }

    fn resolve(&self, field: &Field<'_>) -> Option<Resolved<'_>> {
        let (repository, data) = (self.repository, self.data);
        Some(match field.name {
            "id" => Resolved::value(format!("REF_{}_tags_{}", repository.id, data.name)),
            "name" => Resolved::value(&*data.name),
            "prefix" => Resolved::value("refs/tags/"),
            "repository" => Resolved::object(Repository { data: repository }),
            "target" => match data.tagged {
                Some(tagged) => Resolved::object(Tag { repository, data, tagged }),
                None => Resolved::optional(Commit::at(repository, &data.commit)),
            },
            _ => return None,
        })
    }
}

impl Object for Tag<'_> {
    fn type_name(&self) -> &'static str {
        "Tag"
    }

    fn interfaces(&self) -> &'static [&'static str] {
        &["GitObject", "Node"]
    }

    fn resolve(&self, field: &Field<'_>) -> Option<Resolved<'_>> {
        Some(match field.name {
            "id" => Resolved::value(format!("TA_{}_{}", self.repository.id, self.data.name)),
            "name" => Resolved::value(&*self.data.name),
            "tagger" => Resolved::object(Tagger(self.tagged)),
            "target" => Resolved::optional(Commit::at(self.repository, &self.data.commit)),
            _ => return None,
        })
    }
}

impl Object for Tagger {
    fn type_name(&self) -> &'static str {
        "GitActor"
    }

    fn resolve(&self, field: &Field<'_>) -> Option<Resolved<'_>> {
        Some(match field.name {
            // Unlike other times, this time is in the time zone of the tagger.
            "date" => {
                let local = timestamp(self.0 + std::time::Duration::from_hours(2));
                Resolved::value(local.replace('Z', "+02:00"))
            }
            _ => return None,
        })
    }
}
