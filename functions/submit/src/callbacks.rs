//! The webhooks of a deployment, as far as a submit and a cancel have to do with them.

use engine::{Aws, CallbackPolicy, CallbackQueue, ConfigError, Environment};

/// The URLs that the deployment calls, and the queue of deliveries.
pub(crate) struct Callbacks {
    pub(crate) policy: CallbackPolicy,
    pub(crate) queue: CallbackQueue,
}

impl Callbacks {
    /// The webhooks of a deployment that sends them.
    pub(crate) fn of(environment: &Environment, aws: &Aws) -> Result<Option<Self>, ConfigError> {
        if !environment.webhooks()? {
            return Ok(None);
        }
        let queue = CallbackQueue::new(aws.sqs.clone(), environment.callback_queue_url()?);
        Ok(Some(Self {
            policy: environment.callback_policy()?,
            queue,
        }))
    }
}
