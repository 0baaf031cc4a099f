//! Responses of servers that are kept for a later run.

use std::path::Path;

use rusqlite::Connection;
use system_health_state::{PackedResponse, Store};

use crate::harness::at;

const DAY: u64 = 24 * 60 * 60;

fn packed(response: &[u8]) -> PackedResponse {
    PackedResponse::new(response).unwrap()
}

fn kept(store: &Store, key: &str) -> Option<Vec<u8>> {
    store.response(key).unwrap().and_then(|(response, _)| response.unpack())
}

fn keep(store: &Store, key: &str, response: &[u8], day: u64) {
    store.keep_responses(&[(key.to_owned(), packed(response))], &[], at(day * DAY)).unwrap();
}

/// Bytes that cannot be compressed.
fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed;
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(length).collect()
}

/// The numbers that are keys of kept responses.
fn numbers(store: &Store) -> Vec<u64> {
    (10..90).filter(|number| store.response(&number.to_string()).unwrap().is_some()).collect()
}

fn sql(folder: &Path, statement: &str) {
    Connection::open(folder.join(Store::FILE_NAME)).unwrap().execute(statement, []).unwrap();
}

#[test]
fn a_response_is_kept_across_a_restart_until_a_newer_one_replaces_it() {
    let folder = tempfile::tempdir().unwrap();
    keep(&Store::open(folder.path()).unwrap().store, "a", b"first", 1);

    let store = Store::open(folder.path()).unwrap().store;
    assert_eq!(kept(&store, "a").as_deref(), Some(&b"first"[..]));
    assert_eq!(kept(&store, "b"), None);
    keep(&store, "a", b"second", 2);
    assert_eq!(kept(&store, "a").as_deref(), Some(&b"second"[..]));
    assert_eq!(store.response("a").unwrap().unwrap().1, at(2 * DAY));
}

#[test]
fn a_response_that_is_no_longer_used_is_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap().store;
    keep(&store, "old", b"1", 1);
    keep(&store, "used", b"2", 1);
    store.keep_responses(&[], &["used".to_owned()], at(10 * DAY)).unwrap();

    keep(&store, "new", b"3", 16);

    assert_eq!(["old", "used", "new"].map(|key| kept(&store, key).is_some()), [false, true, true]);
}

#[test]
fn all_responses_together_have_a_limit() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap().store;
    sql(
        folder.path(),
        "WITH RECURSIVE numbers (number) AS (SELECT 10 UNION ALL SELECT number + 1 FROM numbers WHERE number < 89)
         INSERT INTO responses SELECT number, 2000000, 1764000000 + 3600 * number, zeroblob(2000000) FROM numbers",
    );

    keep(&store, "new", b"1", 7);

    // 67 responses of 2 MB fit into the limit of 128 MiB.
    assert_eq!(numbers(&store), (23..90).collect::<Vec<_>>());
    assert!(kept(&store, "new").is_some());
}

#[test]
fn the_same_responses_stay_if_those_in_use_exceed_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap().store;
    let mut stayed: Vec<Vec<u64>> = Vec::new();
    for run in 0..3 {
        // Each run uses all responses, and those that were deleted are new again.
        let missing = format!(
            "WITH RECURSIVE numbers (number) AS (SELECT 10 UNION ALL SELECT number + 1 FROM numbers WHERE number < 89)
             INSERT OR IGNORE INTO responses SELECT number, 2000000, 1764172800 + {run}, zeroblob(2000000) FROM numbers"
        );
        sql(folder.path(), &missing);
        keep(&store, &format!("new {run}"), b"1", 3);
        stayed.push(numbers(&store));
    }

    assert_eq!(stayed, vec![(10..77).collect::<Vec<_>>(); 3]);
}

#[test]
fn a_response_that_is_too_large_when_packed_is_not_kept() {
    assert!(PackedResponse::new(&noise(2 << 20, 1)).is_none());
    assert!(PackedResponse::new(&vec![b' '; 2 << 20]).is_some());
}

#[test]
fn a_response_that_is_too_large_when_unpacked_is_not_read() {
    assert_eq!(packed(&vec![0; 65 << 20]).unpack(), None);
}

#[test]
fn a_damaged_response_is_treated_as_missing() {
    for damage in [
        "UPDATE responses SET response = substr(response, 1, length(response) - 1)",
        "UPDATE responses SET response = CAST(substr(response, 1, 99) || x'00' || substr(response, 101) AS BLOB)",
        "UPDATE responses SET response = x''",
    ] {
        let folder = tempfile::tempdir().unwrap();
        keep(&Store::open(folder.path()).unwrap().store, "a", &noise(1_000, 1), 1);
        sql(folder.path(), damage);

        let store = Store::open(folder.path()).unwrap().store;

        assert_eq!(kept(&store, "a"), None, "{damage}");
    }
}
