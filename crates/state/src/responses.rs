//! Responses of servers, so that a later run can ask whether they have changed. They only save work: a response that
//! cannot be read counts as one that was never kept.

use std::{
    io::{self, Read, Write},
    time::SystemTime,
};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use rusqlite::{OptionalExtension, params};

use crate::{
    Store, StoreError,
    convert::{DAY, saturating_i64, seconds},
};

/// Maximum size of a compressed response, in bytes. Larger ones are not kept.
const MAX_RESPONSE_SIZE: usize = 1 << 20;
/// Responses that unpack to this many bytes or more are not read. A damaged row must not fill the memory.
const UNPACKED_LIMIT: u64 = 64 << 20;
/// Maximum size of all compressed responses together, in bytes.
const MAX_TOTAL_SIZE: i64 = 128 << 20;
/// Responses that were used within this many seconds count as in use.
const IN_USE: i64 = 2 * DAY;
/// Responses that were not used for this many seconds are deleted.
const MAX_AGE: i64 = 14 * DAY;

/// A compressed response. The format has a checksum, so damage is noticed.
#[derive(Debug, Clone)]
pub struct PackedResponse(Vec<u8>);

impl PackedResponse {
    /// Compresses a response. `None` if it is too large to be kept.
    #[must_use]
    pub fn new(response: &[u8]) -> Option<Self> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(response).ok()?;
        let packed = encoder.finish().ok()?;
        (packed.len() <= MAX_RESPONSE_SIZE).then_some(Self(packed))
    }

    /// The compressed size, in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.0.len()
    }

    /// The response. `None` if it is damaged or too large when unpacked.
    #[must_use]
    pub fn unpack(&self) -> Option<Vec<u8>> {
        let mut response = Vec::new();
        let read = GzDecoder::new(&*self.0).take(UNPACKED_LIMIT).read_to_end(&mut response);
        read.and_then(|length| {
            if length as u64 == UNPACKED_LIMIT { Err(io::ErrorKind::InvalidData.into()) } else { Ok(length) }
        })
        .ok()?;
        Some(response)
    }
}

impl Store {
    /// The response that was kept under a key, and when it was last used.
    pub fn response(&self, key: &str) -> Result<Option<(PackedResponse, SystemTime)>, StoreError> {
        self.read(|connection| {
            connection
                .prepare("SELECT response, used FROM responses WHERE key = ?1")?
                .query_row([key], |row| Ok((PackedResponse(row.get(0)?), crate::convert::time(row.get(1)?))))
                .optional()
        })
    }

    /// Keeps new responses, and notes that stored ones were used. Old ones are deleted. If all responses together exceed their
    /// maximum size, those that are no longer in use are deleted first, the least recently used ones before the others.
    ///
    /// If those in use alone exceed the maximum, the ones with the smallest keys stay. Each run uses the same responses in the
    /// same order: if the least recently used ones were deleted, each response would be deleted before the next run uses it.
    pub fn keep_responses(
        &self,
        new: &[(String, PackedResponse)],
        used: &[String],
        now: SystemTime,
    ) -> Result<(), StoreError> {
        let now = seconds(now);
        self.write(|transaction| {
            let mut insert = transaction.prepare(
                "INSERT OR REPLACE INTO responses (key, size, used, response) VALUES (?1, ?2, ?3, ?4)",
            )?;
            for (key, response) in new {
                insert.execute(params![key, saturating_i64(response.size()), now, response.0])?;
            }
            let mut update = transaction.prepare("UPDATE responses SET used = ?2 WHERE key = ?1")?;
            for key in used {
                update.execute(params![key, now])?;
            }
            transaction.execute("DELETE FROM responses WHERE used < ?1", [now - MAX_AGE])?;
            transaction.execute(
                "DELETE FROM responses WHERE key IN (
                     SELECT key FROM (
                         SELECT key, sum(size) OVER (ORDER BY min(used, ?2) DESC, key) AS total FROM responses
                     ) WHERE total > ?1
                 )",
                [MAX_TOTAL_SIZE, now - IN_USE],
            )?;
            Ok(())
        })
    }
}
