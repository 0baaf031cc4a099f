//! Which repository is reported, and where its commits come from. By default, a clone is used only if no access to GitHub
//! is configured. If a repository is named, a remote of the clone must point to it.

use std::time::Duration;

use serde_json::json;
use system_health_test_support::{
    github::FakeGitHub,
    scene::{ProgramOutput, Scene},
    server::{Answer, Request, Server},
};

const TOKEN: &str = "ghp_0123456789012345678901234567890123ab";

fn work_tree() -> Scene {
    Scene::new(env!("CARGO_BIN_EXE_report")).git_work_tree().commit("hotfix", Duration::from_mins(1))
}

fn collect_hotfixes(scene: &Scene, arguments: &[&str]) -> ProgramOutput {
    scene.run(&[&["--only", "commits.hotfix"], arguments].concat())
}

fn repository_tag(ended: &ProgramOutput) -> String {
    let tags = ended.metric("commits.hotfix")["samples"][0]["tags"].clone();
    let mut tags = tags.as_array().unwrap().iter().filter_map(|tag| tag.as_str());
    tags.find(|tag| tag.starts_with("repository:")).unwrap().to_owned()
}

fn error(ended: &ProgramOutput) -> String {
    let metric = ended.metric("commits.hotfix");
    metric["error"].as_str().unwrap_or_else(|| panic!("no error in {ended}")).to_owned()
}

#[test]
fn a_clone_is_not_used_for_another_repository() {
    // Nothing listens on this port, so GitHub cannot be reached.
    let scene = work_tree().variable("GITHUB_API_URL", "http://127.0.0.1:1");
    let by_flag = collect_hotfixes(&scene, &["--repo", "rust-lang/rust", "--deadline", "2s"]).with_status(1);
    let scene = scene.variable("GITHUB_REPOSITORY", "rust-lang/rust");
    let by_variable = collect_hotfixes(&scene, &["--deadline", "2s"]).with_status(1);
    let local = scene.file("system-health.toml", "[commits]\nsource = 'clone'\n");
    let forced = collect_hotfixes(&local, &[]).with_status(1);

    assert!(error(&by_flag).contains("127.0.0.1"), "{by_flag}");
    assert!(error(&by_variable).contains("127.0.0.1"), "{by_variable}");
    let message = "no remote of this clone points to rust-lang/rust (named by environment variable GITHUB_REPOSITORY); \
                   the clone has no remotes";
    assert!(error(&forced).contains(message), "{forced}");
}

#[test]
fn flag_variable_file_and_ci_name_the_repository_in_this_order() {
    let github = FakeGitHub::builder().token(TOKEN).start();
    for name in ["flag", "variable", "file", "ci"] {
        github.repository(&format!("acme/{name}")).commits(1);
    }
    let base = || {
        Scene::new(env!("CARGO_BIN_EXE_report"))
            .variable("GITHUB_API_URL", github.url())
            .variable("GITHUB_TOKEN", TOKEN)
            .variable("GITHUB_REPOSITORY", "acme/ci")
    };
    let with_file = || base().file("system-health.toml", "[repository]\nname = 'acme/file'\n");
    let with_variable = with_file().variable("SYSTEM_HEALTH_REPOSITORY", "acme/variable");

    for (ended, name) in [
        (collect_hotfixes(&base(), &[]), "ci"),
        (collect_hotfixes(&with_file(), &[]), "file"),
        (collect_hotfixes(&with_variable, &[]), "variable"),
        (collect_hotfixes(&with_variable, &["--repo", "acme/flag"]), "flag"),
    ] {
        assert_eq!(repository_tag(&ended.with_status(0)), format!("repository:acme/{name}"));
    }
}

#[test]
fn an_api_on_another_host_than_the_remote_is_an_error() {
    let scene = work_tree()
        .origin("https://github.com/acme/shop", Duration::ZERO)
        .variable("GITHUB_API_URL", "https://ghe.example.com/api/v3");

    let message = "environment variable GITHUB_API_URL: this is the API of ghe.example.com, but the remote `origin` of \
                   this clone is on github.com;";
    let unnamed = error(&collect_hotfixes(&scene, &[]).with_status(1));
    assert!(unnamed.starts_with(message), "{unnamed}");
    let scene = scene.variable("GITHUB_REPOSITORY", "acme/shop");
    let named = error(&collect_hotfixes(&scene, &[]).with_status(1));
    assert!(named.starts_with(message), "{named}");
}

#[test]
fn if_configured_access_to_github_fails_the_clone_is_not_used() {
    let no_such_secret = json!({"__type": "ResourceNotFoundException", "Message": "no"}).to_string();
    let answer = Answer::text(400, "application/x-amz-json-1.1", &no_such_secret);
    let aws = Server::start(move |_: &Request| answer.clone());
    let with_keys = || {
        work_tree()
            .variable("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
            .variable("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
            .variable("AWS_ENDPOINT_URL", aws.url())
    };
    let with_region = || with_keys().variable("AWS_REGION", "us-east-1");
    let with_profile = |content: &str| {
        let scene = work_tree().variable("AWS_CONFIG_FILE", "config");
        scene
            .variable("PATH", "/usr/bin:/bin")
            .file("config", &format!("[default]\nregion = us-east-1\n{content}"))
    };
    let misspelled_secret = "[github]\ntoken_secret = 'github/tokne'\n";
    for (scene, message) in [
        (with_keys(), "the AWS region is not known"),
        (with_region().file("system-health.toml", misspelled_secret), "secret `github/tokne`"),
        (
            work_tree().file("system-health.toml", misspelled_secret),
            "there are no AWS credentials to read it with",
        ),
        (
            with_profile(
                "sso_start_url = https://a.awsapps.com/start\nsso_region = us-east-1\nsso_account_id = 1\nsso_role_name = a\n",
            ),
            "through `sso`",
        ),
        (with_profile("credential_process = echo no session >&2; false\n"), "no session"),
    ] {
        let error = error(&collect_hotfixes(&scene, &[]).with_status(1));
        assert!(error.starts_with("cannot get the GitHub token: ") && error.contains(message), "{error}");
    }
    // No access to GitHub is configured: there are no AWS credentials, there is no secret with the default name, or AWS is not
    // used for secrets.
    for scene in
        [work_tree(), with_region(), with_keys().file("system-health.toml", "[secrets]\naws = false\n")]
    {
        let ended = collect_hotfixes(&scene, &[]).with_status(0);
        assert_eq!(ended.metric("commits.hotfix")["samples"][0]["value"], 1.0, "{ended}");
    }
}
