//! The built-in metrics against fake servers and real git repositories.
#![cfg(all(feature = "git", feature = "github"))]

mod app;
#[cfg(feature = "aws-ci")]
mod aws;
mod backfill;
mod budget;
mod changes;
mod ci;
mod clone;
mod commits;
mod conditional;
mod contract;
mod doctor;
mod dora;
mod engine;
mod freshness;
mod git;
mod github;
mod graphql;
mod history;
mod issues;
mod issues_random;
mod labels;
mod permissions;
mod pull_request_lists;
mod pull_requests;
mod repositories;
mod security;
mod security_random;
mod source;
mod stage;
