//! Where settings are read from.

use std::{env, path::PathBuf};

use clap::{
    Args,
    builder::{OsStringValueParser, TypedValueParser},
};

/// The environment variable that may name the settings file.
const CONFIG_VARIABLE: &str = "SYSTEM_HEALTH_CONFIG";

/// The settings file.
#[derive(Debug, Clone, Default, Args)]
pub struct SettingsArguments {
    /// Settings file [default: ./system-health.toml if it exists]
    #[arg(long, value_name = "FILE", env = CONFIG_VARIABLE, hide_env_values = true,
          value_parser = OsStringValueParser::new().map(PathBuf::from))]
    pub config: Option<PathBuf>,
}

impl SettingsArguments {
    /// The arguments of a command line that names no file.
    pub(crate) fn from_environment() -> Self {
        Self { config: env::var_os(CONFIG_VARIABLE).map(PathBuf::from) }
    }
}
