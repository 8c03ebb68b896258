//! The receiver of the demo's webhook.

use std::time::Duration;

use client::{Client, Url, WebhookSecret};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;

use super::{DemoError, url_of};
use crate::loopback::listen_on;
use crate::receiver::{Delivery, Receiver};

/// A receiver on loopback, until it is dropped.
pub(super) struct Webhooks {
    pub(super) url: Url,
    deliveries: UnboundedReceiver<Delivery>,
    server: JoinHandle<()>,
}

impl Webhooks {
    /// Starts it with the secrets that the service has for this client.
    pub(super) async fn start(client: &Client) -> Result<Self, DemoError> {
        let secrets = client.webhook_secrets().await?;
        let (take, deliveries) = unbounded_channel();
        let receiver = Receiver::new(secrets.iter().map(WebhookSecret::reveal), move |delivery| {
            // An error means that the demo is over.
            let _ = delivery.map(|delivery| take.send(delivery));
        })?;
        let (listener, url) = listen_on(0).await?;
        let url = url_of(&url);
        let server = tokio::spawn(async move { drop(receiver.serve(listener).await) });
        Ok(Self {
            url,
            deliveries,
            server,
        })
    }

    /// The next verified delivery, if it comes in this time.
    pub(super) async fn next(&mut self, at_most: Duration) -> Option<Delivery> {
        let next = tokio::time::timeout(at_most, self.deliveries.recv());
        next.await.ok().flatten()
    }
}

impl Drop for Webhooks {
    fn drop(&mut self) {
        self.server.abort();
    }
}
