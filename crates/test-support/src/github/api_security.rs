//! The endpoints about the security of a repository.

use super::{
    alert::{Alert, AlertKind},
    repository_request::RepositoryRequest,
};
use crate::server::Answer;

pub(super) const LIST_DEPENDABOT_ALERTS: &str =
    "/rest/dependabot/alerts#list-dependabot-alerts-for-a-repository";
pub(super) const LIST_CODE_SCANNING_ALERTS: &str =
    "/rest/code-scanning/code-scanning#list-code-scanning-alerts-for-a-repository";
pub(super) const LIST_SECRET_SCANNING_ALERTS: &str =
    "/rest/secret-scanning/secret-scanning#list-secret-scanning-alerts-for-a-repository";

impl RepositoryRequest<'_> {
    pub(super) fn dependabot_alerts(&self) -> Answer {
        let alerts = self.alerts(|kind| matches!(kind, AlertKind::Dependabot(_)));
        self.cursor_page(&alerts, |(number, alert)| self.objects.alert(self.repository, *number, alert))
    }

    pub(super) fn code_scanning_alerts(&self) -> Answer {
        let alerts = self.alerts(|kind| matches!(kind, AlertKind::CodeScanning { .. }));
        let object = |(number, alert): &(usize, &Alert)| self.objects.alert(self.repository, *number, alert);
        self.page(&alerts, object, |page, _| page.into())
    }

    /// The pages of this list have numbers, unless the request has a cursor. The first cursor is empty.
    pub(super) fn secret_scanning_alerts(&self) -> Answer {
        let alerts = self.alerts(|kind| matches!(kind, AlertKind::SecretScanning));
        let object = |(number, alert): &(usize, &Alert)| self.objects.alert(self.repository, *number, alert);
        if ["after", "before"].iter().any(|cursor| self.call.parameter(cursor).is_some()) {
            return self.cursor_page(&alerts, object);
        }
        self.page(&alerts, object, |page, _| page.into())
    }

    /// The alerts of a kind and of the state that the request asks for, with their numbers.
    fn alerts(&self, is_kind: impl Fn(&AlertKind) -> bool) -> Vec<(usize, &Alert)> {
        let wants = |alert: &Alert| match self.call.parameter("state") {
            Some("open") => alert.is_open,
            Some(_) => !alert.is_open,
            None => true,
        };
        let of_kind = self.repository.alerts.iter().filter(|alert| is_kind(&alert.kind));
        (1..).zip(of_kind).filter(|(_, alert)| wants(alert)).collect()
    }
}
