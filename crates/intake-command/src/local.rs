//! The flag `--local`: delivers only to Datadog's sink, and there to the intake that runs on this machine.

use system_health_intake::locate;
use system_health_registry::{
    Extension, SettingAssignment, SettingSwitch, Settings, SharedError, SinkType, register_extension,
};
use system_health_reporter::StateSettings;

struct LocalExtension;

register_extension!(LocalExtension);

const LOCAL: SettingSwitch = SettingSwitch {
    flag: "--local",
    help: "Deliver to the command `intake` on this machine, and nowhere else; needs no keys",
    settings: to_local_intake,
};

impl Extension for LocalExtension {
    fn switches(&self) -> &'static [SettingSwitch] {
        &[LOCAL]
    }
}

/// The sink that delivers to the intake.
const SINK: &str = "datadog";

fn to_local_intake(settings: &Settings) -> Result<Vec<SettingAssignment>, SharedError> {
    if !SinkType::linked().iter().any(|sink| sink.name == SINK) {
        let message =
            "it delivers with Datadog's sink, and this program was built without the feature `datadog`";
        return Err(SharedError::new(anyhow::anyhow!(message)));
    }
    let state: StateSettings = settings.table().map_err(SharedError::new)?;
    let folder = state.folder().map_err(SharedError::new)?;
    let url = locate(&folder).map_err(SharedError::new)?;
    Ok(vec![
        SettingAssignment::new(SINK, "url", url),
        SettingAssignment::new(SINK, "local", true),
        SettingAssignment::new("report", "to", vec![SINK]),
    ])
}
