//! GitHub's GraphQL API over the same repositories as the REST API.
//!
//! A query is executed field by field, as GraphQL describes it: each object of the graph is a type that implements
//! [`Object`]. [`contract`](super::contract) then validates the query, its variables and the response against the schema
//! that GitHub publishes, so an object cannot have a field that GitHub does not have, or a value of another type.
//!
//! # A new type
//! 1. Write a file with a struct that borrows the stored data, such as `struct PullRequest<'a> { data: &'a StoredPullRequest }`,
//!    and implement [`Object`]: `type_name` is the name in GitHub's schema, and `resolve` answers a field:
//!    - a scalar or an enum: `Resolved::value("MERGED")`; a time: `Resolved::time(at)`;
//!    - an object: `Resolved::object(PullRequest { ... })`; an optional one: `Resolved::optional(...)`;
//!    - a list with `nodes`, `edges`, `totalCount` and `pageInfo`: `Connection::resolve(field, items)`;
//!    - `None` for a field that the fake does not know.
//!
//!    Arguments are read with `field.text("owner")`, `field.integer("first")` and `field.names("states")`.
//! 2. Name the interfaces and unions of the type, such as `Node`, in `interfaces`, if queries have fragments on them.
//! 3. Return it from a field of a type that exists, such as `pullRequests` in `repository.rs`.
//! 4. Add a query that asks for all its fields to `tests/github_graphql.rs`.

mod actor;
mod answer;
mod connection;
mod deployment;
mod execute;
mod field;
mod git;
mod issue;
mod object;
mod pull_request;
mod query;
mod release;
mod repository;
mod types;

pub(super) use answer::answer;
