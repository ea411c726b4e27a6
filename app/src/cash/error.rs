//! Errors as the API words them: the envelope of the middleware and of server functions is one and the same.

use serde::{Deserialize, Serialize};
use server_fn::codec::JsonEncoding;
use server_fn::error::{FromServerFnError, ServerFnErrorErr};

/// `{ "success": false, "error": … }`, or no answer at all.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct CashError {
    success: bool,
    /// What happened and what to do.
    pub error: String,
    /// True when no answer came: what was asked may have been done.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_lost: bool,
    /// True when the request was refused after its idempotency key was looked at: it was not done before either.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_decided: bool,
    /// `Retry-After`, as it is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<String>,
}

impl CashError {
    /// The server said no.
    pub fn failed(error: impl Into<String>) -> Self {
        Self {
            success: false,
            error: error.into(),
            is_lost: false,
            is_decided: false,
            retry_after: None,
        }
    }

    /// The server could not answer: asking again is safe and right.
    pub fn lost(error: impl Into<String>) -> Self {
        Self {
            is_lost: true,
            ..Self::failed(error)
        }
    }

    /// The server said no, and has not said yes to the same request before.
    pub fn decided(error: impl Into<String>) -> Self {
        Self {
            is_decided: true,
            ..Self::failed(error)
        }
    }

    /// The register is bound to another device (R-DEVICE-2).
    pub fn is_other_device(&self) -> bool {
        self.error.contains("привязан к другому устройству")
    }
}

impl FromServerFnError for CashError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        Self::lost(error.to_string())
    }
}
