//! Alerts about the security of a repository, as GitHub's API returns them.

use serde_json::{Value, json};

use super::{
    alert::{Alert, AlertKind},
    objects::{Objects, WEB},
    repository_data::RepositoryData,
};

const CREATED: &str = "2025-04-01T12:00:00Z";

impl Objects<'_> {
    /// An alert as JSON, whose form depends on the kind.
    pub(super) fn alert(&self, repository: &RepositoryData, number: usize, alert: &Alert) -> Value {
        let full_name = &repository.full_name;
        let kind = match alert.kind {
            AlertKind::Dependabot(_) => "dependabot",
            AlertKind::CodeScanning { .. } => "code-scanning",
            AlertKind::SecretScanning => "secret-scanning",
        };
        let url = format!("{}/{kind}/alerts/{number}", self.repository_url(full_name));
        let mut object = json!({
            "number": number,
            "url": url,
            "html_url": format!("{WEB}/{full_name}/security/{kind}/{number}"),
            "created_at": CREATED,
            "updated_at": CREATED,
        });
        let state = |closed: &'static str| if alert.is_open { "open" } else { closed };
        let more = match alert.kind {
            AlertKind::Dependabot(severity) => dependabot(severity, state("fixed")),
            AlertKind::CodeScanning { severity, security_severity } => {
                code_scanning(severity, security_severity, &url, state("fixed"))
            }
            AlertKind::SecretScanning => secret_scanning(state("resolved")),
        };
        if let (Value::Object(object), Value::Object(more)) = (&mut object, more) {
            object.extend(more);
        }
        object
    }
}

fn dependabot(severity: &str, state: &str) -> Value {
    let package = json!({ "ecosystem": "pip", "name": "socks" });
    let vulnerability = json!({
        "package": package,
        "severity": severity,
        "vulnerable_version_range": "< 2.0.2",
        "first_patched_version": { "identifier": "2.0.2" },
    });
    json!({
        "state": state,
        "dependency": { "package": package, "manifest_path": "requirements.txt", "scope": "runtime" },
        "security_advisory": {
            "ghsa_id": "GHSA-rf4j-j272-fj86",
            "cve_id": null,
            "summary": "Socks have holes",
            "description": "Socks have holes.",
            "vulnerabilities": [vulnerability],
            "severity": severity,
            "cvss": { "vector_string": null, "score": 7.5 },
            "cwes": [],
            "identifiers": [],
            "references": [],
            "published_at": CREATED,
            "updated_at": CREATED,
            "withdrawn_at": null,
        },
        "security_vulnerability": vulnerability,
        "dismissed_at": null,
        "dismissed_by": null,
        "dismissed_reason": null,
        "dismissed_comment": null,
        "fixed_at": (state == "fixed").then_some(CREATED),
    })
}

fn code_scanning(severity: Option<&str>, security_severity: Option<&str>, url: &str, state: &str) -> Value {
    json!({
        "state": state,
        "instances_url": format!("{url}/instances"),
        "fixed_at": (state == "fixed").then_some(CREATED),
        "dismissed_by": null,
        "dismissed_at": null,
        "dismissed_reason": null,
        "rule": {
            "id": "js/zipslip",
            "name": "js/zipslip",
            "severity": severity,
            "security_severity_level": security_severity,
            "description": "Files outside of the folder",
        },
        "tool": { "name": "CodeQL", "guid": null, "version": "2.4.0" },
        "most_recent_instance": {
            "ref": "refs/heads/main",
            "analysis_key": "checks.yml:scan",
            "environment": "{}",
            "state": state,
            "commit_sha": "39406e42cb832f683daa691dd652a8dc36ee8930",
        },
    })
}

fn secret_scanning(state: &str) -> Value {
    json!({
        "state": state,
        "resolution": (state == "resolved").then_some("revoked"),
        "secret_type": "adafruit_io_key",
        "secret_type_display_name": "Adafruit IO Key",
    })
}
