//! Commits of real git repositories.

use std::{
    fs,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crate::{
    git::Git,
    stage::{Stage, days, line},
};

const SECOND: Duration = Duration::from_secs(1);

/// When the run starts. Git stores whole seconds, so the window's start is rounded down.
fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(1_700_000_000_900)
}

async fn hotfixes(git: &Git, repository: &str, settings: &str) -> String {
    let stage = Stage::empty().directory(&git.path(repository)).settings(settings).started_at(now());
    line(&stage.hotfixes().await)
}

#[tokio::test]
async fn the_committers_date_decides_and_the_window_starts_at_a_whole_second() {
    let git = Git::with_app();
    git.commit("app", "hotfix before the window", now() - days(7) - SECOND);
    git.commit("app", "hotfix at its start", now() - days(7));
    git.commit("app", "another thing", now() - days(1));
    git.commit("app", "hotfix now", now());
    git.commit("app", "hotfix tomorrow", now() + days(1));

    assert_eq!(hotfixes(&git, "app", "").await, "3 [branch:main, repository:app]");
}

#[tokio::test]
async fn a_commit_dated_after_the_year_9999_counts_like_any_future_commit() {
    let git = Git::with_app();
    git.commit("app", "hotfix", UNIX_EPOCH + Duration::from_mins(5_000_000_000));

    assert_eq!(hotfixes(&git, "app", "").await, "1 [branch:main, repository:app]");
}

#[tokio::test]
async fn the_setting_history_decides_whether_commits_of_a_merged_branch_count() {
    let git = Git::with_app();
    git.commit("app", "hotfix: root", now() - days(3));
    git.run("app", &["checkout", "--quiet", "-b", "hotfix/login"]);
    git.commit("app", "hotfix: login", now() - days(2));
    git.commit("app", "hotfix: login again", now() - days(2));
    git.run("app", &["checkout", "--quiet", "main"]);
    git.commit("app", "Sell socks", now() - days(2));
    git.run_at(now() - days(1), "app", &["merge", "--quiet", "--no-ff", "--no-edit", "hotfix/login"]);

    assert_eq!(hotfixes(&git, "app", "").await, "2 [branch:main, repository:app]");
    assert_eq!(
        hotfixes(&git, "app", "[commits]\nhistory = \"all\"").await,
        "4 [branch:main, repository:app]"
    );
}

#[tokio::test]
async fn a_work_tree_without_its_repository_does_not_use_the_outer_repository() {
    let git = Git::with_app();
    git.commit("app", "hotfix of the surroundings", now());
    let submodule = git.path("app").join("vendor/lib");
    fs::create_dir_all(submodule.join("src")).unwrap();
    fs::write(submodule.join(".git"), "gitdir: /nowhere\n").unwrap();

    for directory in [submodule.clone(), submodule.join("src")] {
        let reading = line(&Stage::empty().directory(&directory).started_at(now()).hotfixes().await);
        assert!(reading.starts_with("error: "), "{reading}");
        assert!(reading.contains("vendor/lib/.git"), "{reading}");
    }
}

#[tokio::test]
async fn a_commit_with_a_very_old_date_hides_no_other_commits() {
    let git = Git::with_app();
    for age in [3, 2, 1] {
        git.commit("app", "hotfix", now() - days(age));
    }
    for _ in 0..30 {
        git.commit("app", "rebased with its old date", now() - days(90));
    }

    for history in ["first-parent", "all"] {
        let settings = format!("[commits]\nhistory = \"{history}\"");
        assert_eq!(hotfixes(&git, "app", &settings).await, "3 [branch:main, repository:app]");
    }
}

#[tokio::test]
async fn only_fetched_commits_count_if_the_branch_has_a_remote() {
    let git = Git::with_app();
    git.commit("app", "hotfix", now() - days(3));
    git.run(".", &["clone", "--quiet", "app", "clone"]);
    git.commit("clone", "not pushed", now());
    git.commit("app", "hotfix upstream", now() - days(1));
    git.run("clone", &["fetch", "--quiet"]);

    assert_eq!(hotfixes(&git, "clone", "").await, "2 [branch:main, repository:clone]");
    let named = "[repository]\nbranch = \"main\"";
    assert_eq!(hotfixes(&git, "clone", named).await, "2 [branch:main, repository:clone]");

    git.run("clone", &["checkout", "--quiet", "-b", "topic"]);
    assert_eq!(hotfixes(&git, "clone", "").await, "2 [branch:main, repository:clone]");
}

#[tokio::test]
async fn a_clock_that_is_wrong_by_an_hour_hides_no_commits() {
    let git = Git::with_app();
    git.commit("app", "hotfix", now() - days(6));
    git.commit("app", "dated a bit before the window", now() - days(7) - SECOND * 3600);
    git.commit("app", "hotfix", now() - days(5));

    assert_eq!(hotfixes(&git, "app", "").await, "2 [branch:main, repository:app]");
}

#[tokio::test]
async fn a_shallow_clone_that_ends_inside_the_window_is_no_data() {
    let git = Git::with_app();
    for age in [9, 8, 3, 2, 1] {
        git.commit("app", "hotfix", now() - days(age));
    }
    for depth in ["1", "3", "4"] {
        let shallow = format!("depth-{depth}");
        git.run(".", &["clone", "--quiet", "--depth", depth, &git.url("app"), &shallow]);
    }
    let boundary = &git.run("app", &["rev-parse", "main~2"])[..12];

    assert_eq!(
        hotfixes(&git, "depth-3", "").await,
        format!(
            "no data: the clone is shallow and its history does not reach the start of the window: it ends at commit {boundary}; fetch the rest \
             with `git fetch --unshallow`"
        )
    );
    assert!(hotfixes(&git, "depth-1", "").await.starts_with("no data: the clone is shallow"));
    // The oldest commit of this clone is older than the window, so nothing is missing.
    assert_eq!(hotfixes(&git, "depth-4", "").await, "3 [branch:main, repository:depth-4]");

    git.run("depth-1", &["fetch", "--quiet", "--unshallow"]);
    assert_eq!(hotfixes(&git, "depth-1", "").await, "3 [branch:main, repository:depth-1]");
}

#[tokio::test]
async fn a_missing_commit_is_an_error_and_not_a_smaller_count() {
    let git = Git::with_app();
    for age in [3, 2, 1] {
        git.commit("app", "hotfix", now() - days(age));
    }
    let id = git.run("app", &["rev-parse", "main~2"]);
    fs::remove_file(git.path("app/.git/objects").join(&id[..2]).join(&id[2..])).unwrap();

    let reading = hotfixes(&git, "app", "").await;

    assert!(
        reading.starts_with(&format!("error: cannot read commit {id} of the local clone: ")),
        "{reading}"
    );
}

#[tokio::test]
async fn without_commits_there_is_no_data() {
    let git = Git::with_app();
    let none = |branch: &str| format!("no data: the branch `{branch}` has no commits yet");
    assert_eq!(hotfixes(&git, "app", "").await, none("main"));
    assert_eq!(hotfixes(&git, "app", "[repository]\nbranch = \"next\"").await, none("next"));
}

#[tokio::test]
async fn a_named_branch_is_read_from_the_remote_if_the_clone_has_one() {
    let git = Git::with_app();
    git.commit("app", "hotfix", now());
    git.run("app", &["branch", "release/2.x"]);
    git.run(".", &["clone", "--quiet", &git.url("app"), "copy"]);
    git.run("copy", &["branch", "topic"]);
    let on = |branch: &str| format!("[repository]\nbranch = \"{branch}\"");

    assert_eq!(hotfixes(&git, "app", &on("release/2.x")).await, "1 [branch:release/2.x, repository:app]");
    assert_eq!(hotfixes(&git, "copy", &on("release/2.x")).await, "1 [branch:release/2.x, repository:copy]");
    assert_eq!(
        hotfixes(&git, "app", &on("nope")).await,
        "error: the local clone has no branch `nope`; it has `main`, `release/2.x`"
    );
    assert_eq!(
        hotfixes(&git, "copy", &on("topic")).await,
        "error: the remote `origin` has no branch `topic` in this clone; it has `main`, `release/2.x`; if the remote has `topic`, \
         run `git fetch origin`"
    );
    assert!(hotfixes(&git, "app", &on("a..b")).await.starts_with("error: cannot read refs/heads/a..b: "));
}

#[tokio::test]
async fn the_suggested_command_fetches_a_branch_that_a_single_branch_clone_lacks() {
    let git = Git::with_app();
    git.commit("app", "hotfix", now());
    git.run("app", &["branch", "topic"]);
    git.run(".", &["clone", "--quiet", "--single-branch", &git.url("app"), "copy"]);
    let topic = "[repository]\nbranch = \"topic\"";

    let reading = hotfixes(&git, "copy", topic).await;

    let (_, command) = reading.rsplit_once(", run `").unwrap();
    let command = command.trim_end_matches('`').replace('\'', "");
    assert_eq!(command, "git fetch origin +refs/heads/topic:refs/remotes/origin/topic");
    let arguments: Vec<&str> = command.split(' ').skip(1).chain(["--quiet"]).collect();
    git.run("copy", &arguments);
    assert_eq!(hotfixes(&git, "copy", topic).await, "1 [branch:topic, repository:copy]");
}

#[tokio::test]
async fn without_a_named_branch_the_remotes_default_or_the_current_branch_is_read() {
    let git = Git::with_app();
    git.commit("app", "hotfix", now());
    git.run(".", &["clone", "--quiet", &git.url("app"), "copy"]);
    for repository in ["app", "copy"] {
        git.run(repository, &["checkout", "--quiet", "-b", "topic"]);
        git.commit(repository, "hotfix on the topic", now());
    }

    assert_eq!(hotfixes(&git, "copy", "").await, "1 [branch:main, repository:copy]");
    assert_eq!(hotfixes(&git, "app", "").await, "2 [branch:topic, repository:app]");
    git.run("app", &["checkout", "--quiet", "--detach", "main"]);
    assert_eq!(hotfixes(&git, "app", "").await, "1 [branch:head, repository:app]");

    // Without the remote's default, the branch that is checked out must be one of the remote's.
    git.run("copy", &["remote", "set-head", "origin", "--delete"]);
    let unknown = |reason: &str| {
        format!(
            "no data: this clone does not know the default branch of the remote `origin`, and {reason}; run \
             `git remote set-head origin --auto`, or name the branch with `branch` in [repository]"
        )
    };
    let topic = unknown("the branch `topic`, which is checked out, does not exist there");
    assert_eq!(hotfixes(&git, "copy", "").await, topic);
    git.run("copy", &["checkout", "--quiet", "main"]);
    assert_eq!(hotfixes(&git, "copy", "").await, "1 [branch:main, repository:copy]");
    git.run("copy", &["checkout", "--quiet", "--detach"]);
    assert_eq!(hotfixes(&git, "copy", "").await, unknown("a commit is checked out without a branch"));
}

#[tokio::test]
async fn a_remote_from_which_nothing_was_fetched_is_no_data() {
    let git = Git::with_app();
    git.commit("app", "hotfix", now());
    git.run("app", &["remote", "add", "origin", "https://github.com/rust-lang/rust"]);
    let expected = "no data: this clone has no branch of the remote `origin` yet; run `git fetch origin`";

    assert_eq!(hotfixes(&git, "app", "").await, expected);
    assert_eq!(hotfixes(&git, "app", "[repository]\nbranch = \"main\"").await, expected);
}

#[tokio::test]
async fn a_repository_with_sha256_is_read_and_one_with_reftable_is_refused() {
    let git = Git::new();
    git.run(".", &["init", "--quiet", "--initial-branch=main", "--object-format=sha256", "sha256"]);
    git.run(".", &["init", "--quiet", "--initial-branch=main", "--ref-format=reftable", "reftable"]);
    for repository in ["sha256", "reftable"] {
        git.commit(repository, "hotfix", now());
    }
    git.run(".", &["clone", "--quiet", "sha256", "sha256-copy"]);
    git.run(".", &["clone", "--quiet", "--ref-format=reftable", "reftable", "reftable-copy"]);

    for repository in ["sha256", "sha256-copy"] {
        let expected = format!("1 [branch:main, repository:{repository}]");
        assert_eq!(hotfixes(&git, repository, "").await, expected);
    }
    git.run("sha256", &["gc", "--quiet"]);
    assert_eq!(hotfixes(&git, "sha256", "").await, "1 [branch:main, repository:sha256]");
    for repository in ["reftable", "reftable-copy"] {
        assert_eq!(
            hotfixes(&git, repository, "").await,
            "error: this clone stores its branches in the format `reftable`, which is not supported; clone it again with \
             `git clone --ref-format=files`, or set `source = \"github\"` in [commits]"
        );
    }
    git.run(".", &["clone", "--quiet", "--ref-format=files", "reftable", "files"]);
    assert_eq!(hotfixes(&git, "files", "").await, "1 [branch:main, repository:files]");
}

#[tokio::test]
async fn every_kind_of_repository_is_found_from_any_of_its_folders() {
    let git = Git::with_app();
    git.commit("app", "hotfix", now());
    git.run("app", &["worktree", "add", "--quiet", "-b", "topic", "../linked"]);
    git.run(".", &["clone", "--quiet", "--bare", "app", "bare.git"]);
    fs::create_dir_all(git.path("app/deep/below")).unwrap();

    assert_eq!(hotfixes(&git, "app/deep/below", "").await, "1 [branch:main, repository:app]");
    assert_eq!(hotfixes(&git, "linked", "").await, "1 [branch:topic, repository:app]");
    assert_eq!(hotfixes(&git, "bare.git", "").await, "1 [branch:main, repository:bare]");
}

#[tokio::test]
async fn packed_commits_and_messages_in_another_encoding_are_read() {
    let git = Git::with_app();
    git.commit("app", "hotfix packed", now() - days(1));
    git.run("app", &["gc", "--quiet"]);
    git.run("app", &["commit-graph", "write", "--reachable"]);
    git.run("app", &["config", "i18n.commitEncoding", "ISO-8859-1"]);
    let message = git.path("message");
    fs::write(&message, b"H\xF6her: HOTFIX").unwrap();
    git.run_at(now(), "app", &["commit", "--quiet", "--allow-empty", "--file", message.to_str().unwrap()]);

    assert_eq!(hotfixes(&git, "app", "").await, "2 [branch:main, repository:app]");
}
