//! A GitHub App, its installation, and the tokens of the installation.

use std::time::{Duration, SystemTime};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::Value;

use super::refusal::{self, epoch_seconds};
use crate::server::Answer;

/// Maximum lifetime of a token that the app signs, in seconds.
const MAX_SIGNED_TOKEN_LIFETIME: u64 = 600;
/// The start of each token of an installation. The number of the token follows.
pub(super) const TOKEN_PREFIX: &str = "ghs_installation";

/// A GitHub App with one installation.
#[derive(Debug)]
pub(super) struct App {
    pub(super) id: u64,
    pub(super) installation: u64,
    pub(super) owner: String,
    pub(super) is_organization: bool,
    /// The times at which the installation's tokens expire, in the order of their numbers.
    expiry_times: Vec<SystemTime>,
    /// How long a token of the installation is valid.
    pub(super) token_lifetime: Duration,
}

impl App {
    pub(super) fn new(id: u64, installation: u64, owner: &str, is_organization: bool) -> Self {
        Self {
            id,
            installation,
            owner: owner.to_owned(),
            is_organization,
            expiry_times: Vec::new(),
            token_lifetime: Duration::from_hours(1),
        }
    }

    /// Gives the installation a token. Returns the token and the time at which it expires.
    pub(super) fn add_token(&mut self) -> (String, SystemTime) {
        let expires = SystemTime::now() + self.token_lifetime;
        self.expiry_times.push(expires);
        (format!("{TOKEN_PREFIX}{}", self.expiry_times.len()), expires)
    }

    /// Whether this is a token of the installation that has not expired.
    pub(super) fn has_token(&self, token: &str) -> bool {
        token
            .strip_prefix(TOKEN_PREFIX)
            .and_then(|number| number.parse::<usize>().ok()?.checked_sub(1))
            .and_then(|index| self.expiry_times.get(index))
            .is_some_and(|expires| SystemTime::now() < *expires)
    }

    /// The error for a token that the app signed. `None` if the token is valid.
    pub(super) fn refusal(&self, signed: &str) -> Option<Answer> {
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
        } else if issued > now || expires <= now || expires > now + MAX_SIGNED_TOKEN_LIFETIME {
            Some(refusal::untimely_token())
        } else if claims["iss"].as_str() != Some(&*self.id.to_string()) {
            Some(refusal::no_app())
        } else {
            None
        }
    }
}
