//! Signs the JSON Web Token with which an app says who it is:
//! <https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app>.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rustls::{
    SignatureAlgorithm, SignatureScheme,
    crypto::aws_lc_rs::sign::any_supported_type,
    pki_types::{PrivateKeyDer, pem::PemObject},
    sign::SigningKey,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::AppError;

/// The clock of this machine may be ahead of GitHub's by this much.
const CLOCK_SKEW: Duration = Duration::from_mins(1);
/// How long a signed token is valid. GitHub allows ten minutes.
const LIFETIME: Duration = Duration::from_mins(9);

/// The private key of an app.
#[derive(Clone)]
pub(super) struct AppKey(Arc<dyn SigningKey>);

impl AppKey {
    /// Reads a key in PEM. Environment variables often have `\n` in place of line breaks.
    pub(super) fn parse(pem: &SecretString) -> Result<Self, AppError> {
        let pem = pem.expose_secret().replace("\\n", "\n");
        let der = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| AppError::Key)?;
        let key = any_supported_type(&der).map_err(|_| AppError::Key)?;
        if key.algorithm() == SignatureAlgorithm::RSA { Ok(Self(key)) } else { Err(AppError::Key) }
    }

    /// A signed token that is valid for some minutes.
    pub(super) fn sign(&self, app: u64, now: SystemTime) -> Result<SecretString, AppError> {
        let seconds = |time: SystemTime| time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let claims = json!({
            "iat": seconds(now - CLOCK_SKEW),
            "exp": seconds(now + LIFETIME),
            "iss": app.to_string(),
        });
        let message = format!("{}.{}", encode(&json!({ "alg": "RS256", "typ": "JWT" })), encode(&claims));
        let signer = self.0.choose_scheme(&[SignatureScheme::RSA_PKCS1_SHA256]).ok_or(AppError::Key)?;
        let signature = signer.sign(message.as_bytes()).map_err(|_| AppError::Key)?;
        Ok(format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)).into())
    }
}

fn encode(json: &Value) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(json.to_string())
}

impl fmt::Debug for AppKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AppKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use rustls::crypto::aws_lc_rs::default_provider;

    use super::*;

    const PKCS1: &str = include_str!("test_keys/pkcs1.pem");
    const PKCS8: &str = include_str!("test_keys/pkcs8.pem");

    fn verify(signed: &str) {
        let (message, signature) = signed.rsplit_once('.').unwrap();
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
        let algorithms = default_provider().signature_verification_algorithms.mapping;
        let (_, algorithms) =
            algorithms.iter().find(|(scheme, _)| *scheme == SignatureScheme::RSA_PKCS1_SHA256).unwrap();
        let public_key = include_bytes!("test_keys/public.der");
        algorithms[0].verify_signature(public_key, message.as_bytes(), &signature).unwrap();
    }

    #[test]
    fn the_signed_token_contains_the_app_and_its_lifetime() {
        let now = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        for pem in [PKCS1.to_owned(), PKCS8.to_owned(), PKCS1.trim().replace('\n', "\\n")] {
            let key = AppKey::parse(&pem.into()).unwrap();

            let signed = key.sign(123, now).unwrap();

            let signed = signed.expose_secret();
            verify(signed);
            let part = |number: usize| {
                let decoded = BASE64_URL_SAFE_NO_PAD.decode(signed.split('.').nth(number).unwrap()).unwrap();
                serde_json::from_slice::<Value>(&decoded).unwrap()
            };
            assert_eq!(part(0), json!({ "alg": "RS256", "typ": "JWT" }));
            assert_eq!(part(1), json!({ "iat": 1_699_999_940, "exp": 1_700_000_540, "iss": "123" }));
        }
    }

    #[test]
    fn text_that_is_not_an_rsa_key_in_pem_is_refused_without_being_shown() {
        let cut = &PKCS1[..PKCS1.len() / 2];
        for text in [
            "",
            "secret",
            cut,
            include_str!("test_keys/ec.pem"),
            "-----BEGIN RSA PRIVATE KEY-----\nc2VjcmV0\n-----END RSA PRIVATE KEY-----",
        ] {
            let error = AppKey::parse(&text.into()).unwrap_err();
            assert!(
                error.to_string().starts_with("the private key of the GitHub App is not an RSA key in PEM")
            );
            assert!(!format!("{error:?}").contains("secret"));
        }
    }
}
