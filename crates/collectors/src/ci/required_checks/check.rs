//! A check of a commit: a check run or a commit status.

use anyhow::bail;

/// A check that must pass before a pull request may be merged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RequiredCheck {
    pub(super) name: String,
    /// The id of the only app that may make the check. `None` if any app or user may make it.
    pub(super) app: Option<u64>,
}

/// A check of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Check {
    pub(super) name: String,
    pub(super) source: CheckSource,
    /// Later checks have higher ids.
    pub(super) id: u64,
    pub(super) state: CheckState,
    /// GitHub's word for the conclusion or status of a check run, or for the state of a commit status.
    pub(super) word: String,
    pub(super) web_page: Option<String>,
}

/// Who made a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum CheckSource {
    /// A check run of the app with this id. `None` if GitHub does not name the app.
    Run(Option<u64>),
    /// A commit status. GitHub does not say which app made it.
    Status,
}

/// What a check says about its commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CheckState {
    Passed,
    Failed,
    /// It has not ended, or it ended without passing or failing, such as `cancelled`.
    Undecided,
}

impl CheckState {
    /// The state of a check run. See <https://docs.github.com/en/rest/guides/using-the-rest-api-to-interact-with-checks>.
    pub(super) fn from_run(status: &str, conclusion: Option<&str>) -> anyhow::Result<Self> {
        match status {
            "completed" => {}
            "queued" | "in_progress" | "waiting" | "requested" | "pending" => return Ok(Self::Undecided),
            unknown => bail!("a check run has the unknown status `{unknown}`"),
        }
        Ok(match conclusion {
            Some("success" | "neutral" | "skipped") => Self::Passed,
            Some("failure" | "timed_out" | "startup_failure") => Self::Failed,
            Some("cancelled" | "action_required" | "stale") => Self::Undecided,
            Some(unknown) => bail!("a check run has the unknown conclusion `{unknown}`"),
            None => bail!("a check run is completed without a conclusion"),
        })
    }

    /// The state of a commit status. See <https://docs.github.com/en/rest/commits/statuses>.
    pub(super) fn from_status(state: &str) -> anyhow::Result<Self> {
        Ok(match state {
            "success" => Self::Passed,
            "failure" | "error" => Self::Failed,
            "pending" => Self::Undecided,
            unknown => bail!("a commit status has the unknown state `{unknown}`"),
        })
    }
}

impl CheckSource {
    /// Whether this source may make a check that only `app` may make. With `None`, every source may.
    pub(super) fn is_accepted(self, app: Option<u64>) -> bool {
        app.is_none() || self == Self::Run(app)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_conclusions_and_states_have_a_meaning_and_unknown_ones_are_errors() {
        use CheckState::{Failed, Passed, Undecided};
        for (conclusion, state) in [
            ("success", Passed),
            ("neutral", Passed),
            ("skipped", Passed),
            ("failure", Failed),
            ("timed_out", Failed),
            ("startup_failure", Failed),
            ("cancelled", Undecided),
            ("action_required", Undecided),
            ("stale", Undecided),
        ] {
            assert_eq!(CheckState::from_run("completed", Some(conclusion)).unwrap(), state, "{conclusion}");
        }
        for status in ["queued", "in_progress", "waiting", "requested", "pending"] {
            assert_eq!(CheckState::from_run(status, None).unwrap(), Undecided, "{status}");
        }
        for (state, expected) in
            [("success", Passed), ("failure", Failed), ("error", Failed), ("pending", Undecided)]
        {
            assert_eq!(CheckState::from_status(state).unwrap(), expected, "{state}");
        }
        for result in [
            CheckState::from_run("completed", Some("great")),
            CheckState::from_run("completed", None),
            CheckState::from_run("great", None),
            CheckState::from_status("great"),
        ] {
            result.unwrap_err();
        }
    }
}
