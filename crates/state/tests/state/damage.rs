//! Unusable files, and the permissions of files.

use std::{fs, path::Path, thread};

use rusqlite::Connection;
use system_health_state::{Store, StoreError};

use crate::harness::report;

fn file(folder: &Path) -> std::path::PathBuf {
    folder.join(Store::FILE_NAME)
}

#[test]
fn a_file_that_is_not_a_database_is_moved_aside() {
    let folder = tempfile::tempdir().unwrap();
    let garbage = "not a database".repeat(100);
    fs::write(file(folder.path()), &garbage).unwrap();

    let opened = Store::open(folder.path()).unwrap();

    assert_eq!(fs::read_to_string(opened.moved_aside.unwrap()).unwrap(), garbage);
    opened.store.record(&report(1, &[1.0]), &["datadog"]).unwrap();
    assert!(Store::open(folder.path()).unwrap().moved_aside.is_none());
}

#[test]
fn a_store_whose_damage_is_found_later_can_be_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let many: Vec<f64> = (0..5_000).map(f64::from).collect();
    Store::open(folder.path()).unwrap().store.record(&report(1, &many), &["datadog"]).unwrap();
    let mut bytes = fs::read(file(folder.path())).unwrap();
    let start = bytes.len() / 4;
    bytes[start..].fill(0xAB);
    fs::write(file(folder.path()), bytes).unwrap();

    let store = Store::open(folder.path()).unwrap().store;
    let error = store.pending("datadog", 10_000, None).unwrap_err();
    drop(store);
    let replaced = Store::replace_damaged(folder.path()).unwrap();

    assert!(error.is_damage(), "{error:?}");
    assert!(error.to_string().contains(": the file is damaged (SQLite error "), "{error}");
    assert!(replaced.moved_aside.is_some());
    assert_eq!(replaced.store.pending_count("datadog").unwrap(), 0);
}

#[test]
fn files_of_newer_versions_and_other_programs_are_refused_and_not_moved() {
    let folder = tempfile::tempdir().unwrap();
    drop(Store::open(folder.path()).unwrap());
    Connection::open(file(folder.path())).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let newer = Store::open(folder.path()).unwrap_err();
    assert!(matches!(newer, StoreError::Newer { version: 99, .. }), "{newer:?}");
    assert!(newer.to_string().contains("a newer version of this program (format 99)"), "{newer}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);

    let folder = tempfile::tempdir().unwrap();
    // The mode of the journal is stored in the file.
    let statements = "PRAGMA journal_mode = WAL; CREATE TABLE mine (x)";
    Connection::open(file(folder.path())).unwrap().execute_batch(statements).unwrap();
    let before = fs::read(file(folder.path())).unwrap();
    let foreign = Store::open(folder.path()).unwrap_err();
    assert!(matches!(foreign, StoreError::Foreign { .. }), "{foreign:?}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    assert!(fs::read(file(folder.path())).unwrap() == before, "the file was changed");
}

#[test]
fn a_file_without_tables_cannot_be_read_until_a_run_has_created_them() {
    let folder = tempfile::tempdir().unwrap();
    // A process was killed after it had created the file.
    fs::write(file(folder.path()), "").unwrap();

    let error = Store::open_existing(folder.path()).unwrap_err();

    assert!(matches!(error, StoreError::NotCurrent { .. }), "{error:?}");
    assert!(error.to_string().ends_with("yet; the next run creates them"), "{error}");
    drop(Store::open(folder.path()).unwrap());
    assert_eq!(Store::open_existing(folder.path()).unwrap().pending_count("datadog").unwrap(), 0);
}

#[test]
fn an_error_names_the_folder_that_cannot_be_created() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();

    let error = Store::open(&folder.path().join("file/state")).unwrap_err();

    assert!(matches!(error, StoreError::Folder { .. }), "{error:?}");
    assert!(error.to_string().contains("file/state"), "{error}");
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_access_the_folder() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("a/b");

    drop(Store::open(&state).unwrap());

    assert_eq!(fs::metadata(&state).unwrap().permissions().mode() & 0o777, 0o700);
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_access_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let modes = || -> Vec<(String, u32)> {
        let entries = fs::read_dir(folder.path()).unwrap().map(Result::unwrap);
        let mode = |entry: &fs::DirEntry| entry.metadata().unwrap().permissions().mode() & 0o777;
        entries.map(|entry| (entry.file_name().into_string().unwrap(), mode(&entry))).collect()
    };
    let assert_private = |count| {
        let modes = modes();
        assert_eq!(modes.len(), count, "{modes:?}");
        assert!(modes.iter().all(|(_, mode)| *mode == 0o600), "{modes:?}");
    };
    set(folder.path(), 0o755);

    // A new file with the umask of this process, then an existing file and its journal.
    drop(Store::open(folder.path()).unwrap());
    assert_private(1);
    set(&file(folder.path()), 0o644);
    let store = Store::open(folder.path()).unwrap().store;
    let other = Connection::open(file(folder.path())).unwrap();
    other
        .execute_batch(
            "BEGIN IMMEDIATE; INSERT INTO last_values (key, subject, timestamp, seen) VALUES ('a', '', 1, 1)",
        )
        .unwrap();
    assert_private(2);
    drop((store, other));

    // A damaged file that is moved aside, its journal, the new file and the lock file.
    let journal = folder.path().join("state.db-journal");
    fs::write(file(folder.path()), "not a database".repeat(100)).unwrap();
    fs::write(&journal, "").unwrap();
    set(&file(folder.path()), 0o644);
    set(&journal, 0o644);
    let moved_aside = Store::open(folder.path()).unwrap().moved_aside;
    assert!(moved_aside.is_some());
    assert_private(4);
}

#[cfg(unix)]
#[test]
fn a_read_only_file_stays_read_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    drop(Store::open(folder.path()).unwrap());
    fs::set_permissions(file(folder.path()), fs::Permissions::from_mode(0o444)).unwrap();

    drop(Store::open(folder.path()));

    let mode = fs::metadata(file(folder.path())).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o400);
}

#[test]
fn a_point_of_an_unknown_kind_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap().store;
    store.record(&report(1, &[1.0]), &["datadog"]).unwrap();
    let other = Connection::open(file(folder.path())).unwrap();
    other.execute_batch("PRAGMA ignore_check_constraints = ON; UPDATE series SET kind = 'summary'").unwrap();

    let error = store.pending("datadog", 10, None).unwrap_err();

    assert!(!error.is_damage(), "{error:?}");
    assert!(error.to_string().contains("the kind `summary` is not known"), "{error}");
}

#[test]
fn only_one_of_many_threads_moves_a_damaged_file_aside() {
    let folder = tempfile::tempdir().unwrap();
    let garbage = "not a database".repeat(1000);
    fs::write(file(folder.path()), &garbage).unwrap();

    let moved: Vec<_> = thread::scope(|scope| {
        let open = |seconds| {
            let folder = folder.path();
            scope.spawn(move || {
                let opened = Store::open(folder).unwrap();
                opened.store.record(&report(seconds, &[1.0]), &["datadog"]).unwrap();
                opened.moved_aside
            })
        };
        let threads: Vec<_> = (0..8).map(open).collect();
        threads.into_iter().filter_map(|thread| thread.join().unwrap()).collect()
    });

    assert_eq!(moved.len(), 1);
    assert_eq!(fs::read_to_string(&moved[0]).unwrap(), garbage);
    assert_eq!(Store::open(folder.path()).unwrap().store.pending_count("datadog").unwrap(), 8);
}

#[test]
fn checking_an_existing_store_finds_damage_to_any_page_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let many: Vec<f64> = (0..500).map(f64::from).collect();
    Store::open(folder.path()).unwrap().store.record(&report(1, &many), &["datadog"]).unwrap();
    let whole = fs::read(file(folder.path())).unwrap();
    Store::open_existing(folder.path()).unwrap().check().unwrap();

    for page in 0..whole.len() / 4096 {
        let mut bytes = whole.clone();
        bytes[page * 4096..][..4096].fill(0xAB);
        fs::write(file(folder.path()), &bytes).unwrap();

        let damage = Store::open_existing(folder.path()).and_then(|store| store.check()).unwrap_err();

        assert!(damage.is_damage(), "page {page}: {damage:?}");
        assert!(fs::read(file(folder.path())).unwrap() == bytes, "page {page}: the check changed the file");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn opening_an_existing_store_creates_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Store::open_existing(folder.path()).unwrap_err();
    assert!(matches!(missing, StoreError::Sqlite { .. }) && !missing.is_damage(), "{missing:?}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    Store::open(folder.path()).unwrap().store.record(&report(1, &[1.0]), &["datadog"]).unwrap();

    let store = Store::open_existing(folder.path()).unwrap();
    store.check_writable().unwrap();
    assert_eq!(store.pending_count("datadog").unwrap(), 1);
    assert!(
        !store.last_value_times().unwrap().contains_key(&(String::new(), String::new())),
        "the test write is rolled back"
    );
}
