//! Alerts about the security of a repository.

/// An alert that a test adds to a repository. By default, it is open.
#[derive(Debug, Clone)]
pub struct Alert {
    pub(super) kind: AlertKind,
    pub(super) is_open: bool,
}

#[derive(Debug, Clone)]
pub(super) enum AlertKind {
    /// A vulnerable dependency, with the severity.
    Dependabot(&'static str),
    /// Code that breaks a rule, with the severities of the rule.
    CodeScanning {
        severity: Option<&'static str>,
        security_severity: Option<&'static str>,
    },
    SecretScanning,
}

impl Alert {
    /// A dependency with a vulnerability of this severity, such as `high`.
    #[must_use]
    pub const fn dependabot(severity: &'static str) -> Self {
        Self { kind: AlertKind::Dependabot(severity), is_open: true }
    }

    /// A place in the code that breaks a rule with these severities, such as `error` and `high`.
    #[must_use]
    pub const fn code_scanning(
        severity: Option<&'static str>,
        security_severity: Option<&'static str>,
    ) -> Self {
        Self { kind: AlertKind::CodeScanning { severity, security_severity }, is_open: true }
    }

    /// A secret in the repository.
    #[must_use]
    pub const fn secret() -> Self {
        Self { kind: AlertKind::SecretScanning, is_open: true }
    }

    /// Fixed or resolved.
    #[must_use]
    pub const fn closed(mut self) -> Self {
        self.is_open = false;
        self
    }
}
