//! A namespace of CloudWatch as a destination.

use futures::future::BoxFuture;
use serde_json::{Value, json};
use system_health_credentials::{AwsAccess, AwsRegionName, CloudWatchClient};
use system_health_registry::{Capabilities, Context, Destination, Event, Finding, Point, Sink, Unavailable};

use crate::{
    backend::{CAPABILITIES, NAME, refusal_messages},
    batch::batches,
    doctor,
    namespace::Namespace,
    put_metric_data::MetricWriter,
    put_sink::PutSink,
};

/// A namespace to which the sink writes with `PutMetricData`.
#[derive(Debug, Clone)]
pub(crate) struct PutDestination {
    pub(crate) namespace: Namespace,
    /// Default: the region of `[secrets]`, or of AWS's own configuration.
    pub(crate) region: Option<AwsRegionName>,
}

impl PutDestination {
    async fn writer(&self, context: &Context) -> Result<MetricWriter, Unavailable> {
        let access: AwsAccess = context.get().await?;
        let configured = self.region.as_ref().map(ToString::to_string);
        let region = configured.or_else(|| access.region().map(str::to_owned));
        let region =
            region.ok_or("the AWS region is not known; set AWS_REGION, or `region` in [cloudwatch]")?;
        let client = CloudWatchClient::new(access, region);
        Ok(MetricWriter { client, namespace: self.namespace.clone() })
    }
}

impl Destination for PutDestination {
    fn sink(&self) -> &'static str {
        NAME
    }

    fn address(&self) -> String {
        match &self.region {
            Some(region) => format!("{} in {region}", self.namespace),
            None => self.namespace.to_string(),
        }
    }

    fn capabilities(&self) -> Capabilities {
        CAPABILITIES
    }

    fn connect(&self, context: Context) -> BoxFuture<'static, Result<Box<dyn Sink>, Unavailable>> {
        let destination = self.clone();
        Box::pin(async move {
            let writer = destination.writer(&context).await?;
            Ok(Box::new(PutSink::new(writer)) as Box<dyn Sink>)
        })
    }

    fn preview<'a>(
        &'a self,
        _context: Context,
        points: &'a [Point],
        _events: &'a [Event],
    ) -> BoxFuture<'a, Result<Value, Unavailable>> {
        Box::pin(async move {
            let (batches, refused) = batches(&self.namespace, points);
            let bodies = batches.iter().map(|batch| serde_json::from_str(&batch.body(&self.namespace)));
            let requests = bodies.collect::<Result<Vec<Value>, _>>()?;
            Ok(json!({ "requests": requests, "refused": refusal_messages(&refused) }))
        })
    }

    fn diagnose(&self, context: Context) -> BoxFuture<'static, Vec<Finding>> {
        let destination = self.clone();
        Box::pin(async move {
            let checking = async {
                match destination.writer(&context).await {
                    Ok(writer) => doctor::diagnose(&writer).await,
                    Err(error) => vec![Finding::failed(doctor::CHECK, error.to_string())],
                }
            };
            Finding::check_with_timeout(doctor::CHECK, checking).await
        })
    }
}
