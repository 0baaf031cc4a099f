//! Files that cannot be used.

use std::{fs, path::Path, thread};

use rusqlite::Connection;
use system_health_state::{Store, StoreError};

use crate::harness::report;

fn file(folder: &Path) -> std::path::PathBuf {
    folder.join(Store::FILE)
}

#[test]
fn what_is_no_database_is_kept_aside() {
    let folder = tempfile::tempdir().unwrap();
    let garbage = "not a database".repeat(100);
    fs::write(file(folder.path()), &garbage).unwrap();

    let opened = Store::open(folder.path()).unwrap();

    assert_eq!(fs::read_to_string(opened.moved_aside.unwrap()).unwrap(), garbage);
    opened.store.record(&report(1, &[1.0]), &["datadog"]).unwrap();
    assert!(Store::open(folder.path()).unwrap().moved_aside.is_none());
}

#[test]
fn damage_that_is_found_later_says_so_and_can_be_replaced() {
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
    let anew = Store::replace_damaged(folder.path()).unwrap();

    assert!(error.is_damage(), "{error:?}");
    assert!(error.to_string().ends_with("the file is damaged"), "{error}");
    assert!(anew.moved_aside.is_some());
    assert_eq!(anew.store.waiting("datadog").unwrap(), 0);
}

#[test]
fn a_file_of_a_newer_version_or_of_another_program_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    drop(Store::open(folder.path()).unwrap());
    Connection::open(file(folder.path())).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let newer = Store::open(folder.path()).unwrap_err();
    assert!(matches!(newer, StoreError::Newer { version: 99, .. }), "{newer:?}");

    let folder = tempfile::tempdir().unwrap();
    Connection::open(file(folder.path())).unwrap().execute_batch("CREATE TABLE mine (x)").unwrap();
    let foreign = Store::open(folder.path()).unwrap_err();
    assert!(matches!(foreign, StoreError::Foreign { .. }), "{foreign:?}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();

    let error = Store::open(&folder.path().join("file/state")).unwrap_err();

    assert!(matches!(error, StoreError::Folder { .. }), "{error:?}");
    assert!(error.to_string().contains("file/state"), "{error}");
}

#[cfg(unix)]
#[test]
fn the_folder_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("a/b");

    drop(Store::open(&state).unwrap());

    assert_eq!(fs::metadata(&state).unwrap().permissions().mode() & 0o777, 0o700);
}

#[cfg(unix)]
#[test]
fn every_file_is_its_owners_alone_whatever_the_folder_and_the_umask() {
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

    // A new file, with the umask of this process; one that was there; and its journal.
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

    // What is moved aside, with its journal and the lock.
    let journal = folder.path().join("state.db-journal");
    fs::write(file(folder.path()), "not a database".repeat(100)).unwrap();
    fs::write(&journal, "").unwrap();
    set(&file(folder.path()), 0o644);
    set(&journal, 0o644);
    let moved_aside = Store::open(folder.path()).unwrap().moved_aside;
    assert!(moved_aside.is_some());
    assert_private(4);
}

#[test]
fn of_many_that_find_the_same_damage_one_moves_it_aside() {
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
    assert_eq!(Store::open(folder.path()).unwrap().store.waiting("datadog").unwrap(), 8);
}

#[test]
fn damage_to_any_page_is_found_by_a_look_that_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let many: Vec<f64> = (0..500).map(f64::from).collect();
    Store::open(folder.path()).unwrap().store.record(&report(1, &many), &["datadog"]).unwrap();
    let whole = fs::read(file(folder.path())).unwrap();
    Store::open_as_it_is(folder.path()).unwrap().check().unwrap();

    for page in 2..whole.len() / 4096 {
        let mut bytes = whole.clone();
        bytes[page * 4096..][..4096].fill(0xAB);
        fs::write(file(folder.path()), &bytes).unwrap();

        let damage = Store::open_as_it_is(folder.path()).and_then(|store| store.check()).unwrap_err();

        assert!(damage.is_damage(), "page {page}: {damage:?}");
        assert!(fs::read(file(folder.path())).unwrap() == bytes, "page {page}: the look changed the file");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_look_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Store::open_as_it_is(folder.path()).unwrap_err();
    assert!(matches!(missing, StoreError::Sqlite { .. }) && !missing.is_damage(), "{missing:?}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    Store::open(folder.path()).unwrap().store.record(&report(1, &[1.0]), &["datadog"]).unwrap();

    let store = Store::open_as_it_is(folder.path()).unwrap();
    store.check_writable().unwrap();
    assert_eq!(store.waiting("datadog").unwrap(), 1);
    assert!(
        !store.last_values().unwrap().contains_key(&(String::new(), String::new())),
        "what was written is taken back"
    );
}
