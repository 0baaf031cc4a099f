//! Deployments with their statuses, and environments.

use std::{cmp::Reverse, collections::BTreeSet, time::SystemTime};

use serde_json::Value;

use super::{
    connection::Connection,
    field::Field,
    object::{Object, Resolved},
    types::{Deployment, Environment, Repository},
};
use crate::github::{deployment::StoredDeployment, objects::WEB, repository_data::RepositoryData};

struct DeploymentStatus {
    id: String,
    state: &'static str,
    at: SystemTime,
    log_url: String,
}

impl<'a> Deployment<'a> {
    /// The list `deployments` of a repository.
    pub(super) fn list(repository: &'a RepositoryData, field: &Field<'_>) -> Resolved<'a> {
        let environments = field.names("environments");
        let is_listed =
            |data: &&StoredDeployment| environments.is_empty() || environments.contains(&&*data.environment);
        let found = repository.deployments.iter().filter(is_listed);
        let mut found: Vec<_> = found.map(|data| Self { repository, data }).collect();
        found.sort_by_key(|found| (found.data.created, found.data.number));
        if field.argument("orderBy").is_some_and(|order| order["direction"] == "DESC") {
            found.sort_by_key(|found| Reverse((found.data.created, found.data.number)));
        }
        Connection::resolve(field, found)
    }

    /// The deployment with this id, if the repository has it.
    pub(super) fn with_id(repository: &'a RepositoryData, id: &str) -> Option<Self> {
        let mut deployments = repository.deployments.iter().map(|data| Self { repository, data });
        deployments.find(|deployment| deployment.id() == id)
    }

    fn id(&self) -> String {
        format!("DE_{}_{}", self.repository.id, self.data.number)
    }
}

impl<'a> Environment<'a> {
    /// The list `environments` of a repository, in the order of their names.
    pub(super) fn list(repository: &'a RepositoryData, field: &Field<'_>) -> Resolved<'a> {
        let names: BTreeSet<&str> =
            repository.deployments.iter().map(|deployment| &*deployment.environment).collect();
        let environments = names.into_iter().map(|name| Self { repository, name }).collect();
        Connection::resolve(field, environments)
    }
}

impl Object for Deployment<'_> {
    fn type_name(&self) -> &'static str {
        "Deployment"
    }

    fn interfaces(&self) -> &'static [&'static str] {
        &["Node"]
    }

    fn resolve(&self, field: &Field<'_>) -> Option<Resolved<'_>> {
        let (repository, data) = (self.repository, self.data);
        Some(match field.name {
            "id" => Resolved::value(self.id()),
            "databaseId" => Resolved::value(data.number),
            "commitOid" => Resolved::value(&*data.commit),
            "createdAt" => Resolved::time(data.created),
            "environment" => Resolved::value(&*data.environment),
            "repository" => Resolved::object(Repository { data: repository }),
            "statuses" => {
                let log_url = format!("{WEB}/{}/actions/runs/{}", repository.full_name, data.number);
                let status = |(n, (state, at)): (usize, &(&'static str, SystemTime))| DeploymentStatus {
                    id: format!("DES_{}_{}_{n}", repository.id, data.number),
                    state,
                    at: *at,
                    log_url: log_url.clone(),
                };
                let statuses = data.statuses.iter().enumerate().map(status).collect();
                Connection::resolve(field, statuses)
            }
            _ => return None,
        })
    }
}

impl Object for DeploymentStatus {
    fn type_name(&self) -> &'static str {
        "DeploymentStatus"
    }

    fn interfaces(&self) -> &'static [&'static str] {
        &["Node"]
    }

    fn resolve(&self, field: &Field<'_>) -> Option<Resolved<'_>> {
        Some(match field.name {
            "id" => Resolved::value(&*self.id),
            "state" => Resolved::value(self.state),
            "createdAt" => Resolved::time(self.at),
            "logUrl" => Resolved::value(&*self.log_url),
            "environmentUrl" => Resolved::value(Value::Null),
            _ => return None,
        })
    }
}

impl Object for Environment<'_> {
    fn type_name(&self) -> &'static str {
        "Environment"
    }

    fn interfaces(&self) -> &'static [&'static str] {
        &["Node"]
    }

    fn resolve(&self, field: &Field<'_>) -> Option<Resolved<'_>> {
        Some(match field.name {
            "id" => Resolved::value(format!("EN_{}_{}", self.repository.id, self.name)),
            "name" => Resolved::value(self.name),
            _ => return None,
        })
    }
}
