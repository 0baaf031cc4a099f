//! Patterns for keys in a program with a source, whose metrics are known only after a run.

use system_health_test_support::scene::Scene;

const FIGURES: &str = "shop.orders\t7\tOrders of today.\n";

fn scene() -> Scene {
    Scene::new(env!("CARGO_BIN_EXE_shop-health"))
        .file("figures.tsv", FIGURES)
        .file("system-health.toml", "[figures]\nfile = 'figures.tsv'\n")
}

#[test]
fn a_pattern_of_only_that_matches_no_metric_of_a_source_fails_the_run() {
    let scene = scene();

    let right = scene.run(&["--only", "shop.*"]).with_status(0);
    let wrong = scene.run(&["--only", "shop.ordres"]).with_status(1);
    let ignored = scene.run(&["--only", "shop.ordres", "--fail-on", "never"]).with_status(0);

    assert!(!right.stderr().contains("matches no metric"), "{right}");
    for ended in [wrong, ignored] {
        ended.says("`shop.ordres` matches no metric; did you mean `shop.orders`?");
        ended.says("correct --only");
    }
}

#[test]
fn an_unmatched_pattern_of_the_settings_is_a_warning_with_its_place() {
    let scene = scene();
    let scene =
        scene.file("system-health.toml", "[figures]\nfile = 'figures.tsv'\n[goals]\n'shop.ordres' = '< 5'\n");

    let ended = scene.run(&["--only", "shop.*"]).with_status(0);

    ended.says("system-health.toml:4:1: `\"shop.ordres\"` in [goals]: `shop.ordres` matches no metric");
}
