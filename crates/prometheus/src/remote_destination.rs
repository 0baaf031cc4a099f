//! Remote write as a destination.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use futures::future::BoxFuture;
use serde_json::{Value, json};
use system_health_http::{HttpClient, HttpSettings, RetryPolicy};
use system_health_registry::{
    ApiCalls, Capabilities, Context, Destination, Event, Finding, Point, Sink, Temporality, Unavailable,
};
use url::Url;

use crate::{
    destination::{NAME, encoder},
    doctor,
    remote_series::RemotePoints,
    remote_sink::RemoteSink,
    remote_write::RemoteWrite,
    settings::PrometheusSettings,
};

/// The name of the server's API in [`ApiCalls`].
const API: &str = "remote_write";

/// How far in the future a sample may be (`maxAheadTime` in
/// <https://github.com/prometheus/prometheus/blob/main/storage/remote/write_handler.go>).
const MAX_AHEAD: Duration = Duration::from_mins(10);

/// A server that accepts remote writes.
#[derive(Debug, Clone)]
pub(crate) struct RemoteDestination {
    pub(crate) url: Url,
    pub(crate) settings: PrometheusSettings,
    /// Its connections outlive a run.
    pub(crate) client: Arc<OnceLock<HttpClient>>,
}

impl RemoteDestination {
    async fn remote_write(&self, context: &Context) -> Result<RemoteWrite, Unavailable> {
        let client = if let Some(client) = self.client.get() {
            client.clone()
        } else {
            let client = HttpClient::new(&self.url, HttpSettings::new(API))?;
            self.client.get_or_init(|| client).clone()
        };
        Ok(RemoteWrite {
            client: client.with_calls(context.get::<ApiCalls>().await?),
            url: self.url.clone(),
            login: self.settings.remote_write_login(),
            headers: self.settings.remote_write_headers.clone(),
            policy: RetryPolicy::default(),
        })
    }
}

impl Destination for RemoteDestination {
    fn sink(&self) -> &'static str {
        NAME
    }

    fn address(&self) -> String {
        self.url.to_string()
    }

    /// How old a sample may be depends on the server, so the server decides. A sample may be sent again, because nothing is added up.
    /// If the server has another value for the same time, it keeps that value.
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            max_ahead: MAX_AHEAD,
            distribution_temporality: Temporality::Cumulative,
            ..Capabilities::default()
        }
    }

    fn connect(&self, context: Context) -> BoxFuture<'static, Result<Box<dyn Sink>, Unavailable>> {
        let destination = self.clone();
        Box::pin(async move {
            let remote = destination.remote_write(&context).await?;
            Ok(Box::new(RemoteSink { remote, encoder: encoder(&context).await? }) as Box<dyn Sink>)
        })
    }

    fn preview<'a>(
        &'a self,
        context: Context,
        points: &'a [Point],
        _events: &'a [Event],
    ) -> BoxFuture<'a, Result<Value, Unavailable>> {
        Box::pin(async move {
            let RemotePoints { times, refused } = RemotePoints::new(&encoder(&context).await?, points);
            let series = times.values().flatten().map(|series| Ok(series.decode()?.to_string()));
            let series = series.collect::<Result<Vec<String>, Unavailable>>()?;
            let refused: Vec<String> = refused.values().map(ToString::to_string).collect();
            Ok(json!({ "url": self.url.as_str(), "series": series, "refused": refused }))
        })
    }

    fn diagnose(&self, context: Context) -> BoxFuture<'static, Vec<Finding>> {
        let destination = self.clone();
        Box::pin(async move {
            match destination.remote_write(&context).await {
                Ok(remote) => doctor::diagnose_remote_write(&remote).await,
                Err(error) => vec![Finding::failed(doctor::REMOTE_WRITE, error.to_string())],
            }
        })
    }
}
