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

fn assert_is_stale(outcome: &str) {
    let message = "no data: this clone last fetched `main` from `origin` at 2";
    assert!(outcome.starts_with(message), "{outcome}");
    assert!(outcome.contains("before the window started; run `git fetch origin`"), "{outcome}");
}

fn set_modified(git: &Git, file: &str, at: SystemTime) {
    fs::File::options().write(true).open(git.path(file)).unwrap().set_modified(at).unwrap();
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
    let outcome = hotfixes(&git, "copy").await;
    assert_is_stale(&outcome);
    // `topic` may be the only branch that the remote still has.
    let hint = "; if `main` no longer exists there, run `git remote set-head origin --auto`";
    assert!(outcome.ends_with(hint), "{outcome}");

    git.run("copy", &["fetch", "--quiet", "origin"]);
    assert_eq!(hotfixes(&git, "copy").await, "1 [branch:main, repository:copy]");

    // The time of `FETCH_HEAD` is the time of the last fetch.
    set_modified(&git, "copy/.git/FETCH_HEAD", SystemTime::now() - days(8));
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
        // Git empties `FETCH_HEAD` before it connects.
        let file = git.run(folder, &["rev-parse", "--path-format=absolute", "--git-path", "FETCH_HEAD"]);
        fs::write(file, "").unwrap();
    }
    assert_is_stale(&hotfixes(&git, "copy").await);
}

#[tokio::test]
async fn a_fetch_of_a_commit_by_its_id_counts_as_a_fetch_of_the_branch() {
    let git = cloned_long_ago();
    let refspec = format!("+{}:refs/remotes/origin/main", git.run("app", &["rev-parse", "main"]));
    // CI systems fetch a branch in this way.
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
    set_modified(&git, "checkout/.git/FETCH_HEAD", long_ago);
    assert_is_stale(&hotfixes(&git, "checkout").await);
    git.run_at(long_ago, "checkout", &fetch);
    assert_eq!(hotfixes(&git, "checkout").await, expected);
}

#[tokio::test]
async fn a_push_counts_as_a_fetch_of_the_pushed_branch() {
    let git = Git::with_app();
    git.run(".", &["init", "--quiet", "--bare", "--initial-branch=main", "server.git"]);
    git.run("app", &["remote", "add", "origin", &git.url("server.git")]);
    git.commit("app", "hotfix", SystemTime::now());
    git.run("app", &["push", "--quiet", "--set-upstream", "origin", "main"]);
    git.commit("app", "hotfix that is not pushed", SystemTime::now());

    assert_eq!(hotfixes(&git, "app").await, "1 [branch:main, repository:app]");
}

#[tokio::test]
async fn a_mirror_or_bare_clone_is_stale_until_the_suggested_fetch() {
    let git = Git::with_app();
    git.commit("app", "hotfix", SystemTime::now());
    git.run(".", &["clone", "--quiet", "--mirror", &git.url("app"), "mirror.git"]);
    git.run(".", &["clone", "--quiet", "--bare", &git.url("app"), "bare.git"]);
    let long_ago = SystemTime::now() - days(10);
    for repository in ["mirror", "bare"] {
        let folder = format!("{repository}.git");
        let expected = format!("1 [branch:main, repository:{repository}]");
        assert_eq!(hotfixes(&git, &folder).await, expected);

        // Git copied these files when it made the clone, so their times say when that was.
        for file in ["description", "info/exclude"] {
            set_modified(&git, &format!("{folder}/{file}"), long_ago);
        }
        // This writes `HEAD`, and is not a fetch.
        git.run(&folder, &["symbolic-ref", "HEAD", "refs/heads/main"]);
        let stale = hotfixes(&git, &folder).await;
        assert!(stale.contains("before the window started"), "{stale}");
        let (_, command) = stale.rsplit_once("; run `").unwrap();
        let command = command.trim_end_matches('`').replace('\'', "");
        let arguments: Vec<&str> = command.split(' ').skip(1).chain(["--quiet"]).collect();
        git.run(&folder, &arguments);
        assert_eq!(hotfixes(&git, &folder).await, expected);
    }
}

#[tokio::test]
async fn a_bare_clone_without_the_files_of_a_template_must_be_fetched() {
    let git = Git::with_app();
    git.commit("app", "hotfix", SystemTime::now());
    git.run(".", &["clone", "--quiet", "--template=", "--mirror", &git.url("app"), "mirror.git"]);
    assert_eq!(
        hotfixes(&git, "mirror.git").await,
        "no data: it is unknown when this clone last fetched `main` from `origin`; run `git fetch origin`"
    );
    git.run("mirror.git", &["fetch", "--quiet", "origin"]);
    assert_eq!(hotfixes(&git, "mirror.git").await, "1 [branch:main, repository:mirror]");
}

#[tokio::test]
async fn a_renamed_remote_and_an_updated_ref_are_not_fetches() {
    let git = cloned_long_ago();
    git.run("copy", &["remote", "rename", "origin", "upstream"]);
    let outcome = hotfixes(&git, "copy").await;
    assert!(outcome.starts_with("no data: this clone last fetched `main` from `upstream` at 2"), "{outcome}");

    git.run("copy", &["fetch", "--quiet", "upstream"]);
    assert_eq!(hotfixes(&git, "copy").await, "1 [branch:main, repository:copy]");
    // Without `FETCH_HEAD`, the reflog still has the fetch, before the entry that the renaming adds.
    fs::remove_file(git.path("copy/.git/FETCH_HEAD")).unwrap();
    git.run("copy", &["remote", "rename", "upstream", "origin"]);
    assert_eq!(hotfixes(&git, "copy").await, "1 [branch:main, repository:copy]");

    let git = cloned_long_ago();
    let commit = git.run("copy", &["commit-tree", "-p", "main", "-m", "hotfix", "main^{tree}"]);
    git.run("copy", &["update-ref", "refs/remotes/origin/main", &commit]);
    assert_is_stale(&hotfixes(&git, "copy").await);
}

/// Renames the default branch of `app` from `main` to `trunk`, with a hotfix on it.
fn rename(git: &Git) {
    git.run("app", &["branch", "--move", "main", "trunk"]);
    git.commit("app", "hotfix on trunk", SystemTime::now());
}

fn assert_mentions_rename(outcome: &str) {
    assert!(
        outcome.starts_with("no data: in this clone, the default branch of `origin` is `main`"),
        "{outcome}"
    );
    assert!(outcome.contains("`git remote set-head origin --auto`"), "{outcome}");
}

#[tokio::test]
async fn a_default_branch_that_was_renamed_is_no_data_with_the_command_that_fixes_it() {
    for fetch in [&["fetch", "--quiet"][..], &["fetch", "--quiet", "--prune"]] {
        let git = Git::with_app();
        git.commit("app", "started", SystemTime::now());
        git.run(".", &["clone", "--quiet", &git.url("app"), "copy"]);
        rename(&git);
        assert_eq!(
            hotfixes(&git, "copy").await,
            "0 [branch:main, repository:copy]",
            "before a fetch, the clone does not know of the rename"
        );
        git.run("copy", fetch);
        assert_mentions_rename(&hotfixes(&git, "copy").await);

        // A later fetch of another branch does not hide the rename.
        git.run("app", &["branch", "topic"]);
        git.run("copy", &["fetch", "--quiet", "origin", "topic"]);
        assert_mentions_rename(&hotfixes(&git, "copy").await);

        git.run("copy", &["remote", "set-head", "origin", "--auto"]);
        assert_eq!(hotfixes(&git, "copy").await, "1 [branch:trunk, repository:copy]");
    }
}

#[tokio::test]
async fn the_message_shows_that_the_fetch_found_more_branches_than_are_listed() {
    let git = Git::with_app();
    git.commit("app", "started", SystemTime::now());
    git.run(".", &["clone", "--quiet", &git.url("app"), "copy"]);
    for branch in ["a", "b", "c"] {
        git.run("app", &["branch", branch]);
    }
    rename(&git);
    git.run("copy", &["fetch", "--quiet"]);

    let outcome = hotfixes(&git, "copy").await;

    assert!(outcome.contains("the last fetch found only `trunk`, `a`, `b`, … there; "), "{outcome}");
}

#[tokio::test]
async fn a_full_fetch_shows_a_deleted_branch_whatever_is_checked_out() {
    for checkout in [&["checkout", "--quiet", "main"][..], &["checkout", "--quiet", "--detach"]] {
        let git = Git::with_app();
        git.commit("app", "started", SystemTime::now());
        git.run(".", &["clone", "--quiet", &git.url("app"), "copy"]);
        git.run("copy", checkout);
        // Now `develop` is the only branch of the remote.
        git.run("app", &["branch", "--move", "main", "develop"]);
        git.run("copy", &["fetch", "--quiet"]);
        assert_mentions_rename(&hotfixes(&git, "copy").await);
        git.run("copy", &["remote", "set-head", "origin", "--auto"]);
        assert_eq!(hotfixes(&git, "copy").await, "0 [branch:develop, repository:copy]");
    }
}

#[tokio::test]
async fn a_fetch_of_named_branches_says_nothing_about_other_branches() {
    let git = Git::with_app();
    git.commit("app", "hotfix", SystemTime::now());
    for branch in ["topic-a", "topic-b"] {
        git.run("app", &["branch", branch]);
    }
    git.run("app", &["checkout", "--quiet", "-b", "develop"]);
    git.run(".", &["clone", "--quiet", &git.url("app"), "copy"]);
    for fetch in [
        &["fetch", "--quiet"][..],
        &["fetch", "--quiet", "origin", "main"],
        &["fetch", "--quiet", "origin", "topic-a", "topic-b"],
        &["fetch", "--quiet", "--all"],
        &["pull", "--quiet", "origin", "main"],
    ] {
        git.run("copy", fetch);
        assert_eq!(hotfixes(&git, "copy").await, "1 [branch:develop, repository:copy]", "{fetch:?}");
    }
}

#[tokio::test]
async fn a_full_fetch_says_nothing_about_a_branch_that_the_configuration_does_not_fetch() {
    let git = Git::with_app();
    git.commit("app", "hotfix", SystemTime::now());
    for branch in ["release/1", "release/2"] {
        git.run("app", &["branch", branch]);
    }
    git.run(".", &["clone", "--quiet", &git.url("app"), "copy"]);
    git.run(
        "copy",
        &["config", "remote.origin.fetch", "+refs/heads/release/*:refs/remotes/origin/release/*"],
    );
    git.run("copy", &["checkout", "--quiet", "--detach"]);
    git.run("copy", &["fetch", "--quiet"]);

    assert_eq!(hotfixes(&git, "copy").await, "1 [branch:main, repository:copy]");
}

#[tokio::test]
async fn a_default_branch_that_another_branch_has_replaced_is_no_data() {
    let git = Git::with_app();
    git.commit("app", "started", SystemTime::now());
    git.run("app", &["branch", "master"]);
    git.run(".", &["clone", "--quiet", &git.url("app"), "copy"]);
    assert_eq!(hotfixes(&git, "copy").await, "0 [branch:main, repository:copy]");
    git.run("app", &["checkout", "--quiet", "master"]);
    git.commit("app", "hotfix on master", SystemTime::now());
    git.run("copy", &["fetch", "--quiet"]);

    let outcome = hotfixes(&git, "copy").await;
    assert_mentions_rename(&outcome);
    assert!(outcome.contains("`master` contains all of it"), "{outcome}");
    // A branch that the settings name is used.
    let named = hotfixes_with(&git, "copy", "[repository]\nbranch = \"main\"").await;
    assert_eq!(named, "0 [branch:main, repository:copy]");
}

#[tokio::test]
async fn a_release_branch_with_newer_commits_is_not_a_renamed_default_branch() {
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
async fn a_named_branch_that_the_remote_no_longer_has_is_no_data() {
    let git = Git::with_app();
    git.commit("app", "hotfix", SystemTime::now());
    git.run(".", &["clone", "--quiet", &git.url("app"), "copy"]);
    rename(&git);
    git.run("copy", &["fetch", "--quiet"]);

    assert_eq!(
        hotfixes_with(&git, "copy", "[repository]\nbranch = \"main\"").await,
        "no data: the last fetch from `origin` found `trunk` there, but not `main`; run `git fetch origin`, and if the \
         branch no longer exists, name another one with `branch` in [repository]"
    );
}
