//! Secrets in the environment: in a variable, or in the file that `..._FILE` names, which is how
//! containers mount them. A variable that is set but cannot be used is an error, not a reason to look
//! further: the person who set it meant it.

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

use crate::{CredentialError, Place, Secret, plain::plain};

const LONGEST_FILE: u64 = 64 * 1024;

/// The environment that is looked into.
pub(crate) enum Environment {
    /// The process's own.
    Process,
    /// Only these variables.
    Given(HashMap<String, OsString>),
}

impl Environment {
    /// The secret and where it was, if it is in the environment.
    pub(crate) async fn find(
        &self,
        secret: &'static Secret,
    ) -> Result<Option<(SecretString, Place)>, CredentialError> {
        for &variable in secret.variables() {
            if let Some(value) = self.get(variable) {
                return usable(secret, value.as_encoded_bytes(), Place::Variable(variable)).map(Some);
            }
            let variable = format!("{variable}_FILE");
            if let Some(path) = self.get(&variable) {
                let path = PathBuf::from(path);
                let content = match read(&path).await {
                    Ok(content) => content,
                    Err(error) => {
                        return Err(CredentialError::Unreadable(secret, variable, path, Arc::new(error)));
                    }
                };
                return usable(secret, &content, Place::File { variable, path }).map(Some);
            }
        }
        Ok(None)
    }

    /// A variable that says something. CI systems set the ones that they have no value for to nothing.
    fn get(&self, variable: &str) -> Option<OsString> {
        let value = match self {
            Self::Process => env::var_os(variable),
            Self::Given(variables) => variables.get(variable).cloned(),
        };
        value.filter(|value| !value.as_encoded_bytes().trim_ascii().is_empty())
    }
}

/// The start of a file; a longer one holds no token or key, and is refused like any other text.
async fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    tokio::fs::File::open(path).await?.take(LONGEST_FILE).read_to_end(&mut content).await?;
    if content.len() as u64 == LONGEST_FILE {
        return Err(io::Error::other("it is longer than any token or key"));
    }
    Ok(content)
}

fn usable(
    secret: &'static Secret,
    value: &[u8],
    place: Place,
) -> Result<(SecretString, Place), CredentialError> {
    match plain(value) {
        Ok(value) => Ok((value, place)),
        Err(flaw) => Err(CredentialError::Unusable(secret, place, flaw)),
    }
}
