//! An alert in GitHub's responses.

use anyhow::{Context as _, bail};
use serde::Deserialize;
use system_health_registry::EvidenceItem;

use super::alert_kind::{AlertKind, UNRATED};

/// See <https://docs.github.com/en/rest/dependabot/alerts>, <https://docs.github.com/en/rest/code-scanning/code-scanning> and
/// <https://docs.github.com/en/rest/secret-scanning/secret-scanning>.
#[derive(Debug, Deserialize)]
pub(super) struct AlertResponse {
    pub(super) number: u64,
    html_url: String,
    state: Option<String>,
    security_advisory: Option<Advisory>,
    security_vulnerability: Option<Vulnerability>,
    rule: Option<Rule>,
    secret_type_display_name: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Advisory {
    summary: String,
}

#[derive(Debug, Deserialize)]
struct Vulnerability {
    severity: String,
}

#[derive(Debug, Deserialize)]
struct Rule {
    description: Option<String>,
    severity: Option<String>,
    security_severity_level: Option<String>,
}

impl AlertResponse {
    /// Whether the alert is open. A server that does not know the parameter `state` lists all alerts.
    pub(super) fn is_open(&self) -> bool {
        self.state.as_deref().is_none_or(|state| state == "open")
    }

    /// The severity, one of [`AlertKind::severities`].
    pub(super) fn severity(&self, kind: AlertKind) -> anyhow::Result<&'static str> {
        let given = match kind {
            AlertKind::Dependabot => {
                let vulnerability = self.security_vulnerability.as_ref();
                &*vulnerability.context("an alert has no `security_vulnerability`")?.severity
            }
            AlertKind::CodeScanning => {
                let rule = self.rule.as_ref().context("an alert has no `rule`")?;
                let rule_severity = || rule.severity.as_deref().filter(|severity| *severity != "none");
                rule.security_severity_level.as_deref().or_else(rule_severity).unwrap_or(UNRATED)
            }
            AlertKind::SecretScanning => UNRATED,
        };
        match kind.severities().iter().find(|known| **known == given) {
            Some(known) => Ok(known),
            None => bail!("alert #{} has the unknown severity `{given}`", self.number),
        }
    }

    pub(super) fn item(&self) -> EvidenceItem {
        let summary = self.security_advisory.as_ref().map(|advisory| &*advisory.summary);
        let description = || self.rule.as_ref()?.description.as_deref();
        let title = summary.or_else(description).or(self.secret_type_display_name.as_deref());
        let title = format!("#{} {}", self.number, title.unwrap_or("alert"));
        EvidenceItem::new(title, true, "it is open").with_link(Some(&self.html_url))
    }
}
