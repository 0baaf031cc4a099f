//! What an API key alone does not allow.

use std::fmt;

use secrecy::SecretString;
use serde_json::Value;

use crate::{Answer, ConfigError, DatadogConfig, DatadogError, Key, http::Http, key, requests::Requests};

/// Datadog's API beyond the intake, for which it wants an application key, too.
#[derive(Clone)]
pub struct DatadogApi {
    requests: Requests,
    http: Http,
}

impl DatadogApi {
    /// Checks the form of the keys and sets up the client; sends nothing.
    pub fn new(config: &DatadogConfig, app_key: &SecretString) -> Result<Self, ConfigError> {
        let app_key = key::checked(Key::Application, app_key)?;
        let key = key::checked(Key::Api, &config.api_key)?;
        let http = Http::new(config)?;
        let requests = Requests::new(&config.endpoint, key, Some(app_key), http.client.clone());
        Ok(Self { requests, http })
    }

    /// Asks once whether both keys are valid. See
    /// <https://docs.datadoghq.com/api/latest/key-management/#validate-api-and-application-keys>.
    pub async fn validate(&self) -> Result<(), DatadogError> {
        let answer = self.http.send(self.requests.validate_both()?, None).await?;
        if answer.body.get("status").and_then(Value::as_str) == Some("ok") {
            return Ok(());
        }
        let words = "not said whether the keys are valid".to_owned();
        Err(DatadogError::Unexpected(Answer { host: self.http.host.clone(), status: 200, words }))
    }
}

// The requests hold the keys.
impl fmt::Debug for DatadogApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatadogApi").field("host", &self.http.host).finish_non_exhaustive()
    }
}
