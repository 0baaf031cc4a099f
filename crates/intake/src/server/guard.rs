//! Refuses requests that a web site on the internet could make a browser send to this machine. Such requests have the
//! site in `Origin`. If the site's name was made to point at this machine, their `Host` is that name.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::exchange::{Answer, error};

/// The names of this server besides `localhost`. An address is always accepted, because no name server was asked for it.
#[derive(Debug, Clone, Default)]
pub(super) struct Hosts(pub(super) Vec<String>);

/// Passes a request on, unless its `Host` is missing or has a name that is not this server's, or its `Origin` is another site.
pub(super) async fn check(State(hosts): State<Arc<Hosts>>, request: Request, next: Next) -> Response {
    match refusal_of(&hosts, request.headers()) {
        Some(refusal) => refusal.into_response(),
        None => next.run(request).await,
    }
}

fn refusal_of(hosts: &Hosts, headers: &HeaderMap) -> Option<Answer> {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    refusal(hosts, text(header::HOST), text(header::ORIGIN))
}

fn refusal(hosts: &Hosts, host: Option<&str>, origin: Option<&str>) -> Option<Answer> {
    let host = host.unwrap_or_default();
    if !hosts.allows(host) {
        let text = "The Host header names neither an address, nor localhost, nor a host that the intake was started with";
        return Some(error(403, text));
    }
    let is_foreign =
        |origin: &str| origin.split_once("://").is_none_or(|(_, site)| !site.eq_ignore_ascii_case(host));
    origin.is_some_and(is_foreign).then(|| error(403, "The Origin header names another site"))
}

impl Hosts {
    fn allows(&self, host: &str) -> bool {
        let name = match host.rsplit_once(':') {
            // The last colon of an address such as [::1] does not begin a port.
            Some((name, port)) if !port.ends_with(']') => name,
            _ => host,
        };
        let address = name.trim_start_matches('[').trim_end_matches(']');
        let is_named = |known: &str| name.eq_ignore_ascii_case(known);
        address.parse::<IpAddr>().is_ok()
            || is_named("localhost")
            || self.0.iter().any(|known| is_named(known))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_and_names_of_this_server_are_accepted() {
        let hosts = Hosts(vec!["intake".into()]);
        for host in
            ["127.0.0.1:8126", "127.0.0.1", "[::1]:8126", "[::1]", "localhost:1", "LOCALHOST", "intake:8126"]
        {
            assert!(hosts.allows(host), "{host}");
        }
        for host in
            ["", "evil.example", "evil.example:8126", "127.0.0.1.evil.example", "localhost.evil.example"]
        {
            assert!(!hosts.allows(host), "{host}");
        }
        assert!(!Hosts::default().allows("intake"));
    }

    #[test]
    fn the_refusal_of_a_name_says_what_is_accepted() {
        let refused = refusal(&Hosts::default(), Some("intake"), None).unwrap();

        let body = String::from_utf8(refused.body).unwrap();
        assert!(body.contains("nor localhost, nor a host that the intake was started with"), "{body}");
    }

    #[test]
    fn requests_of_other_sites_are_refused() {
        let refused = |origin| refusal(&Hosts::default(), Some("localhost:8126"), origin).is_some();

        assert!(!refused(None));
        assert!(!refused(Some("http://localhost:8126")));
        for origin in ["null", "http://evil.example", "http://localhost:9999", "http://127.0.0.1:8126"] {
            assert!(refused(Some(origin)), "{origin}");
        }
    }
}
