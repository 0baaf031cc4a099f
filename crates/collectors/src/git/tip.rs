//! The tip of a branch, and which branch is used by default.
//!
//! A clone with a remote stands for the remote's repository. Only its remote-tracking branches count, because commits
//! that were not pushed are not part of that repository. A clone without a remote stands for itself.

use anyhow::{Context as _, anyhow};
use gix::{ObjectId, Repository, head};
use system_health_registry::Unavailable;

use super::remote::ConfiguredRemote;
use crate::repository::Branch;

const LOCAL: &str = "refs/heads/";
/// Maximum number of branches listed in a message.
const MAX_LISTED: usize = 10;

/// A branch and its newest commit.
#[derive(Debug)]
pub(super) struct Tip {
    /// The branch, or `HEAD` if a commit is checked out without a branch.
    pub(super) branch: String,
    pub(super) commit: ObjectId,
    /// Whether the settings name no branch, and this one is the remote's default branch as far as the clone knows.
    pub(super) is_default: bool,
}

/// The tip of the wanted branch. Without a name, it is the remote's default branch if the clone knows it, or else the
/// branch that is checked out.
pub(super) fn find(
    repository: &Repository,
    remote: Option<&ConfiguredRemote>,
    wanted: Option<&Branch>,
) -> Result<Tip, Unavailable> {
    match (remote, wanted) {
        (Some(remote), Some(wanted)) => read(repository, &remote.tracking_ref(wanted.as_str()))?
            .map(|commit| Tip { branch: wanted.to_string(), commit, is_default: false })
            .ok_or_else(|| missing_on_remote(repository, remote, wanted.as_str())),
        (Some(remote), None) => unnamed_on_remote(repository, remote),
        (None, Some(wanted)) => read(repository, &format!("{LOCAL}{wanted}"))?
            .map(|commit| Tip { branch: wanted.to_string(), commit, is_default: false })
            .ok_or_else(|| missing(repository, wanted.as_str())),
        (None, None) => {
            let branch = match checked_out(repository)? {
                CheckedOut::Branch(branch) => branch,
                CheckedOut::Unborn(branch) => return Err(no_commits(&branch)),
                CheckedOut::Commit => "HEAD".to_owned(),
            };
            let commit = repository.head_commit().context("cannot read the commit at HEAD")?.id;
            Ok(Tip { branch, commit, is_default: false })
        }
    }
}

/// What `HEAD` points to.
enum CheckedOut {
    Branch(String),
    /// A branch without commits.
    Unborn(String),
    /// A commit without a branch.
    Commit,
}

fn unnamed_on_remote(repository: &Repository, remote: &ConfiguredRemote) -> Result<Tip, Unavailable> {
    if let Some(branch) = default_branch(repository, remote)? {
        return match read(repository, &remote.tracking_ref(&branch))? {
            Some(commit) => Ok(Tip { branch, commit, is_default: true }),
            None if branches(repository, &remote.prefix())?.is_empty() => Err(nothing_fetched(remote)),
            None => Err(Unavailable::no_data(format!(
                "in this clone, the default branch of `{name}` is `{branch}`, which no longer exists; run `{command}`, or \
                 name the branch with `branch` in [repository]",
                name = remote.name,
                command = remote.default_branch_command(),
            ))),
        };
    }
    let reason = match checked_out(repository)? {
        CheckedOut::Branch(branch) | CheckedOut::Unborn(branch) => {
            if let Some(commit) = read(repository, &remote.tracking_ref(&branch))? {
                return Ok(Tip { branch, commit, is_default: false });
            }
            format!("the branch `{branch}`, which is checked out, does not exist there")
        }
        CheckedOut::Commit => "a commit is checked out without a branch".to_owned(),
    };
    if branches(repository, &remote.prefix())?.is_empty() {
        return Err(nothing_fetched(remote));
    }
    Err(Unavailable::no_data(format!(
        "this clone does not know the default branch of the remote `{name}`, and {reason}; run `{command}`, or name the \
         branch with `branch` in [repository]",
        name = remote.name,
        command = remote.default_branch_command(),
    )))
}

/// The remote's default branch as far as the clone knows. `git clone` stores its name, and `git fetch` does not update
/// it.
fn default_branch(repository: &Repository, remote: &ConfiguredRemote) -> anyhow::Result<Option<String>> {
    if remote.is_mirrored {
        return Ok(match checked_out(repository)? {
            CheckedOut::Branch(branch) | CheckedOut::Unborn(branch) => Some(branch),
            CheckedOut::Commit => None,
        });
    }
    let name = remote.tracking_ref("HEAD");
    let reference = repository.try_find_reference(&name).with_context(|| format!("cannot read {name}"))?;
    let target =
        reference.as_ref().and_then(|reference| reference.target().try_name().map(ToString::to_string));
    Ok(target.and_then(|target| Some(target.strip_prefix(&remote.prefix())?.to_owned())))
}

fn checked_out(repository: &Repository) -> anyhow::Result<CheckedOut> {
    Ok(match repository.head().context("cannot read HEAD")?.kind {
        head::Kind::Unborn(name) => CheckedOut::Unborn(name.shorten().to_string()),
        head::Kind::Symbolic(reference) => CheckedOut::Branch(reference.name.shorten().to_string()),
        head::Kind::Detached { .. } => CheckedOut::Commit,
    })
}

/// The commit that a reference points to.
pub(super) fn read(repository: &Repository, name: &str) -> anyhow::Result<Option<ObjectId>> {
    let reference = repository.try_find_reference(name).with_context(|| format!("cannot read {name}"))?;
    let Some(mut reference) = reference else { return Ok(None) };
    let commit = reference.peel_to_commit();
    Ok(Some(commit.with_context(|| format!("cannot read the commit at {name}"))?.id))
}

fn nothing_fetched(remote: &ConfiguredRemote) -> Unavailable {
    Unavailable::no_data(format!(
        "this clone has no branch of the remote `{}` yet; run `{}`",
        remote.name,
        remote.fetch_command()
    ))
}

fn missing_on_remote(repository: &Repository, remote: &ConfiguredRemote, branch: &str) -> Unavailable {
    match branches(repository, &remote.prefix()) {
        Err(error) => error.into(),
        Ok(branches) if branches.is_empty() => nothing_fetched(remote),
        Ok(branches) => anyhow!(
            "the remote `{}` has no branch `{branch}` in this clone; it has {}; if the remote has `{branch}`, run `{}`",
            remote.name,
            list(&branches, MAX_LISTED),
            remote.branch_fetch_command(branch)
        )
        .into(),
    }
}

/// Why a branch does not exist: it has no commits yet, or the name is wrong.
fn missing(repository: &Repository, branch: &str) -> Unavailable {
    match branches(repository, LOCAL) {
        Err(error) => error.into(),
        Ok(branches) if branches.is_empty() => no_commits(branch),
        Ok(branches) => {
            let known = list(&branches, MAX_LISTED);
            anyhow!("the local clone has no branch `{branch}`; it has {known}").into()
        }
    }
}

fn no_commits(branch: &str) -> Unavailable {
    Unavailable::no_data(format!("the branch `{branch}` has no commits yet"))
}

/// At most `max` branches as a text. It ends with `…` if there are more.
pub(super) fn list<B: AsRef<str>>(branches: &[B], max: usize) -> String {
    let listed: Vec<&str> = branches.iter().take(max).map(AsRef::as_ref).collect();
    let more = if branches.len() > max { ", …" } else { "" };
    format!("`{}`{more}", listed.join("`, `"))
}

fn branches(repository: &Repository, prefix: &str) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    let references = repository.references().context("cannot list the branches")?;
    for reference in references.prefixed(prefix.as_bytes()).context("cannot list the branches")? {
        let reference = reference.map_err(|error| anyhow!(error)).context("cannot list the branches")?;
        let name = reference.name().as_bstr().to_string();
        found.extend(name.strip_prefix(prefix).filter(|name| *name != "HEAD").map(str::to_owned));
    }
    found.sort_unstable();
    Ok(found)
}
