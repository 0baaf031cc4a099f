//! How far this machine's clock is from others'.

use std::time::{Duration, SystemTime};

use super::Finding;

/// Tokens, signatures and time stamps work with a clock that is off by less.
const WARNING: Duration = Duration::from_secs(30);
const FAILURE: Duration = Duration::from_mins(5);

/// Compares the time that a server says with this machine's.
#[must_use]
pub fn clock(server: &str, theirs: SystemTime, now: SystemTime) -> Finding {
    let (skew, side) = match now.duration_since(theirs) {
        Ok(ahead) => (ahead, "ahead of"),
        Err(error) => (error.duration(), "behind"),
    };
    let subject = format!("clock beside {server}'s");
    let message = match skew.as_secs() {
        0 => "the same to a second".to_owned(),
        seconds => format!("{seconds} s {side} it"),
    };
    if skew >= FAILURE {
        let advice = "; set this machine's clock, AWS and Datadog refuse such times";
        Finding::failed(subject, message + advice)
    } else if skew >= WARNING {
        Finding::warning(subject, message + "; set this machine's clock")
    } else {
        Finding::ok(subject, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Grade;

    #[test]
    fn a_clock_that_is_off_is_noticed_in_both_directions() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_hours(494_868);
        let at = |theirs| {
            let finding = clock("GitHub", theirs, now);
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
