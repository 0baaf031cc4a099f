//! `report doctor`: tells a person why it does not work. Everything is looked at beside each other, and
//! nothing is changed anywhere.

use std::{path::PathBuf, time::Duration};

use anyhow::Context as _;
use system_health_collectors::{
    credentials::Secret,
    doctor::{self, Finding, Grade},
};
use system_health_registry::{Context, Settings, SharedError};
use system_health_state::Store;

use crate::{
    args::DoctorArguments,
    datadog::Datadog,
    exit::Status,
    output::{Diagnosis, Stdout},
    settings::{self, DatadogSettings, StateSettings},
    state,
};

/// No probe takes longer; each has a limit of its own, too.
const LIMIT: Duration = Duration::from_secs(30);

/// Prints the diagnosis; fails if anything does not work.
pub(super) fn run(arguments: &DoctorArguments, stdout: Stdout) -> anyhow::Result<Status> {
    let settings = settings::load(&arguments.settings, &arguments.repository)?;
    let datadog: DatadogSettings = settings.table()?;
    let state_settings: StateSettings = settings.table()?;
    let folder = (!arguments.state.no_state).then(|| state::folder(&arguments.state.folder, &state_settings));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let mut findings = in_force(&settings);
    let context = Context::new().provide(settings).with_deadline(LIMIT);
    let runtime = runtime.context("cannot start the runtime")?;
    findings.extend(runtime.block_on(async {
        let secrets = [Secret::GitHubToken, Secret::DatadogApiKey, Secret::DatadogAppKey];
        let (github, aws, datadog, state) = tokio::join!(
            doctor::github(&context),
            Finding::in_time("AWS", doctor::aws(&context, &secrets)),
            Finding::in_time("Datadog", Datadog::diagnose(&datadog, &context)),
            Finding::in_time("state folder", look_at(folder)),
        );
        [github, aws, datadog, state].concat()
    }));
    runtime.shutdown_background();
    stdout.print(Diagnosis(&findings), Diagnosis(&findings))?;
    let failed = findings.iter().any(|finding| finding.grade == Grade::Failed);
    Ok(if failed { Status::MetricFailed } else { Status::Done })
}

/// What was set, and where. Settings name secrets and hold none.
fn in_force(settings: &Settings) -> Vec<Finding> {
    let said: Vec<Finding> = settings
        .said()
        .map(|(table, key, value, origin)| {
            Finding::ok(format!("[{table}] {key}"), format!("{value}, from {origin}"))
        })
        .collect();
    if said.is_empty() { vec![Finding::ok("settings", "all have their defaults")] } else { said }
}

async fn look_at(folder: Option<anyhow::Result<PathBuf>>) -> Vec<Finding> {
    const SUBJECT: &str = "state folder";
    let looked = async {
        let Some(folder) = folder.transpose()? else {
            return anyhow::Ok(vec![Finding::warning(
                SUBJECT,
                "none: what cannot be delivered at once is lost",
            )]);
        };
        tokio::task::spawn_blocking(move || {
            let opened = Store::open(&folder)?;
            let mut findings = vec![match opened.moved_aside {
                None => Finding::ok(SUBJECT, format!("{}, {} bytes", folder.display(), opened.store.size()?)),
                Some(aside) => {
                    Finding::warning(SUBJECT, format!("was damaged and starts anew; see {}", aside.display()))
                }
            }];
            // Writing shows what opening does not: a full disk, a folder that may only be read.
            opened.store.settle("", &[])?;
            for (destination, points) in opened.store.outboxes()? {
                findings.push(Finding::warning(
                    format!("outbox of {destination}"),
                    format!("{points} points wait for the next push"),
                ));
            }
            Ok(findings)
        })
        .await?
    };
    looked.await.unwrap_or_else(|error| {
        let boxed: Box<dyn std::error::Error + Send + Sync> = error.into();
        vec![Finding::failed(SUBJECT, SharedError::new(boxed).to_string())]
    })
}
