//! How old the newest backup is.

use std::{
    fs::{self, DirEntry},
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};

use anyhow::{Context as _, ensure};
use serde::Deserialize;
use system_health_registry::{
    Context, FromContext, Unavailable, settings::SettingPath, settings_table, system_health_metric,
};
use tokio::task::spawn_blocking;

/// Age of the newest backup.
#[system_health_metric(key = "backup.age", unit = "second", goal = "< 86400")]
fn backup_age(ages: BackupAges) -> Result<Duration, Unavailable> {
    ages.0.iter().min().copied().ok_or_else(|| Unavailable::no_data("there is no backup yet"))
}

/// The ages of all backups.
#[derive(Debug, Clone)]
struct BackupAges(Arc<[Duration]>);

impl FromContext for BackupAges {
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let BackupSettings { folder } = context.get().await?;
        let now = context.started_at();
        let read = spawn_blocking(move || {
            ages(&folder, now).with_context(|| format!("cannot read the backups in {}", folder.display()))
        });
        Ok(Self(read.await??.into()))
    }
}

/// How far the date of a backup may be after the start of the run: it may be made during the run, and clocks differ.
const MAX_AHEAD: Duration = Duration::from_hours(1);

fn ages(folder: &Path, now: SystemTime) -> anyhow::Result<Vec<Duration>> {
    fs::read_dir(folder)?.map(|file| age(&file?, now)).collect()
}

fn age(file: &DirEntry, now: SystemTime) -> anyhow::Result<Duration> {
    let modified = file.metadata()?.modified()?;
    ensure!(modified <= now + MAX_AHEAD, "the date of {} is in the future", file.path().display());
    Ok(now.duration_since(modified).unwrap_or_default())
}

/// The table `[backup]` of the settings file.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
struct BackupSettings {
    /// The folder with the backups.
    folder: SettingPath,
}

impl Default for BackupSettings {
    fn default() -> Self {
        Self { folder: "/var/backups".into() }
    }
}

settings_table!(BackupSettings, "backup", env: { "folder" => "BACKUP_FOLDER" });

#[cfg(test)]
mod tests {
    use system_health_registry::{Catalog, Engine, OutcomeState};

    use super::*;

    #[test]
    fn the_newest_backup_counts() {
        let ages = BackupAges([3, 1].map(Duration::from_hours).into());

        assert_eq!(backup_age(ages).unwrap(), Duration::from_hours(1));
    }

    #[test]
    fn a_date_far_in_the_future_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = fs::File::create(folder.path().join("monday.tar")).unwrap();
        let now = SystemTime::now();

        file.set_modified(now + Duration::from_mins(1)).unwrap();
        assert_eq!(ages(folder.path(), now).unwrap(), [Duration::ZERO]);
        file.set_modified(now + Duration::from_hours(2)).unwrap();
        assert!(ages(folder.path(), now).unwrap_err().to_string().ends_with("is in the future"));
    }

    #[tokio::test]
    async fn an_empty_folder_is_no_data_and_a_missing_one_an_error() {
        let empty = tempfile::tempdir().unwrap();

        for (folder, state) in
            [(empty.path(), OutcomeState::NoData), (Path::new("missing"), OutcomeState::Error)]
        {
            let folder = folder.to_owned().into();
            let context = Context::new().provide(BackupSettings { folder });
            let catalog = Catalog::linked().unwrap().filter(|key| key == "backup.age");
            let run = Engine::new().run(&catalog, &context).await;
            assert_eq!(run.outcomes()[0].state(), state);
        }
    }
}
