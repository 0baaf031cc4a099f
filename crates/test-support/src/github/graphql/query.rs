//! The root of the graph.

use super::{
    field::Field,
    object::{Object, Resolved},
    types::{Commit, Repository},
};
use crate::github::world::{Budget, Caller, Lookup, Resource, World};

/// The root of the graph, as one caller sees it.
pub(super) struct Root<'a> {
    pub(super) world: &'a World,
    pub(super) caller: Caller,
}

struct RateLimit(Budget);

impl Object for Root<'_> {
    fn type_name(&self) -> &'static str {
        "Query"
    }

    fn resolve(&self, field: &Field<'_>) -> Option<Resolved<'_>> {
        Some(match field.name {
            "repository" => self.repository(field),
            "nodes" => self.nodes(field),
            "rateLimit" => Resolved::object(RateLimit(self.world.budget(self.caller, Resource::GraphQl))),
            _ => return None,
        })
    }
}

impl Root<'_> {
    /// The objects with these ids, of which only commits are known.
    fn nodes(&self, field: &Field<'_>) -> Resolved<'_> {
        let commit = |id: &str| {
            let sha = id.strip_prefix("C_")?;
            let mut seen =
                self.world.repositories.values().filter(|one| !one.private || self.caller == Caller::User);
            seen.find_map(|repository| Commit::at(repository, sha))
        };
        let node = |id: &str| match commit(id) {
            Some(commit) => Resolved::object(commit),
            None => Resolved::error(
                "NOT_FOUND",
                format!("Could not resolve to a node with the global id of '{id}'"),
            ),
        };
        Resolved::List(field.names("ids").into_iter().map(node).collect())
    }

    fn repository(&self, field: &Field<'_>) -> Resolved<'_> {
        let (owner, name) = (field.text("owner").unwrap_or_default(), field.text("name").unwrap_or_default());
        let found = match self.world.find(&format!("{owner}/{name}"), self.caller) {
            Lookup::Found(repository) => Some(repository),
            // Former names are followed unless the query says otherwise.
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
            "cost" => Resolved::value(1),
            "limit" => Resolved::value(self.0.limit),
            "remaining" => Resolved::value(self.0.remaining()),
            "used" => Resolved::value(self.0.used),
            "resetAt" => Resolved::time(self.0.reset),
            _ => return None,
        })
    }
}
