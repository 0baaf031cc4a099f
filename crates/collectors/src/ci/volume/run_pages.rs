//! The list of all runs of a repository, page by page.

use std::time::SystemTime;

use anyhow::{Context as _, anyhow, ensure};
use system_health_registry::Unavailable;

use crate::{
    ci::{known_runs::RunsPage, workflow_run::WorkflowRun},
    date::format_date,
    github::{Cause, GitHubRepository, Pages, Permission, no_data_without},
};

/// Maximum number of times that the list is read from its start, if runs are deleted in the meantime.
const MAX_PASSES: u32 = 2;

/// The list of all runs, as far as it was read.
#[derive(Debug)]
pub(in crate::ci) struct RunPages {
    on_github: GitHubRepository,
    pages: Pages<RunsPage>,
    /// The number of runs on the pages that were read.
    listed: usize,
    /// The number of runs in the whole list, according to the page that was read last.
    announced: usize,
    /// How often the list was read from its start.
    passes: u32,
    /// When the newest run on the page that was read last was created.
    newest_on_page: Option<SystemTime>,
    /// Whether a list that is too long is cut off instead of refused.
    keeps_what_fits: bool,
    /// Why the list was cut off.
    cutoff_reason: Option<Unavailable>,
}

impl RunPages {
    /// A list of which no page is read yet.
    pub(super) fn new(on_github: GitHubRepository) -> Self {
        Self {
            pages: pages(&on_github),
            on_github,
            listed: 0,
            announced: 0,
            passes: 1,
            newest_on_page: None,
            keeps_what_fits: false,
            cutoff_reason: None,
        }
    }

    /// From now on, a list that is longer than the settings allow is cut off instead of refused. [`Self::cutoff_reason`] says
    /// why.
    pub(super) fn keep_what_fits(&mut self) {
        self.keeps_what_fits = true;
    }

    /// Why the list was cut off, if it was.
    pub(super) fn cutoff_reason(&self) -> Option<&Unavailable> {
        self.cutoff_reason.as_ref()
    }

    /// Reads the next pages, until a page has only runs that were created before a time, or to the end of the list.
    ///
    /// If runs are deleted between two requests, the other runs move towards the first page, and some of them may be on no
    /// page that is read. So the list is read again from its start if the total on a page is lower than on the page before.
    pub(super) async fn read_back_to(&mut self, since: SystemTime) -> Result<Vec<WorkflowRun>, Unavailable> {
        let name = self.on_github.name().clone();
        let failed = || format!("cannot list the workflow runs of {name} since {}", format_date(since));
        let mut runs: Vec<WorkflowRun> = Vec::new();
        while self.newest_on_page.is_none_or(|newest| newest >= since) {
            let page = match self.pages.next().await {
                Err(error) if self.keeps_what_fits && matches!(error.cause(), Cause::TooManyPages(_)) => {
                    self.cutoff_reason = Some(anyhow::Error::from(error).context(failed()).into());
                    break;
                }
                page => page,
            };
            let Some(page) = page
                .with_context(failed)
                .map_err(|error| no_data_without(Permission::Actions, &name, error))?
            else {
                // If the whole list has fewer runs than announced, some of them are missing.
                if self.listed < self.announced {
                    let Self { listed, announced, .. } = self;
                    let error = anyhow!("GitHub listed {listed} of the {announced} runs of {name}");
                    return Err(error.context(failed()).into());
                }
                break;
            };
            if page.total_count < self.announced {
                self.start_again().with_context(failed)?;
                runs.clear();
                continue;
            }
            self.listed += page.workflow_runs.len();
            self.announced = page.total_count;
            self.newest_on_page = page.workflow_runs.iter().map(|run| run.created_at).max();
            runs.extend(page.workflow_runs);
        }
        Ok(runs)
    }

    fn start_again(&mut self) -> anyhow::Result<()> {
        self.passes += 1;
        ensure!(self.passes <= MAX_PASSES, "runs are deleted faster than the list can be read");
        self.pages = pages(&self.on_github);
        (self.listed, self.announced, self.newest_on_page) = (0, 0, None);
        Ok(())
    }
}

fn pages(on_github: &GitHubRepository) -> Pages<RunsPage> {
    on_github.pages(&["actions", "runs"], &[("per_page", "100")])
}
