//! How current a clone is: when it was last fetched, and whether its default branch is still the remote's.

use std::{fs, time::SystemTime};

use crate::{
    git::Git,
    stage::{Stage, days, line},
};

async fn hotfixes(git: &Git, repository: &str) -> String {
    hotfixes_with(git, repository, "").await
}

async fn hotfixes_with(git: &Git, repository: &str, settings: &str) -> String {
    line(&Stage::empty().directory(&git.path(repository)).settings(settings).hotfixes().await)
}

/// A repository `app` with one hotfix of today, and `copy`, which was cloned from it ten days ago.
fn cloned_long_ago() -> Git {
    let git = Git::with_app();
    git.commit("app", "started", SystemTime::now() - days(20));
    git.run_at(SystemTime::now() - days(10), ".", &["clone", "--quiet", &git.url("app"), "copy"]);
    git.commit("app", "hotfix", SystemTime::now());
    git
}

fn assert_is_stale(reading: &str) {
    let message = "no data: the clone last fetched `main` from `origin` at 2";
    assert!(reading.starts_with(message), "{reading}");
    assert!(reading.ends_with("before the window started; run `git fetch origin`"), "{reading}");
}

#[tokio::test]
async fn a_clone_that_was_last_fetched_before_the_window_is_no_data() {
    let git = cloned_long_ago();
    assert_is_stale(&hotfixes(&git, "copy").await);

    // None of these is a fetch of this branch from this remote.
    git.commit("copy", "not pushed", SystemTime::now());
    git.run("copy", &["gc", "--quiet"]);
    git.run("app", &["branch", "topic"]);
    git.run(".", &["clone", "--quiet", "--bare", &git.url("app"), "elsewhere"]);
    git.run("copy", &["fetch", "--quiet", &git.url("elsewhere"), "main"]);
    assert_is_stale(&hotfixes(&git, "copy").await);
    git.run("copy", &["fetch", "--quiet", "origin", "topic"]);
    assert_is_stale(&hotfixes(&git, "copy").await);

    git.run("copy", &["fetch", "--quiet", "origin"]);
    assert_eq!(hotfixes(&git, "copy").await, "1 [branch:main, repository:copy]");

    // The time of the last fetch is that of the file.
    let file = fs::File::options().write(true).open(git.path("copy/.git/FETCH_HEAD")).unwrap();
    file.set_modified(SystemTime::now() - days(8)).unwrap();
    assert_is_stale(&hotfixes(&git, "copy").await);
}

#[tokio::test]
async fn a_fetch_that_finds_nothing_new_counts_and_one_that_fails_does_not() {
    let git = Git::with_app();
    let ten_days_ago = SystemTime::now() - days(10);
    git.commit("app", "started", ten_days_ago - days(1));
    git.run_at(ten_days_ago, ".", &["clone", "--quiet", &git.url("app"), "copy"]);
    git.run("copy", &["worktree", "add", "--quiet", "-b", "topic", "../linked"]);
    for folder in ["copy", "linked"] {
        assert_is_stale(&hotfixes(&git, "copy").await);
        git.run(folder, &["fetch", "--quiet", "origin"]);
        for repository in ["copy", "linked"] {
            assert_eq!(hotfixes(&git, repository).await, "0 [branch:main, repository:copy]", "{folder}");
        }
        // Git empties the file before it connects.
        let file = git.run(folder, &["rev-parse", "--path-format=absolute", "--git-path", "FETCH_HEAD"]);
        fs::write(file, "").unwrap();
    }
    assert_is_stale(&hotfixes(&git, "copy").await);
}

#[tokio::test]
async fn a_fetch_of_a_commit_by_its_id_is_how_ci_systems_fetch_a_branch() {
    let git = cloned_long_ago();
    let refspec = format!("+{}:refs/remotes/origin/main", git.run("app", &["rev-parse", "main"]));
    git.run(".", &["init", "--quiet", "--initial-branch=main", "checkout"]);
    git.run("checkout", &["remote", "add", "origin", &git.url("app")]);
    let fetch = ["fetch", "--quiet", "--no-tags", "origin", &refspec];
    let long_ago = SystemTime::now() - days(10);
    git.run_at(long_ago, "checkout", &fetch);
    git.run("checkout", &["checkout", "--quiet", "-B", "main", "refs/remotes/origin/main"]);
    let expected = "1 [branch:main, repository:checkout]";
    assert_eq!(hotfixes(&git, "checkout").await, expected);

    // A runner that keeps its folder fetches the same commit again.
    git.run("checkout", &["pack-refs", "--all"]);
    let fetched = git.path("checkout/.git/FETCH_HEAD");
    fs::File::options().write(true).open(&fetched).unwrap().set_modified(long_ago).unwrap();
    assert_is_stale(&hotfixes(&git, "checkout").await);
    git.run_at(long_ago, "checkout", &fetch);
    assert_eq!(hotfixes(&git, "checkout").await, expected);
}

#[tokio::test]
async fn a_push_shows_where_the_remote_is() {
    let git = Git::with_app();
    git.run(".", &["init", "--quiet", "--bare", "--initial-branch=main", "server.git"]);
    git.run("app", &["remote", "add", "origin", &git.url("server.git")]);
    git.commit("app", "hotfix", SystemTime::now());
    git.run("app", &["push", "--quiet", "--set-upstream", "origin", "main"]);
    git.commit("app", "hotfix that is not pushed", SystemTime::now());

    assert_eq!(hotfixes(&git, "app").await, "1 [branch:main, repository:app]");
}

#[tokio::test]
async fn a_mirror_keeps_the_remotes_branches_as_its_own() {
    let git = Git::with_app();
    git.commit("app", "hotfix", SystemTime::now());
    git.run(".", &["clone", "--quiet", "--mirror", &git.url("app"), "mirror.git"]);
    git.run(".", &["clone", "--quiet", "--bare", &git.url("app"), "bare.git"]);
    let long_ago = SystemTime::now() - days(10);
    for repository in ["mirror", "bare"] {
        let folder = format!("{repository}.git");
        let expected = format!("1 [branch:main, repository:{repository}]");
        assert_eq!(hotfixes(&git, &folder).await, expected);

        let head = fs::File::options().write(true).open(git.path(&folder).join("HEAD")).unwrap();
        head.set_modified(long_ago).unwrap();
        let stale = hotfixes(&git, &folder).await;
        let (_, command) = stale.rsplit_once("; run `").unwrap();
        let command = command.trim_end_matches('`').replace('\'', "");
        let arguments: Vec<&str> = command.split(' ').skip(1).chain(["--quiet"]).collect();
        git.run(&folder, &arguments);
        assert_eq!(hotfixes(&git, &folder).await, expected);
    }
}

/// Renames the default branch of `app` from `main` to `trunk`, with a hotfix on it.
fn rename(git: &Git) {
    git.run("app", &["branch", "--move", "main", "trunk"]);
    git.commit("app", "hotfix on trunk", SystemTime::now());
}

fn assert_mentions_rename(reading: &str) {
    assert!(reading.starts_with("no data: the clone takes `main` for the default branch"), "{reading}");
    assert!(reading.contains("`git remote set-head origin --auto`"), "{reading}");
}

#[tokio::test]
async fn a_default_branch_that_was_renamed_is_no_data_with_the_command_that_fixes_it() {
    for fetch in [&["fetch", "--quiet"][..], &["fetch", "--quiet", "--prune"]] {
        let git = Git::with_app();
        git.commit("app", "started", SystemTime::now());
        git.run(".", &["clone", "--quiet", &git.url("app"), "copy"]);
        rename(&git);
        assert_eq!(hotfixes(&git, "copy").await, "0 [branch:main, repository:copy]", "nothing says it yet");
        git.run("copy", fetch);
        assert_mentions_rename(&hotfixes(&git, "copy").await);

        // A later fetch of one branch does not hide it.
        git.run("app", &["branch", "topic"]);
        git.run("copy", &["fetch", "--quiet", "origin", "topic"]);
        assert_mentions_rename(&hotfixes(&git, "copy").await);

        git.run("copy", &["remote", "set-head", "origin", "--auto"]);
        assert_eq!(hotfixes(&git, "copy").await, "1 [branch:trunk, repository:copy]");
    }
}

#[tokio::test]
async fn a_default_branch_that_was_left_behind_is_no_data() {
    let git = Git::with_app();
    git.commit("app", "started", SystemTime::now());
    git.run("app", &["branch", "master"]);
    git.run(".", &["clone", "--quiet", &git.url("app"), "copy"]);
    assert_eq!(hotfixes(&git, "copy").await, "0 [branch:main, repository:copy]");
    git.run("app", &["checkout", "--quiet", "master"]);
    git.commit("app", "hotfix on master", SystemTime::now());
    git.run("copy", &["fetch", "--quiet"]);

    let reading = hotfixes(&git, "copy").await;
    assert_mentions_rename(&reading);
    assert!(reading.contains("`master` contains all of it"), "{reading}");
    // Whoever names the branch means it.
    let named = hotfixes_with(&git, "copy", "[repository]\nbranch = \"main\"").await;
    assert_eq!(named, "0 [branch:main, repository:copy]");
}

#[tokio::test]
async fn a_default_branch_beside_a_release_branch_is_no_rename() {
    let git = Git::with_app();
    git.commit("app", "started", SystemTime::now());
    git.run("app", &["checkout", "--quiet", "-b", "develop"]);
    git.run(".", &["clone", "--quiet", &git.url("app"), "copy"]);
    git.commit("app", "hotfix", SystemTime::now());
    git.run("app", &["checkout", "--quiet", "main"]);
    git.run("app", &["merge", "--quiet", "--no-ff", "--message", "Release", "develop"]);
    git.run("app", &["checkout", "--quiet", "develop"]);
    git.run("copy", &["fetch", "--quiet"]);

    assert_eq!(hotfixes(&git, "copy").await, "1 [branch:develop, repository:copy]");
}

#[tokio::test]
async fn a_named_branch_that_is_gone_on_the_remote_is_no_data() {
    let git = Git::with_app();
    git.commit("app", "hotfix", SystemTime::now());
    git.run(".", &["clone", "--quiet", &git.url("app"), "copy"]);
    rename(&git);
    git.run("copy", &["fetch", "--quiet"]);

    assert_eq!(
        hotfixes_with(&git, "copy", "[repository]\nbranch = \"main\"").await,
        "no data: the last fetch from `origin` found `trunk` there and not `main`; run `git fetch origin`, and if the \
         branch is gone, name another with `branch` in [repository] or --branch"
    );
}
