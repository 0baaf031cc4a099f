//! The endpoints for a GitHub App: its installation, and the tokens of the installation.

use serde_json::{Value, json};

use super::{
    app::App,
    call::Call,
    objects::Objects,
    refusal::{self, json_answer},
    when::timestamp,
    world::World,
};
use crate::server::Answer;

const GET_INSTALLATION: &str = "/rest/apps/apps#get-an-organization-installation-for-the-authenticated-app";
const CREATE_TOKEN: &str = "/rest/apps/apps#create-an-installation-access-token-for-an-app";

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
            let kind_matches = app.is_organization == (*kind == "orgs");
            if kind_matches && owner.eq_ignore_ascii_case(&app.owner) {
                json_answer(200, &installation(app, objects))
            } else {
                refusal::not_found(GET_INSTALLATION)
            }
        }
        ("POST", ["app", "installations", id, "access_tokens"]) if *id == app.installation.to_string() => {
            let (token, expires) = app.add_token();
            let token = json!({
                "token": token,
                "expires_at": timestamp(expires),
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
