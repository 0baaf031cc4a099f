//! The Pushgateway and the textfile as destinations.

use std::{
    path,
    sync::{Arc, OnceLock},
    time::Duration,
};

use futures::future::BoxFuture;
use serde_json::{Value, json};
use system_health_http::{HttpClient, HttpSettings, RetryPolicy, SetupError};
use system_health_registry::{
    ApiCalls, Capabilities, Context, Descriptions, Destination, Event, Finding, Point, Repeat, ReporterName,
    Sink, Temporality, Unavailable,
};
use url::Url;

use crate::{
    doctor,
    exposition::Exposition,
    family::{Encoder, Families},
    gateway::Gateway,
    group::PushGroup,
    part::Part,
    settings::PrometheusSettings,
    sink::PrometheusSink,
    textfile::Textfile,
};

/// The name of the sink.
pub(crate) const NAME: &str = "prometheus";

/// The name of the Pushgateway's API in [`ApiCalls`].
const API: &str = "pushgateway";

/// Each value replaces the previous one. Its time in Prometheus is the time of the scrape.
const CAPABILITIES: Capabilities = Capabilities {
    max_age: Duration::MAX,
    max_ahead: Duration::MAX,
    keeps_timestamps: false,
    gauges: Repeat::Overwrites,
    counts: Repeat::Overwrites,
    rates: Repeat::Overwrites,
    distributions: Repeat::Overwrites,
    counter_temporality: Temporality::Cumulative,
    distribution_temporality: Temporality::Cumulative,
    max_event_age: None,
};

/// The Pushgateway as a destination.
#[derive(Debug, Clone)]
pub(crate) struct GatewayDestination {
    pub(crate) url: Url,
    pub(crate) settings: PrometheusSettings,
    /// Its connections outlive a run.
    pub(crate) client: Arc<OnceLock<HttpClient>>,
}

/// The textfile as a destination.
#[derive(Debug, Clone)]
pub(crate) struct TextfileDestination {
    pub(crate) textfile: Textfile,
}

impl GatewayDestination {
    async fn gateway(&self, context: &Context) -> Result<Gateway, Unavailable> {
        let client = self.client()?.with_calls(context.get::<ApiCalls>().await?);
        Ok(Gateway {
            client,
            url: self.address(),
            login: self.settings.login(context).await?,
            reporter: context.get::<ReporterName>().await?.get().map(str::to_owned),
            delete_after: self.settings.delete_after,
            policy: RetryPolicy::default(),
        })
    }

    fn client(&self) -> Result<HttpClient, SetupError> {
        if let Some(client) = self.client.get() {
            return Ok(client.clone());
        }
        let client = HttpClient::new(&self.url, HttpSettings::new(API))?;
        Ok(self.client.get_or_init(|| client).clone())
    }
}

pub(crate) async fn encoder(context: &Context) -> Result<Encoder, Unavailable> {
    let reporter: ReporterName = context.get().await?;
    let descriptions: Descriptions = context.get().await?;
    Ok(Encoder { reporter: reporter.get().map(Into::into), descriptions })
}

impl Destination for GatewayDestination {
    fn sink(&self) -> &'static str {
        NAME
    }

    fn address(&self) -> String {
        self.url.as_str().trim_end_matches('/').to_owned()
    }

    fn capabilities(&self) -> Capabilities {
        CAPABILITIES
    }

    fn connect(&self, context: Context) -> BoxFuture<'static, Result<Box<dyn Sink>, Unavailable>> {
        let destination = self.clone();
        Box::pin(async move {
            let gateway = destination.gateway(&context).await?;
            Ok(Box::new(PrometheusSink::new(gateway, encoder(&context).await?)) as Box<dyn Sink>)
        })
    }

    fn preview<'a>(
        &'a self,
        context: Context,
        points: &'a [Point],
        _events: &'a [Event],
    ) -> BoxFuture<'a, Result<Value, Unavailable>> {
        Box::pin(async move {
            let encoder = encoder(&context).await?;
            let group = |part| PushGroup::new(part, encoder.reporter.as_deref());
            Ok(preview(&encoder, points, |part| format!("PUT {}{}", self.address(), group(part).path())))
        })
    }

    fn diagnose(&self, context: Context) -> BoxFuture<'static, Vec<Finding>> {
        let destination = self.clone();
        Box::pin(async move {
            match destination.gateway(&context).await {
                Ok(gateway) => doctor::diagnose_gateway(&gateway).await,
                Err(error) => vec![Finding::failed(doctor::PUSHGATEWAY, error.to_string())],
            }
        })
    }
}

impl Destination for TextfileDestination {
    fn sink(&self) -> &'static str {
        NAME
    }

    fn address(&self) -> String {
        let path = self.textfile.path(Part::Values);
        // The address is the name of the outbox. From another working directory, the same relative path names another file.
        path::absolute(path).as_deref().unwrap_or(path).display().to_string()
    }

    fn capabilities(&self) -> Capabilities {
        CAPABILITIES
    }

    fn connect(&self, context: Context) -> BoxFuture<'static, Result<Box<dyn Sink>, Unavailable>> {
        let textfile = self.textfile.clone();
        Box::pin(async move {
            Ok(Box::new(PrometheusSink::new(textfile, encoder(&context).await?)) as Box<dyn Sink>)
        })
    }

    fn preview<'a>(
        &'a self,
        context: Context,
        points: &'a [Point],
        _events: &'a [Event],
    ) -> BoxFuture<'a, Result<Value, Unavailable>> {
        Box::pin(async move {
            let place = |part| self.textfile.path(part).display().to_string();
            Ok(preview(&encoder(&context).await?, points, place))
        })
    }

    fn diagnose(&self, _context: Context) -> BoxFuture<'static, Vec<Finding>> {
        let textfile = self.textfile.clone();
        Box::pin(async move { doctor::diagnose_textfile(textfile).await })
    }
}

/// The text of each part, by its URL or file and split into lines, and the errors of points that would be refused.
fn preview(encoder: &Encoder, points: &[Point], place: impl Fn(Part) -> String) -> Value {
    let mut pages = serde_json::Map::new();
    let mut refused = Vec::new();
    for part in Part::ALL {
        let positions = points.iter().enumerate().filter(|(_, point)| Part::from_key(&point.key) == part);
        let page = encoder.encode(points, positions.map(|(at, _)| at), &Families::new());
        let families: Families =
            page.families.into_iter().map(|(name, (family, _))| (name, family)).collect();
        if !families.is_empty() {
            let text = Exposition(&families).to_string();
            pages.insert(place(part), text.lines().collect());
        }
        refused.extend(page.refused.into_values().map(|error| error.to_string()));
    }
    json!({ "pages": pages, "refused": refused })
}
