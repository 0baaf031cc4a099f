//! What payloads of metrics and of service checks have in common.

use super::state::State;
use crate::{
    exchange::{Answer, Request, error},
    rules::{Finding, Rule},
};

/// Datadog's limit for a payload as it is sent, in bytes.
const MAX_WIRE_LENGTH: usize = 512_000;
/// Datadog's limit for a payload once it is decompressed, in bytes.
const MAX_LENGTH: usize = 5 * 1024 * 1024;

/// Refuses a payload that is too large, and adds a finding. The limits are documented for series, and used for
/// distributions, too.
pub(super) fn check_size(state: &mut State, request: &Request) -> Result<(), Answer> {
    let (wire, plain) = (request.wire_length, request.body.len());
    if wire <= MAX_WIRE_LENGTH && plain <= MAX_LENGTH {
        return Ok(());
    }
    let message = format!(
        "a payload has {wire} bytes as sent and {plain} bytes decompressed; at most {MAX_WIRE_LENGTH} bytes as sent and \
         {MAX_LENGTH} bytes decompressed are accepted"
    );
    state.add_finding(&Finding::new(Rule::PayloadSize, request.path(), message));
    Err(error(413, "Payload Too Large"))
}

/// Refuses a payload that does not have the form that the endpoint expects, and adds a finding.
pub(super) fn refuse_unreadable(state: &mut State, request: &Request, cause: &serde_json::Error) -> Answer {
    let message = format!("a payload is not in the expected format: {cause}");
    state.add_finding(&Finding::new(Rule::Payload, request.path(), message));
    error(400, &format!("Payload is not in the expected format: {cause}"))
}

/// The tag that Datadog adds for a host.
pub(super) fn host_tag(host: Option<&str>) -> Option<String> {
    host.filter(|host| !host.is_empty()).map(|host| format!("host:{host}"))
}
