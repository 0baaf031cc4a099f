//! Where a remote points to. Only the host and the path are kept, because a URL in git's configuration often contains a
//! password.

/// The host and the path of a remote, such as `github.com` and `rust-lang/rust`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteAddress {
    host: String,
    path: String,
}

impl RemoteAddress {
    /// An address from its parts. They are not changed, so the host must be in lower case, and the path without `.git`.
    #[must_use]
    pub fn new(host: &str, path: &str) -> Self {
        Self { host: host.to_owned(), path: path.to_owned() }
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
