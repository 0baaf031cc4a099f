//! Opens a store. A damaged file is moved aside and replaced with a new store.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use rusqlite::{Connection, OpenFlags};

use crate::{
    Store, StoreError,
    convert::seconds,
    schema::{self, Unusable},
};

/// How long to wait for a lock that another process holds.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

/// An opened store.
#[derive(Debug)]
pub struct OpenedStore {
    /// The store.
    pub store: Store,
    /// The path to which a damaged file was moved, if there was one.
    pub moved_aside: Option<PathBuf>,
}

impl Store {
    /// The name of the file in the state folder.
    pub const FILE_NAME: &str = "state.db";

    /// Opens the store in a folder, which is created if necessary. A damaged file is moved aside, and a new store is
    /// created.
    pub fn open(folder: &Path) -> Result<OpenedStore, StoreError> {
        create_private_folder(folder)
            .map_err(|source| StoreError::Folder { folder: folder.to_owned(), source })?;
        let opened = {
            let _shared_lock = lock_folder(folder, fs::File::lock_shared);
            open_file(&folder.join(Self::FILE_NAME))
        };
        match opened {
            Err(error) if error.is_damage() => Self::replace_damaged(folder),
            opened => Ok(OpenedStore { store: opened?, moved_aside: None }),
        }
    }

    /// Replaces a damaged store with a new one, unless another process has already replaced it.
    pub fn replace_damaged(folder: &Path) -> Result<OpenedStore, StoreError> {
        let unusable = |source| StoreError::Folder { folder: folder.to_owned(), source };
        let file = folder.join(Self::FILE_NAME);
        // Two processes may get here at the same time. The second one must not replace the new store.
        let lock = folder.join("state.lock");
        make_file_private(&lock).map_err(unusable)?;
        let lock = fs::OpenOptions::new().write(true).open(lock).map_err(unusable)?;
        lock.lock().map_err(unusable)?;
        let _exclusive_lock = lock_folder(folder, fs::File::lock);
        match open_file(&file).and_then(|store| store.check().map(|()| store)) {
            Err(error) if error.is_damage() => {}
            // After another error, such as a lock that is not released in time, other processes may still use the file.
            opened => return Ok(OpenedStore { store: opened?, moved_aside: None }),
        }
        let moved_aside = Some(move_aside(&file).map_err(unusable)?);
        Ok(OpenedStore { store: open_file(&file)?, moved_aside })
    }

    /// Opens an existing store for reading. Nothing is created, migrated or moved, but SQLite rolls back the transaction of a
    /// killed process if it can write the file. Writing fails if the file is read-only.
    pub fn open_existing(folder: &Path) -> Result<Self, StoreError> {
        let file = folder.join(Self::FILE_NAME);
        let _shared_lock = lock_folder(folder, fs::File::lock_shared);
        let open = |access| {
            let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = connect(|| Connection::open_with_flags(&file, flags))?;
            connection.busy_timeout(LOCK_TIMEOUT)?;
            schema::check(&connection)?;
            Ok(connection)
        };
        // Only a connection that may write can roll back the transaction of a killed process.
        match to_store(open(OpenFlags::SQLITE_OPEN_READ_WRITE), &file) {
            Err(error) if error.is_read_only() => to_store(open(OpenFlags::SQLITE_OPEN_READ_ONLY), &file),
            opened => opened,
        }
    }

    /// A store in memory.
    pub fn in_memory() -> Result<Self, StoreError> {
        prepare(Connection::open_in_memory(), Path::new("the store in memory"))
    }
}

/// Locks the folder until the result is dropped. Between the opening of the file and the first read, the file must not be moved:
/// SQLite would find the journal of the new file by its name, and apply it to the old one. Not every system can lock folders.
fn lock_folder(folder: &Path, lock: fn(&fs::File) -> io::Result<()>) -> Option<fs::File> {
    let folder = fs::File::open(folder).ok()?;
    lock(&folder).ok()?;
    Some(folder)
}

fn open_file(file: &Path) -> Result<Store, StoreError> {
    let connection = connect(|| {
        // If this fails, opening the file fails as well and reports why.
        let _ = make_file_private(file);
        Connection::open(file)
    });
    prepare(connection, file)
}

/// Opens a connection while no other thread opens one. If one thread creates the file and closes it, the process loses all its
/// locks on the file. So no other thread may open and lock the file between these two steps.
fn connect(open: impl FnOnce() -> rusqlite::Result<Connection>) -> rusqlite::Result<Connection> {
    static CONNECTING: Mutex<()> = Mutex::new(());

    let _connecting = CONNECTING.lock().unwrap_or_else(PoisonError::into_inner);
    open()
}

/// Configures a connection and migrates its file.
fn prepare(connection: rusqlite::Result<Connection>, file: &Path) -> Result<Store, StoreError> {
    let prepared = || -> Result<Connection, Unusable> {
        let mut connection = connection?;
        connection.busy_timeout(LOCK_TIMEOUT)?;
        // The mode of the journal is stored in the file, so it is set only after the check.
        schema::check_ownership(&connection)?;
        // A rollback journal also works on network file systems, and leaves no files beside the store. The cache
        // may use up to 8 MiB, which is enough for a run of 100,000 points.
        connection.execute_batch(
            "PRAGMA journal_mode = DELETE; PRAGMA cache_size = -8192; PRAGMA synchronous = FULL;
             PRAGMA foreign_keys = ON;",
        )?;
        schema::migrate(&mut connection)?;
        Ok(connection)
    };
    to_store(prepared(), file)
}

fn to_store(connection: Result<Connection, Unusable>, file: &Path) -> Result<Store, StoreError> {
    let file = file.to_owned();
    match connection {
        Ok(connection) => Ok(Store::new(connection, file)),
        Err(Unusable::Newer(version)) => Err(StoreError::Newer { file, version }),
        Err(Unusable::NotCurrent) => Err(StoreError::NotCurrent { file }),
        Err(Unusable::Foreign) => Err(StoreError::Foreign { file }),
        Err(Unusable::Sqlite(error)) => Err(StoreError::Sqlite { file, error }),
    }
}

/// Moves a damaged file aside. Its journal is moved too, because SQLite would apply it to the new file. The journal is moved
/// first: as soon as the file is gone, another process may create a new one, whose journal has the same name.
fn move_aside(file: &Path) -> io::Result<PathBuf> {
    let now = seconds(SystemTime::now());
    let path = |number: u32| file.with_file_name(format!("{}.damaged-{now}-{number}", Store::FILE_NAME));
    let aside = (1..=u32::MAX).map(path).find(|path| !path.exists()).unwrap_or_else(|| path(0));
    let journal = |file: &Path| PathBuf::from(format!("{}-journal", file.display()));
    restrict(&journal(file));
    if let Err(error) = fs::rename(journal(file), journal(&aside))
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error);
    }
    fs::rename(file, &aside)?;
    Ok(aside)
}

/// Creates a file that only its owner may read and write, or removes the rights of others on an existing file. If SQLite
/// created the file, the umask would decide about these rights. SQLite gives the journal the mode of the file.
fn make_file_private(file: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(file) {
        Ok(created) => {
            #[cfg(unix)]
            {
                // The umask may also remove rights of the owner. Not every file system supports modes.
                use std::os::unix::fs::PermissionsExt;
                let _ = created.set_permissions(fs::Permissions::from_mode(0o600));
            }
            drop(created);
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            restrict(file);
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// Removes all rights of the group and others on an existing file. Only its owner can do that, and not every file system
/// supports modes, so a failure is ignored.
fn restrict(file: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(file).map_or(0, |metadata| metadata.permissions().mode());
        if mode & 0o077 != 0 {
            // The rights of the owner stay, because the file may be read-only on purpose.
            let _ = fs::set_permissions(file, fs::Permissions::from_mode(mode & 0o700));
        }
    }
    #[cfg(not(unix))]
    let _ = file;
}

/// Creates the folder so that only its owner can access it. An existing folder is not changed.
fn create_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}
