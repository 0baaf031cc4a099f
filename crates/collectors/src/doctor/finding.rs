//! One line of a diagnosis.

use std::{future::Future, time::Duration};

use tokio::time::timeout;

/// How long one probe may take: more than the clients' own time-outs, so that what they say is said.
const LIMIT: Duration = Duration::from_secs(12);

/// What a probe found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at, such as `GitHub token`.
    pub subject: String,
    /// How it is.
    pub grade: Grade,
    /// What was found, without any secret.
    pub message: String,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// As it should be.
    Ok,
    /// It works, but not as somebody may believe, or not for long.
    Warning,
    /// It does not work.
    Failed,
}

impl Finding {
    /// A finding of a grade.
    pub fn new(subject: impl Into<String>, grade: Grade, message: impl Into<String>) -> Self {
        Self { subject: subject.into(), grade, message: message.into() }
    }

    /// All is well.
    pub fn ok(subject: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(subject, Grade::Ok, message)
    }

    /// Something to know.
    pub fn warning(subject: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(subject, Grade::Warning, message)
    }

    /// Something to fix.
    pub fn failed(subject: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(subject, Grade::Failed, message)
    }

    /// What a probe finds, or that it was not answered in time.
    pub async fn in_time(subject: &str, probe: impl Future<Output = Vec<Self>>) -> Vec<Self> {
        let silent = |_| vec![Self::failed(subject, format!("no answer within {LIMIT:?}"))];
        timeout(LIMIT, probe).await.unwrap_or_else(silent)
    }
}

impl Grade {
    /// The grade in a word: `ok`, `warning` or `failed`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}
