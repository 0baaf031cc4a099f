//! Whether the state folder can be used, and how many points wait in it.

use std::path::PathBuf;

use system_health_registry::{Finding, SharedError};
use system_health_reporter::StateError;
use system_health_state::{Store, StoreError};

const CHECK: &str = "state folder";

/// Checks the state folder. `folder` is `None` if no state is kept.
pub(super) async fn diagnose(folder: Option<Result<PathBuf, StateError>>) -> Vec<Finding> {
    Finding::check_with_timeout(CHECK, check(folder)).await
}

async fn check(folder: Option<Result<PathBuf, StateError>>) -> Vec<Finding> {
    let checked = async {
        let Some(folder) = folder.transpose()? else {
            return anyhow::Ok(vec![Finding::warning(
                CHECK,
                "none: what cannot be delivered at once is lost",
            )]);
        };
        tokio::task::spawn_blocking(move || {
            let store = if folder.join(Store::FILE_NAME).exists() {
                Store::open_existing(&folder)?
            } else {
                Store::open(&folder)?.store
            };
            store.check()?;
            // Writing detects what opening does not: a full disk or a read-only folder.
            store.check_writable()?;
            let size = format!("{}, {} bytes", folder.display(), store.size()?);
            let mut findings = vec![Finding::ok(CHECK, size)];
            for (destination, points) in store.pending_counts()? {
                findings.push(Finding::warning(
                    format!("outbox of {destination}"),
                    format!(
                        "{} for the next push to it",
                        if points == 1 {
                            "1 point waits".to_owned()
                        } else {
                            format!("{points} points wait")
                        }
                    ),
                ));
            }
            Ok(findings)
        })
        .await?
    };
    checked.await.unwrap_or_else(|error| {
        if error.downcast_ref::<StoreError>().is_some_and(StoreError::is_damage) {
            let message = format!("{error}; the next run moves it aside and starts a new one");
            return vec![Finding::failed(CHECK, message)];
        }
        let boxed: Box<dyn std::error::Error + Send + Sync> = error.into();
        vec![Finding::failed(CHECK, SharedError::new(boxed).to_string())]
    })
}
