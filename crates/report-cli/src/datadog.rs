//! Datadog as a place to deliver to. A build without the feature `datadog` refuses to deliver, and
//! says so before anything is collected.

#[cfg(feature = "datadog")]
pub(crate) use with_client::Datadog;

#[cfg(not(feature = "datadog"))]
pub(crate) use without_client::Datadog;

#[cfg(feature = "datadog")]
mod with_client {
    use std::time::SystemTime;

    use system_health_credentials::Credentials;
    use system_health_datadog::{
        API_KEY, APP_KEY, DatadogApi, DatadogConfig, DatadogSettings, DatadogSink, Endpoint, event_payload,
        payload,
    };
    use system_health_registry::{Context, Event, Finding, Limits, Point, Settings, Sink, Unavailable};

    /// Where and how to deliver.
    #[derive(Debug, Clone)]
    pub(crate) struct Datadog {
        endpoint: Endpoint,
    }

    impl Datadog {
        /// How old points may be.
        pub(crate) const LIMITS: Limits = DatadogSink::LIMITS;

        /// Takes the endpoint from the settings.
        pub(crate) fn new(settings: &Settings) -> anyhow::Result<Self> {
            let settings: DatadogSettings = settings.table()?;
            Ok(Self { endpoint: settings.endpoint()? })
        }

        /// Refuses wrong settings also in a run that delivers nothing, long before one that does.
        pub(crate) fn check(settings: &Settings) -> anyhow::Result<()> {
            Self::new(settings).map(drop)
        }

        /// Whether both the URL and the site could be used, if only one of them is.
        pub(crate) fn is_endpoint_right(settings: &Settings) -> bool {
            let settings = settings.table().ok();
            settings.is_some_and(|it: DatadogSettings| it.endpoint().is_ok() && it.site().is_ok())
        }

        /// Looks at the site, the keys and the clock.
        pub(crate) async fn diagnose(settings: &Settings, context: &Context) -> Vec<Finding> {
            // Whatever else is wrong, both keys are asked for, so that the lines about AWS are about both.
            if let Ok(credentials) = context.get::<Credentials>().await {
                let _ = tokio::join!(credentials.place(&API_KEY), credentials.place(&APP_KEY));
            }
            let looked = async {
                let datadog = Self::new(settings)?;
                let config = datadog.config(context).await.map_err(anyhow::Error::msg)?;
                let server_time = DatadogSink::new(&config)?.validate().await?;
                let api_key = format!("is valid at {}", datadog.endpoint);
                let mut findings = vec![Finding::ok("Datadog API key", api_key)];
                findings
                    .extend(server_time.map(|theirs| Finding::clock("Datadog", theirs, SystemTime::now())));
                findings.push(look_at_app_key(&config, context).await);
                anyhow::Ok(findings)
            };
            let failed = |error| vec![Finding::failed("Datadog API key", format!("{error:#}"))];
            looked.await.unwrap_or_else(failed)
        }

        /// The name of the outbox: what waits for one endpoint must never go to another.
        pub(crate) fn outbox(&self) -> String {
            format!("datadog {}", self.endpoint)
        }

        /// Looks the API key up.
        pub(crate) async fn sink(&self, context: &Context) -> Result<Box<dyn Sink>, Unavailable> {
            Ok(Box::new(DatadogSink::new(&self.config(context).await?)?))
        }

        /// Looks the API key up, and says how requests are made.
        pub(crate) async fn config(&self, context: &Context) -> Result<DatadogConfig, Unavailable> {
            let credentials: Credentials = context.get().await?;
            let key = credentials.get(&API_KEY).await?;
            Ok(DatadogConfig::new(self.endpoint.clone(), key).with_api_calls(context.get().await?))
        }

        /// A page of Datadog's, as people see it.
        pub(crate) fn page(&self, path: &str) -> String {
            self.endpoint.page(path)
        }

        /// What would be sent.
        pub(crate) fn payload(&self, points: &[Point]) -> anyhow::Result<serde_json::Value> {
            tracing::info!("dry run: nothing is sent to {}", self.endpoint);
            Ok(serde_json::to_value(payload(points))?)
        }

        /// What would be sent for an event.
        #[expect(clippy::unused_self, reason = "the same shape as without the client")]
        pub(crate) fn event(&self, event: &Event) -> anyhow::Result<serde_json::Value> {
            Ok(serde_json::to_value(event_payload(event))?)
        }
    }

    /// No push needs it: without one all is well, and one that does not work is worth a warning.
    async fn look_at_app_key(config: &DatadogConfig, context: &Context) -> Finding {
        const SUBJECT: &str = "Datadog application key";
        let checked = async {
            let credentials: Credentials = context.get().await.map_err(anyhow::Error::msg)?;
            match credentials.get(&APP_KEY).await {
                Err(error) if error.is_absent() => Ok("none; a push needs none"),
                Err(error) => Err(error.into()),
                Ok(key) => {
                    DatadogApi::new(config, &key)?.validate().await?;
                    anyhow::Ok("is valid beside the API key")
                }
            }
        };
        match checked.await {
            Ok(message) => Finding::ok(SUBJECT, message),
            Err(error) => Finding::warning(SUBJECT, format!("{error:#}")),
        }
    }
}

#[cfg(not(feature = "datadog"))]
mod without_client {
    use std::time::Duration;

    use system_health_registry::{
        Context, Event, Finding, Limits, Point, Repeat, Settings, Sink, Unavailable,
    };

    /// Never made.
    #[derive(Debug, Clone)]
    pub(crate) enum Datadog {}

    impl Datadog {
        /// Nothing is ever delivered.
        pub(crate) const LIMITS: Limits = Limits {
            max_age: Duration::ZERO,
            max_ahead: Duration::ZERO,
            keeps_timestamps: true,
            gauges: Repeat::Overwrites,
            counts: Repeat::Overwrites,
            rates: Repeat::Overwrites,
            max_event_age: None,
        };

        /// Refuses.
        pub(crate) fn new(_settings: &Settings) -> anyhow::Result<Self> {
            anyhow::bail!(
                "this program was built without Datadog; build it with the feature `datadog` for --push and --dry-run"
            )
        }

        /// There is nothing to check.
        #[expect(clippy::unnecessary_wraps, reason = "the same shape as with the client")]
        pub(crate) fn check(_settings: &Settings) -> anyhow::Result<()> {
            Ok(())
        }

        /// There is nothing to be wrong.
        pub(crate) fn is_endpoint_right(_settings: &Settings) -> bool {
            true
        }

        #[expect(clippy::unused_async, reason = "the same shape as with the client")]
        pub(crate) async fn sink(&self, _context: &Context) -> Result<Box<dyn Sink>, Unavailable> {
            match *self {}
        }

        /// There is nothing to look at.
        #[expect(clippy::unused_async, reason = "the same shape as with the client")]
        pub(crate) async fn diagnose(_settings: &Settings, _context: &Context) -> Vec<Finding> {
            vec![Finding::warning("Datadog", "this program was built without Datadog")]
        }

        pub(crate) fn outbox(&self) -> String {
            match *self {}
        }

        pub(crate) fn payload(&self, _points: &[Point]) -> anyhow::Result<serde_json::Value> {
            match *self {}
        }

        pub(crate) fn event(&self, _event: &Event) -> anyhow::Result<serde_json::Value> {
            match *self {}
        }
    }
}
