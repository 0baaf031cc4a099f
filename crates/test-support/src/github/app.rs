//! A GitHub App, its installation, and the tokens that it got.

use std::time::{Duration, SystemTime};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{
    call::Call,
    objects::Objects,
    refusal::{self, epoch_seconds, json_answer},
    when::timestamp,
    world::World,
};
use crate::server::Answer;

const GET_INSTALLATION: &str = "/rest/apps/apps#get-an-organization-installation-for-the-authenticated-app";
const CREATE_TOKEN: &str = "/rest/apps/apps#create-an-installation-access-token-for-an-app";
/// A signed token may be valid for this long.
const MAX_LIFETIME: u64 = 600;

/// A GitHub App with one installation.
#[derive(Debug)]
pub(super) struct App {
    id: u64,
    installation: u64,
    owner: String,
    is_organization: bool,
    tokens: u64,
    /// How long a token is valid.
    pub(super) lifetime: Duration,
}

impl App {
    pub(super) fn new(id: u64, installation: u64, owner: &str, is_organization: bool) -> Self {
        Self {
            id,
            installation,
            owner: owner.to_owned(),
            is_organization,
            tokens: 0,
            lifetime: Duration::from_hours(1),
        }
    }

    /// Whether this is one of the tokens that the installation got.
    pub(super) fn has_token(&self, token: &str) -> bool {
        token
            .strip_prefix("ghs_installation")
            .and_then(|number| number.parse().ok())
            .is_some_and(|number: u64| (1..=self.tokens).contains(&number))
    }

    /// Why the token that the app signed is refused.
    fn refusal(&self, signed: &str) -> Option<Answer> {
        let mut parts = signed.split('.').map(|part| {
            let decoded = BASE64_URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
            serde_json::from_slice::<Value>(&decoded).unwrap_or_default()
        });
        let (header, claims) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let (Some(issued), Some(expires)) = (claims["iat"].as_u64(), claims["exp"].as_u64()) else {
            return Some(refusal::undecodable_token());
        };
        let now = epoch_seconds(SystemTime::now());
        if header["alg"] != "RS256" || parts.next().is_none() {
            Some(refusal::undecodable_token())
        } else if issued > now || expires <= now || expires > now + MAX_LIFETIME {
            Some(refusal::untimely_token())
        } else if claims["iss"].as_str() != Some(&*self.id.to_string()) {
            Some(refusal::no_app())
        } else {
            None
        }
    }
}

/// Responds to a request of an app.
pub(super) fn answer(world: &mut World, call: &Call<'_>, path: &[&str]) -> Answer {
    let objects_api = world.api.clone();
    let objects = Objects { api: &objects_api };
    let Some(app) = &mut world.app else { return refusal::no_app() };
    if let Some(refusal) = app.refusal(call.token().unwrap_or_default()) {
        return refusal;
    }
    match (&*call.request.method, path) {
        ("GET", [kind, owner, "installation"]) => {
            let is_kind = app.is_organization == (*kind == "orgs");
            if is_kind && owner.eq_ignore_ascii_case(&app.owner) {
                json_answer(200, &installation(app, objects))
            } else {
                refusal::not_found(GET_INSTALLATION)
            }
        }
        ("POST", ["app", "installations", id, "access_tokens"]) if *id == app.installation.to_string() => {
            app.tokens += 1;
            let token = json!({
                "token": format!("ghs_installation{}", app.tokens),
                "expires_at": timestamp(SystemTime::now() + app.lifetime),
                "permissions": permissions(),
                "repository_selection": "all",
            });
            json_answer(201, &token)
        }
        _ => refusal::not_found(CREATE_TOKEN),
    }
}

fn permissions() -> Value {
    json!({ "actions": "read", "contents": "read", "metadata": "read" })
}

fn installation(app: &App, objects: Objects<'_>) -> Value {
    let (api, id, owner) = (objects.api, app.installation, &app.owner);
    let kind = if app.is_organization { "Organization" } else { "User" };
    json!({
        "id": id,
        "account": objects.user(owner, kind),
        "repository_selection": "all",
        "access_tokens_url": format!("{api}/app/installations/{id}/access_tokens"),
        "repositories_url": format!("{api}/installation/repositories"),
        "html_url": format!("https://github.com/organizations/{owner}/settings/installations/{id}"),
        "app_id": app.id,
        "app_slug": "system-health",
        "target_id": 1,
        "target_type": kind,
        "permissions": permissions(),
        "events": [],
        "created_at": "2025-01-01T00:00:00Z",
        "updated_at": "2025-01-01T00:00:00Z",
        "single_file_name": null,
        "suspended_by": null,
        "suspended_at": null,
    })
}
