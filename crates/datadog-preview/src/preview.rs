//! The part of the page that shows monitors and dashboards.

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

use serde_json::{Value, json};
use system_health_intake::Intake;
use system_health_page::Documents as PageDocuments;
use system_health_reporter::FinishedRun;
use system_health_serve::{AnswerError, PagePart, PagePartType, PartSettings, register_page_part};

use crate::{
    documents::Documents,
    evaluation::{self, Evaluation},
    points::{Points, seconds},
};

const MONITORS: &str = "/api/v1/monitors";
const DASHBOARDS: &str = "/api/v1/dashboards";
const QUERY: &str = "/api/v1/query";

register_page_part!(PagePartType {
    documents: &[PageDocuments::Monitors, PageDocuments::Dashboards],
    paths: &[MONITORS, DASHBOARDS, QUERY],
    start: |settings| Arc::new(DatadogPreview::new(settings)),
});

/// The monitors and dashboards of the settings, and the points of the history.
///
/// The documents are made and the history is read when the page first asks for them. Until then, the points of all runs are in
/// the state folder only. Without a state folder, the points of this process are kept from its first run.
pub(crate) struct DatadogPreview {
    settings: Mutex<Arc<PartSettings>>,
    /// The reporter has watched counters since this time, or since a moment before it.
    started_at: SystemTime,
    /// Increases when the documents may have changed: when the settings change, and after each run if there are sources, because
    /// sources describe their metrics during a run.
    version: AtomicU64,
    /// The documents, and the version for which they were made.
    documents: Mutex<Option<(u64, Arc<Documents>)>>,
    points: Mutex<Option<Points>>,
    /// The time before which points were dropped that no history contains, in seconds since 1970.
    lost_before: Mutex<Option<i64>>,
    evaluation: Mutex<Option<Evaluation>>,
}

impl DatadogPreview {
    pub(crate) fn new(settings: PartSettings) -> Self {
        Self {
            settings: Mutex::new(Arc::new(settings)),
            started_at: SystemTime::now(),
            version: AtomicU64::new(0),
            documents: Mutex::default(),
            points: Mutex::default(),
            lost_before: Mutex::default(),
            evaluation: Mutex::default(),
        }
    }

    fn settings(&self) -> Arc<PartSettings> {
        Arc::clone(&lock(&self.settings))
    }

    fn documents(&self) -> anyhow::Result<Arc<Documents>> {
        let mut made = lock(&self.documents);
        let version = self.version.load(Ordering::Acquire);
        if let Some((made_for, documents)) = &*made
            && *made_for == version
        {
            return Ok(Arc::clone(documents));
        }
        let documents = Arc::new(Documents::new(&self.settings())?);
        *made = Some((version, Arc::clone(&documents)));
        Ok(documents)
    }

    /// Calls `work` with the points. The first call reads the points from the history.
    fn with_points<T>(&self, work: impl FnOnce(&mut Points) -> T) -> anyhow::Result<T> {
        let mut points = lock(&self.points);
        if let Some(points) = &mut *points {
            return Ok(work(points));
        }
        let settings = self.settings();
        let mut read = Points::from_history(settings.folder.as_deref(), self.started_at, SystemTime::now())?;
        if let Some(time) = *lock(&self.lost_before) {
            read.note_lost_before(time);
        }
        Ok(work(points.insert(read)))
    }

    /// Drops the points, so that the history is read again. If the history does not contain the last run (`is_recorded` is false),
    /// the monitors that need earlier points have no state and say so.
    pub(crate) fn drop_points(&self, is_recorded: bool) {
        let mut points = lock(&self.points);
        if !is_recorded {
            *lock(&self.lost_before) = Some(seconds(SystemTime::now()) + 1);
        }
        *points = None;
    }

    /// Whether the history was read.
    #[cfg(test)]
    pub(crate) fn is_read(&self) -> bool {
        lock(&self.points).is_some()
    }

    fn intake(&self) -> anyhow::Result<Arc<Intake>> {
        self.with_points(|points| Arc::clone(&points.intake))
    }

    fn monitors(&self) -> anyhow::Result<Value> {
        let documents = self.documents()?;
        // The points are not locked during the evaluation, so a run waits for the evaluation of one instant at most.
        let mut evaluation = lock(&self.evaluation);
        let (intake, runs, dropped_before) = self.with_points(|points| {
            let runs: Vec<i64> = points.retention.times().collect();
            (Arc::clone(&points.intake), runs, points.retention.dropped_before())
        })?;
        let is_current = |old: &Evaluation| {
            Arc::ptr_eq(&old.intake, &intake) && old.documents.monitors == documents.monitors
        };
        let current = match evaluation.take() {
            Some(old) if is_current(&old) => old,
            old => {
                if let Some(old) = old {
                    old.delete();
                }
                Evaluation::new(intake, documents)?
            }
        };
        let current = evaluation.insert(current);
        let monitors = current.evaluate(runs.into_iter(), dropped_before, seconds(SystemTime::now()))?;
        Ok(json!({ "monitors": monitors }))
    }
}

impl PagePart for DatadogPreview {
    fn configure(&self, settings: PartSettings) {
        *lock(&self.settings) = Arc::new(settings);
        self.version.fetch_add(1, Ordering::AcqRel);
    }

    fn observe(&self, finished: &FinishedRun) {
        let settings = self.settings();
        if !settings.catalog.sources().is_empty() {
            self.version.fetch_add(1, Ordering::AcqRel);
        }
        let is_recorded = settings.folder.is_some() && !finished.state_is_unusable;
        if is_recorded && lock(&self.points).is_none() {
            return;
        }
        let reports = [&finished.report].into_iter().chain(&finished.self_metrics_report);
        let points_of_run = reports.flat_map(|report| report.points());
        let added = self.with_points(|points| points.add(points_of_run, SystemTime::now())).flatten();
        if let Err(error) = added {
            tracing::error!("cannot evaluate the monitors on the page for this run: {error:#}");
            // Without the points of this run, the monitors would be wrong.
            self.drop_points(is_recorded);
        }
    }

    fn answer(&self, path: &str, query: &str) -> Result<Value, AnswerError> {
        let failed = |error: anyhow::Error| AnswerError::Failed(format!("{error:#}"));
        match path {
            MONITORS => self.monitors().map_err(failed),
            DASHBOARDS => {
                let documents = self.documents().map_err(failed)?;
                Ok(json!({ "dashboards": documents.dashboards }))
            }
            QUERY => {
                let intake = self.intake().map_err(failed)?;
                evaluation::query(&intake, query).map_err(failed)?.map_err(AnswerError::Request)
            }
            _ => Err(AnswerError::Request("there is no such document".to_owned())),
        }
    }
}

impl fmt::Debug for DatadogPreview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatadogPreview").field("version", &self.version).finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
