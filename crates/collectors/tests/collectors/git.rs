//! Real git repositories in temporary folders. They do not depend on the git settings of the user who runs the tests.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{SystemTime, UNIX_EPOCH},
};

use tempfile::TempDir;

/// A folder that holds repositories.
pub(crate) struct Git {
    folder: TempDir,
}

impl Git {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A folder with one repository, `app`, on the branch `main`, without commits.
    pub(crate) fn with_app() -> Self {
        let git = Self::new();
        git.run(".", &["init", "--quiet", "--initial-branch=main", "app"]);
        git
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.folder.path().join(relative)
    }

    /// Adds the remote `origin`, as if the repository had been cloned from there.
    pub(crate) fn set_origin(&self, repository: &str, url: &str) {
        self.add_remote(repository, "origin", url);
        self.run(repository, &["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"]);
    }

    /// Adds a remote, as if its branch `main` had just been fetched.
    pub(crate) fn add_remote(&self, repository: &str, name: &str, url: &str) {
        self.run(repository, &["remote", "add", name, url]);
        self.set_fetched(repository, name);
    }

    /// Sets the remote-tracking branch for `main` to the local `main`, as a fetch would.
    pub(crate) fn set_fetched(&self, repository: &str, remote: &str) {
        let branch = format!("refs/remotes/{remote}/main");
        self.run(repository, &["update-ref", "-m", "fetch: fast-forward", &branch, "main"]);
    }

    /// Commits to the branch that is checked out.
    pub(crate) fn commit(&self, repository: &str, message: &str, at: SystemTime) {
        self.run_at(at, repository, &["commit", "--quiet", "--allow-empty", "--message", message]);
    }

    pub(crate) fn run(&self, folder: &str, arguments: &[&str]) -> String {
        self.run_at(SystemTime::now(), folder, arguments)
    }

    pub(crate) fn run_at(&self, at: SystemTime, folder: &str, arguments: &[&str]) -> String {
        let date = format!("@{} +0000", at.duration_since(UNIX_EPOCH).unwrap().as_secs());
        let output = Command::new("git")
            .args(arguments)
            .current_dir(self.path(folder))
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1")])
            .envs([("GIT_AUTHOR_NAME", "A"), ("GIT_AUTHOR_EMAIL", "a@example.com")])
            .envs([("GIT_COMMITTER_NAME", "C"), ("GIT_COMMITTER_EMAIL", "c@example.com")])
            // The author's date is long ago, because it must not count.
            .envs([("GIT_AUTHOR_DATE", "@1000000000 +0000"), ("GIT_COMMITTER_DATE", &date)])
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {}: {stderr}", arguments.join(" "));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// The URL of a repository. With a plain path, `git clone` would ignore `--depth`.
    pub(crate) fn url(&self, repository: &str) -> String {
        format!("file://{}", Path::new(&self.path(repository)).display())
    }
}
