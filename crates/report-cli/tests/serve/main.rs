//! `report serve`: the program as a whole, with real signals and real connections.
#![cfg(all(unix, feature = "serve"))]

mod access;
#[cfg(feature = "datadog-preview")]
mod page;
#[cfg(feature = "datadog-preview")]
mod preview;
mod prometheus;
mod runs;
mod signals;

use std::time::Duration;

use system_health_test_support::{scene::Scene, serving::ServerProcess};

/// A work tree with a hotfix, and a settings file.
fn scene(settings: &str) -> Scene {
    Scene::new(env!("CARGO_BIN_EXE_report"))
        .git_work_tree()
        .commit("hotfix", Duration::from_mins(1))
        .file("system-health.toml", settings)
}

/// Starts the service on a free port.
fn serve(scene: &Scene, arguments: &[&str]) -> ServerProcess {
    ServerProcess::start(scene.command(&[&["serve", "--listen", "127.0.0.1:0"][..], arguments].concat()))
}
