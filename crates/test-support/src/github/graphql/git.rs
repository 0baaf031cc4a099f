//! Branches and commits.

use super::{
    connection::Connection,
    field::Field,
    object::{Object, Resolved},
    types::{Commit, PullRequest, Ref, Repository},
};
use crate::github::{objects::WEB, repository_data::RepositoryData};

impl<'a> Ref<'a> {
    /// The branch with this name, if it exists.
    pub(super) fn find(repository: &'a RepositoryData, name: &str) -> Option<Self> {
        let (name, _) = repository.branches.get_key_value(name)?;
        Some(Self { repository, name })
    }

    /// The list `refs` of a repository: its branches in the order of their names.
    pub(super) fn list(repository: &'a RepositoryData, field: &Field<'_>) -> Resolved<'a> {
        let names = repository.branches.keys().filter(|_| field.text("refPrefix") == Some("refs/heads/"));
        Connection::resolve(field, names.map(|name| Self { repository, name }).collect())
    }
}

impl<'a> Commit<'a> {
    /// The newest commit of the branch `revision`, or the commit with the hash `revision`, even if it was removed from its branch.
    pub(super) fn at(repository: &'a RepositoryData, revision: &str) -> Option<Self> {
        let data = if let Some(branch) = repository.branches.get(revision) {
            branch.last()?
        } else {
            let mut commits = repository.branches.values().flatten().chain(&repository.removed);
            commits.find(|commit| commit.sha == revision)?
        };
        Some(Self { repository, data })
    }
}

impl Object for Ref<'_> {
    fn type_name(&self) -> &'static str {
        "Ref"
    }

    fn interfaces(&self) -> &'static [&'static str] {
        &["Node"]
    }

    fn resolve(&self, field: &Field<'_>) -> Option<Resolved<'_>> {
        Some(match field.name {
            "id" => Resolved::value(format!("REF_{}_{}", self.repository.id, self.name)),
            "name" => Resolved::value(self.name),
            "prefix" => Resolved::value("refs/heads/"),
            "target" => Resolved::optional(Commit::at(self.repository, self.name)),
            _ => return None,
        })
    }
}

impl Object for Commit<'_> {
    fn type_name(&self) -> &'static str {
        "Commit"
    }

    fn interfaces(&self) -> &'static [&'static str] {
        &["GitObject", "Node", "UniformResourceLocatable"]
    }

    fn resolve(&self, field: &Field<'_>) -> Option<Resolved<'_>> {
        let data = self.data;
        Some(match field.name {
            "id" => Resolved::value(format!("C_{}", data.sha)),
            "oid" => Resolved::value(&*data.sha),
            "message" => Resolved::value(&*data.message),
            "messageHeadline" => Resolved::value(data.message.lines().next().unwrap_or_default()),
            "committedDate" => Resolved::time(data.committed),
            "authoredDate" => Resolved::time(data.authored),
            "url" => Resolved::value(format!("{WEB}/{}/commit/{}", self.repository.full_name, data.sha)),
            "repository" => Resolved::object(Repository { data: self.repository }),
            "associatedPullRequests" => PullRequest::associated_with(self.repository, data, field),
            "history" => {
                let repository = self.repository;
                let commits = repository.history(&data.sha).unwrap_or_default();
                let commits = commits.into_iter().map(|data| Commit { repository, data });
                Connection::resolve(field, commits.collect())
            }
            "parents" => {
                let parent = |sha: &String| Commit::at(self.repository, sha);
                Connection::resolve(field, data.parents.iter().filter_map(parent).collect())
            }
            _ => return None,
        })
    }
}
