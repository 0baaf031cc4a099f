//! Finding the clone, and what it says about itself.

use std::{
    env,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context as _;
use gix::{ThreadSafeRepository, discover::upwards};
use system_health_registry::{Context, FromContext, Unavailable};
use tokio::task::spawn_blocking;

use super::{
    freshness,
    history::History,
    remote::{ConfiguredRemote, Remote},
    tip,
};
use crate::{commits::Window, repository::Branch};

/// Where the search for a clone starts. As a resource, the current directory of the process.
#[derive(Debug, Clone)]
pub struct WorkingDirectory(pub PathBuf);

/// A git repository on this machine: a work tree, a linked work tree or a bare repository.
///
/// As a resource, it is the one that holds the [`WorkingDirectory`]; there is no data when none does.
/// The variables that git itself follows, such as `GIT_DIR`, are followed.
#[derive(Debug, Clone)]
pub struct LocalClone {
    facts: Arc<Facts>,
    /// The position of the remote whose branches are read.
    remote: Option<usize>,
}

#[derive(Debug)]
struct Facts {
    directory: PathBuf,
    remotes: Vec<ConfiguredRemote>,
    folder: String,
}

impl LocalClone {
    /// Looks for a repository in a directory and those above it.
    pub fn discover(directory: &Path) -> anyhow::Result<Option<Self>> {
        let Some(repository) = open(directory)? else { return Ok(None) };
        let remotes = ConfiguredRemote::all(&repository)?;
        let remote = ConfiguredRemote::default_of(&repository, &remotes);
        let facts = Facts { directory: directory.to_owned(), remotes, folder: folder(&repository) };
        Ok(Some(Self { facts: Arc::new(facts), remote }))
    }

    /// Where it was cloned from: the address of its remote `origin`, of its only remote, or of the remote of
    /// the branch that is checked out. `None` if that is a folder.
    #[must_use]
    pub fn remote(&self) -> Option<&Remote> {
        self.source()?.address.as_ref()
    }

    /// All addresses of the remote whose branches are read: the one that is configured, and the one that git
    /// uses instead (`url.….insteadOf`).
    pub(crate) fn addresses(&self) -> impl Iterator<Item = &Remote> {
        self.source().into_iter().flat_map(ConfiguredRemote::addresses)
    }

    /// The name of the remote whose branches are read.
    pub(crate) fn remote_name(&self) -> Option<&str> {
        self.source().map(|remote| &*remote.name)
    }

    /// The first remote with such an address: its name and that address.
    pub(crate) fn find_remote(&self, is_wanted: impl Fn(&Remote) -> bool) -> Option<(&str, &Remote)> {
        self.facts.remotes.iter().find_map(|remote| {
            Some((remote.name.as_str(), remote.addresses().find(|address| is_wanted(address))?))
        })
    }

    /// What to call it where nobody named it: its path on the host that it came from, or else its folder.
    #[must_use]
    pub fn name(&self) -> &str {
        self.remote().map_or(&self.facts.folder, Remote::path)
    }

    /// The same clone, but reading the branches of the first remote whose address is accepted.
    pub(crate) fn with_remote(&self, is_accepted: impl Fn(&Remote) -> bool) -> Option<Self> {
        let accepted = |remote: &ConfiguredRemote| remote.addresses().any(&is_accepted);
        let remote = self.facts.remotes.iter().position(accepted)?;
        Some(Self { facts: Arc::clone(&self.facts), remote: Some(remote) })
    }

    /// What its remotes point to, for messages: `` `origin` to github.com/acme/app ``.
    pub(crate) fn described_remotes(&self) -> Vec<String> {
        let describe = |remote: &ConfiguredRemote| match &remote.address {
            Some(address) => format!("`{}` to {}/{}", remote.name, address.host(), address.path()),
            None => format!("`{}` to a folder", remote.name),
        };
        self.facts.remotes.iter().map(describe).collect()
    }

    /// The commits of a branch within a window. Without a branch, of the default branch of the remote, or
    /// else of what is checked out.
    pub async fn history(&self, branch: Option<Branch>, window: Window) -> Result<History, Unavailable> {
        let clone = self.clone();
        spawn_blocking(move || {
            let repository =
                open(&clone.facts.directory)?.context("the git repository was there a moment ago")?;
            check_format(&repository)?;
            if clone.remote.is_none() && !clone.facts.remotes.is_empty() {
                return Err(Unavailable::no_data(format!(
                    "this clone has several remotes and none is `origin`: {}; name the repository with --repo, \
                     SYSTEM_HEALTH_REPOSITORY or `name` in [repository]",
                    clone.described_remotes().join(", ")
                )));
            }
            let tip = tip::find(&repository, clone.source(), branch.as_ref())?;
            if let Some(remote) = clone.source() {
                freshness::check(&repository, remote, &tip, window.since())?;
            }
            History::read(&repository, tip, &window)
        })
        .await?
    }

    fn source(&self) -> Option<&ConfiguredRemote> {
        self.facts.remotes.get(self.remote?)
    }
}

impl FromContext for WorkingDirectory {
    async fn from_context(_context: &Context) -> Result<Self, Unavailable> {
        Ok(Self(env::current_dir().context("cannot tell the current directory")?))
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

/// Opens the repository, `None` when there is none.
///
/// It is opened anew for each task: without its feature `parallel`, gix's handles stay on their thread.
fn open(directory: &Path) -> anyhow::Result<Option<gix::Repository>> {
    let options = upwards::Options { match_ceiling_dir_or_error: false, ..Default::default() };
    let mut trust = gix::sec::trust::Mapping::<gix::open::Options>::default();
    // In a container, the clone often belongs to another user. Reading what its configuration says about
    // its remotes is safe: nothing that it names is ever run.
    trust.reduced = trust.reduced.filter_config_section(|_| true);
    match ThreadSafeRepository::discover_with_environment_overrides_opts(directory, options, trust) {
        Ok(repository) => {
            let repository = repository.to_thread_local();
            refuse_broken(directory, Some(&repository))?;
            Ok(Some(repository))
        }
        Err(error) if is_nowhere(&error) => {
            refuse_broken(directory, None)?;
            Ok(None)
        }
        Err(error) => Err(error)
            .with_context(|| format!("cannot open the git repository around {}", directory.display())),
    }
}

/// Refuses a repository that keeps its branches in another format than files: gix would find none.
fn check_format(repository: &gix::Repository) -> anyhow::Result<()> {
    match repository.config_snapshot().string("extensions.refStorage") {
        Some(format) if format != "files" => anyhow::bail!(
            "this clone keeps its branches in the format `{format}`, which is not supported; clone it again with \
             `git clone --ref-format=files`, or set `source = \"github\"` in [commits]"
        ),
        _ => Ok(()),
    }
}

/// Refuses a `.git` that was passed over on the way up, as git itself does: a submodule or a linked work
/// tree that points nowhere, or one that may not be read. What lies around it is another repository.
fn refuse_broken(directory: &Path, found: Option<&gix::Repository>) -> anyhow::Result<()> {
    if env::var_os("GIT_DIR").is_some() {
        return Ok(());
    }
    let same = |one: &Path, other: &Path| one.canonicalize().ok() == other.canonicalize().ok();
    let directory = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
    for folder in directory.ancestors() {
        let marker = folder.join(".git");
        let is_found = |found: &gix::Repository| {
            same(found.path(), &marker)
                || same(found.path(), folder)
                || found.workdir().is_some_and(|workdir| same(workdir, folder))
        };
        if found.is_some_and(is_found) {
            break;
        }
        let Ok(metadata) = marker.metadata() else { continue };
        if metadata.is_file() {
            anyhow::bail!("{} points to no git repository; fix or remove it", marker.display());
        }
        marker.read_dir().with_context(|| format!("cannot read {}", marker.display()))?;
    }
    Ok(())
}

fn is_nowhere(error: &gix::Error) -> bool {
    use upwards::Error::{NoGitRepository, NoGitRepositoryWithinCeiling, NoGitRepositoryWithinFs};
    matches!(
        error.downcast_any_ref::<upwards::Error>(),
        Some(NoGitRepository { .. } | NoGitRepositoryWithinCeiling { .. } | NoGitRepositoryWithinFs { .. })
    )
}

/// The folder's name, the same in all work trees of a repository: `app` for `…/app/.git` and `…/app.git`.
fn folder(repository: &gix::Repository) -> String {
    let common = repository.common_dir();
    let common = common.canonicalize().unwrap_or_else(|_| common.to_owned());
    let folder = if common.ends_with(".git") { common.parent() } else { Some(common.as_path()) };
    let name = folder.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let name = name.unwrap_or_else(|| "repository".to_owned());
    name.strip_suffix(".git").map(str::to_owned).unwrap_or(name)
}
