//! Checks of a commit: check runs and commit statuses.

/// A check that a test adds to a commit. By default, it is from GitHub Actions.
#[derive(Debug, Clone)]
pub struct Check {
    pub(super) name: String,
    pub(super) kind: CheckKind,
    pub(super) app: u64,
}

#[derive(Debug, Clone)]
pub(super) enum CheckKind {
    /// A check run with the conclusion, if it has ended.
    Run(Option<String>),
    /// A commit status with this state.
    Status(String),
}

/// The number of the app of GitHub Actions.
const GITHUB_ACTIONS: u64 = 15_368;

impl Check {
    /// A check run with a conclusion such as `success`.
    pub fn run(name: impl Into<String>, conclusion: &str) -> Self {
        Self { name: name.into(), kind: CheckKind::Run(Some(conclusion.to_owned())), app: GITHUB_ACTIONS }
    }

    /// A check run that has not ended.
    pub fn in_progress(name: impl Into<String>) -> Self {
        Self { name: name.into(), kind: CheckKind::Run(None), app: GITHUB_ACTIONS }
    }

    /// A commit status with a state such as `success`.
    pub fn status(name: impl Into<String>, state: &str) -> Self {
        Self { name: name.into(), kind: CheckKind::Status(state.to_owned()), app: GITHUB_ACTIONS }
    }

    /// Made by the app with this number.
    #[must_use]
    pub const fn app(mut self, id: u64) -> Self {
        self.app = id;
        self
    }
}

/// A check of a commit, with its id.
#[derive(Debug, Clone)]
pub(super) struct StoredCheck {
    pub(super) id: u64,
    pub(super) sha: String,
    pub(super) check: Check,
}
