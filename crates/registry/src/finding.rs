//! One line of a diagnosis: what a check of settings, credentials or a backend found.

use std::{
    future::Future,
    time::{Duration, SystemTime},
};

use tokio::time::timeout;

/// Timeout of a check. It is longer than the clients' own timeouts, so that their errors are reported.
const TIMEOUT: Duration = Duration::from_secs(12);

/// Maximum number of findings of one kind.
const MAX_OF_A_KIND: usize = 10;

/// With a smaller difference between the clocks, all tokens, signatures and timestamps are accepted.
const CLOCK_WARNING: Duration = Duration::from_secs(30);
/// With a larger difference, servers refuse requests and points.
const CLOCK_FAILURE: Duration = Duration::from_mins(5);

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was checked, such as `GitHub token`.
    pub check: String,
    /// The result.
    pub grade: Grade,
    /// The details, without any secret.
    pub message: String,
}

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// It works.
    Ok,
    /// It is not used, or not needed.
    Info,
    /// It works, but perhaps not as expected, or not for long.
    Warning,
    /// It does not work.
    Failed,
}

impl Finding {
    /// A finding.
    pub fn new(check: impl Into<String>, grade: Grade, message: impl Into<String>) -> Self {
        Self { check: check.into(), grade, message: message.into() }
    }

    /// A finding that something works.
    pub fn ok(check: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(check, Grade::Ok, message)
    }

    /// A finding about something that is not used or not needed.
    pub fn info(check: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(check, Grade::Info, message)
    }

    /// A finding that people should know.
    pub fn warning(check: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(check, Grade::Warning, message)
    }

    /// A finding that something does not work.
    pub fn failed(check: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(check, Grade::Failed, message)
    }

    /// The findings of a check, or a failure if the check takes too long.
    pub async fn check_with_timeout(check: &str, findings: impl Future<Output = Vec<Self>>) -> Vec<Self> {
        let timed_out = |_| vec![Self::failed(check, format!("no answer within {TIMEOUT:?}"))];
        timeout(TIMEOUT, findings).await.unwrap_or_else(timed_out)
    }

    /// The ten worst findings, and one more that counts the others. Ten or fewer findings are returned as they are. All of them
    /// must be of one kind.
    #[must_use]
    pub fn keep_worst(mut findings: Vec<Self>) -> Vec<Self> {
        let others = findings.len().saturating_sub(MAX_OF_A_KIND);
        if others == 0 {
            return findings;
        }
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.grade));
        let rest = findings.split_off(MAX_OF_A_KIND);
        let last = rest.first().map(|worst| {
            Self::new("more", worst.grade, format!("{others} more of this kind, such as {}", worst.check))
        });
        findings.extend(last);
        findings
    }

    /// Compares the time of a server with the clock of this machine.
    #[must_use]
    pub fn clock_skew(server: &str, server_time: SystemTime, now: SystemTime) -> Self {
        let (skew, side) = match now.duration_since(server_time) {
            Ok(ahead) => (ahead, "ahead of"),
            Err(error) => (error.duration(), "behind"),
        };
        let check = format!("clock compared with {server}");
        let message = match skew.as_secs() {
            0 => "less than 1 s apart".to_owned(),
            seconds => format!("{seconds} s {side} it"),
        };
        if skew >= CLOCK_FAILURE {
            let advice = "; set this machine's clock: servers refuse requests and points with such a time";
            Self::failed(check, message + advice)
        } else if skew >= CLOCK_WARNING {
            Self::warning(check, message + "; set this machine's clock")
        } else {
            Self::ok(check, message)
        }
    }
}

impl Grade {
    /// The name: `ok`, `info`, `warning` or `failed`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_findings_are_cut_and_the_worst_come_first() {
        let findings = |count: usize| {
            let finding = |number| match number {
                30 => Finding::failed("30", "gone"),
                number => Finding::warning(number.to_string(), "no data"),
            };
            Finding::keep_worst((0..count).map(finding).collect())
        };

        assert_eq!(findings(10).len(), 10);
        let many = findings(40);
        assert_eq!((many.len(), many[0].grade, &*many[0].check), (11, Grade::Failed, "30"));
        assert_eq!(many[10], Finding::warning("more", "30 more of this kind, such as 9"));
    }

    #[test]
    fn a_clock_that_is_ahead_or_behind_is_reported() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_hours(494_868);
        let skew = |server_time| {
            let finding = Finding::clock_skew("GitHub", server_time, now);
            (finding.grade, finding.message.split(';').next().unwrap().to_owned())
        };
        let (second, minute) = (Duration::from_secs(1), Duration::from_mins(1));

        assert_eq!(skew(now), (Grade::Ok, "less than 1 s apart".into()));
        assert_eq!(skew(now + 10 * second), (Grade::Ok, "10 s behind it".into()));
        assert_eq!(skew(now - minute), (Grade::Warning, "60 s ahead of it".into()));
        assert_eq!(skew(now + 6 * minute), (Grade::Failed, "360 s behind it".into()));
        assert_eq!(skew(now - 10 * minute), (Grade::Failed, "600 s ahead of it".into()));
    }
}
