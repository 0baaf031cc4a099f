//! What the state folder remembers of a source.

use system_health_test_support::scene::{ProgramOutput, Scene};

const SETTINGS: &str = "[figures]\nfile = 'figures.tsv'\n";
const ONLY: [&str; 2] = ["--only", "shop.orders"];

fn scene() -> Scene {
    Scene::new(env!("CARGO_BIN_EXE_shop-health"))
        .file("figures.tsv", "shop.orders\t7\tOrders of today.\n")
        .file("system-health.toml", SETTINGS)
}

/// The line about the metric in the list.
fn listed(scene: &Scene) -> String {
    let list = scene.run(&["list", "--format", "table"]).with_status(0).stdout();
    let line = list.lines().find(|line| line.trim_start().starts_with("shop.orders "));
    line.unwrap_or_else(|| panic!("no shop.orders in\n{list}")).to_owned()
}

fn rules(scene: &Scene) -> ProgramOutput {
    scene.run(&["monitors", "--for", "prometheus"]).with_status(0)
}

#[test]
fn a_goal_that_is_removed_from_the_settings_is_forgotten() {
    let rule = "- alert: ShopOrdersMissesGoal\n";
    let scene = scene().file("system-health.toml", &format!("{SETTINGS}[goals]\n'shop.orders' = '< 10'\n"));
    let with_goal = scene.run(&ONLY).with_status(0).metric("shop.orders");
    let (listed_with_goal, rules_with_goal) = (listed(&scene), rules(&scene));

    let scene = scene.file("system-health.toml", "[figures]\nfile = 'missing.tsv'\n");
    let without = scene.run(&ONLY).with_status(1).metric("shop.orders");
    let (listed_without, rules_without) = (listed(&scene), rules(&scene));

    assert_eq!(with_goal["goal"]["condition"], "< 10");
    assert!(listed_with_goal.contains("< 10"), "{listed_with_goal}");
    assert!(rules_with_goal.stdout().contains(rule), "{rules_with_goal}");
    assert_eq!((&without["state"], without["goal"].is_null()), (&"error".into(), true));
    assert!(!listed_without.contains("< 10"), "{listed_without}");
    assert!(!rules_without.stdout().contains(rule), "{rules_without}");
}

#[test]
fn a_metric_that_is_no_longer_returned_has_no_data_until_it_is_skipped() {
    let scene = scene();
    let _ = scene.run(&ONLY).with_status(0);

    let scene = scene.file("figures.tsv", "");
    let gone = scene.run(&ONLY).with_status(0).metric("shop.orders");
    let scene = scene.file("system-health.toml", &format!("{SETTINGS}[report]\nskip = ['shop.orders']\n"));
    let skipped = scene.run(&["--only", "shop.*"]).with_status(0);

    let reason = gone["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("remembered for 90 days") && reason.contains("add it to `skip`"), "{gone}");
    assert!(!skipped.stdout().contains("shop.orders"), "{skipped}");
}
