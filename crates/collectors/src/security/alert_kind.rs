//! The kinds of security alerts on GitHub.

use crate::github::Permission;

/// A kind of alert: which tool raises it, and about what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AlertKind {
    /// Dependabot, about dependencies with known vulnerabilities.
    Dependabot,
    /// `CodeQL` or another tool, about the code.
    CodeScanning,
    /// GitHub, about secrets in the repository.
    SecretScanning,
}

/// The severity of an alert for which GitHub gives none.
pub(super) const UNRATED: &str = "unrated";

impl AlertKind {
    pub(super) const ALL: [Self; 3] = [Self::Dependabot, Self::CodeScanning, Self::SecretScanning];

    /// The value of the tag `kind`.
    pub(super) const fn tag(self) -> &'static str {
        match self {
            Self::Dependabot => "dependabot",
            Self::CodeScanning => "code_scanning",
            Self::SecretScanning => "secret_scanning",
        }
    }

    /// The permission to read the alerts.
    pub(super) const fn permission(self) -> Permission {
        match self {
            Self::Dependabot => Permission::DependabotAlerts,
            Self::CodeScanning => Permission::CodeScanningAlerts,
            Self::SecretScanning => Permission::SecretScanningAlerts,
        }
    }

    /// The path of the list, relative to the repository.
    pub(super) const fn path(self) -> [&'static str; 2] {
        match self {
            Self::Dependabot => ["dependabot", "alerts"],
            Self::CodeScanning => ["code-scanning", "alerts"],
            Self::SecretScanning => ["secret-scanning", "alerts"],
        }
    }

    /// The parameters of the list. The secrets themselves are not read.
    pub(super) const fn query(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Dependabot | Self::CodeScanning => &[("state", "open"), ("per_page", "100")],
            Self::SecretScanning => &[("state", "open"), ("hide_secret", "true"), ("per_page", "100")],
        }
    }

    /// The severities that alerts of this kind have.
    pub(super) const fn severities(self) -> &'static [&'static str] {
        match self {
            Self::Dependabot => &["critical", "high", "medium", "low"],
            Self::CodeScanning => &["critical", "high", "medium", "low", "error", "warning", "note", UNRATED],
            Self::SecretScanning => &[UNRATED],
        }
    }
}
