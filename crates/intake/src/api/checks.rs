//! Service checks: the last status of each.
//! See <https://docs.datadoghq.com/api/latest/service-checks/#submit-a-service-check>.

use std::collections::BTreeSet;

use serde::de::Error as _;
use serde_json::json;

use super::{
    payload::{host_tag, refuse_unreadable},
    state::State,
};
use crate::{
    exchange::{Answer, Request},
    notice::Notice,
    rules::check_tags,
    service_check::{MAX_STATUS, ServiceCheck},
    store::StoreError,
    treatment::Treatment,
};

/// Takes one service check or several.
pub(super) fn accept(state: &mut State, request: &Request) -> Answer {
    let checks = match read(&request.body) {
        Ok(checks) => checks,
        Err(cause) => return refuse_unreadable(state, request, &cause),
    };
    match store(state, request.path(), checks) {
        Ok(()) => Answer::json(202, &json!({ "status": "ok" })),
        Err(error) => error.into(),
    }
}

/// Reads one service check or a list of them.
fn read(body: &[u8]) -> serde_json::Result<Vec<ServiceCheck>> {
    let checks: Vec<ServiceCheck> = if body.trim_ascii_start().starts_with(b"[") {
        serde_json::from_slice(body)?
    } else {
        vec![serde_json::from_slice(body)?]
    };
    if checks.iter().any(|check| check.status > MAX_STATUS) {
        return Err(serde_json::Error::custom("the status of a service check is from 0 to 3"));
    }
    Ok(checks)
}

/// Stores service checks.
pub(super) fn store(state: &mut State, source: &str, checks: Vec<ServiceCheck>) -> Result<(), StoreError> {
    let count = checks.len();
    for mut check in checks {
        let tags: BTreeSet<String> = check.tags.take().unwrap_or_default();
        let tags: BTreeSet<String> = tags.into_iter().chain(host_tag(check.host_name.as_deref())).collect();
        let mut findings = Vec::new();
        let checked = check_tags(&check.check, &tags, &mut findings);
        state.add_findings(findings);
        let tags = if state.treatment == Treatment::AsSent { tags } else { checked };
        check.timestamp = check.timestamp.or(Some(state.now()));
        check.tags = Some(tags.clone());
        let body = serde_json::to_value(&check).unwrap_or_default();
        state.store.put_check(&check.check, &tags, &body)?;
    }
    state.notify(Notice::delivery(source, "service check", count, count, 0));
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::Intake;

    #[test]
    fn tags_are_changed_unless_submissions_are_stored_as_sent() {
        for (treatment, tag) in [(Treatment::LikeDatadog, "env:prod"), (Treatment::AsSent, "Env:Prod")] {
            let intake = Intake::in_memory().unwrap().with_treatment(treatment);
            let check = json!({ "check": "shop.up", "status": 0, "tags": ["Env:Prod"] });
            let _ = intake.handle(&Request::json("POST", "/api/v1/check_run", &check));

            let stored = intake.handle(&Request::json("GET", "/api/v1/intake/checks", &Value::Null));

            let stored: Value = serde_json::from_slice(&stored.body).unwrap();
            assert_eq!(stored["checks"][0]["tags"], json!([tag]));
        }
    }
}
