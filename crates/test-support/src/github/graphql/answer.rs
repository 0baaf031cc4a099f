//! The endpoint `POST /graphql`.

use graphql_parser::parse_query;
use serde_json::{Map, Value, json};

use super::{
    execute::{InvalidQuery, Query},
    query::Root,
};
use crate::{
    github::{
        refusal::{self, json_answer},
        world::{Caller, Resource, World},
    },
    server::{Answer, Request},
};

/// Maximum number of nodes that a query may ask for.
const MAX_NODES: u64 = 500_000;

/// Answers a query and counts it, as GitHub does.
pub(in crate::github) fn answer(world: &mut World, caller: Caller, request: &Request) -> Answer {
    if request.method != "POST" {
        return refusal::not_found("/graphql");
    }
    if caller == Caller::Anonymous {
        return refusal::query_without_token();
    }
    let Some(budget) = world.spend(caller, Resource::GraphQl) else {
        let budget = world.budget(caller, Resource::GraphQl);
        return budget.add_to(refusal::query_rate_limit());
    };
    let answer = match execute(world, caller, &request.body) {
        Ok(answer) => answer,
        Err(InvalidQuery(error)) => json_answer(200, &json!({ "errors": [error] })),
    };
    budget.add_to(answer)
}

fn execute(world: &World, caller: Caller, body: &[u8]) -> Result<Answer, InvalidQuery> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let Some(text) = body["query"].as_str() else {
        return Err(InvalidQuery(
            json!({ "message": "A query attribute must be specified and must be a string." }),
        ));
    };
    let document = parse_query::<String>(text)
        .map_err(|error| InvalidQuery(json!({ "message": error.to_string().trim() })))?;
    let no_variables = Map::new();
    let query = Query::new(&document, body["variables"].as_object().unwrap_or(&no_variables))?;
    let nodes = query.requested_nodes();
    if nodes > MAX_NODES {
        let message = format!(
            "This query requests up to {nodes} possible nodes which exceeds the maximum limit of {MAX_NODES}."
        );
        return Err(InvalidQuery(json!({ "type": "MAX_NODE_LIMIT_EXCEEDED", "message": message })));
    }
    if world.max_nodes_before_timeout.is_some_and(|max| nodes > max) {
        return Ok(refusal::query_timeout(502));
    }
    Ok(json_answer(200, &query.execute(&Root { world, caller })?))
}
