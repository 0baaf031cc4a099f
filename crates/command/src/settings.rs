//! The layers of the settings: defaults, file, environment, flags. Later ones win.

use std::path::Path;

use system_health_registry::{
    Settings, SharedError,
    settings::{Origin, SettingPath, SettingsBuilder, SettingsError},
};
use system_health_reporter::{ReportSettings, StateSettings};

use crate::args::{
    RunArguments, SettingFlagArguments, SettingSwitchArguments, SettingsArguments, StateFolderArguments,
};

/// The settings file that is read by default.
pub(crate) const DEFAULT_FILE: &str = "system-health.toml";

/// The settings file that is read, if there is one.
pub(crate) fn file(arguments: &SettingsArguments) -> Option<&Path> {
    // An empty SYSTEM_HEALTH_CONFIG counts as unset. A dangling symlink counts as a file, so that reading it fails.
    let named = arguments.config.as_deref().filter(|file| !file.as_os_str().is_empty());
    named.or_else(|| Some(Path::new(DEFAULT_FILE)).filter(|file| file.symlink_metadata().is_ok()))
}

/// The settings file, overridden by the environment.
pub(crate) fn builder(arguments: &SettingsArguments) -> Result<SettingsBuilder, SettingsError> {
    let mut builder = Settings::builder();
    if let Some(file) = file(arguments) {
        tracing::debug!("settings from {}", file.display());
        builder = builder.file(file)?;
    }
    Ok(builder.environment())
}

/// The settings: the file, overridden by the environment, overridden by flags.
pub(crate) fn load(
    arguments: &SettingsArguments,
    flags: &SettingFlagArguments,
) -> Result<Settings, SettingsError> {
    flags.apply(builder(arguments)?).build()
}

/// The settings of [`load`], overridden by switches. A switch is a flag whose values may depend on all other settings, including
/// a state folder that an argument names.
pub(crate) fn load_with_switches(
    arguments: &SettingsArguments,
    flags: &SettingFlagArguments,
    switches: &SettingSwitchArguments,
    folder: &StateFolderArguments,
) -> Result<Settings, SettingsError> {
    let flagged = || Ok::<_, SettingsError>(flags.apply(builder(arguments)?));
    if switches.is_empty() {
        return flagged()?.build();
    }
    let others = match &folder.state_dir {
        Some(folder) => {
            let flag = "--state-dir";
            let folder = folder.to_str().ok_or_else(|| SettingsError::Flag {
                flag,
                reason: SharedError::new("its value is not valid Unicode, but other flags need it as text"),
            })?;
            flagged()?.set("state", "dir", folder, Origin::Flag(flag))
        }
        None => flagged()?,
    };
    switches.apply(&others.build()?, flagged()?)?.build()
}

/// The settings of a run with these arguments.
pub(crate) fn of_run(arguments: &RunArguments) -> Result<Settings, SettingsError> {
    let RunArguments { settings, flags, switches, state, .. } = arguments;
    load_with_switches(settings, flags, switches, &state.folder)
}

/// The settings of [`load`], with the table `[report]`.
pub(crate) fn load_with_report_settings(
    arguments: &SettingsArguments,
    flags: &SettingFlagArguments,
) -> Result<(Settings, ReportSettings), SettingsError> {
    let settings = load(arguments, flags)?;
    let report = settings.table()?;
    Ok((settings, report))
}

/// The settings of the state. A folder in the arguments overrides the one in the settings.
pub(crate) fn state(
    settings: &Settings,
    arguments: &StateFolderArguments,
) -> Result<StateSettings, SettingsError> {
    let state: StateSettings = settings.table()?;
    Ok(StateSettings { dir: arguments.state_dir.clone().map(SettingPath::from).or(state.dir), ..state })
}
