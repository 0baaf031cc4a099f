//! Where commits are read, and under which name they are reported.

use std::time::SystemTime;

use system_health_collectors::commits::RecentCommits;
use system_health_test_support::github::FakeGitHub;

use crate::{
    git::Git,
    stage::{Stage, hotfixes, line, tests},
};

/// A GitHub where `acme/shop` has two hotfixes.
fn github() -> FakeGitHub {
    let github = FakeGitHub::start();
    github.repository("acme/shop").commit("hotfix 1").commit("hotfix 2");
    github
}

/// A clone with one hotfix, and this remote `origin`.
fn clone(origin: Option<&str>) -> Git {
    let git = Git::with_app();
    git.commit("app", "hotfix", SystemTime::now());
    if let Some(origin) = origin {
        git.run("app", &["remote", "add", "origin", origin]);
    }
    git
}

async fn commits(stage: Stage) -> String {
    line(&stage.hotfixes().await)
}

#[tokio::test]
async fn a_plain_clone_answers_for_itself_and_ci_says_what_it_lacks() {
    let git = clone(None);
    let context = Stage::empty().directory(&git.path("app")).context();

    assert_eq!(line(&hotfixes(&context).await), "1 [branch:main, repository:app]");
    assert_eq!(hotfixes(&context).await.unwrap().link(), None);
    let recent: RecentCommits = context.get().await.unwrap();
    assert_eq!(recent.origin().to_string(), "from the local clone of app (branch main)");
    let ci = line(&tests(&context).await);
    assert!(ci.starts_with("no data: found no GitHub token: GITHUB_TOKEN is not set"), "{ci}");
    assert_eq!(ci.lines().count(), 1);
}

#[tokio::test]
async fn with_a_token_the_remote_names_the_repository_on_github() {
    let (github, git) = (github(), clone(Some("git@github.com:acme/shop.git")));
    let context = Stage::empty().github(&github).token().directory(&git.path("app")).context();

    assert_eq!(line(&hotfixes(&context).await), "2 [branch:main, repository:acme/shop]");
    let recent: RecentCommits = context.get().await.unwrap();
    assert_eq!(recent.origin().to_string(), "from GitHub, acme/shop (branch main)");
}

#[tokio::test]
async fn a_clone_from_elsewhere_is_no_repository_on_github() {
    let (github, git) = (github(), clone(Some("https://gitlab.com/group/sub/app.git")));
    let context = Stage::empty().github(&github).token().directory(&git.path("app")).context();

    assert_eq!(line(&hotfixes(&context).await), "1 [branch:main, repository:group/sub/app]");
    assert_eq!(
        line(&tests(&context).await),
        "no data: no repository on GitHub is named, and this clone's remote `origin` is on gitlab.com; set `name` in \
         [repository], --repo or GITHUB_REPOSITORY"
    );
    assert_eq!(github.requests().len(), 0);
}

#[tokio::test]
async fn without_a_token_the_clone_goes_before_github() {
    for origin in [None, Some("https://github.com/Acme/Shop")] {
        let (github, git) = (github(), clone(origin));
        let stage = Stage::empty().github(&github).settings("[repository]\nname = \"acme/shop\"");

        assert_eq!(commits(stage.directory(&git.path("app"))).await, "1 [branch:main, repository:acme/shop]");
        assert_eq!(github.requests().len(), 0);
    }
}

#[tokio::test]
async fn without_a_token_and_without_its_clone_a_named_repository_is_read_on_github() {
    let github = github();
    let stage = || Stage::empty().github(&github).settings("[repository]\nname = \"acme/shop\"");
    assert_eq!(commits(stage()).await, "2 [branch:main, repository:acme/shop]");
    // The clone of another repository is not reported under this one's name.
    let git = clone(Some("https://github.com/acme/other"));
    assert_eq!(commits(stage().directory(&git.path("app"))).await, "2 [branch:main, repository:acme/shop]");
    assert!(github.requests().iter().all(|request| request.header("authorization").is_none()));
}

#[tokio::test]
async fn a_clone_is_never_reported_under_the_name_of_another_repository() {
    for origin in
        ["https://gitlab.com/acme/shop.git", "https://github.com/acme/other", "git@gitlab.com:a/b/c.git"]
    {
        let (github, git) = (github(), clone(Some(origin)));
        let stage = |source: &str| {
            let settings = format!("[repository]\nname = \"acme/shop\"\n[commits]\nsource = \"{source}\"");
            Stage::empty().github(&github).settings(&settings).directory(&git.path("app"))
        };

        assert_eq!(commits(stage("auto")).await, "2 [branch:main, repository:acme/shop]", "{origin}");
        let forced = commits(stage("local")).await;
        if origin.contains("acme/shop") {
            assert_eq!(forced, "1 [branch:main, repository:acme/shop]", "a mirror, if somebody says so");
        } else {
            let message = "error: `source` in [commits] is \"local\", but this is a clone of git";
            assert!(forced.starts_with(message), "{forced}");
        }
    }
}

#[tokio::test]
async fn a_private_repository_without_a_token_says_what_to_set() {
    let github = github();
    github.repository("acme/shop").private();

    let reading =
        commits(Stage::empty().github(&github).settings("[repository]\nname = \"acme/shop\"")).await;

    assert!(
        reading.ends_with("; check the name, and set a GitHub token if the repository is private"),
        "{reading}"
    );
}

#[tokio::test]
async fn settings_force_either_source() {
    let (github, git) = (github(), clone(Some("https://github.com/acme/shop")));
    let stage = |source: &str| {
        let settings = format!("[commits]\nsource = \"{source}\"");
        Stage::empty().github(&github).settings(&settings).directory(&git.path("app"))
    };
    assert_eq!(commits(stage("local").token()).await, "1 [branch:main, repository:acme/shop]");
    assert_eq!(commits(stage("github")).await, "2 [branch:main, repository:acme/shop]");
}

#[tokio::test]
async fn a_local_source_needs_no_credentials_at_all() {
    let git = clone(None);
    let stage = Stage::empty().variable("GITHUB_TOKEN_FILE", "/nowhere").directory(&git.path("app"));
    let local = Stage::empty()
        .variable("GITHUB_TOKEN_FILE", "/nowhere")
        .directory(&git.path("app"))
        .settings("[commits]\nsource = \"local\"");

    // A token that cannot be read is a failure, not a reason to fall back.
    assert!(commits(stage).await.starts_with("error: cannot read /nowhere"));
    assert_eq!(commits(local).await, "1 [branch:main, repository:app]");
}

#[tokio::test]
async fn nowhere_to_read_is_an_error_that_says_what_to_set() {
    assert_eq!(
        commits(Stage::empty().settings("[commits]\nsource = \"local\"")).await,
        "error: `source` in [commits] is \"local\", but there is no git repository in / or above it"
    );
    let unnamed = "error: no repository is named; set `name` in [repository], --repo or GITHUB_REPOSITORY, or run inside \
                   a git clone";
    assert_eq!(commits(Stage::empty()).await, unnamed);
    assert_eq!(commits(Stage::empty().token()).await, unnamed);
    assert_eq!(commits(Stage::empty().settings("[commits]\nsource = \"github\"")).await, unnamed);
}
