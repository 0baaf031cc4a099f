//! The remotes of a clone.

use anyhow::Context as _;
use gix::{
    Repository, Url,
    bstr::{BStr, BString, ByteSlice},
    refspec::{Instruction, RefSpec, RefSpecRef, instruction::Fetch},
    remote::Direction,
};

use crate::repository::RemoteAddress;

/// A remote from the configuration of a clone.
#[derive(Debug)]
pub(super) struct ConfiguredRemote {
    /// The name, such as `origin`.
    pub(super) name: String,
    /// The address. `None` if the remote is a folder.
    pub(super) address: Option<RemoteAddress>,
    /// The other address, if `url.….insteadOf` rewrites the configured one.
    pub(super) other_address: Option<RemoteAddress>,
    /// The URL that git uses.
    url: Url,
    /// Whether the remote's branches are the clone's own branches, as in a mirror, where `git fetch` overwrites them.
    /// Also true for a bare clone without references to fetch, although a plain `git fetch` does not update its branches.
    pub(super) is_mirrored: bool,
    /// The references that `git fetch` fetches, such as `refs/heads/*`.
    sources: Vec<BString>,
    /// The references that `git fetch` excludes.
    excluded: Vec<BString>,
}

impl ConfiguredRemote {
    /// All remotes from which the clone can fetch, with `origin` first.
    pub(super) fn all(repository: &Repository) -> anyhow::Result<Vec<Self>> {
        let mut remotes = Vec::new();
        for name in repository.remote_names() {
            let Some(remote) = repository.try_find_remote(name.as_bstr()) else { continue };
            let remote = remote
                .with_context(|| format!("cannot read the remote `{name}` in the git configuration"))?;
            let Some(url) = remote.url(Direction::Fetch).cloned() else { continue };
            let configured = repository.try_find_remote_without_url_rewrite(name.as_bstr());
            let configured = configured.and_then(Result::ok);
            let configured = configured.and_then(|remote| address_of(remote.url(Direction::Fetch)?));
            let (address, other_address) = preferred(configured, address_of(&url));
            let refspecs = remote.refspecs(Direction::Fetch);
            let (excluded, sources): (Vec<_>, Vec<_>) =
                refspecs.iter().map(RefSpec::to_ref).partition(|spec| is_excluding(*spec));
            let names = |specs: Vec<RefSpecRef<'_>>| -> Vec<BString> {
                specs.iter().filter_map(|spec| spec.source().map(ToOwned::to_owned)).collect()
            };
            let is_mirror = refspecs.iter().any(|spec| {
                let destination = spec.to_ref().destination().map(ToOwned::to_owned);
                destination.is_some_and(|to| to == "refs/*" || to.starts_with_str("refs/heads/"))
            });
            remotes.push(Self {
                name: name.to_string(),
                address,
                other_address,
                is_mirrored: is_mirror || (refspecs.is_empty() && repository.is_bare()),
                url,
                sources: names(sources),
                excluded: names(excluded),
            });
        }
        remotes.sort_by_key(|remote| remote.name != "origin");
        Ok(remotes)
    }

    /// The position of the remote whose branches are read by default: `origin`, the only remote, or the remote of the
    /// branch that is checked out.
    pub(super) fn find_default(repository: &Repository, remotes: &[Self]) -> anyhow::Result<Option<usize>> {
        match remotes {
            [] => return Ok(None),
            [first, ..] if first.name == "origin" => return Ok(Some(0)),
            [_] => return Ok(Some(0)),
            _ => {}
        }
        let head = repository.head_name().context("cannot read `HEAD` of the clone")?;
        let Some(branch) = head else { return Ok(None) };
        let name = repository.branch_remote_name(branch.shorten(), Direction::Fetch);
        Ok(name.and_then(|name| remotes.iter().position(|remote| *remote.name == *name.as_bstr())))
    }

    /// The reference under which the clone stores a branch of the remote.
    pub(super) fn tracking_ref(&self, branch: &str) -> String {
        self.prefix() + branch
    }

    /// The prefix of the references under which the clone stores the remote's branches.
    pub(super) fn prefix(&self) -> String {
        if self.is_mirrored { "refs/heads/".to_owned() } else { format!("refs/remotes/{}/", self.name) }
    }

    /// The command that updates the clone.
    pub(super) fn fetch_command(&self) -> String {
        if self.sources.is_empty() {
            // Without references in the configuration, a plain `git fetch` stores no branches.
            return format!("git fetch {} '+refs/heads/*:{}*'", self.name, self.prefix());
        }
        format!("git fetch {}", self.name)
    }

    /// The command that updates the clone's copy of a branch.
    pub(super) fn branch_fetch_command(&self, branch: &str) -> String {
        let name = format!("refs/heads/{branch}");
        let is_named = self.sources.iter().any(|source| *source == *name);
        if self.sources.is_empty() || is_named || self.fetches_by_pattern(branch) {
            return self.fetch_command();
        }
        // In a clone of a single branch, a plain `git fetch` fetches no other branch.
        // A branch may have a quote in its name.
        let refspec = format!("+{name}:{}", self.tracking_ref(branch)).replace('\'', r"'\''");
        format!("git fetch {} '{refspec}'", self.name)
    }

    /// Whether a plain `git fetch` fetches the branch if the remote has it, and also succeeds if the remote has no such branch.
    pub(super) fn fetches_by_pattern(&self, branch: &str) -> bool {
        let name = format!("refs/heads/{branch}");
        let matches = |pattern: &BString| {
            pattern.split_once_str("*").is_some_and(|(start, end)| {
                let rest = name.as_bytes().strip_prefix(start);
                rest.is_some_and(|rest| rest.ends_with(end))
            })
        };
        self.sources.iter().any(matches)
            && !self.excluded.iter().any(|excluded| matches(excluded) || *excluded == *name)
    }

    /// All addresses of the remote: the configured one, and the one that git uses instead.
    pub(super) fn addresses(&self) -> impl Iterator<Item = &RemoteAddress> {
        self.address.iter().chain(&self.other_address)
    }

    /// The command that updates the name of the remote's default branch.
    pub(super) fn default_branch_command(&self) -> String {
        if self.is_mirrored {
            "git symbolic-ref HEAD refs/heads/BRANCH".to_owned()
        } else {
            format!("git remote set-head {} --auto", self.name)
        }
    }

    /// Whether this URL in `FETCH_HEAD` is the remote's. Git writes it there without the user and without the suffix
    /// `.git`.
    pub(super) fn has_url(&self, written: &BStr) -> bool {
        if let Some(address) = address_of(&self.url) {
            return gix::url::parse(written.as_bytes())
                .is_ok_and(|url| address_of(&url).as_ref() == Some(&address));
        }
        let without_suffix = |url: &[u8]| {
            let url = url.trim_end_with(|c| c == '/');
            url.strip_suffix(b".git").unwrap_or(url).trim_end_with(|c| c == '/').to_owned()
        };
        without_suffix(&self.url.to_bstring()) == without_suffix(written)
    }
}

/// The address in any URL that git accepts: `https://…`, `ssh://…`, `user@host:path`. `None` if it has no host, such as
/// a folder.
fn address_of(url: &Url) -> Option<RemoteAddress> {
    let path = url.path.to_str().ok()?.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let host = url.host()?.to_ascii_lowercase();
    (!path.is_empty()).then(|| RemoteAddress::new(&host, path))
}

/// The preferred address of a remote, and the other one. The configured address is preferred, because `insteadOf` may
/// point to a mirror with other paths. An abbreviation such as `gh:acme/app` has a host without a dot. In its place, the
/// address that git uses is preferred.
fn preferred(
    configured: Option<RemoteAddress>,
    used: Option<RemoteAddress>,
) -> (Option<RemoteAddress>, Option<RemoteAddress>) {
    if configured == used {
        return (used, None);
    }
    match configured {
        Some(configured) if configured.host().contains('.') || used.is_none() => (Some(configured), used),
        configured => (used, configured),
    }
}

/// Whether a refspec has the form `^refs/heads/a`.
fn is_excluding(spec: RefSpecRef<'_>) -> bool {
    matches!(spec.instruction(), Instruction::Fetch(Fetch::Exclude { .. }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(address: &str) -> Option<RemoteAddress> {
        address_of(&gix::url::parse(address.as_bytes()).unwrap())
    }

    #[test]
    fn reads_every_form_of_address() {
        let expected = Some(RemoteAddress::new("github.com", "acme/app"));
        for address in [
            "https://github.com/acme/app",
            "https://github.com/acme/app.git",
            "https://GitHub.com/acme/app.git/",
            "https://user:secret@github.com/acme/app.git",
            "http://github.com:80/acme/app",
            "ssh://git@github.com/acme/app.git",
            "ssh://git@github.com:22/acme/app.git",
            "git@github.com:acme/app.git",
            "git@github.com:/acme/app.git",
            "github.com:acme/app",
            "git://github.com/acme/app.git",
        ] {
            assert_eq!(parse(address), expected, "{address}");
        }
        assert_eq!(parse("https://gitlab.com/a/b/c.git"), Some(RemoteAddress::new("gitlab.com", "a/b/c")));
    }

    #[test]
    fn a_folder_has_no_address() {
        for address in ["/srv/git/app.git", "../app", "file:///srv/git/app.git"] {
            assert_eq!(parse(address), None, "{address}");
        }
    }

    /// The remote `origin` without references to fetch.
    fn remote(url: &str) -> ConfiguredRemote {
        let url = gix::url::parse(url.as_bytes()).unwrap();
        ConfiguredRemote {
            name: "origin".into(),
            address: address_of(&url),
            other_address: None,
            url,
            is_mirrored: false,
            sources: vec![],
            excluded: vec![],
        }
    }

    #[test]
    fn the_fetch_command_updates_the_references_that_are_read() {
        let remote = remote("https://github.com/acme/app");
        assert_eq!(remote.fetch_command(), "git fetch origin '+refs/heads/*:refs/remotes/origin/*'");
        let bare = ConfiguredRemote { is_mirrored: true, ..remote };
        assert_eq!(bare.fetch_command(), "git fetch origin '+refs/heads/*:refs/heads/*'");
        let usual = ConfiguredRemote { sources: vec!["refs/heads/*".into()], ..bare };
        assert_eq!(usual.fetch_command(), "git fetch origin");
        assert_eq!(usual.branch_fetch_command("topic"), "git fetch origin");
        let single =
            ConfiguredRemote { sources: vec!["refs/heads/main".into()], is_mirrored: false, ..usual };
        assert_eq!(single.branch_fetch_command("main"), "git fetch origin");
        assert_eq!(
            single.branch_fetch_command("topic"),
            "git fetch origin '+refs/heads/topic:refs/remotes/origin/topic'"
        );
        assert_eq!(
            single.branch_fetch_command("it's"),
            r"git fetch origin '+refs/heads/it'\''s:refs/remotes/origin/it'\''s'"
        );
    }

    #[test]
    fn a_url_in_fetch_head_matches_without_user_and_suffix() {
        for (url, written) in [
            ("https://user:secret@github.com/acme/app.git", "https://github.com/acme/app"),
            ("git@github.com:acme/app.git", "github.com:acme/app"),
            ("ssh://git@github.com/acme/app", "ssh://github.com/acme/app"),
            ("/srv/git/app.git", "/srv/git/app"),
            ("/srv/git/app/.git", "/srv/git/app/"),
            ("file:///srv/git/app", "file:///srv/git/app"),
            ("../app", "../app"),
        ] {
            assert!(remote(url).has_url(written.into()), "{url}");
            assert!(!remote(url).has_url("https://github.com/acme/other".into()), "{url}");
            assert!(!remote(url).has_url("/srv/git/other".into()), "{url}");
        }
    }
}
