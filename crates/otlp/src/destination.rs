//! The destination that the settings configure.

use std::sync::{Arc, OnceLock};

use futures::future::BoxFuture;
use serde_json::{Value, json};
use system_health_http::{HttpClient, HttpSettings, RetryPolicy, SetupError};
use system_health_registry::{
    ApiCalls, Capabilities, Context, Descriptions, Destination, Event, Finding, Point, ReporterName,
    Settings, SharedError, Sink, SinkType, Unavailable, register_sink,
};
use url::Url;

use crate::{
    attributes::AttributeSplitter, doctor, encoder::Encoder, exporter::Exporter, json::to_json,
    settings::OtlpSettings, sink::OtlpSink,
};

/// The name of the sink, and of the API that its requests call.
const NAME: &str = "otlp";

register_sink!(SinkType {
    name: NAME,
    summary: "OpenTelemetry, with OTLP over HTTP",
    settings_hint: "`endpoint` in [otlp], or OTEL_EXPORTER_OTLP_ENDPOINT",
    configure,
});

/// A receiver.
#[derive(Debug, Clone)]
struct OtlpDestination {
    url: Url,
    settings: OtlpSettings,
    /// Its connections outlive a run.
    client: Arc<OnceLock<HttpClient>>,
}

fn configure(settings: &Settings) -> Result<Vec<Box<dyn Destination>>, SharedError> {
    let settings: OtlpSettings = settings.table().map_err(SharedError::new)?;
    let destination = settings.url().map(|url| OtlpDestination { url, settings, client: Arc::default() });
    Ok(destination.map(|destination| Box::new(destination) as Box<dyn Destination>).into_iter().collect())
}

impl OtlpDestination {
    async fn exporter(&self, context: &Context) -> Result<Exporter, Unavailable> {
        Ok(Exporter {
            client: self.client()?.with_calls(context.get::<ApiCalls>().await?),
            url: self.url.clone(),
            headers: self.settings.request_headers(context).await?,
            policy: RetryPolicy::default(),
        })
    }

    fn client(&self) -> Result<HttpClient, SetupError> {
        if let Some(client) = self.client.get() {
            return Ok(client.clone());
        }
        let client = HttpClient::new(&self.url, HttpSettings::new(NAME))?;
        Ok(self.client.get_or_init(|| client).clone())
    }

    async fn encoder(&self, context: &Context) -> Result<Encoder, Unavailable> {
        let reporter: ReporterName = context.get().await?;
        let descriptions: Descriptions = context.get().await?;
        let splitter = AttributeSplitter {
            configured: self.settings.resource(),
            reporter: reporter.get().map(Into::into),
        };
        Ok(Encoder { splitter, descriptions, preference: self.settings.temporality })
    }
}

impl Destination for OtlpDestination {
    fn sink(&self) -> &'static str {
        NAME
    }

    fn address(&self) -> String {
        self.url.to_string()
    }

    fn capabilities(&self) -> Capabilities {
        self.settings.temporality.capabilities()
    }

    fn connect(&self, context: Context) -> BoxFuture<'static, Result<Box<dyn Sink>, Unavailable>> {
        let destination = self.clone();
        Box::pin(async move {
            let exporter = destination.exporter(&context).await?;
            Ok(Box::new(OtlpSink::new(exporter, destination.encoder(&context).await?)) as Box<dyn Sink>)
        })
    }

    fn preview<'a>(
        &'a self,
        context: Context,
        points: &'a [Point],
        _events: &'a [Event],
    ) -> BoxFuture<'a, Result<Value, Unavailable>> {
        Box::pin(async move {
            let encoder = self.encoder(&context).await?;
            let (valid, refused): (Vec<_>, Vec<_>) =
                points.iter().map(|point| encoder.check(point).map(|()| point)).partition(Result::is_ok);
            let refused: Vec<_> =
                refused.into_iter().filter_map(Result::err).map(|error| error.to_string()).collect();
            let request = encoder.encode(valid.into_iter().flatten());
            Ok(json!({ "request": to_json(&request), "refused": refused }))
        })
    }

    fn diagnose(&self, context: Context) -> BoxFuture<'static, Vec<Finding>> {
        let destination = self.clone();
        Box::pin(async move {
            match destination.exporter(&context).await {
                Ok(exporter) => doctor::diagnose(&exporter, destination.settings.temporality).await,
                Err(error) => vec![Finding::failed(doctor::RECEIVER, error.to_string())],
            }
        })
    }
}
