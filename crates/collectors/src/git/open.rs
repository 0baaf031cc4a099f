//! Finds and opens the git repository around a folder.

use std::{env, path::Path};

use anyhow::Context as _;
use gix::{ThreadSafeRepository, discover::upwards};

/// Opens the repository. `None` if there is none.
///
/// Each task opens it again, because without the feature `parallel`, gix's handles cannot move to another thread.
pub(super) fn open(directory: &Path) -> anyhow::Result<Option<gix::Repository>> {
    let options = upwards::Options { match_ceiling_dir_or_error: false, ..Default::default() };
    let mut trust = gix::sec::trust::Mapping::<gix::open::Options>::default();
    // In a container, the clone often belongs to another user. Reading the remotes from its configuration is safe, because
    // this program runs no command from it.
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

/// Refuses a broken `.git` between the folder and the repository, as git does: a submodule or a linked work tree that
/// points nowhere, or a folder that cannot be read. The repository around the broken one must not be read in its place.
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

/// Whether there is no repository.
fn is_nowhere(error: &gix::Error) -> bool {
    use upwards::Error::{NoGitRepository, NoGitRepositoryWithinCeiling, NoGitRepositoryWithinFs};
    matches!(
        error.downcast_any_ref::<upwards::Error>(),
        Some(NoGitRepository { .. } | NoGitRepositoryWithinCeiling { .. } | NoGitRepositoryWithinFs { .. })
    )
}
