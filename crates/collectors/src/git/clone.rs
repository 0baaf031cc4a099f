//! The local clone: where it is, and its remotes.

use std::{
    env,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context as _;
use system_health_registry::{Context, FromContext, Unavailable};
use tokio::task::spawn_blocking;

use super::{freshness, history, open::open, remote::ConfiguredRemote, tip};
use crate::{
    commits::{BranchHistory, HistoryRange},
    repository::{Branch, RemoteAddress},
};

/// Where the search for a clone starts. As a resource, the current directory of the process.
#[derive(Debug, Clone)]
pub struct WorkingDirectory(pub PathBuf);

/// A git repository on this machine: a work tree, a linked work tree or a bare repository.
///
/// As a resource, it is the repository around the [`WorkingDirectory`], or no data if there is no repository. Git's own
/// environment variables, such as `GIT_DIR`, are respected.
#[derive(Debug, Clone)]
pub struct LocalClone {
    inner: Arc<Inner>,
    /// The position of the remote whose branches are read.
    remote: Option<usize>,
}

#[derive(Debug)]
struct Inner {
    directory: PathBuf,
    remotes: Vec<ConfiguredRemote>,
    folder: String,
}

impl LocalClone {
    /// Looks for a repository in a directory and in the directories above it.
    pub fn discover(directory: &Path) -> anyhow::Result<Option<Self>> {
        let Some(repository) = open(directory)? else { return Ok(None) };
        let remotes = ConfiguredRemote::all(&repository)?;
        let remote = ConfiguredRemote::find_default(&repository, &remotes)?;
        let inner = Inner { directory: directory.to_owned(), remotes, folder: folder_name(&repository) };
        Ok(Some(Self { inner: Arc::new(inner), remote }))
    }

    /// The address of the remote whose branches are read. After [`Self::discover`], this is `origin`, the only remote, or the
    /// remote of the branch that is checked out. `None` if there is no such remote, or if it is a folder.
    #[must_use]
    pub fn remote(&self) -> Option<&RemoteAddress> {
        self.selected_remote()?.address.as_ref()
    }

    /// All addresses of the remote whose branches are read: the configured one, and the one that git uses instead
    /// (`url.….insteadOf`).
    pub(crate) fn addresses(&self) -> impl Iterator<Item = &RemoteAddress> {
        self.selected_remote().into_iter().flat_map(ConfiguredRemote::addresses)
    }

    /// The name of the remote whose branches are read.
    #[must_use]
    pub fn remote_name(&self) -> Option<&str> {
        self.selected_remote().map(|remote| &*remote.name)
    }

    /// The name and the address of the first remote with an address that `is_wanted` accepts.
    pub fn find_remote(&self, is_wanted: impl Fn(&RemoteAddress) -> bool) -> Option<(&str, &RemoteAddress)> {
        self.inner.remotes.iter().find_map(|remote| {
            Some((remote.name.as_str(), remote.addresses().find(|address| is_wanted(address))?))
        })
    }

    /// The name of the repository: its path on the remote's host, or else the name of its folder.
    #[must_use]
    pub fn name(&self) -> &str {
        self.remote().map_or(&self.inner.folder, RemoteAddress::path)
    }

    /// The same clone, but with the branches of the first remote whose address is accepted.
    pub(crate) fn with_remote(&self, is_accepted: impl Fn(&RemoteAddress) -> bool) -> Option<Self> {
        let accepted = |remote: &ConfiguredRemote| remote.addresses().any(&is_accepted);
        let remote = self.inner.remotes.iter().position(accepted)?;
        Some(Self { inner: Arc::clone(&self.inner), remote: Some(remote) })
    }

    /// Where the remotes point to, for messages: `` `origin` to github.com/acme/app ``.
    pub(crate) fn describe_remotes(&self) -> Vec<String> {
        let describe = |remote: &ConfiguredRemote| match &remote.address {
            Some(address) => format!("`{}` to {}/{}", remote.name, address.host(), address.path()),
            None => format!("`{}` to a folder", remote.name),
        };
        self.inner.remotes.iter().map(describe).collect()
    }

    /// The commits of a branch in a range of time. If no branch is given, the default branch of the remote is read, or else
    /// the branch that is checked out.
    pub async fn history(
        &self,
        branch: Option<Branch>,
        range: HistoryRange,
    ) -> Result<BranchHistory, Unavailable> {
        let clone = self.clone();
        spawn_blocking(move || {
            let repository = open(&clone.inner.directory)?.context("the git repository has disappeared")?;
            check_format(&repository)?;
            if clone.remote.is_none() && !clone.inner.remotes.is_empty() {
                return Err(Unavailable::no_data(format!(
                    "this clone has several remotes and none is `origin`: {}; name the repository with \
                     SYSTEM_HEALTH_REPOSITORY or `name` in [repository]",
                    clone.describe_remotes().join(", ")
                )));
            }
            let tip = tip::find(&repository, clone.selected_remote(), branch.as_ref())?;
            let Some(remote) = clone.selected_remote() else {
                return history::read(&repository, tip, &range);
            };
            let fetched_at = freshness::check(&repository, remote, &tip, range.since())?;
            let unknown = freshness::not_fetched_since(remote, &tip, fetched_at);
            let mut history = history::read(&repository, tip, &range)?;
            history.walk.known_until = Some((fetched_at, unknown));
            Ok(history)
        })
        .await?
    }

    /// The remote whose branches are read.
    fn selected_remote(&self) -> Option<&ConfiguredRemote> {
        self.inner.remotes.get(self.remote?)
    }
}

impl FromContext for WorkingDirectory {
    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Ok(Self(env::current_dir().context("cannot get the current directory")?))
    }
}

impl FromContext for LocalClone {
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let WorkingDirectory(directory) = context.get().await?;
        let place = directory.display().to_string();
        spawn_blocking(move || Self::discover(&directory))
            .await??
            .ok_or_else(|| Unavailable::no_data(format!("there is no git repository in {place} or above it")))
    }
}

/// Refuses a repository that stores its branches in another format than files, because gix would find no branches.
fn check_format(repository: &gix::Repository) -> anyhow::Result<()> {
    match repository.config_snapshot().string("extensions.refStorage") {
        Some(format) if format != "files" => anyhow::bail!(
            "this clone stores its branches in the format `{format}`, which is not supported; clone it again with \
             `git clone --ref-format=files`, or set `source = \"github\"` in [commits]"
        ),
        _ => Ok(()),
    }
}

/// The name of the repository's folder, the same for all of its work trees: `app` for `…/app/.git` and `…/app.git`.
fn folder_name(repository: &gix::Repository) -> String {
    let common = repository.common_dir();
    let common = common.canonicalize().unwrap_or_else(|_| common.to_owned());
    let folder = if common.ends_with(".git") { common.parent() } else { Some(common.as_path()) };
    let name = folder.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let name = name.unwrap_or_else(|| "repository".to_owned());
    name.strip_suffix(".git").map(str::to_owned).unwrap_or(name)
}
