//! Git's log of how a reference changed.

use std::{
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use gix::bstr::ByteSlice;

use super::file::{modified, read_if_there};

/// A line of a reflog: `<old id> <new id> NAME <EMAIL> <seconds> <zone> TAB <message>`.
pub(super) struct Entry {
    pub(super) at: SystemTime,
    message: Vec<u8>,
}

impl Entry {
    /// The oldest entry of a reference.
    pub(super) fn first(common: &Path, reference: &str) -> anyhow::Result<Option<Self>> {
        Self::read(common, reference, |log| log.lines().next())
    }

    /// The newest entry of a reference.
    pub(super) fn last(common: &Path, reference: &str) -> anyhow::Result<Option<Self>> {
        Self::read(common, reference, |log| log.lines().next_back())
    }

    fn read(
        common: &Path,
        reference: &str,
        choose: impl Fn(&[u8]) -> Option<&[u8]>,
    ) -> anyhow::Result<Option<Self>> {
        let file = common.join("logs").join(reference);
        let (Some(written), Some(log)) = (modified(&file)?, read_if_there(&file)?) else { return Ok(None) };
        let entry = choose(&log).and_then(Self::parse);
        // An entry cannot be newer than its file, so if it seems so, one of the two times is wrong.
        Ok(entry.map(|entry| Self { at: entry.at.min(written), ..entry }))
    }

    fn parse(line: &[u8]) -> Option<Self> {
        let (who, message) = line.split_once_str("\t").unwrap_or((line, b""));
        let seconds = who.rsplit(|byte| *byte == b' ').nth(1)?.to_str().ok()?.parse().ok()?;
        let at = UNIX_EPOCH.checked_add(Duration::from_secs(seconds))?;
        Some(Self { at, message: message.to_owned() })
    }

    /// Whether the entry was written by this action, such as `update by push`.
    pub(super) fn is(&self, action: &str) -> bool {
        self.message.starts_with(action.as_bytes())
    }
}
