//! `report init`: writes a settings file that `report` can read.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    time::Duration,
};

use system_health_registry::{
    Settings,
    settings::{SettingsBuilder, TableSpec},
};
use system_health_report_cli as _; // keeps all tables linked
use system_health_test_support::scene::Scene;

const FILE: &str = "system-health.toml";
/// Keys with secrets. Their values do not belong in the file.
const SECRETS: [&str; 2] = ["password", "token"];
/// A key that cannot be set together with another key of its table, so only a comment shows it.
const IN_A_COMMENT: &str = "repository.names";
const TOKEN: &str = "ghp_0123456789012345678901234567890123ab";

fn scene() -> Scene {
    Scene::new(env!("CARGO_BIN_EXE_report")).variable("PATH", std::env::var("PATH").unwrap())
}

/// A clone of `acme/web` on GitHub with these workflows.
fn clone(workflows: &[&str]) -> Scene {
    let scene = scene()
        .git_work_tree()
        .commit("first", Duration::from_mins(1))
        .origin("https://github.com/acme/web.git", Duration::ZERO);
    let folder = scene.folder().join(".github/workflows");
    fs::create_dir_all(&folder).unwrap();
    for workflow in workflows {
        fs::write(folder.join(workflow), "on: push\n").unwrap();
    }
    scene
}

fn written(scene: &Scene) -> String {
    fs::read_to_string(scene.folder().join(FILE)).unwrap()
}

/// The values that are set in the file, by table and key.
fn values(text: &str) -> BTreeMap<String, String> {
    values_with(&[], text)
}

/// The values that are set in the file and in environment variables.
fn values_with(variables: &[(&str, &str)], text: &str) -> BTreeMap<String, String> {
    let value = |name: &str| {
        variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned())
    };
    let file = Settings::builder().environment_from(value).toml(Path::new(FILE), text);
    let settings = file.and_then(SettingsBuilder::build).unwrap_or_else(|error| panic!("{error}: {text}"));
    let values =
        settings.entries().filter_map(|(table, key, value, _)| Some((format!("{table}.{key}"), value?)));
    values.collect()
}

/// The file with all examples uncommented.
fn uncommented(text: &str) -> String {
    let is_example = |line: &str| {
        line.starts_with('[')
            || line.split_once(" = ").is_some_and(|(key, _)| {
                key.chars().all(|c| c.is_ascii_lowercase() || c == '_') && !key.is_empty()
            })
    };
    let lines =
        text.lines().map(|line| line.strip_prefix("# ").filter(|rest| is_example(rest)).unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn detected_values_are_set_and_everything_else_has_its_default() {
    let scene = clone(&["release.yml", "tests.yaml"]).variable("GITHUB_TOKEN", TOKEN);

    let ended = scene.run(&["init"]).with_status(0);

    ended.says("wrote system-health.toml");
    ended.says("report doctor");
    assert_eq!(ended.stdout(), "");
    let text = written(&scene);
    let expected = [("ci.workflow", "\"tests.yaml\""), ("repository.name", "\"acme/web\"")];
    assert_eq!(values(&text), expected.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
    assert!(!text.contains(TOKEN), "{text}");
    assert!(text.contains("there is also release.yml"), "{text}");
    let next = scene.run(&["--only", "commits.hotfix", "--repo", "acme/web"]);
    assert!(!next.stderr().contains(FILE), "the file is read without a warning: {next}");
}

#[test]
fn all_examples_are_valid() {
    let scene = clone(&["ci.yml"]);
    let _ = scene.run(&["init"]).with_status(0);

    // The user names for Prometheus need passwords, which cannot be set in the file.
    let passwords = [("PUSHGATEWAY_PASSWORD", "any"), ("PROMETHEUS_REMOTE_WRITE_PASSWORD", "any")];
    let all = values_with(&passwords, &uncommented(&written(&scene)));

    assert!(all.len() > 40, "{all:?}");
    assert_eq!(all["ci.workflow"], "\"ci.yml\"");
}

/// The keys of a table, taken from the error about an unknown key. `None` for a table of tables.
fn keys(table: &str) -> Option<Vec<String>> {
    let text = format!("[{table}]\nzzzzzzzz = 1\n");
    let refused = Settings::builder().toml(Path::new(FILE), &text).and_then(SettingsBuilder::build);
    let error = refused.unwrap_err().to_string();
    let (_, known) = error.split_once("; there are ")?;
    Some(known.split('`').skip(1).step_by(2).map(str::to_owned).collect())
}

/// The keys in a file, such as `ci.workflow`, and its tables, also those that are commented out.
fn keys_and_tables(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut table = "";
    for line in uncommented(text).lines() {
        if let Some(heading) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            table = heading;
            // `[metrics.every]` contains the tables `metrics` and `metrics.every`.
            let parents = heading.match_indices('.').map(|(dot, _)| heading[..dot].to_owned());
            found.extend(parents.chain([heading.to_owned()]));
        } else if let Some((key, _)) = line.split_once(" = ") {
            found.insert(format!("{table}.{key}"));
        }
    }
    found
}

#[test]
fn all_keys_of_all_linked_tables_are_in_the_file() {
    let printed = scene().run(&["init", "--stdout"]).with_status(0).stdout();
    let found = keys_and_tables(&printed);

    let mut tested = 0;
    for table in TableSpec::templates().keys() {
        assert!(found.contains(*table), "there is no [{table}]: {printed}");
        for key in keys(table).unwrap_or_default() {
            let name = format!("{table}.{key}");
            let is_there =
                found.contains(&name) || (name == IN_A_COMMENT && printed.contains(". Several: names = "));
            if SECRETS.contains(&&*key) {
                assert!(!is_there, "a secret does not belong in the file: `{key}` in [{table}]");
                continue;
            }
            assert!(is_there, "there is no `{key}` in [{table}]: {printed}");
            tested += 1;
        }
    }
    assert!(tested > 50, "{tested}");
}

#[test]
fn the_file_mentions_secrets_in_aws_only_if_they_can_be_read() {
    let printed = scene().run(&["init", "--stdout"]).with_status(0).stdout();

    assert_eq!(
        printed.contains("they come from environment variables, files or AWS Secrets Manager."),
        TableSpec::templates().contains_key("secrets")
    );
    assert!(printed.contains("they come from environment variables"), "{printed}");
}

#[test]
fn without_a_repository_nothing_is_set() {
    let scene = scene();

    scene.run(&["init"]).with_status(0).says("name a repository");

    assert_eq!(values(&written(&scene)), BTreeMap::new());
}

#[test]
fn a_clone_from_another_host_is_not_a_repository_on_github() {
    let scene = scene()
        .git_work_tree()
        .commit("first", Duration::from_mins(1))
        .origin("https://gitlab.com/acme/web.git", Duration::ZERO);

    scene.run(&["init"]).with_status(0).says("name a repository on GitHub");

    assert_eq!(values(&written(&scene)), BTreeMap::new());
}

#[test]
fn the_suggested_command_reads_the_new_file() {
    let doctor_arguments = |scene: Scene, arguments: &[&str]| {
        let stderr = scene.run(arguments).with_status(0).stderr();
        let (_, arguments) = stderr.split_once("next: `report doctor").unwrap();
        arguments.split('`').next().unwrap().to_owned()
    };

    assert_eq!(doctor_arguments(scene(), &["init"]), "");
    assert_eq!(doctor_arguments(scene(), &["init", "health.toml"]), " --config health.toml");
    assert_eq!(doctor_arguments(scene(), &["init", "Ada's file.toml"]), r" --config 'Ada'\''s file.toml'");
    let with_variable = |value: &str| scene().variable("SYSTEM_HEALTH_CONFIG", value);
    assert_eq!(doctor_arguments(with_variable("other.toml"), &["init"]), " --config system-health.toml");
    assert_eq!(doctor_arguments(with_variable(""), &["init"]), "");
}

#[test]
fn an_existing_file_is_overwritten_only_with_force() {
    let scene = scene().file(FILE, "[repository]\nname = 'acme/shop'\n");

    let refused = scene.run(&["init"]).with_status(2);
    refused.says("error: system-health.toml exists");
    refused.says("hint: overwrite it with --force");
    assert_eq!(values(&written(&scene)).len(), 1);
    let _ = scene.run(&["init", "--force"]).with_status(0);
    assert_eq!(values(&written(&scene)), BTreeMap::new());
    scene.run(&["init", "nowhere/health.toml"]).with_status(2).says("cannot write nowhere/health.toml");
}

#[test]
fn a_dash_is_the_standard_output() {
    let scene = scene();

    let printed = scene.run(&["init", "-"]).with_status(0).stdout();

    assert!(printed.contains("\n[report]\n"), "{printed}");
    assert!(!scene.folder().join("-").exists());
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_overwritten_keeps_its_contents() {
    const OLD: &str = "[repository]\nname = 'acme/shop'\n";
    // With this limit, each write to a file fails, as on a full disk. Without the trap, a signal would end the program.
    const SCRIPT: &str = "trap '' XFSZ; ulimit -f 0; exec \"$0\" init --force";
    let scene = Scene::new("/bin/sh").variable("PATH", std::env::var("PATH").unwrap()).file(FILE, OLD);

    let failed = scene.run(&["-c", SCRIPT, env!("CARGO_BIN_EXE_report")]).with_status(2);

    failed.says("cannot write system-health.toml");
    assert_eq!(written(&scene), OLD);
    assert_eq!(fs::read_dir(scene.folder()).unwrap().count(), 1, "no other file is left behind");
}

#[cfg(unix)]
#[test]
fn a_file_in_a_read_only_folder_is_overwritten_with_force() {
    use std::os::unix::fs::PermissionsExt as _;

    let scene = scene();
    let folder = scene.folder().join("read-only");
    let set_mode = |mode| fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).unwrap();
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join(FILE), "[repository]\nname = 'acme/shop'\n").unwrap();

    set_mode(0o555);
    let _ = scene.run(&["init", "--force", &format!("read-only/{FILE}")]).with_status(0);
    // Otherwise, the folder could not be deleted.
    set_mode(0o755);

    assert_eq!(values(&fs::read_to_string(folder.join(FILE)).unwrap()), BTreeMap::new());
}

#[cfg(unix)]
#[test]
fn a_link_to_a_file_stays_a_link() {
    let scene = scene().file("shared.toml", "[repository]\nname = 'acme/shop'\n");
    std::os::unix::fs::symlink("shared.toml", scene.folder().join(FILE)).unwrap();

    let _ = scene.run(&["init", "--force"]).with_status(0);

    assert!(scene.folder().join(FILE).is_symlink());
    assert_eq!(values(&fs::read_to_string(scene.folder().join("shared.toml")).unwrap()), BTreeMap::new());
}
