//! Lets a program reach a fake of AWS.

use crate::{
    moto::{AccessKey, Moto},
    scene::Scene,
};

impl Scene {
    /// Sets the URL at which the program finds AWS, and the key that it uses there.
    #[must_use]
    pub fn aws(self, url: impl Into<String>, key: &AccessKey) -> Self {
        self.variable("AWS_ENDPOINT_URL", url)
            .variable("AWS_REGION", Moto::REGION)
            .variable("AWS_ACCESS_KEY_ID", &key.id)
            .variable("AWS_SECRET_ACCESS_KEY", &key.secret)
    }
}

impl AccessKey {
    /// A key for servers that accept any signature.
    #[must_use]
    pub fn example() -> Self {
        Self {
            id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
        }
    }
}
