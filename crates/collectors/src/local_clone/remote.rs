//! Where a clone came from. Only the host and the path are kept: an address in a git configuration
//! often holds a password.

use gix::bstr::ByteSlice;

/// The host and the path of a remote, such as `github.com` and `rust-lang/rust`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    host: String,
    path: String,
}

impl Remote {
    /// A remote from its parts.
    #[must_use]
    pub fn new(host: &str, path: &str) -> Self {
        Self { host: host.to_owned(), path: path.to_owned() }
    }

    /// Reads any address that git takes: `https://…`, `ssh://…`, `user@host:path`. `None` when it is
    /// a place without a host, such as a folder.
    pub(super) fn of(url: &gix::Url) -> Option<Self> {
        let path = url.path.to_str().ok()?.trim_matches('/');
        let path = path.strip_suffix(".git").unwrap_or(path);
        let host = url.host()?.to_ascii_lowercase();
        (!path.is_empty()).then(|| Self { host, path: path.to_owned() })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(address: &str) -> Option<Remote> {
        Remote::of(&gix::url::parse(address.as_bytes()).unwrap())
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
}
