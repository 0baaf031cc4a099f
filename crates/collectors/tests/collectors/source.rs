//! Where commits are read from, and under which name they are reported.

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

/// A clone with one hotfix. It has the remote `origin` only if an address is given.
fn clone(origin: Option<&str>) -> Git {
    let git = Git::with_app();
    git.commit("app", "hotfix", SystemTime::now());
    if let Some(origin) = origin {
        git.set_origin("app", origin);
    }
    git
}

async fn commits(stage: Stage) -> String {
    line(&stage.hotfixes().await)
}

#[tokio::test]
async fn a_clone_without_a_remote_has_commits_and_no_data_about_ci() {
    let git = clone(None);
    let context = Stage::empty().directory(&git.path("app")).one_repository();

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
    let (github, git) = (github(), clone(Some("git@127.0.0.1:acme/shop.git")));
    let context = Stage::empty().github(&github).token().directory(&git.path("app")).one_repository();

    assert_eq!(line(&hotfixes(&context).await), "2 [branch:main, repository:acme/shop]");
    let recent: RecentCommits = context.get().await.unwrap();
    assert_eq!(recent.origin().to_string(), "from GitHub, acme/shop (branch main)");
}

#[tokio::test]
async fn a_clone_from_another_host_is_not_a_repository_on_github() {
    let git = clone(Some("https://gitlab.com/group/sub/app.git"));
    let context = Stage::empty().token().directory(&git.path("app")).one_repository();

    assert_eq!(line(&hotfixes(&context).await), "1 [branch:main, repository:group/sub/app]");
    assert_eq!(
        line(&tests(&context).await),
        "no data: no repository on GitHub is named, and this clone's remote `origin` is on gitlab.com; set \
         SYSTEM_HEALTH_REPOSITORY, `name` in [repository] or GITHUB_REPOSITORY"
    );
}

#[tokio::test]
async fn no_data_about_ci_says_where_the_clones_remote_is() {
    let reason = async |git: &Git| {
        let context = Stage::empty().token().directory(&git.path("app")).one_repository();
        line(&tests(&context).await)
    };
    let upstream = clone(None);
    upstream.add_remote("app", "upstream", "https://gitlab.com/acme/app.git");
    let outcome = reason(&upstream).await;
    assert!(outcome.contains("this clone's remote `upstream` is on gitlab.com; set"), "{outcome}");

    let folder = clone(None);
    folder.add_remote("app", "origin", "../other");
    let outcome = reason(&folder).await;
    assert!(outcome.contains("this clone's remote `origin` is not on a host; set"), "{outcome}");

    let outcome = reason(&clone(None)).await;
    assert!(outcome.contains("this clone has no default remote; set"), "{outcome}");
}

#[tokio::test]
async fn an_api_on_another_host_than_the_clones_remote_is_refused() {
    let git = clone(Some("https://github.com/acme/shop"));
    let stage = || {
        let settings = "[github]\napi_url = \"https://ghe.example.com/api/v3\"";
        Stage::empty().settings(settings).directory(&git.path("app"))
    };
    let with_token = stage().token().one_repository();
    for outcome in
        [hotfixes(&stage().one_repository()).await, hotfixes(&with_token).await, tests(&with_token).await]
    {
        assert_eq!(
            line(&outcome),
            "error: test.toml:2:1: this is the API of ghe.example.com, but the remote `origin` of this clone is on github.com; \
                 set the URL of the API of github.com, or to use ghe.example.com anyway, name the repository and run \
                 outside of this clone"
        );
    }
    // The API is also refused if the settings name the repository of the clone.
    let named = || stage().settings("[repository]\nname = \"Acme/Shop\"");
    let message = "error: test.toml:2:1: this is the API of ghe.example.com, but the remote `origin` of this clone is on github.com;";
    for outcome in [named().hotfixes().await, named().token().hotfixes().await, named().token().tests().await]
    {
        assert!(line(&outcome).starts_with(message), "{}", line(&outcome));
    }
    // Commits that are read from the clone need no API.
    for stage in [named(), stage()] {
        let from_clone = stage.settings("[commits]\nsource = \"clone\"");
        assert_eq!(commits(from_clone).await, "1 [branch:main, repository:acme/shop]");
    }
}

#[tokio::test]
async fn the_configured_or_the_rewritten_address_of_a_remote_names_the_repository() {
    for (base, instead_of, origin) in [
        ("https://mirror.example.com/gh/", "https://github.com/", "https://github.com/acme/shop"),
        ("/srv/mirror/", "https://github.com/", "https://github.com/acme/shop"),
        ("https://github.com/", "gh:", "gh:acme/shop"),
        ("git@github.com:acme/", "acme:", "acme:shop"),
    ] {
        let git = clone(Some(origin));
        git.run("app", &["config", &format!("url.{base}.insteadOf"), instead_of]);
        for settings in ["", "[repository]\nname = \"acme/shop\""] {
            for source in ["auto", "clone"] {
                let source = format!("[commits]\nsource = \"{source}\"");
                let stage = Stage::empty().settings(settings).settings(&source).directory(&git.path("app"));
                let outcome = stage.hotfixes().await;
                assert_eq!(line(&outcome), "1 [branch:main, repository:acme/shop]", "{origin} {settings}");
                assert_eq!(outcome.unwrap().link(), Some("https://github.com/acme/shop/commits/main"));
            }
        }
    }
}

#[tokio::test]
async fn a_clone_of_a_repository_on_github_links_there() {
    for origin in ["git@github.com:acme/shop.git", "ssh://git@ssh.github.com:443/acme/shop.git"] {
        let git = clone(Some(origin));
        let sample = Stage::empty().directory(&git.path("app")).hotfixes().await.unwrap();
        assert_eq!(sample.link(), Some("https://github.com/acme/shop/commits/main"));
        let commit =
            format!("https://github.com/acme/shop/commit/{}", git.run("app", &["rev-parse", "main"]));
        assert_eq!(sample.evidence().items()[0].link(), Some(&*commit));
    }
    let git = clone(Some("https://gitlab.com/acme/shop"));
    let sample = Stage::empty().directory(&git.path("app")).hotfixes().await.unwrap();
    assert_eq!((sample.link(), sample.evidence().items()[0].link()), (None, None));
}

#[tokio::test]
async fn without_a_token_the_clone_of_the_named_repository_is_preferred_to_github() {
    let (github, git) = (github(), clone(Some("https://127.0.0.1/Acme/Shop")));
    let stage = Stage::empty().github(&github).settings("[repository]\nname = \"acme/shop\"");

    assert_eq!(commits(stage.directory(&git.path("app"))).await, "1 [branch:main, repository:acme/shop]");
    assert_eq!(github.requests().len(), 0);
}

#[tokio::test]
async fn a_clone_is_used_for_the_repositories_of_all_its_remotes() {
    let github = github();
    let git = clone(Some("https://127.0.0.1/ada/shop"));
    git.add_remote("app", "upstream", "https://127.0.0.1/acme/shop");
    git.commit("app", "hotfix that is not pushed", SystemTime::now());
    git.commit("app", "hotfix on the fork", SystemTime::now());
    git.set_fetched("app", "origin");
    let stage = |name: &str| {
        let settings = format!("[repository]\nname = \"{name}\"");
        Stage::empty().github(&github).settings(&settings).directory(&git.path("app"))
    };

    assert_eq!(commits(stage("acme/shop")).await, "1 [branch:main, repository:acme/shop]");
    assert_eq!(commits(stage("ada/shop")).await, "3 [branch:main, repository:ada/shop]");
    assert_eq!(github.requests().len(), 0);
}

#[tokio::test]
async fn without_a_token_and_without_its_clone_a_named_repository_is_read_on_github() {
    let github = github();
    let stage = || Stage::empty().github(&github).settings("[repository]\nname = \"acme/shop\"");
    assert_eq!(commits(stage()).await, "2 [branch:main, repository:acme/shop]");
    // The clone of another repository is not reported under the name `acme/shop`.
    let git = clone(Some("https://github.com/acme/other"));
    assert_eq!(commits(stage().directory(&git.path("app"))).await, "2 [branch:main, repository:acme/shop]");
    assert!(github.requests().iter().all(|request| request.header("authorization").is_none()));
}

#[tokio::test]
async fn without_origin_the_only_remote_or_the_remote_of_the_branch_is_used() {
    let git = clone(None);
    let outcome = async || commits(Stage::empty().directory(&git.path("app"))).await;
    git.add_remote("app", "upstream", "https://gitlab.com/acme/shop");
    assert!(outcome().await.starts_with("1 [branch:main, repository:acme/shop]"));

    git.add_remote("app", "fork", "https://gitlab.com/ada/shop");
    assert_eq!(
        outcome().await,
        "no data: this clone has several remotes and none is `origin`: `fork` to gitlab.com/ada/shop, `upstream` to \
         gitlab.com/acme/shop; name the repository with SYSTEM_HEALTH_REPOSITORY or `name` in [repository]"
    );

    git.run("app", &["config", "branch.main.remote", "fork"]);
    assert_eq!(outcome().await, "1 [branch:main, repository:ada/shop]");
}

#[tokio::test]
async fn a_clone_is_never_reported_under_the_name_of_another_repository() {
    for (origin, remotes) in [
        (None, "the clone has no remotes"),
        (Some("https://gitlab.com/acme/shop.git"), "a mirror"),
        (Some("https://127.0.0.1/acme/other"), "the clone's remotes: `origin` to 127.0.0.1/acme/other"),
        (Some("git@gitlab.com:a/b/c.git"), "the clone's remotes: `origin` to gitlab.com/a/b/c"),
        (Some("/srv/git/shop.git"), "the clone's remotes: `origin` to a folder"),
    ] {
        let (github, git) = (github(), clone(origin));
        let stage = |source: &str| {
            let settings = format!("[repository]\nname = \"acme/shop\"\n[commits]\nsource = \"{source}\"");
            Stage::empty().github(&github).settings(&settings).directory(&git.path("app"))
        };

        let automatic = commits(stage("auto")).await;
        if remotes == "a mirror" {
            assert!(
                automatic
                    .contains("the API of 127.0.0.1, but the remote `origin` of this clone is on gitlab.com")
            );
        } else {
            assert_eq!(automatic, "2 [branch:main, repository:acme/shop]", "{origin:?}");
        }
        let forced = commits(stage("clone")).await;
        if remotes == "a mirror" {
            // With this setting, the user says that the clone is a mirror of the repository.
            assert_eq!(forced, "1 [branch:main, repository:acme/shop]");
        } else {
            let expected = format!(
                "error: `source` in [commits] is \"clone\", but no remote of this clone points to acme/shop (named by \
                 test.toml:4:1); {remotes}"
            );
            assert_eq!(forced, expected);
        }
    }
}

#[tokio::test]
async fn a_private_repository_without_a_token_says_what_to_set() {
    let github = github();
    github.repository("acme/shop").private();

    let outcome =
        commits(Stage::empty().github(&github).settings("[repository]\nname = \"acme/shop\"")).await;

    assert!(
        outcome.ends_with("; check the name, and set a GitHub token if the repository is private"),
        "{outcome}"
    );
}

#[tokio::test]
async fn settings_force_either_source() {
    let (github, git) = (github(), clone(Some("https://127.0.0.1/acme/shop")));
    let stage = |source: &str| {
        let settings = format!("[commits]\nsource = \"{source}\"");
        Stage::empty().github(&github).settings(&settings).directory(&git.path("app"))
    };
    assert_eq!(commits(stage("clone").token()).await, "1 [branch:main, repository:acme/shop]");
    assert_eq!(commits(stage("github")).await, "2 [branch:main, repository:acme/shop]");
}

#[tokio::test]
async fn with_the_clone_as_source_no_token_is_read() {
    let git = clone(None);
    let stage = Stage::empty().variable("GITHUB_TOKEN_FILE", "/etc/nowhere").directory(&git.path("app"));
    let local = Stage::empty()
        .variable("GITHUB_TOKEN_FILE", "/etc/nowhere")
        .directory(&git.path("app"))
        .settings("[commits]\nsource = \"clone\"");

    // A token that cannot be read is a failure, not a reason to read the clone instead.
    assert!(commits(stage).await.starts_with("error: cannot read /etc/nowhere"));
    assert_eq!(commits(local).await, "1 [branch:main, repository:app]");
}

#[tokio::test]
async fn without_a_clone_or_a_named_repository_the_error_says_what_is_missing() {
    assert_eq!(
        commits(Stage::empty().settings("[commits]\nsource = \"clone\"\n[repository]\nname = \"acme/shop\""))
            .await,
        "error: `source` in [commits] is \"clone\", but there is no git repository in / or above it"
    );
    let unnamed = "error: no repository is named; set SYSTEM_HEALTH_REPOSITORY, `name` in [repository] or \
                   GITHUB_REPOSITORY, or run inside a git clone";
    assert_eq!(commits(Stage::empty()).await, unnamed);
    assert_eq!(commits(Stage::empty().token()).await, unnamed);
    for source in ["github", "clone"] {
        let settings = format!("[commits]\nsource = \"{source}\"");
        assert_eq!(commits(Stage::empty().settings(&settings)).await, unnamed);
    }
}
