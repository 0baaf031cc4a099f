//! What lands on a branch, who wrote it and how it landed. The expected values were computed by hand, except
//! those of the random histories.

mod authors;
mod branches;
mod direct_pushes;
mod force_pushes;
mod labels;
mod landed;
mod random;
mod random_authors;
mod random_branches;
mod random_force_pushes;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use system_health_test_support::github::FakeGitHub;

use crate::stage::Stage;

/// 2025-06-01T12:00:00Z
fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_hours(485_772)
}

fn github() -> FakeGitHub {
    FakeGitHub::builder().now(now()).start()
}

fn stage(github: &FakeGitHub) -> Stage {
    Stage::on(github).started_at(now())
}

/// A stage with a clone, without GitHub.
fn without_github(directory: &std::path::Path) -> Stage {
    Stage::empty().directory(directory).started_at(now())
}
