//! The remotes of a clone. Only host and path of an address are shown: an address in a git configuration
//! often holds a password.

use anyhow::Context as _;
use gix::{
    Repository, Url,
    bstr::{BStr, BString, ByteSlice},
    refspec::{Instruction, RefSpec, RefSpecRef, instruction::Fetch},
    remote::Direction,
};

/// The host and the path of a remote, such as `github.com` and `rust-lang/rust`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    host: String,
    path: String,
}

/// A remote from the configuration of a clone.
#[derive(Debug)]
pub(super) struct ConfiguredRemote {
    /// Its name, such as `origin`.
    pub(super) name: String,
    /// Where it points to, if that is on a host and not a folder.
    pub(super) address: Option<Remote>,
    /// The address that git uses instead, if `url.….insteadOf` says so.
    pub(super) rewritten: Option<Remote>,
    /// The address that git uses.
    url: Url,
    /// Whether `git fetch` writes the remote's branches over the clone's own, as in a mirror. A bare clone
    /// has them there, too, but no `git fetch` updates them by itself.
    pub(super) is_mirrored: bool,
    /// What `git fetch` asks for, such as `refs/heads/*`.
    sources: Vec<BString>,
    /// What it leaves out of that.
    excluded: Vec<BString>,
}

impl Remote {
    /// A remote from its parts.
    #[must_use]
    pub fn new(host: &str, path: &str) -> Self {
        Self { host: host.to_owned(), path: path.to_owned() }
    }

    /// Reads any address that git takes: `https://…`, `ssh://…`, `user@host:path`. `None` when it is
    /// a place without a host, such as a folder.
    fn from_url(url: &Url) -> Option<Self> {
        let path = url.path.to_str().ok()?.trim_matches('/');
        let path = path.strip_suffix(".git").unwrap_or(path);
        let host = url.host()?.to_ascii_lowercase();
        (!path.is_empty()).then(|| Self { host, path: path.to_owned() })
    }

    /// The better name of a remote with these addresses, and the other one. That is the configured one: a
    /// mirror has other paths. But `gh:acme/app` is only an abbreviation of what git makes of it.
    fn preferred(configured: Option<Self>, used: Option<Self>) -> (Option<Self>, Option<Self>) {
        if configured == used {
            return (used, None);
        }
        match configured {
            Some(configured) if configured.host.contains('.') || used.is_none() => (Some(configured), used),
            configured => (used, configured),
        }
    }

    /// The host, in lower case.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The path on the host, without `.git`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
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
            let configured = configured.and_then(|remote| Remote::from_url(remote.url(Direction::Fetch)?));
            let (address, rewritten) = Remote::preferred(configured, Remote::from_url(&url));
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
                rewritten,
                is_mirrored: is_mirror || (refspecs.is_empty() && repository.is_bare()),
                url,
                sources: names(sources),
                excluded: names(excluded),
            });
        }
        remotes.sort_by_key(|remote| remote.name != "origin");
        Ok(remotes)
    }

    /// The position of the remote that git uses if nobody names one: `origin`, the only one, or that of the
    /// branch that is checked out.
    pub(super) fn default_of(repository: &Repository, remotes: &[Self]) -> Option<usize> {
        match remotes {
            [first, ..] if first.name == "origin" => Some(0),
            [_] => Some(0),
            _ => {
                let branch = repository.head_name().ok()??;
                let name = repository.branch_remote_name(branch.shorten(), Direction::Fetch)?;
                remotes.iter().position(|remote| *remote.name == *name.as_bstr())
            }
        }
    }

    /// Where the clone keeps a branch of the remote.
    pub(super) fn tracking_ref(&self, branch: &str) -> String {
        self.prefix() + branch
    }

    /// What the names of all these references start with.
    pub(super) fn prefix(&self) -> String {
        if self.is_mirrored { "refs/heads/".to_owned() } else { format!("refs/remotes/{}/", self.name) }
    }

    /// The command that brings the clone up to date.
    pub(super) fn fetch_command(&self) -> String {
        let branches = if self.sources.is_empty() { " '+refs/heads/*:refs/heads/*'" } else { "" };
        format!("git fetch {}{branches}", self.name)
    }

    /// Whether a plain `git fetch` finds the branch if the remote has it, and succeeds without it.
    pub(super) fn fetches_if_there(&self, branch: &str) -> bool {
        let name = format!("refs/heads/{branch}");
        let is_like = |pattern: &BString| {
            pattern.split_once_str("*").is_some_and(|(start, end)| {
                let rest = name.as_bytes().strip_prefix(start);
                rest.is_some_and(|rest| rest.ends_with(end))
            })
        };
        self.sources.iter().any(is_like)
            && !self.excluded.iter().any(|excluded| is_like(excluded) || *excluded == *name)
    }

    /// All addresses of the remote, as configured and as rewritten.
    pub(super) fn addresses(&self) -> impl Iterator<Item = &Remote> {
        self.address.iter().chain(&self.rewritten)
    }

    /// The command that makes the clone learn the remote's default branch.
    pub(super) fn default_branch_command(&self) -> String {
        if self.is_mirrored {
            "git symbolic-ref HEAD refs/heads/BRANCH".to_owned()
        } else {
            format!("git remote set-head {} --auto", self.name)
        }
    }

    /// Whether `git fetch` would write this address of the remote into `FETCH_HEAD`: there it leaves out
    /// the login and `.git` at the end.
    pub(super) fn is_at(&self, written: &BStr) -> bool {
        if let Some(address) = Remote::from_url(&self.url) {
            return gix::url::parse(written.as_bytes())
                .is_ok_and(|url| Remote::from_url(&url).as_ref() == Some(&address));
        }
        let bare = |url: &[u8]| {
            let url = url.trim_end_with(|c| c == '/');
            url.strip_suffix(b".git").unwrap_or(url).trim_end_with(|c| c == '/').to_owned()
        };
        bare(&self.url.to_bstring()) == bare(written)
    }
}

/// Whether it is of the form `^refs/heads/a`.
fn is_excluding(spec: RefSpecRef<'_>) -> bool {
    matches!(spec.instruction(), Instruction::Fetch(Fetch::Exclude { .. }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(address: &str) -> Option<Remote> {
        Remote::from_url(&gix::url::parse(address.as_bytes()).unwrap())
    }

    #[test]
    fn reads_every_form_of_address() {
        let expected = Some(Remote::new("github.com", "acme/app"));
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
            assert_eq!(remote(address), expected, "{address}");
        }
        assert_eq!(remote("https://gitlab.com/a/b/c.git"), Some(Remote::new("gitlab.com", "a/b/c")));
    }

    #[test]
    fn a_folder_is_no_remote() {
        for address in ["/srv/git/app.git", "../app", "file:///srv/git/app.git"] {
            assert_eq!(remote(address), None, "{address}");
        }
    }

    #[test]
    fn fetch_head_names_a_remote_without_login_and_ending() {
        let remote = |url: &str| {
            let url = gix::url::parse(url.as_bytes()).unwrap();
            ConfiguredRemote {
                name: "origin".into(),
                address: Remote::from_url(&url),
                rewritten: None,
                url,
                is_mirrored: false,
                sources: vec![],
                excluded: vec![],
            }
        };
        for (url, written) in [
            ("https://user:secret@github.com/acme/app.git", "https://github.com/acme/app"),
            ("git@github.com:acme/app.git", "github.com:acme/app"),
            ("ssh://git@github.com/acme/app", "ssh://github.com/acme/app"),
            ("/srv/git/app.git", "/srv/git/app"),
            ("/srv/git/app/.git", "/srv/git/app/"),
            ("file:///srv/git/app", "file:///srv/git/app"),
            ("../app", "../app"),
        ] {
            assert!(remote(url).is_at(written.into()), "{url}");
            assert!(!remote(url).is_at("https://github.com/acme/other".into()), "{url}");
            assert!(!remote(url).is_at("/srv/git/other".into()), "{url}");
        }
    }
}
