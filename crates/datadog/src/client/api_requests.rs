//! Requests that need an application key. Their bodies are Datadog's own models. Datadog's client does not build these
//! requests, because its functions also parse the responses into models. Parsing dashboards alone needs so much code that every
//! run would use megabytes more memory.

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{ACCEPT, CONTENT_TYPE, USER_AGENT},
};
use reqwest::{Method, Request};
use serde_json::Value;
use url::Url;

use super::{
    DatadogError, Endpoint,
    key::{API_KEY_HEADER, APP_KEY_HEADER},
};

const AGENT: &str = concat!("system-health/", env!("CARGO_PKG_VERSION"));

/// Builds requests with both keys.
#[derive(Clone)]
pub(super) struct ApiRequests {
    base: Url,
    headers: HeaderMap,
}

impl ApiRequests {
    /// The keys must have been checked.
    pub(super) fn new(endpoint: &Endpoint, key: &str, app_key: &str) -> Result<Self, DatadogError> {
        let json = HeaderValue::from_static("application/json");
        let mut headers = HeaderMap::from_iter([
            (ACCEPT, json.clone()),
            (CONTENT_TYPE, json),
            (USER_AGENT, HeaderValue::from_static(AGENT)),
        ]);
        for (name, key) in [(API_KEY_HEADER, key), (APP_KEY_HEADER, app_key)] {
            let mut value = HeaderValue::from_str(key).map_err(client_error)?;
            value.set_sensitive(true);
            headers.insert(HeaderName::from_bytes(name.as_bytes()).map_err(client_error)?, value);
        }
        Ok(Self { base: endpoint.to_url()?, headers })
    }

    /// A request with a path, parameters and a JSON body. The path and the parameters are encoded.
    pub(super) fn make(
        &self,
        method: Method,
        path: &[&str],
        parameters: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Request, DatadogError> {
        let mut url = self.base.clone();
        if let Ok(mut parts) = url.path_segments_mut() {
            parts.pop_if_empty().extend(path);
        }
        if !parameters.is_empty() {
            url.query_pairs_mut().extend_pairs(parameters);
        }
        let mut request = Request::new(method, url);
        *request.headers_mut() = self.headers.clone();
        if let Some(body) = body {
            *request.body_mut() = Some(serde_json::to_vec(body).map_err(client_error)?.into());
        }
        Ok(request)
    }
}

fn client_error(error: impl std::fmt::Display) -> DatadogError {
    DatadogError::Client(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Site;

    fn requests() -> ApiRequests {
        ApiRequests::new(&Site::default().into(), "0dd0c0ffee", "0ddba11").unwrap()
    }

    #[test]
    fn a_request_has_both_keys_and_does_not_print_them() {
        let request = requests().make(Method::GET, &["api", "v2", "validate_keys"], &[], None).unwrap();

        assert_eq!(request.headers()[API_KEY_HEADER], "0dd0c0ffee");
        assert_eq!(request.headers()[APP_KEY_HEADER], "0ddba11");
        let text = format!("{request:?}");
        assert!(!text.contains("0dd0c0ffee") && !text.contains("0ddba11"), "{text}");
    }

    #[test]
    fn path_and_parameters_are_encoded() {
        let parameters = [("query", "max:a.b{env:x} & more")];
        let path = ["api", "v1", "metrics", "a/b?x=#"];

        let request = requests().make(Method::GET, &path, &parameters, None).unwrap();

        let url =
            "https://api.datadoghq.com/api/v1/metrics/a%2Fb%3Fx=%23?query=max%3Aa.b%7Benv%3Ax%7D+%26+more";
        assert_eq!(request.url().as_str(), url);
    }

    #[test]
    fn an_endpoint_with_a_path_keeps_it() {
        let endpoint: Endpoint = "http://proxy.example/datadog/".parse().unwrap();
        let requests = ApiRequests::new(&endpoint, "key", "key").unwrap();

        let request = requests.make(Method::POST, &["api", "v1", "monitor"], &[], Some(&"x".into())).unwrap();

        assert_eq!(request.url().as_str(), "http://proxy.example/datadog/api/v1/monitor");
        assert_eq!(request.body().unwrap().as_bytes(), Some(&b"\"x\""[..]));
    }
}
