//! Everything that is made from the settings. It is made again after SIGHUP, and the service replaces it between two runs.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, SystemTime},
};

use system_health_command::CommandContext;
use system_health_registry::Interruption;
use system_health_reporter::{Mode, Reporter, Selection, Slots, with_goals_of_settings};
use tokio::runtime::Handle;

use crate::{arguments::ServeArguments, served::Served, settings::ServeSettings, token::Token};

/// The reporter, its slots, and what the HTTP server needs.
#[derive(Debug)]
pub(crate) struct Configuration {
    pub(crate) reporter: Reporter,
    pub(crate) slots: Slots,
    pub(crate) served: Arc<Served>,
}

/// Makes configurations.
pub(crate) struct Loader<'a> {
    pub(crate) context: &'a CommandContext<'a>,
    pub(crate) arguments: &'a ServeArguments,
    /// The runtime of the collectors.
    pub(crate) workers: Handle,
    /// When to stop collecting, and when to stop delivering.
    pub(crate) interruptions: [Interruption; 2],
    pub(crate) started_at: SystemTime,
    /// The address that the server listens on.
    pub(crate) listen: SocketAddr,
}

impl Loader<'_> {
    /// Reads the settings and checks everything that a run would check first.
    pub(crate) async fn load(&self) -> anyhow::Result<Configuration> {
        let Self { context, arguments, .. } = self;
        let settings = context.run_settings(&arguments.run)?;
        let table: ServeSettings = settings.table()?;
        let every = arguments.every.unwrap_or(table.every);
        let token = Token::find(&settings, self.listen).await?;
        let state = &arguments.run.state;
        let folder = if state.no_state {
            None
        } else {
            Some(context.state_settings(&settings, &state.folder)?.folder()?)
        };
        let catalog = with_goals_of_settings(context.linked_catalog().clone(), &settings)?;
        let selection = Selection::default().with_settings(&catalog, &settings)?;
        let reporter = context
            .reporter(settings.clone(), &arguments.run)?
            .without_required_destination()
            .watching_since(self.started_at)
            .align_by_default(every)
            .deadline_at_most(deadline(every))
            .build()?;
        reporter.check(Mode::Push)?;
        let [end_of_collection, end_of_delivery] = &self.interruptions;
        let reporter = reporter
            .with_workers(self.workers.clone())
            .with_interruption(end_of_delivery.clone())
            .with_end_of_collection(end_of_collection.clone());
        let served = Arc::new(Served { every, catalog, selection, settings, folder, token });
        Ok(Configuration { reporter, slots: Slots::new(every), served })
    }
}

/// The maximum for the deadline of the settings. In an outage of a backend, a run may take until its deadline. The maximum is
/// shorter than a slot, so that the next slot is not skipped.
fn deadline(every: Duration) -> Duration {
    // Multiplied last, because the longest durations cannot be multiplied.
    every / 10 * 9
}

#[cfg(test)]
mod unit_tests {
    use super::*;

    #[test]
    fn a_run_takes_at_most_nine_tenths_of_any_interval() {
        assert_eq!(deadline(Duration::from_secs(10)), Duration::from_secs(9));
        assert_eq!(deadline(Duration::from_mins(15)), Duration::from_secs(810));
        assert!(deadline(Duration::MAX) < Duration::MAX);
    }
}
