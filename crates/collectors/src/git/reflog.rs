//! The reflog: git's log of the changes of a reference.

use std::{
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use gix::bstr::ByteSlice;

use super::file::{modified_at, read_if_present};

const PUSH: &str = "update by push";

/// A line of a reflog: `<old id> <new id> NAME <EMAIL> <seconds> <zone> TAB <message>`.
pub(super) struct ReflogEntry {
    pub(super) at: SystemTime,
    message: Vec<u8>,
}

impl ReflogEntry {
    /// The entries of a reference, oldest first. Empty if it has no reflog.
    pub(super) fn all(common: &Path, reference: &str) -> anyhow::Result<Vec<Self>> {
        let file = common.join("logs").join(reference);
        let (Some(written), Some(log)) = (modified_at(&file)?, read_if_present(&file)?) else {
            return Ok(Vec::new());
        };
        // An entry cannot be newer than its file. If it seems to be, one of the two times is wrong, and the older one
        // is used.
        let bounded = |entry: Self| Self { at: entry.at.min(written), ..entry };
        Ok(log.lines().filter_map(Self::parse).map(bounded).collect())
    }

    fn parse(line: &[u8]) -> Option<Self> {
        let (who, message) = line.split_once_str("\t").unwrap_or((line, b""));
        let seconds = who.rsplit(|byte| *byte == b' ').nth(1)?.to_str().ok()?.parse().ok()?;
        let at = UNIX_EPOCH.checked_add(Duration::from_secs(seconds))?;
        Some(Self { at, message: message.to_owned() })
    }

    /// Whether an action, such as `update by push`, wrote the entry.
    pub(super) fn was_written_by(&self, action: &str) -> bool {
        self.message.starts_with(action.as_bytes())
    }

    /// Whether the entry's value came from the remote, as in `fetch --prune: fast-forward`. Other actions change only
    /// the clone: `remote: renamed …`, `branch: …` or an `update-ref` without a message.
    pub(super) fn is_from_remote(&self) -> bool {
        ["fetch", "pull", "clone: ", PUSH].iter().any(|action| self.was_written_by(action))
    }

    /// Whether a push to the remote wrote the entry.
    pub(super) fn is_push(&self) -> bool {
        self.was_written_by(PUSH)
    }
}
