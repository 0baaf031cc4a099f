//! Patterns for keys in a program with a source, whose metrics are known only after a run.

use system_health_test_support::scene::Scene;

const FIGURES: &str = "shop.orders\t7\tOrders of today.\n";

fn scene() -> Scene {
    Scene::new(env!("CARGO_BIN_EXE_shop-health"))
        .file("figures.tsv", FIGURES)
        .file("system-health.toml", "[figures]\nfile = 'figures.tsv'\n")
}

#[test]
fn an_unmatched_only_flag_fails_the_run() {
    let scene = scene();

    let matching = scene.run(&["--only", "shop.*"]).with_status(0);
    let misspelt = scene.run(&["--only", "shop.ordres"]).with_status(1);
    let ignored = scene.run(&["--only", "shop.ordres", "--fail-on", "never"]).with_status(0);

    assert!(!matching.stderr().contains("matches no metric"), "{matching}");
    for ended in [misspelt, ignored] {
        ended.says("`shop.ordres` matches no metric; did you mean `shop.orders`?");
        ended.says("correct --only");
    }
}

#[test]
fn a_source_that_is_skipped_does_not_run() {
    let broken = "[figures]\nfile = 'missing.tsv'\n";
    let scene = scene();
    let known = scene.run(&["--only", "shop.orders"]).with_status(0);
    let scene = scene.file("system-health.toml", broken);
    let failed = scene.run(&["--only", "shop.orders"]).with_status(1);
    // The goal is not refused, because its metric might come from the skipped source.
    let skipped = format!("{broken}[report]\nskip_sources = ['figures']\n[goals]\n'shop.ordres' = '< 5'\n");
    let scene = scene.file("system-health.toml", &skipped);

    let listed = scene.run(&["list", "--format", "table"]).with_status(0);
    let explained = scene.run(&["explain", "shop.orders"]).with_status(2);
    let ended = scene.run(&["--only", "shop.orders"]).with_status(2);
    let misspelt =
        scene.file("system-health.toml", "[report]\nskip_sources = ['figurs']\n").run(&[]).with_status(2);

    assert_eq!(known.json()["sources"][0]["name"], "figures", "{known}");
    assert_eq!(failed.json()["sources"][0]["state"], "error", "{failed}");
    let lines: Vec<_> = listed.stdout().lines().map(str::to_owned).collect();
    let line = |start: &str| lines.iter().find(|line| line.trim_start().starts_with(start)).cloned();
    assert!(line("shop.orders ").is_some_and(|line| line.contains("  skipped  ")), "{listed}");
    assert!(line("figures: skipped;").is_some(), "{listed}");
    for ended in [explained, ended] {
        ended.says("the selection leaves no metric to collect");
        ended.says("`skip_sources` in [report]");
    }
    misspelt.says(
        "system-health.toml:2:17: `skip_sources[0]` in [report]: there is no source `figurs`; did you mean `figures`?",
    );
}

#[test]
fn an_unmatched_pattern_of_the_settings_is_a_warning_with_its_place() {
    let scene = scene();
    let scene =
        scene.file("system-health.toml", "[figures]\nfile = 'figures.tsv'\n[goals]\n'shop.ordres' = '< 5'\n");

    let ended = scene.run(&["--only", "shop.*"]).with_status(0);

    ended.says("system-health.toml:4:1: `\"shop.ordres\"` in [goals]: `shop.ordres` matches no metric");
}

#[test]
fn a_metric_that_is_named_and_skipped_leaves_nothing_to_collect() {
    let ended = scene().run(&["--only", "commits.hotfix", "--skip", "commits.hotfix"]).with_status(2);

    ended.says("the selection leaves no metric to collect");
}
