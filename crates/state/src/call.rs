//! A call of the store whose caller waits for a limited time. If the store is slow, the transaction may be ready to commit
//! after the caller has given up and has continued without the result.

use std::sync::OnceLock;

/// Decides whether a caller gives up before the call commits its first transaction. Whichever comes first wins.
#[derive(Debug, Default)]
pub struct Call(OnceLock<First>);

/// What happened first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum First {
    Commit,
    Cancel,
}

impl Call {
    /// Cancels the call, because its caller waits no longer. If this returns `true`, the call has changed nothing and will
    /// change nothing. Otherwise it has committed a transaction, or is about to commit one.
    pub fn try_cancel(&self) -> bool {
        *self.0.get_or_init(|| First::Cancel) == First::Cancel
    }

    /// Begins a commit, unless the call was cancelled. Returns whether the call may commit.
    pub(crate) fn begin_commit(&self) -> bool {
        *self.0.get_or_init(|| First::Commit) == First::Commit
    }
}
