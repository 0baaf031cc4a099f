//! One line of a diagnosis, for `report doctor`.

use std::{
    future::Future,
    time::{Duration, SystemTime},
};

use tokio::time::timeout;

/// How long one probe may take: more than the clients' own time-outs, so that what they say is said.
const LIMIT: Duration = Duration::from_secs(12);

/// Tokens, signatures and time stamps work with a clock that is off by less.
const CLOCK_WARNING: Duration = Duration::from_secs(30);
const CLOCK_FAILURE: Duration = Duration::from_mins(5);

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

    /// Compares the time that a server says with this machine's.
    #[must_use]
    pub fn clock(server: &str, theirs: SystemTime, now: SystemTime) -> Self {
        let (skew, side) = match now.duration_since(theirs) {
            Ok(ahead) => (ahead, "ahead of"),
            Err(error) => (error.duration(), "behind"),
        };
        let subject = format!("clock beside {server}'s");
        let message = match skew.as_secs() {
            0 => "the same to a second".to_owned(),
            seconds => format!("{seconds} s {side} it"),
        };
        if skew >= CLOCK_FAILURE {
            let advice = "; set this machine's clock: servers refuse requests and points with such a time";
            Self::failed(subject, message + advice)
        } else if skew >= CLOCK_WARNING {
            Self::warning(subject, message + "; set this machine's clock")
        } else {
            Self::ok(subject, message)
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_off_is_noticed_in_both_directions() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_hours(494_868);
        let at = |theirs| {
            let finding = Finding::clock("GitHub", theirs, now);
            (finding.grade, finding.message.split(';').next().unwrap().to_owned())
        };
        let (second, minute) = (Duration::from_secs(1), Duration::from_mins(1));

        assert_eq!(at(now), (Grade::Ok, "the same to a second".into()));
        assert_eq!(at(now + 10 * second), (Grade::Ok, "10 s behind it".into()));
        assert_eq!(at(now - minute), (Grade::Warning, "60 s ahead of it".into()));
        assert_eq!(at(now + 6 * minute), (Grade::Failed, "360 s behind it".into()));
        assert_eq!(at(now - 10 * minute), (Grade::Failed, "600 s ahead of it".into()));
    }
}
