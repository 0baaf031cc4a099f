//! Which commit a branch ends at, and which branch is meant when nobody says.

use anyhow::{Context as _, anyhow};
use gix::{ObjectId, Repository, head};
use system_health_registry::Unavailable;

use crate::repository::Branch;

const LOCAL: &str = "refs/heads/";
const REMOTE: &str = "refs/remotes/origin/";
/// So many branches are listed where a name is unknown.
const LISTED: usize = 10;

/// A branch and its newest commit.
#[derive(Debug)]
pub(super) struct Tip {
    /// The branch, or `HEAD` when a commit is checked out without one.
    pub(super) branch: String,
    pub(super) commit: ObjectId,
}

/// The tip of the wanted branch, or else of the default branch of `origin`, or else of what is checked
/// out. Of a local branch and the remote's of the same name, the one with the newer commit counts: the local
/// one may have been left behind by `git fetch`.
pub(super) fn find(repository: &Repository, wanted: Option<&Branch>) -> Result<Tip, Unavailable> {
    if let Some(wanted) = wanted {
        return named(repository, wanted.as_str())?
            .map_or_else(|| Err(missing(repository, wanted.as_str())), Ok);
    }
    if let Some(default) = default_of_origin(repository)?
        && let Some(tip) = named(repository, &default)?
    {
        return Ok(tip);
    }
    let mut head = repository.head().context("cannot read HEAD")?;
    let branch = match &head.kind {
        head::Kind::Unborn(name) => return Err(no_commits(&name.shorten().to_string())),
        head::Kind::Symbolic(reference) => reference.name.shorten().to_string(),
        head::Kind::Detached { .. } => "HEAD".to_owned(),
    };
    let commit = head.peel_to_commit().context("cannot read the commit at HEAD")?;
    Ok(Tip { branch, commit: commit.id })
}

/// The tip of a branch by name.
fn named(repository: &Repository, branch: &str) -> anyhow::Result<Option<Tip>> {
    let mut newest: Option<(i64, ObjectId)> = None;
    for prefix in [LOCAL, REMOTE] {
        let name = format!("{prefix}{branch}");
        let reference =
            repository.try_find_reference(&name).with_context(|| format!("cannot read {name}"))?;
        if let Some(mut reference) = reference {
            let mut read = || -> gix::Result<_> {
                let commit = reference.peel_to_commit()?;
                Ok((commit.time()?.seconds, commit.id))
            };
            let (time, commit) = read().with_context(|| format!("cannot read the commit at {name}"))?;
            if newest.is_none_or(|(newest, _)| newest < time) {
                newest = Some((time, commit));
            }
        }
    }
    Ok(newest.map(|(_, commit)| Tip { branch: branch.to_owned(), commit }))
}

/// The branch that `origin` had as its default when it was cloned.
fn default_of_origin(repository: &Repository) -> anyhow::Result<Option<String>> {
    let name = format!("{REMOTE}HEAD");
    let reference = repository.try_find_reference(&name).with_context(|| format!("cannot read {name}"))?;
    let target =
        reference.as_ref().and_then(|reference| reference.target().try_name().map(ToString::to_string));
    Ok(target.and_then(|target| Some(target.strip_prefix(REMOTE)?.to_owned())))
}

/// Why there is no such branch: nothing was committed yet, or the name is wrong.
fn missing(repository: &Repository, branch: &str) -> Unavailable {
    match branches(repository) {
        Err(error) => error.into(),
        Ok(branches) if branches.is_empty() => no_commits(branch),
        Ok(branches) => {
            let more = if branches.len() > LISTED { ", …" } else { "" };
            let listed = &branches[..branches.len().min(LISTED)];
            anyhow!("the local clone has no branch `{branch}`; it has `{}`{more}", listed.join("`, `")).into()
        }
    }
}

fn no_commits(branch: &str) -> Unavailable {
    Unavailable::no_data(format!("the branch `{branch}` has no commits yet"))
}

fn branches(repository: &Repository) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    let references = repository.references().context("cannot list the branches")?;
    for prefix in [LOCAL, REMOTE] {
        for reference in references.prefixed(prefix.as_bytes()).context("cannot list the branches")? {
            let reference = reference.map_err(|error| anyhow!(error)).context("cannot list the branches")?;
            let name = reference.name().as_bstr().to_string();
            found.extend(name.strip_prefix(prefix).filter(|name| *name != "HEAD").map(str::to_owned));
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}
