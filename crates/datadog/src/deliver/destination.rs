//! The destination that the settings define.

use std::time::SystemTime;

use futures::future::BoxFuture;
use secrecy::SecretString;
use serde_json::Value;
use system_health_credentials::{Credentials, Secret};
use system_health_registry::{
    Capabilities, Context, Destination, Event, Finding, Point, Settings, SharedError, Sink, SinkType,
    Unavailable, register_sink, settings::SettingsTable as _,
};

use super::{DatadogSink, distribution::distribution_preview, event_payload, payload};
use crate::client::{
    API_KEY, APP_KEY, DatadogApi, DatadogConfig, DatadogSettings, DatadogSettingsError, Endpoint,
};

/// The name of the sink.
const NAME: &str = "datadog";

register_sink!(SinkType {
    name: NAME,
    summary: "Datadog, through its HTTP API",
    settings_hint: "DD_API_KEY, or `api_key_secret` in [datadog]",
    configure
});

/// A Datadog organization: an endpoint, and the API key in the credentials.
#[derive(Debug, Clone)]
pub struct DatadogDestination {
    endpoint: Endpoint,
    /// Whether the endpoint is a local intake, which needs no keys.
    is_local: bool,
    is_configured: bool,
}

/// Sent to a local intake in place of a key.
const LOCAL_KEY: &str = "local-intake";

impl DatadogDestination {
    /// The destination with the endpoint of the settings.
    pub fn new(settings: &DatadogSettings) -> Result<Self, DatadogSettingsError> {
        Ok(Self { endpoint: settings.endpoint()?, is_local: settings.local, is_configured: true })
    }

    /// The endpoint.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Looks up the API key. Requests with this configuration are counted in the run's `ApiCalls`.
    pub async fn config(&self, context: &Context) -> Result<DatadogConfig, Unavailable> {
        let key = if self.is_local { local_key() } else { look_up(context, &API_KEY).await? };
        Ok(DatadogConfig::new(self.endpoint.clone(), key).with_api_calls(context.get().await?))
    }

    /// Looks up the application key.
    pub async fn application_key(&self, context: &Context) -> Result<SecretString, Unavailable> {
        if self.is_local { Ok(local_key()) } else { look_up(context, &APP_KEY).await }
    }

    /// Checks the API key, the clock and the application key.
    async fn check(&self, context: &Context) -> Result<Vec<Finding>, Unavailable> {
        let config = self.config(context).await?;
        let sink = DatadogSink::new(&config)?;
        let server_time = sink.validate().await?;
        if self.is_local {
            let message = format!("answers at {}; it needs no keys", self.endpoint);
            return Ok(vec![Finding::ok("local intake", message)]);
        }
        let mut findings = vec![Finding::ok("Datadog API key", format!("is valid at {}", self.endpoint))];
        findings.extend(server_time.map(|theirs| Finding::clock_skew("Datadog", theirs, SystemTime::now())));
        findings.push(check_app_key(&config, context).await);
        Ok(findings)
    }
}

fn local_key() -> SecretString {
    SecretString::from(LOCAL_KEY)
}

async fn look_up(context: &Context, secret: &'static Secret) -> Result<SecretString, Unavailable> {
    let credentials: Credentials = context.get().await?;
    Ok(credentials.get(secret).await?)
}

fn configure(settings: &Settings) -> Result<Vec<Box<dyn Destination>>, SharedError> {
    let table: DatadogSettings = settings.table().map_err(SharedError::new)?;
    let destination = DatadogDestination::new(&table).map_err(SharedError::new)?;
    // The key may also be in AWS under its default name, without an entry in the settings. Only a lookup would find it.
    let is_in_settings = settings.entries().any(|(table, ..)| table == DatadogSettings::NAME);
    let is_configured = is_in_settings || API_KEY.is_in_environment();
    Ok(vec![Box::new(DatadogDestination { is_configured, ..destination })])
}

impl Destination for DatadogDestination {
    fn sink(&self) -> &'static str {
        NAME
    }

    fn is_configured(&self) -> bool {
        self.is_configured
    }

    fn address(&self) -> String {
        self.endpoint.to_string()
    }

    fn capabilities(&self) -> Capabilities {
        DatadogSink::CAPABILITIES
    }

    fn connect(&self, context: Context) -> BoxFuture<'static, Result<Box<dyn Sink>, Unavailable>> {
        let destination = self.clone();
        Box::pin(async move {
            let sink = DatadogSink::new(&destination.config(&context).await?)?;
            Ok(Box::new(sink) as Box<dyn Sink>)
        })
    }

    fn preview<'a>(
        &'a self,
        _context: Context,
        points: &'a [Point],
        events: &'a [Event],
    ) -> BoxFuture<'a, Result<Value, Unavailable>> {
        Box::pin(async move {
            let preview = match events {
                [event] if points.is_empty() => serde_json::to_value(event_payload(event)),
                _ => points_preview(points),
            };
            Ok(preview?)
        })
    }

    fn diagnose(&self, context: Context) -> BoxFuture<'static, Vec<Finding>> {
        let destination = self.clone();
        Box::pin(async move {
            // Look up both keys even if something else is wrong, so that the findings about AWS include both.
            if let (false, Ok(credentials)) = (destination.is_local, context.get::<Credentials>().await) {
                let _ = tokio::join!(credentials.location(&API_KEY), credentials.location(&APP_KEY));
            }
            let check = if destination.is_local { "local intake" } else { "Datadog API key" };
            let failed = |error: Unavailable| vec![Finding::failed(check, error.to_string())];
            destination.check(&context).await.unwrap_or_else(failed)
        })
    }
}

/// The payload for points. It contains the payload for distributions only if some points are distributions.
fn points_preview(points: &[Point]) -> serde_json::Result<Value> {
    let mut preview = serde_json::to_value(payload(points))?;
    if points.iter().any(|point| point.value.distribution().is_some()) {
        preview["distribution_points"] = distribution_preview(points)?;
    }
    Ok(preview)
}

/// Deliveries do not need this key, so its absence is not a problem, and an invalid key is only a warning.
async fn check_app_key(config: &DatadogConfig, context: &Context) -> Finding {
    const CHECK: &str = "Datadog application key";
    let checked = async {
        let credentials: Credentials = context.get().await?;
        match credentials.get(&APP_KEY).await {
            Err(error) if error.is_absent() => Ok("not set; deliveries do not need it"),
            Err(error) => Err(error.into()),
            Ok(key) => {
                DatadogApi::new(config, &key)?.validate().await?;
                Ok::<_, Unavailable>("is valid")
            }
        }
    };
    match checked.await {
        Ok(message) => Finding::ok(CHECK, message),
        Err(error) => Finding::warning(CHECK, error.to_string()),
    }
}
