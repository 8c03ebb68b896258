//! Configuration of the gateway in front of a function.

use engine::{Authorization, ConfigError, Environment};

/// What a function knows about the gateway in front of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GatewayConfig {
    /// The beginning of links. `None`: links begin as the request's URL does.
    pub(crate) public_base_url: Option<String>,
    /// Whether the gateway identifies every caller. If a route lost its authorizer, the service would otherwise be open, and
    /// all callers would be one owner.
    pub(crate) demands_caller: bool,
}

impl GatewayConfig {
    /// The configuration in `PUBLIC_BASE_URL` and `AUTHORIZATION`.
    pub fn of(environment: &Environment) -> Result<Self, ConfigError> {
        let authorization = environment.authorization()?;
        Ok(Self {
            public_base_url: environment.public_base_url()?,
            demands_caller: matches!(authorization, Some(Authorization::Iam | Authorization::Jwt)),
        })
    }
}
