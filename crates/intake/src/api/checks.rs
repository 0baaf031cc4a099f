//! Service checks: the last status of each.
//! See <https://docs.datadoghq.com/api/latest/service-checks/#submit-a-service-check>.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::json;

use super::{
    payload::{host_tag, unreadable},
    state::State,
};
use crate::{
    exchange::{Answer, Request},
    notice::Notice,
    rules::check_tags,
    service_check::ServiceCheck,
    store::StoreError,
};

#[derive(Deserialize)]
#[serde(untagged)]
enum Payload {
    One(ServiceCheck),
    Many(Vec<ServiceCheck>),
}

/// Takes one service check or several.
pub(super) fn accept(state: &mut State, request: &Request) -> Answer {
    let checks = match serde_json::from_slice(&request.body) {
        Ok(Payload::One(check)) => vec![check],
        Ok(Payload::Many(checks)) => checks,
        Err(cause) => return unreadable(state, request, &cause),
    };
    match store(state, request.path(), checks) {
        Ok(()) => Answer::json(202, &json!({ "status": "ok" })),
        Err(error) => error.into(),
    }
}

/// Stores service checks.
pub(super) fn store(state: &mut State, source: &str, checks: Vec<ServiceCheck>) -> Result<(), StoreError> {
    let count = checks.len();
    for mut check in checks {
        let tags: BTreeSet<String> = check.tags.take().unwrap_or_default();
        let tags: BTreeSet<String> = tags.into_iter().chain(host_tag(check.host_name.as_deref())).collect();
        let mut findings = Vec::new();
        let tags = check_tags(&check.check, &tags, &mut findings);
        state.add_findings(findings);
        check.timestamp = check.timestamp.or(Some(state.now()));
        check.tags = Some(tags.clone());
        let body = serde_json::to_value(&check).unwrap_or_default();
        state.store.put_check(&check.check, &tags, &body)?;
    }
    state.notify(Notice::delivery(source, "service check", count, count, 0));
    Ok(())
}
