use super::OpenError;
use crate::handshake::client::{Request, RequestError};

/// The subprotocols to offer, the most wanted one first: none, one, or a list.
///
/// ```
/// use sockeye_websocket::web::Protocols;
///
/// let none = Protocols::from(());
/// let one = Protocols::from("chat");
/// let list = Protocols::from(["chat.v2", "chat.v1"]);
/// assert_eq!((none.names().len(), one.names().len(), list.names().len()), (0, 1, 2));
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Protocols(Vec<String>);

impl Protocols {
    /// Their names.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// Constructor, step 9. The request has the same rules (RFC 6455 4.1, 10).
    pub(super) fn check(&self) -> Result<(), OpenError> {
        let Ok(mut request) = Request::new("localhost", "/") else {
            return Ok(());
        };
        for name in &self.0 {
            request = request.protocol(name).map_err(|error| match error {
                RequestError::DuplicateProtocol => OpenError::DuplicateProtocol(name.clone()),
                _ => OpenError::InvalidProtocol(name.clone()),
            })?;
        }
        Ok(())
    }
}

impl From<()> for Protocols {
    fn from((): ()) -> Self {
        Self::default()
    }
}

impl From<&str> for Protocols {
    fn from(name: &str) -> Self {
        Self(vec![name.to_owned()])
    }
}

impl From<String> for Protocols {
    fn from(name: String) -> Self {
        Self(vec![name])
    }
}

impl<T: Into<String>, const N: usize> From<[T; N]> for Protocols {
    fn from(names: [T; N]) -> Self {
        names.into_iter().collect()
    }
}

impl<T: Into<String>> From<Vec<T>> for Protocols {
    fn from(names: Vec<T>) -> Self {
        names.into_iter().collect()
    }
}

impl<T: AsRef<str>> From<&[T]> for Protocols {
    fn from(names: &[T]) -> Self {
        names.iter().map(AsRef::as_ref).collect()
    }
}

impl<T: Into<String>> FromIterator<T> for Protocols {
    fn from_iter<I: IntoIterator<Item = T>>(names: I) -> Self {
        Self(names.into_iter().map(Into::into).collect())
    }
}
