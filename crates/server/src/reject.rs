use std::fmt;

use serde::Serialize;

use crate::RawJson;

/// Refuses a connection to a namespace: the client's `connect_error` gets the message and the data.
///
/// ```
/// use serde_json::json;
/// use sockeye::Reject;
///
/// let reject = Reject::new("unauthorized").data(json!({ "code": 401 }));
/// assert_eq!(reject.to_string(), "unauthorized");
/// ```
#[derive(Debug, Clone)]
pub struct Reject {
    message: String,
    data: Option<RawJson>,
}

impl Reject {
    /// Refuses with a message, `err.message` at the client.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            data: None,
        }
    }

    /// Adds data, `err.data` at the client. What cannot be written as JSON is left out.
    #[must_use]
    pub fn data(mut self, data: impl Serialize) -> Self {
        self.data = RawJson::from_value(&data)
            .inspect_err(|error| tracing::error!(%error, "data of a rejection left out"))
            .ok();
        self
    }

    pub(crate) fn raw_data(&self) -> Option<&RawJson> {
        self.data.as_ref()
    }
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Reject {}
