//! Requests to endpoints that the intake does not have.

use super::state::State;
use crate::{
    exchange::{Answer, Request, error},
    rules::{Finding, Rule},
};

/// Adds a finding about a request to an endpoint that the intake does not have, and refuses the request.
pub(super) fn answer_unknown(state: &mut State, request: &Request) -> Answer {
    let subject = format!("{} {}", request.method, request.path());
    state.add_finding(&Finding::new(Rule::Endpoint, &subject, "the intake has no such endpoint"));
    error(404, "Not Found")
}
