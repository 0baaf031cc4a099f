//! The root of the graph.

use super::{
    field::Field,
    object::{Object, Resolved},
    types::{Commit, Deployment, Repository},
};
use crate::github::world::{Budget, Caller, Lookup, Resource, World};

/// The root of the graph, as one caller sees it.
pub(super) struct Root<'a> {
    pub(super) world: &'a World,
    pub(super) caller: Caller,
}

struct RateLimit {
    budget: Budget,
    cost: u32,
}

impl Object for Root<'_> {
    fn type_name(&self) -> &'static str {
        "Query"
    }

    fn resolve(&self, field: &Field<'_>) -> Option<Resolved<'_>> {
        Some(match field.name {
            "repository" => self.repository(field),
            "node" => self.node(field.text("id")?),
            "nodes" => Resolved::List(field.names("ids").into_iter().map(|id| self.node(id)).collect()),
            "rateLimit" => Resolved::object(RateLimit {
                budget: self.world.budget(self.caller, Resource::GraphQl),
                cost: self.world.query_cost,
            }),
            _ => return None,
        })
    }
}

impl Root<'_> {
    /// The commit or the deployment with this id.
    fn node(&self, id: &str) -> Resolved<'_> {
        let mut visible = self
            .world
            .repositories
            .values()
            .filter(|repository| !repository.private || self.caller == Caller::User);
        let found = visible.find_map(|repository| {
            let commit = id.strip_prefix("C_").and_then(|sha| Commit::at(repository, sha));
            let deployment = || Deployment::with_id(repository, id).map(Resolved::object);
            commit.map(Resolved::object).or_else(deployment)
        });
        found.unwrap_or_else(|| {
            let message = format!("Could not resolve to a node with the global id of '{id}'");
            Resolved::error("NOT_FOUND", message)
        })
    }

    fn repository(&self, field: &Field<'_>) -> Resolved<'_> {
        let (owner, name) = (field.text("owner").unwrap_or_default(), field.text("name").unwrap_or_default());
        let found = match self.world.find(&format!("{owner}/{name}"), self.caller) {
            Lookup::Found(repository) => Some(repository),
            // A former name leads to the repository, unless the query disables that.
            Lookup::Moved(id) => {
                let follows = field.argument("followRenames").is_none_or(|follow| follow == true);
                self.world.repositories.get(&id).filter(|_| follows)
            }
            Lookup::Nothing => None,
        };
        match found {
            Some(data) => Resolved::object(Repository { data }),
            None => Resolved::error(
                "NOT_FOUND",
                format!("Could not resolve to a Repository with the name '{owner}/{name}'."),
            ),
        }
    }
}

impl Object for RateLimit {
    fn type_name(&self) -> &'static str {
        "RateLimit"
    }

    fn resolve(&self, field: &Field<'_>) -> Option<Resolved<'_>> {
        Some(match field.name {
            "cost" => Resolved::value(self.cost),
            "limit" => Resolved::value(self.budget.limit),
            "remaining" => Resolved::value(self.budget.remaining()),
            "used" => Resolved::value(self.budget.used),
            "resetAt" => Resolved::time(self.budget.reset),
            _ => return None,
        })
    }
}
