//! The secrets that sign the caller's webhooks.

use std::fmt;

use reqwest::Method;
use serde::Deserialize;

use crate::{Client, ClientError};

/// A secret with which a receiver verifies webhooks, as libraries for Standard Webhooks take it. Not shown by `Debug`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct WebhookSecret(String);

impl WebhookSecret {
    /// The secret: `whsec_` and Base64.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookSecret").finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Body {
    callbacks: Callbacks,
}

#[derive(Deserialize)]
struct Callbacks {
    secrets: Vec<WebhookSecret>,
}

impl Client {
    /// Reads the secrets that sign the caller's webhooks, newest first. A receiver needs one of them; while the deployment replaces its
    /// own secret there are several, and each of them signs.
    ///
    /// Fails with [`ClientError::NotFound`] if the deployment sends no webhooks.
    pub async fn webhook_secrets(&self) -> Result<Vec<WebhookSecret>, ClientError> {
        let url = self.join("callbacks")?;
        let body: Body = self.call(Method::GET, &url).await?.document()?;
        Ok(body.callbacks.secrets)
    }
}
