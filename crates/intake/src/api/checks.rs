//! Service checks: the last status of each.
//! See <https://docs.datadoghq.com/api/latest/service-checks/#submit-a-service-check>.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    payload::{host_tag, unreadable},
    state::State,
};
use crate::{
    Notice,
    exchange::{Answer, Request},
    rules::check_tags,
    store::StoreError,
};

/// A service check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ServiceCheck {
    /// Its name.
    pub(crate) check: String,
    /// 0 for OK, 1 for a warning, 2 for critical, 3 for unknown.
    pub(crate) status: u8,
    pub(crate) host_name: Option<String>,
    /// In seconds since 1970.
    pub(crate) timestamp: Option<i64>,
    pub(crate) message: Option<String>,
    #[serde(default)]
    pub(crate) tags: Option<BTreeSet<String>>,
}

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
pub(crate) fn store(state: &mut State, source: &str, checks: Vec<ServiceCheck>) -> Result<(), StoreError> {
    let count = checks.len();
    for mut check in checks {
        let tags: BTreeSet<String> = check.tags.take().unwrap_or_default();
        let tags: BTreeSet<String> = tags.into_iter().chain(host_tag(check.host_name.as_deref())).collect();
        let mut findings = Vec::new();
        let tags = check_tags(&check.check, &tags, &mut findings);
        state.find_all(findings);
        check.timestamp = check.timestamp.or(Some(state.now()));
        check.tags = Some(tags.clone());
        let body = serde_json::to_value(&check).unwrap_or_default();
        state.store.put_check(&check.check, &tags, &body)?;
    }
    state.notify(Notice::delivery(source, "service check", count, count, 0));
    Ok(())
}
