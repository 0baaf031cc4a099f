//! The pictures of the documentation. `DRAW=1 cargo test -p system-health-page --test page pictures -- --ignored` draws them.

use std::{env, fs, path::Path};

use system_health_test_support::chromium::Chromium;

use crate::site::Site;

/// The longest picture, in bytes.
const MAX_LENGTH: usize = 100_000;

#[test]
#[ignore = "needs a browser: run cargo xtask test"]
fn pictures_of_the_documentation_are_small() {
    let site =
        Site::start_with(&[system_health_page::Documents::Report, system_health_page::Documents::Traces]);
    let mut browser = Chromium::start();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/images");
    let pictures = [
        ("page-overview", "", 1100, 900, false),
        ("page-metric", "#/metric/ci.success_ratio", 1100, 820, true),
        ("page-phone", "#/metric/commits.hotfix", 390, 844, false),
    ];

    for (name, fragment, width, height, is_dark) in pictures {
        browser.look(width, height, is_dark);
        site.open(&mut browser, fragment);
        browser.wait_for("document.querySelector('.spark svg, .plot')");
        let picture = browser.screenshot();

        assert!(
            picture.starts_with(b"RIFF") && picture.len() < MAX_LENGTH,
            "{name}: {} bytes",
            picture.len()
        );
        if env::var_os("DRAW").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(format!("{name}.webp")), picture).unwrap();
        }
    }
}
