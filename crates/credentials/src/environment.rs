//! Secrets in the environment: in a variable, or in a file that a variable `..._FILE` names, such as a file that a
//! container mounts. A variable that is set but unusable is an error, and neither another variable nor AWS is tried, because
//! somebody set the variable on purpose.

use std::{
    collections::HashMap,
    env,
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use secrecy::SecretString;
use tokio::io::AsyncReadExt;

use crate::{CredentialError, Secret, SecretLocation, value::parse_secret};

/// Files with this many bytes or more are refused.
const FILE_LENGTH_LIMIT: u64 = 64 * 1024;

/// The environment in which secrets are looked up.
pub(crate) enum Environment {
    /// The environment of the process.
    Process,
    /// Only these variables.
    Variables(HashMap<String, OsString>),
}

impl Environment {
    /// The secret and its location, if it is in the environment.
    pub(crate) async fn find(
        &self,
        secret: &'static Secret,
    ) -> Result<Option<(SecretString, SecretLocation)>, CredentialError> {
        for &variable in secret.variables() {
            if let Some(value) = self.get(variable) {
                return parse(secret, value.as_encoded_bytes(), SecretLocation::Variable(variable)).map(Some);
            }
            let variable = format!("{variable}_FILE");
            if let Some(path) = self.get(&variable) {
                let path = match path.to_str() {
                    Some(text) => PathBuf::from(text.trim()),
                    None => PathBuf::from(path),
                };
                let content = match read(&path).await {
                    Ok(content) => content,
                    Err(error) => {
                        let shown = if is_certainly_a_path(&path) { path } else { PathBuf::new() };
                        return Err(CredentialError::Unreadable(secret, variable, shown, Arc::new(error)));
                    }
                };
                return parse(secret, &content, SecretLocation::File { variable, path }).map(Some);
            }
        }
        Ok(None)
    }

    /// Whether one of the variables of a secret is set.
    pub(crate) fn has(&self, secret: &Secret) -> bool {
        let mut variables = secret.variables().iter();
        variables
            .any(|variable| self.get(variable).is_some() || self.get(&format!("{variable}_FILE")).is_some())
    }

    /// The value of a variable. A variable that is empty or contains only white space counts as unset, because CI systems
    /// set variables without a value to the empty string.
    fn get(&self, variable: &str) -> Option<OsString> {
        let value = match self {
            Self::Process => env::var_os(variable),
            Self::Variables(variables) => variables.get(variable).cloned(),
        };
        value.filter(|value| !value.as_encoded_bytes().trim_ascii().is_empty())
    }
}

/// Whether a text is certainly a path and not the secret itself: its folder exists, and is not the root. Slashes and dots prove
/// nothing, because a secret may contain them, too.
fn is_certainly_a_path(path: &Path) -> bool {
    path.parent().is_some_and(|folder| folder.file_name().is_some() && folder.is_dir())
}

/// Reads a file. A long file is refused, because it cannot be a token or a key.
async fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    tokio::fs::File::open(path).await?.take(FILE_LENGTH_LIMIT).read_to_end(&mut content).await?;
    if content.len() as u64 == FILE_LENGTH_LIMIT {
        return Err(io::Error::other("it is longer than any token or key"));
    }
    Ok(content)
}

fn parse(
    secret: &'static Secret,
    value: &[u8],
    location: SecretLocation,
) -> Result<(SecretString, SecretLocation), CredentialError> {
    match parse_secret(value, secret.allows_lines()) {
        Ok(value) => Ok((value, location)),
        Err(invalid) => Err(CredentialError::Unusable(secret, location, invalid)),
    }
}

#[cfg(test)]
mod tests {
    use system_health_registry::settings_table;

    use super::*;
    use crate::{SecretName, stored};

    #[derive(Debug, Clone, Default, serde::Deserialize)]
    #[serde(default)]
    struct DoorSettings {
        code_secret: Option<SecretName>,
    }

    settings_table!(DoorSettings, "door_of_a_test");

    const CODE: Secret =
        Secret::new("door code", &["DOOR_CODE", "DOOR"], stored!("door/code", DoorSettings, code_secret));

    #[test]
    fn a_secret_is_in_the_environment_if_any_of_its_variables_has_a_value() {
        let has = |variables: &[(&str, &str)]| {
            let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(value)));
            Environment::Variables(variables.collect()).has(&CODE)
        };

        assert!(has(&[("DOOR_CODE", "1")]) && has(&[("DOOR", "1")]) && has(&[("DOOR_FILE", "/run/code")]));
        assert!(!has(&[]) && !has(&[("DOOR_CODE", " "), ("DOORS", "1")]));
    }
}
