//! The shared HTTP client as octocrab's service. octocrab's own client identifies itself as `octocrab`, ignores
//! proxies, and supports only HTTP/1, where each concurrent request needs its own connection.

use std::{
    error::Error,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures::{FutureExt, future::BoxFuture};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use octocrab::{AuthState, OctoBody, Octocrab, OctocrabBuilder};
use system_health_http::RunClient;
use tower_service::Service;

/// The maximum length of a response.
pub(super) const MAX_BODY_MIB: usize = 50;

/// A client that adds no token, follows no redirects and retries nothing by itself.
pub(super) fn octocrab_client(http: RunClient) -> Octocrab {
    let Ok(client) =
        OctocrabBuilder::new_empty().with_service(HttpService(http)).with_auth(AuthState::None).build();
    client
}

struct HttpService(RunClient);

impl Service<Request<OctoBody>> for HttpService {
    type Response = Response<Full<Bytes>>;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<OctoBody>) -> Self::Future {
        let http = self.0.clone();
        async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await?.to_bytes();
            let request = Request::from_parts(parts, body).try_into()?;
            let received = http.send(request, MAX_BODY_MIB << 20).await?.ensure_complete()?;
            let mut response = Response::new(Full::new(received.body));
            *response.status_mut() = received.status;
            *response.headers_mut() = received.headers;
            Ok(response)
        }
        .boxed()
    }
}
