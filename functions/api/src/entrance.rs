//! How requests come in, as the deployment has it.

use engine::{Authorization, ConfigError, Environment};

/// What a function knows of the gateway in front of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entrance {
    /// What links begin with; without one they begin as the request does.
    pub(crate) public_base_url: Option<String>,
    /// Whether the gateway lets nobody in whom it does not name. A route that lost its authorizer would otherwise open the
    /// service, and make one owner of everybody.
    pub(crate) demands_caller: bool,
}

impl Entrance {
    /// What `PUBLIC_BASE_URL` and `AUTHORIZATION` say.
    ///
    /// # Errors
    /// [`ConfigError::Malformed`].
    pub fn of(environment: &Environment) -> Result<Self, ConfigError> {
        let authorization = environment.authorization()?;
        Ok(Self {
            public_base_url: environment.public_base_url()?,
            demands_caller: matches!(authorization, Some(Authorization::Iam | Authorization::Jwt)),
        })
    }
}
