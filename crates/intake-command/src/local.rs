//! The flag `--local`: delivers to the intake that runs on this machine, through Datadog's sink, and nowhere else.

use system_health_intake::{LocateError, locate};
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
    let url = locate(&folder).map_err(|error| SharedError::new(with_advice(error)))?;
    Ok(vec![
        SettingAssignment::new(SINK, "url", url),
        SettingAssignment::new(SINK, "local", true),
        SettingAssignment::new("report", "to", vec![SINK]),
    ])
}

fn with_advice(error: LocateError) -> anyhow::Error {
    let last = match &error {
        LocateError::Neither { source, .. } => source.as_ref(),
        error => error,
    };
    let advice = match last {
        LocateError::NotRunning { .. } => "; start the command `intake` in another terminal",
        LocateError::NotAnIntake { .. } => {
            "; stop the program at this address, or start the command `intake` with another --listen"
        }
        _ => "",
    };
    anyhow::Error::from(error).context(format!("there is no intake to deliver to{advice}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_says_what_to_do() {
        let url = "http://127.0.0.1:8126".to_owned();
        let not_running =
            LocateError::NotRunning { url: url.clone(), source: std::io::Error::other("refused") };
        let other = || LocateError::NotAnIntake { url: url.clone() };
        let neither = LocateError::Neither { recorded: Box::new(other()), source: Box::new(not_running) };

        assert_eq!(
            format!("{:#}", with_advice(other())),
            "there is no intake to deliver to; stop the program at this address, or start the command `intake` with another \
             --listen: http://127.0.0.1:8126 is not an intake"
        );
        assert_eq!(
            format!("{:#}", with_advice(neither)),
            "there is no intake to deliver to; start the command `intake` in another terminal: neither the address in \
             intake.json (http://127.0.0.1:8126 is not an intake) nor the default address works: no intake runs at \
             http://127.0.0.1:8126: refused"
        );
    }
}
