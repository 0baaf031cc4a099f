//! Whether the state folder can be used, and how many points wait in it.

use std::{path::PathBuf, time::Duration};

use system_health_registry::{Catalog, Finding, SharedError};
use system_health_reporter::StateError;
use system_health_state::{Store, StoreError};
use tokio::{task::spawn_blocking, time::timeout};

use super::sinks::Choice;
use crate::remembered::read_remembered;

const CHECK: &str = "state folder";

/// The maximum time to read what the state folder remembers of sources.
const MAX_READ: Duration = Duration::from_secs(10);

/// Adds the metrics that sources described in earlier runs, so that a metric that its source no longer returns has a finding. If
/// the state folder cannot be read, [`diagnose`] says why.
pub(super) async fn with_remembered_metrics(catalog: Catalog, folder: Option<PathBuf>) -> Catalog {
    let Some(folder) = folder else { return catalog };
    let linked = catalog.clone();
    let reading = spawn_blocking(move || read_remembered(&linked, &folder));
    if let Ok(Ok(Ok(Some(remembered)))) = timeout(MAX_READ, reading).await { remembered } else { catalog }
}

/// Checks the state folder. `folder` is `None` if no state is kept.
pub(super) async fn diagnose(folder: Option<Result<PathBuf, StateError>>, choice: &Choice) -> Vec<Finding> {
    Finding::check_with_timeout(CHECK, check(folder, choice)).await
}

async fn check(folder: Option<Result<PathBuf, StateError>>, choice: &Choice) -> Vec<Finding> {
    let checked = async {
        let Some(folder) = folder.transpose()? else {
            return anyhow::Ok(vec![Finding::warning(
                CHECK,
                "none: what cannot be delivered at once is lost",
            )]);
        };
        let (size, waiting) = spawn_blocking(move || {
            let store = if folder.join(Store::FILE_NAME).exists() {
                Store::open_existing(&folder)?
            } else {
                Store::open(&folder)?.store
            };
            store.check()?;
            // Writing detects what opening does not: a full disk or a read-only folder.
            store.check_writable()?;
            let size = format!("{}, {} bytes", folder.display(), store.size()?);
            anyhow::Ok((size, store.pending_counts()?))
        })
        .await??;
        let about_outboxes = waiting.iter().map(|(outbox, points)| about_outbox(outbox, *points, choice));
        Ok([Finding::ok(CHECK, size)].into_iter().chain(about_outboxes).collect())
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

fn about_outbox(outbox: &str, points: u64, choice: &Choice) -> Finding {
    let waiting = if points == 1 { "1 point waits".to_owned() } else { format!("{points} points wait") };
    let message = if choice.leaves_out(outbox) {
        format!(
            "{waiting}, and a push with these settings does not deliver there; each push drops points of runs that are \
             older than 30 days"
        )
    } else {
        format!("{waiting} for the next push to it")
    };
    Finding::warning(format!("outbox of {outbox}"), message)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use futures::FutureExt;
    use system_health_registry::{Engine, Facts, Source, location};
    use system_health_reporter::Selection;
    use system_health_test_support::scene::Scene;

    use super::*;
    use crate::{command::doctor::metrics, output::fixture};

    #[tokio::test]
    async fn a_metric_that_its_source_does_not_return_has_a_warning() {
        let scene = Scene::new("report");
        let (folder, gone) = (scene.folder().to_owned(), [Facts::new("orders.gone", "Orders.")]);
        let store = Store::open(&folder).unwrap().store;
        store.remember_descriptions("warehouse", &gone, SystemTime::now()).unwrap();
        drop(store);
        let source = Source::new("warehouse", "A test.", location!(), |_| async { Ok(vec![]) }.boxed());
        let catalog = Catalog::from_sources([source]).unwrap().remembering_for(Duration::from_hours(90 * 24));

        let catalog = with_remembered_metrics(catalog, Some(folder)).await;
        let context = fixture::context(None);
        let found =
            metrics::collect(&Engine::new(), &catalog, &Selection::default(), &context).await.findings;

        let message = "has no data: the source `warehouse` did not return it in this run; a metric is remembered for 90 \
                       days after its source has returned it last; if it no longer exists, add it to `skip` in [report]";
        assert!(found.contains(&Finding::warning("metric orders.gone", message)), "{found:?}");
    }
}
