//! The connections to one API. They outlive a run.

use anyhow::Context as _;
use system_health_http::{HttpClient, HttpSettings, SetupError};
use system_health_registry::{Context, FromContext, Scope, Unavailable};
use tokio::task::spawn_blocking;
use url::{Origin, Url};

use super::cause::Cause;
use crate::github::{ApiUrl, GitHubSettings};

/// The name of GitHub's API in the counts of requests.
pub(super) const API_NAME: &str = "github";
/// The name under which the remaining quota of GraphQL is recorded. Its requests are counted with all others.
pub(super) const GRAPHQL_NAME: &str = "github-graphql";

/// The connections to one API. They hold nothing that belongs to a run, such as the token and the deadline.
#[derive(Debug, Clone)]
pub(in crate::github) struct Transport {
    pub(super) http: HttpClient,
    origin: Origin,
    host: String,
    rate_limit: Url,
}

impl Transport {
    /// Sets up the client. Nothing is sent yet.
    pub(super) fn new(api: &ApiUrl) -> Result<Self, SetupError> {
        let http = HttpClient::new(api.as_url(), HttpSettings::new(API_NAME))?;
        Ok(Self {
            http,
            origin: api.as_url().origin(),
            host: api.host().to_owned(),
            rate_limit: api.resource(&["rate_limit"], &[]),
        })
    }

    /// The host, without the port.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Whether a request for this URL does not count against the rate limit. See <https://docs.github.com/en/rest/rate-limit/rate-limit>.
    pub(super) fn is_free(&self, url: &Url) -> bool {
        *url == self.rate_limit
    }

    /// Refuses a URL with another scheme, host or port than the API's. Such a server must not get the token, and its responses
    /// are not GitHub's.
    pub(super) fn check_origin(&self, what: &'static str, target: &Url) -> Result<(), Cause> {
        if target.origin() == self.origin {
            return Ok(());
        }
        let expected = self.origin.ascii_serialization();
        Err(Cause::Elsewhere { what, target: target.origin().ascii_serialization(), expected })
    }
}

impl FromContext for Transport {
    const SCOPE: Scope = Scope::Process;

    async fn from_context(context: &Context) -> Result<Self, Unavailable> {
        let settings = context.get::<GitHubSettings>().await?;
        // Reading the certificates takes milliseconds, in which this thread can send the request for the token.
        let transport =
            spawn_blocking(move || Self::new(&settings.api_url)).await.context("the set-up panicked");
        Ok(transport.and_then(|set_up| Ok(set_up?)).context("cannot set up a client for GitHub")?)
    }
}
