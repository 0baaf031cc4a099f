//! A sink: posts points as one JSON document to a URL.

use std::{
    fmt,
    time::{Duration, UNIX_EPOCH},
};

use futures::{
    FutureExt, StreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use reqwest::{
    Method, Request,
    header::{CONTENT_TYPE, HeaderValue},
};
use serde::Deserialize;
use serde_json::{Value, json};
use system_health_http::{HttpClient, HttpSettings, RunClient};
use system_health_registry::{
    ApiCalls, Capabilities, Context, DeliveryError, Destination, Destinations, Event, Fate, Finding, Point,
    Settings, Settlement, SharedError, Sink, SinkType, Tag, Unavailable, register_sink, settings_table,
};
use tokio::time::Instant;
use url::Url;

/// The name of the sink, of its table, and of the API in the counts of requests.
const NAME: &str = "webhook";

/// Maximum length of a response, in bytes.
const MAX_LENGTH: usize = 1 << 16;

register_sink!(SinkType {
    name: NAME,
    summary: "Points as one JSON document, posted to a URL",
    settings_hint: "`url` in [webhook]",
    configure,
});

/// The table `[webhook]` of the settings file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct WebhookSettings {
    /// The address that accepts the points. Without it, the sink has no destination.
    url: Option<ReceiverUrl>,
}

settings_table!(WebhookSettings, "webhook", env: { "url" => "WEBHOOK_URL" });

fn configure(settings: &Settings) -> Result<Destinations, SharedError> {
    let settings: WebhookSettings = settings.table().map_err(SharedError::new)?;
    Ok(settings.url.map(|url| Box::new(Webhook { url }) as Box<dyn Destination>).into_iter().collect())
}

/// The URL of the receiver. Its user information, query and fragment may be secret, so they are not shown.
#[derive(Clone, Deserialize)]
struct ReceiverUrl(Url);

impl fmt::Display for ReceiverUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.0.clone();
        // These fail only for a URL that cannot have user information.
        let _ = shown.set_username("");
        let _ = shown.set_password(None);
        shown.set_query(None);
        shown.set_fragment(None);
        shown.fmt(f)
    }
}

impl fmt::Debug for ReceiverUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The destination, without a connection.
#[derive(Debug)]
struct Webhook {
    url: ReceiverUrl,
}

impl Destination for Webhook {
    fn sink(&self) -> &'static str {
        NAME
    }

    fn address(&self) -> String {
        self.url.to_string()
    }

    fn capabilities(&self) -> Capabilities {
        // The receiver stores values by key, tags and time, for a day. The default capabilities say that a repeated
        // point overwrites the first, and that no events are accepted.
        Capabilities { max_age: Duration::from_hours(24), ..Capabilities::default() }
    }

    fn connect(&self, context: Context) -> BoxFuture<'static, Result<Box<dyn Sink>, Unavailable>> {
        let url = self.url.clone();
        async move {
            let client = HttpClient::new(&url.0, HttpSettings::new(NAME))?;
            let client = client.with_calls(context.get::<ApiCalls>().await?);
            Ok(Box::new(WebhookSink { url, client }) as Box<dyn Sink>)
        }
        .boxed()
    }

    fn preview<'a>(
        &'a self,
        _: Context,
        points: &'a [Point],
        _: &'a [Event],
    ) -> BoxFuture<'a, Result<Value, Unavailable>> {
        async { Ok(document(points)) }.boxed()
    }

    fn diagnose(&self, context: Context) -> BoxFuture<'static, Vec<Finding>> {
        let connecting = self.connect(context);
        let check = async {
            let deadline = Instant::now() + Duration::from_secs(10);
            let checked = match connecting.await {
                Ok(sink) => sink.check(deadline).await.map_err(|error| error.to_string()),
                Err(error) => Err(error.to_string()),
            };
            vec![match checked {
                Ok(()) => Finding::ok(NAME, "accepts requests"),
                Err(error) => Finding::failed(NAME, error),
            }]
        };
        Finding::check_with_timeout(NAME, check).boxed()
    }
}

/// The connection to the receiver.
#[derive(Debug)]
struct WebhookSink {
    url: ReceiverUrl,
    client: RunClient,
}

impl WebhookSink {
    async fn post(&self, points: &[Point], deadline: Instant) -> Fate {
        let mut request = Request::new(Method::POST, self.url.0.clone());
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *request.body_mut() = Some(document(points).to_string().into());
        let response = match self.client.with_deadline(deadline).send(request, MAX_LENGTH).await {
            Ok(response) => response,
            Err(error) if error.is_connect() => return Fate::Left(DeliveryError::new(error)),
            Err(error) => return Fate::Unknown(DeliveryError::new(error)),
        };
        let error = || DeliveryError::new(format!("the webhook answered with {}", response.status));
        match response.status.as_u16() {
            200..300 => Fate::Accepted,
            400 | 422 => Fate::Refused(error()),
            401 | 403 | 404 | 429 => Fate::Left(error()),
            _ => Fate::Unknown(error()),
        }
    }
}

impl Sink for WebhookSink {
    fn check(&self, deadline: Instant) -> BoxFuture<'_, Result<(), DeliveryError>> {
        async move {
            match self.post(&[], deadline).await {
                Fate::Accepted | Fate::Repeated => Ok(()),
                Fate::Refused(error) | Fate::Left(error) | Fate::Unknown(error) => Err(error),
            }
        }
        .boxed()
    }

    fn deliver<'a>(&'a self, points: &'a [Point], deadline: Instant) -> BoxStream<'a, Settlement> {
        stream::once(async move {
            let fate = self.post(points, deadline).await;
            Settlement { points: 0..points.len(), fate }
        })
        .boxed()
    }

    fn announce<'a>(&'a self, _: &'a Event, _: Instant) -> BoxFuture<'a, Fate> {
        // Never called, because the capabilities have no `max_event_age`.
        async { Fate::Refused(DeliveryError::new("the webhook accepts no events")) }.boxed()
    }
}

/// The body of a request. Tags are sorted, and the time is in seconds since 1970.
fn document(points: &[Point]) -> Value {
    let point = |point: &Point| {
        let tags: Vec<&str> = point.tags.iter().map(Tag::as_str).collect();
        let time = point.timestamp.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        json!({ "key": point.key, "kind": point.kind.name(), "tags": tags, "time": time, "value": point.value })
    };
    json!({ "points": points.iter().map(point).collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use system_health_registry::Kind;
    use system_health_test_support::server::{Answer, Server};

    use super::*;

    async fn deliver(status: u16) -> (Vec<Settlement>, Value) {
        let server = Server::start(move |_| Answer::json(status, &json!({})));
        let table = format!("[webhook]\nurl = '{}'", server.url());
        let settings = Settings::builder().toml(Path::new("a.toml"), &table).unwrap().build().unwrap();
        let destination = configure(&settings).unwrap().remove(0);
        let sink = destination.connect(Context::new()).await.unwrap();
        let point = Point {
            key: "queue.waiting".to_owned(),
            kind: Kind::Gauge,
            unit: None,
            tags: [Tag::new("queue", "mail").unwrap()].into(),
            timestamp: UNIX_EPOCH + Duration::from_secs(7),
            since: None,
            value: 3.0.into(),
        };
        let settlements = sink.deliver(&[point], Instant::now() + Duration::from_secs(10)).collect().await;
        (settlements, serde_json::from_slice(&server.requests()[0].body).unwrap())
    }

    #[test]
    fn secrets_in_the_url_are_not_shown() {
        let table = "[webhook]\nurl = 'https://ada:hunter2@hooks.example/health?key=hunter2#hunter2'";
        let settings = Settings::builder().toml(Path::new("a.toml"), table).unwrap().build().unwrap();

        let destination = configure(&settings).unwrap().remove(0);

        assert_eq!(destination.address(), "https://hooks.example/health");
        assert!(!format!("{destination:?}").contains("hunter2"), "{destination:?}");
    }

    #[tokio::test]
    async fn points_are_posted() {
        let (settlements, body) = deliver(202).await;

        let [Settlement { points, fate: Fate::Accepted }] = &settlements[..] else {
            panic!("{settlements:?}")
        };
        assert_eq!(*points, 0..1);
        let point = json!({ "key": "queue.waiting", "kind": "gauge", "tags": ["queue:mail"], "time": 7, "value": 3.0 });
        assert_eq!(body, json!({ "points": [point] }));
    }

    #[tokio::test]
    async fn the_status_decides_the_fate() {
        assert!(matches!(deliver(400).await.0[0].fate, Fate::Refused(_)));
        assert!(matches!(deliver(403).await.0[0].fate, Fate::Left(_)));
        assert!(matches!(deliver(500).await.0[0].fate, Fate::Unknown(_)));
    }
}
