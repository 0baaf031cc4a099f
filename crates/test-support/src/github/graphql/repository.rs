//! A repository.

use super::{
    field::Field,
    issue::Issue,
    object::{Object, Resolved},
    types::{Commit, Deployment, Environment, PullRequest, Ref, Release, Repository, TagRef},
};
use crate::github::objects::WEB;

impl Object for Repository<'_> {
    fn type_name(&self) -> &'static str {
        "Repository"
    }

    fn interfaces(&self) -> &'static [&'static str] {
        &["Node", "RepositoryInfo", "UniformResourceLocatable"]
    }

    fn resolve(&self, field: &Field<'_>) -> Option<Resolved<'_>> {
        let data = self.data;
        let (_, name) = data.full_name.split_once('/').unwrap_or_default();
        Some(match field.name {
            "id" => Resolved::value(format!("R_{}", data.id)),
            "databaseId" => Resolved::value(data.id),
            "name" => Resolved::value(name),
            "nameWithOwner" => Resolved::value(&*data.full_name),
            "url" => Resolved::value(format!("{WEB}/{}", data.full_name)),
            "hasIssuesEnabled" => Resolved::value(!data.are_issues_off),
            "deployments" => Deployment::list(data, field),
            "environments" => Environment::list(data, field),
            "releases" => Release::list(data, field),
            "latestRelease" => Resolved::optional(Release::latest(data)),
            "issues" => Issue::list(data, field),
            "pullRequest" => PullRequest::numbered(data, field),
            "pullRequests" => PullRequest::list(data, field),
            "isPrivate" => Resolved::value(data.private),
            "isArchived" => Resolved::value(false),
            "createdAt" => Resolved::time(data.created),
            "pushedAt" => Resolved::time(data.pushed()),
            "defaultBranchRef" => Resolved::optional(Ref::find(data, &data.default_branch)),
            "ref" => {
                let name = field.text("qualifiedName").unwrap_or_default();
                Resolved::optional(Ref::find(data, name.strip_prefix("refs/heads/").unwrap_or(name)))
            }
            "refs" if field.text("refPrefix") == Some("refs/tags/") => TagRef::list(data, field),
            "refs" => Ref::list(data, field),
            "object" => Resolved::optional(Commit::at(data, field.text("oid").or(field.text("expression"))?)),
            _ => return None,
        })
    }
}
