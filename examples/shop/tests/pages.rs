//! Checks the code blocks of some pages of the documentation, and the program of this example. Each Rust code block on these pages
//! is an excerpt of a file below `examples/`, which is compiled and tested. The manifests name packages and features that exist.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;
use system_health_test_support::scene::Scene;

const PAGES: [&str; 5] = [
    "README.md",
    "crates/report-cli/README.md",
    "docs/embedding.md",
    "docs/writing-collectors.md",
    "docs/writing-sinks.md",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The code blocks of a page in this language.
fn code_blocks(page: &str, language: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(page)).unwrap();
    let fence = format!("```{language}\n");
    let blocks = text.split(&fence).skip(1);
    blocks.map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// Removes indentation, so that a code block may be an excerpt of an indented one.
fn flush_left(text: &str) -> String {
    text.lines().flat_map(|line| [line.trim(), "\n"]).collect()
}

fn rust_files(folder: &Path) -> Vec<(PathBuf, String)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| match path.extension() {
            Some(extension) if extension == "rs" => {
                vec![(path.clone(), flush_left(&fs::read_to_string(&path).unwrap()))]
            }
            _ if path.is_dir() => rust_files(&path),
            _ => vec![],
        })
        .collect()
}

/// Whether the source contains the parts of a code block in their order. `// ...` separates the parts.
fn is_excerpt(block: &str, mut source: &str) -> bool {
    block.split("// ...\n").map(|part| part.trim_matches('\n')).all(|part| {
        let found = source.find(part);
        source = found.map_or("", |at| &source[at + part.len()..]);
        found.is_some()
    })
}

#[test]
fn every_rust_code_block_is_an_excerpt_of_an_example() {
    let files = rust_files(&root().join("examples"));
    for page in PAGES {
        for block in [code_blocks(page, "rust"), code_blocks(page, "rust,ignore")].concat() {
            let block = flush_left(&block);
            assert!(
                files.iter().any(|(_, source)| is_excerpt(&block, source)),
                "no file below examples/ has this code block of {page}:\n{block}"
            );
        }
    }
    assert!(!is_excerpt("a\n// ...\nb\n", "b\na\n"), "the order of the parts matters");
}

#[test]
fn pages_name_the_rust_version_that_a_program_needs() {
    let version = format!("Rust {} or later", env!("CARGO_PKG_RUST_VERSION"));
    for page in ["README.md", "docs/embedding.md", "docs/writing-collectors.md"] {
        let text = fs::read_to_string(root().join(page)).unwrap();
        assert!(text.contains(&version), "{page} does not say `{version}`");
    }
}

#[test]
fn manifests_name_existing_packages_and_features() {
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let manifests: Vec<toml::Table> = PAGES
        .iter()
        .flat_map(|page| code_blocks(page, "toml"))
        .filter(|block| block.contains("[dependencies]"))
        .map(|block| block.parse().unwrap())
        .collect();
    assert!(!manifests.is_empty());

    for (name, wanted) in manifests.iter().flat_map(|manifest| manifest["dependencies"].as_table().unwrap()) {
        if !name.starts_with("system-health-") {
            continue;
        }
        let package = packages.iter().find(|package| package["name"] == **name);
        let package = package.unwrap_or_else(|| panic!("there is no package {name}"));
        let version = wanted.as_str().or_else(|| wanted.get("version")?.as_str()).unwrap();
        assert!(package["version"].as_str().unwrap().starts_with(version), "{name} {version}");
        for feature in wanted.get("features").and_then(toml::Value::as_array).into_iter().flatten() {
            assert!(package["features"].get(feature.as_str().unwrap()).is_some(), "{name} {feature}");
        }
    }
}

#[test]
fn the_program_lists_and_collects_its_own_metrics() {
    let scene = Scene::new(env!("CARGO_BIN_EXE_shop-health"))
        .file("system-health.toml", "[figures]\nfile = 'figures.tsv'\n[backup]\nfolder = '.'\n")
        .file("figures.tsv", "shop.orders\t7\tOrders of today.\n");

    let list = scene.run(&["list"]).with_status(0).json();
    let ended = scene.run(&["--only", "backup.*", "--only", "shop.*"]).with_status(0);

    let metrics = list["metrics"].as_array().unwrap().iter();
    let keys: Vec<_> = metrics.filter_map(|metric| metric["key"].as_str()).collect();
    assert_eq!(list["sources"][0]["name"], "figures");
    for key in ["backup.age", "commits.hotfix", "pulls.open", "queue.stuck", "tickets.unanswered"] {
        assert!(keys.contains(&key), "{keys:?}");
    }
    assert_eq!(ended.metric("backup.age")["state"], "value");
    assert_eq!(ended.metric("shop.orders")["samples"][0]["value"], 7.0);
}

#[test]
fn commands_know_the_metrics_of_a_source_after_a_push() {
    let scene = Scene::new(env!("CARGO_BIN_EXE_shop-health"))
        .file("system-health.toml", "[figures]\nfile = 'figures.tsv'\n[local]\nfile = 'points.jsonl'\n")
        .file("figures.tsv", "shop.orders\t7\tOrders of today.\n");
    let knows = |arguments: &[&str]| scene.run(arguments).with_status(0).stdout().contains("shop.orders");
    let commands: [&[&str]; 2] = [&["list"], &["dashboard", "--for", "grafana"]];

    let before = commands.map(knows);
    let pushed = scene.run(&["--push", "--to", "local", "--only", "shop.*"]).with_status(0);

    assert_eq!(pushed.metric("shop.orders")["state"], "value");
    assert_eq!((before, commands.map(knows)), ([false; 2], [true; 2]));
}

#[test]
fn the_history_shows_the_goal_for_a_metric_from_a_source() {
    let goals = "[figures]\nfile = 'figures.tsv'\n[goals]\n'shop.orders' = '< 5'\n";
    let scene = Scene::new(env!("CARGO_BIN_EXE_shop-health"))
        .file("system-health.toml", goals)
        .file("figures.tsv", "shop.orders\t7\tOrders of today.\n");
    let _ = scene.run(&["--only", "shop.*"]).with_status(0);

    let history = scene.run(&["history", "shop.*", "--format", "table"]).with_status(0).stdout();

    let line = history.lines().find(|line| line.starts_with("shop.orders")).unwrap();
    assert!(line.contains("< 5  missed"), "{history}");
}
