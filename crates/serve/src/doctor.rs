//! `report doctor`: whether the service would start with these settings, as far as its address and its token are concerned.

use futures::{FutureExt, future::BoxFuture};
use system_health_registry::{
    Catalog, CheckResults, Context, Extension, Finding, Settings, SharedError, register_extension,
    settings::SettingsTable,
};

use crate::{
    settings::ServeSettings,
    token::{Token, TokenError},
};

/// What the findings are about.
const SERVE: &str = "serve";

struct ServeExtension;

register_extension!(ServeExtension);

impl Extension for ServeExtension {
    fn diagnose<'a>(&'a self, context: &'a Context, _catalog: &'a Catalog) -> BoxFuture<'a, CheckResults> {
        async {
            let findings = Finding::check_with_timeout(SERVE, diagnose(context)).await;
            CheckResults { findings, ..CheckResults::default() }
        }
        .boxed()
    }
}

/// Looks for the token, if the service is configured. Does not listen on the address.
async fn diagnose(context: &Context) -> Vec<Finding> {
    // Wrong settings have findings of their own.
    let (Ok(settings), Ok(table)) = (context.get::<Settings>().await, context.get::<ServeSettings>().await)
    else {
        return Vec::new();
    };
    let is_configured = settings.entries().any(|(table, ..)| table == ServeSettings::NAME);
    if !is_configured && !Token::is_in_environment() {
        return Vec::new();
    }
    let token = Token::find_in(context, &table, table.listen).await;
    vec![finding(&table, token.map(|token| token.is_some()))]
}

fn finding(table: &ServeSettings, has_token: Result<bool, TokenError>) -> Finding {
    let address = table.listen;
    match has_token {
        Ok(true) => Finding::ok(SERVE, format!("listens on {address}; clients need the token")),
        Ok(false) => Finding::ok(
            SERVE,
            format!("listens on {address}, which only this machine reaches, without a token"),
        ),
        Err(error) => Finding::failed(SERVE, SharedError::new(error).to_string()),
    }
}
