//! A metric from the API of another service. It uses a secret, connections that outlive a run, and counted requests.

use anyhow::ensure;
use reqwest::{Method, Request, header::AUTHORIZATION};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use system_health_credentials::{Credentials, Secret, SecretName, register_secret, stored};
use system_health_http::{HttpClient, HttpSettings, RunClient};
use system_health_registry::{
    ApiCalls, Context, FromContext, Scope, Unavailable, settings_table, system_health_metric,
};
use url::Url;

/// Maximum length of a response, in bytes.
const MAX_LENGTH: usize = 1 << 20;

/// Tickets that nobody has answered.
#[system_health_metric(key = "tickets.unanswered", unit = "ticket", goal = "< 20")]
async fn unanswered(tracker: Tracker) -> anyhow::Result<usize> {
    Ok(tracker.tickets().await?.iter().filter(|ticket| ticket.answers == 0).count())
}

/// A ticket, as the tracker describes it.
#[derive(Debug, Deserialize)]
struct Ticket {
    answers: u32,
}

/// The tracker's API, for one run.
#[derive(Debug, Clone)]
struct Tracker {
    url: Url,
    client: RunClient,
    token: SecretString,
}

impl Tracker {
    async fn tickets(&self) -> anyhow::Result<Vec<Ticket>> {
        let mut url = self.url.clone();
        // `Url::join` would remove the last part of a path such as `/api/v1`.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push("tickets");
        }
        let mut request = Request::new(Method::GET, url);
        let authorization = format!("Bearer {}", self.token.expose_secret()).parse()?;
        request.headers_mut().insert(AUTHORIZATION, authorization);
        let response = self.client.send(request, MAX_LENGTH).await?.ensure_complete()?;
        ensure!(response.status.is_success(), "the tracker answered with {}", response.status);
        Ok(serde_json::from_slice(&response.body)?)
    }
}

impl FromContext for Tracker {
    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let TicketSettings { url, .. } = context.get().await?;
        let url = url.ok_or_else(|| Unavailable::no_data("`url` in [tickets] is not set"))?;
        let token = context.get::<Credentials>().await?.get(&TOKEN).await?;
        let Connections(http) = context.get().await?;
        // Requests are counted, and end at the run's deadline.
        let client = http.with_calls(context.get::<ApiCalls>().await?);
        let client = context.deadline().map_or(client.clone(), |deadline| client.with_deadline(deadline));
        Ok(Self { url, client, token })
    }
}

/// The connections to the tracker. They outlive a run.
#[derive(Debug, Clone)]
struct Connections(HttpClient);

impl FromContext for Connections {
    const SCOPE: Scope = Scope::Process;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let TicketSettings { url, .. } = context.get().await?;
        let url = url.ok_or_else(|| Unavailable::no_data("`url` in [tickets] is not set"))?;
        Ok(Self(HttpClient::new(&url, HttpSettings::new("tickets"))?))
    }
}

/// The table `[tickets]` of the settings file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct TicketSettings {
    /// The address of the tracker's API.
    url: Option<Url>,
    /// The token's name or ARN in AWS Secrets Manager.
    token_secret: Option<SecretName>,
}

settings_table!(TicketSettings, "tickets");

/// The token comes from `TICKETS_TOKEN`, from the file that `TICKETS_TOKEN_FILE` names, or from AWS Secrets Manager.
const TOKEN: Secret =
    Secret::new("tickets token", &["TICKETS_TOKEN"], stored!("tickets/token", TicketSettings, token_secret));

register_secret!(TOKEN);

#[cfg(test)]
mod tests {
    use serde_json::json;
    use system_health_test_support::server::{Answer, Server};

    use super::*;

    #[tokio::test]
    async fn unanswered_tickets_are_counted_and_so_are_requests() {
        let server = Server::start(|request| match (request.path(), request.header("authorization")) {
            ("/api/v1/tickets", Some("Bearer s3cret")) => {
                Answer::json(200, &json!([{"answers": 0}, {"answers": 2}]))
            }
            _ => Answer::json(401, &json!({})),
        });
        let url = Some(format!("{}/api/v1", server.url()).parse().unwrap());
        let context = Context::new()
            .provide(TicketSettings { url, token_secret: None })
            .provide(Credentials::from_variables([("TICKETS_TOKEN", "s3cret")]));

        let tracker: Tracker = context.get().await.unwrap();
        let count = unanswered(tracker).await.unwrap();

        assert_eq!(count, 1);
        let calls = context.get::<ApiCalls>().await.unwrap().by_status();
        assert_eq!((calls[0].api, calls[0].status, calls[0].count), ("tickets", Some(200), 1));
    }
}
