//! The callback of one job, as its record stores it.

/// Where the end of a job is reported, and how far that has come.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Callback {
    /// The URL as it was accepted: [`crate::CallbackUrl::as_str`], up to [`crate::MAX_CALLBACK_URL_BYTES`] bytes.
    pub url: String,
    /// How far the delivery has come.
    pub state: CallbackState,
    /// Number of deliveries that were made, answered or not.
    pub attempts: u32,
    /// The HTTP status of the latest delivery that has one.
    pub last_status: Option<u16>,
}

/// How far the delivery of a webhook has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallbackState {
    /// The job has not ended, or its webhook is still to be delivered.
    Pending,
    /// The receiver answered with a status from 200 to 299. Final.
    Delivered,
    /// The receiver wants no more deliveries, or all of them failed. A delivery that was under way then may still arrive: it changes this to
    /// [`Self::Delivered`].
    Failed,
}

impl Callback {
    /// The callback of a job that has not ended.
    #[must_use]
    pub fn pending(url: String) -> Self {
        Self {
            url,
            state: CallbackState::Pending,
            attempts: 0,
            last_status: None,
        }
    }
}

impl CallbackState {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Delivered, Self::Failed];

    /// The state as stored, and as the job document shows it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Delivered => "DELIVERED",
            Self::Failed => "FAILED",
        }
    }

    pub(crate) fn stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}
