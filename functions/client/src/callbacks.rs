//! The secrets of the caller's webhooks.

use reqwest::Method;
use serde::Deserialize;

use crate::{Client, ClientError};

#[derive(Deserialize)]
struct Document {
    callbacks: Callbacks,
}

#[derive(Deserialize)]
struct Callbacks {
    secrets: Vec<String>,
}

impl Client {
    /// The secrets that sign the caller's webhooks (Standard Webhooks: `whsec_` and base64), newest first. Each of them signs every webhook.
    ///
    /// # Errors
    /// [`ClientError::NotFound`] if the deployment sends no webhooks.
    pub async fn callback_secrets(&self) -> Result<Vec<String>, ClientError> {
        let url = self.join("callbacks")?;
        let document: Document = self.call(Method::GET, &url).await?.document()?;
        Ok(document.callbacks.secrets)
    }
}
