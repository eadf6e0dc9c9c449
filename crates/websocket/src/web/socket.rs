use std::fmt;
use std::sync::Arc;

use super::event::{CloseEvent, ErrorEvent, EventKind, MessageEvent, OpenEvent};
use super::shared::{self, Shared};
use super::{CloseError, InvalidState, OpenError, Options, Protocols};
use crate::Message;

/// A WebSocket as it is in browsers: the object that events happen to. Cheap to clone; all clones
/// are handles of one connection.
///
/// # Handlers
/// They are called in the background, one at a time and in the order of the events, by the task
/// that runs the connection; so they should be short. They may call any method, also of this
/// object. Setting one replaces the one before. `open`, `error` and `close` happen at most once,
/// so their handlers are dropped when they cannot happen any more. A panic in a handler goes to
/// the panic hook, and the connection goes on.
///
/// # Dropping
/// Once all handles are dropped, those that handlers own included, nobody can call a method any
/// more. As for garbage collection in the standard, handlers then keep the connection: any while
/// it is connecting, those for messages, errors and the close event while it is open. Without such
/// a handler it is closed in the background: what was sent leaves, then a close frame without a
/// code. Handlers that send should use the event's `target`, which unlike a clone of their own
/// does not keep the object alive.
pub struct WebSocket {
    shared: Arc<Shared>,
}

/// What [`WebSocket::binary_type`] says.
///
/// It has no effect: binary messages are [`Bytes`](bytes::Bytes) with either, since blobs are for
/// scripts that must not hold large data in memory.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum BinaryType {
    /// The default.
    #[default]
    Blob,
    /// What nearly all scripts set.
    ArrayBuffer,
}

impl WebSocket {
    /// The connection is not open yet.
    pub const CONNECTING: u16 = 0;
    /// The connection is open.
    pub const OPEN: u16 = 1;
    /// The connection is being closed.
    pub const CLOSING: u16 = 2;
    /// The connection has ended, or could not be opened.
    pub const CLOSED: u16 = 3;

    /// Makes an object that connects in the background, in the current runtime of tokio's, which
    /// needs its I/O and its timers enabled.
    ///
    /// The URL has the scheme `ws`, `wss`, `http` or `https`. For more choices see [`Options`].
    ///
    /// ```
    /// use sockeye_websocket::client::UrlError;
    /// use sockeye_websocket::web::{OpenError, WebSocket};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), OpenError> {
    /// let socket = WebSocket::new("https://example.com/feed?room=1", ["v2", "v1"])?;
    /// assert_eq!(socket.url(), "wss://example.com/feed?room=1");
    /// assert_eq!(socket.ready_state(), WebSocket::CONNECTING);
    ///
    /// let error = WebSocket::new("ftp://example.com", ()).expect_err("a wrong scheme");
    /// assert_eq!(error, OpenError::Url(UrlError::Scheme("ftp".to_owned())));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`OpenError`] for what is a `SyntaxError` in browsers, and where there is no runtime.
    pub fn new(url: impl AsRef<str>, protocols: impl Into<Protocols>) -> Result<Self, OpenError> {
        Options::new().open(url, protocols)
    }

    /// Another handle.
    pub(super) fn of(shared: &Arc<Shared>) -> Self {
        shared.add_handle();
        Self {
            shared: Arc::clone(shared),
        }
    }

    /// The URL, as it was understood.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.shared.url
    }

    /// One of the four constants.
    #[must_use]
    pub fn ready_state(&self) -> u16 {
        self.shared.lock().ready_state
    }

    /// How many bytes of messages were sent and have not been given to the network, headers not
    /// counted and compression ignored. Messages sent after closing has begun are counted too,
    /// though they never leave.
    #[must_use]
    pub fn buffered_amount(&self) -> u64 {
        self.shared.lock().buffered_amount
    }

    /// The extensions that the server granted, as it wrote them; empty before the connection is
    /// open.
    #[must_use]
    pub fn extensions(&self) -> String {
        self.shared.lock().extensions.clone()
    }

    /// The subprotocol that the server chose; empty if none, and before the connection is open.
    #[must_use]
    pub fn protocol(&self) -> String {
        self.shared.lock().protocol.clone()
    }

    /// What was set, which has no effect.
    #[must_use]
    pub fn binary_type(&self) -> BinaryType {
        self.shared.lock().binary_type
    }

    /// Sets what [`binary_type`](Self::binary_type) says.
    pub fn set_binary_type(&self, binary_type: BinaryType) {
        self.shared.lock().binary_type = binary_type;
    }

    /// Sends a text or binary message: it is queued, and leaves in the background.
    ///
    /// Once closing has begun a message is dropped, and only counted in
    /// [`buffered_amount`](Self::buffered_amount). If more than
    /// [`Settings::high_mark`](crate::Settings::high_mark) bytes wait already, the connection
    /// fails: the state is [`CLOSING`](Self::CLOSING) at once, and the events `error` and `close`,
    /// with code 1006, follow.
    ///
    /// ```
    /// use sockeye_websocket::web::{InvalidState, WebSocket};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let socket = WebSocket::new("ws://example.com", ())?;
    /// assert_eq!(socket.send("too early"), Err(InvalidState));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`InvalidState`] before the connection is open.
    pub fn send(&self, message: impl Into<Message>) -> Result<(), InvalidState> {
        self.shared.send(message.into())
    }

    /// Closes the connection, once what was sent has left. The state is
    /// [`CLOSING`](Self::CLOSING) at once, and no message comes any more. Before the connection is
    /// open it fails. Once closing has begun nothing happens.
    ///
    /// Without code and reason the close frame has neither; a reason without a code goes with 1000.
    ///
    /// If the server takes nothing, or does not answer, for
    /// [`Settings::close_timeout`](crate::Settings::close_timeout), the connection is cut.
    ///
    /// ```
    /// use sockeye_websocket::web::{CloseError, WebSocket};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let socket = WebSocket::new("ws://example.com", ())?;
    /// assert_eq!(socket.close(Some(1001), None), Err(CloseError::InvalidAccess(1001)));
    /// socket.close(Some(3001), Some("enough"))?;
    /// assert_eq!(socket.ready_state(), WebSocket::CLOSING);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`CloseError`] for a code or a reason that may not be sent; nothing happened then.
    pub fn close(&self, code: Option<u16>, reason: Option<&str>) -> Result<(), CloseError> {
        if let Some(code) = code
            && !matches!(code, 1000 | 3000..=4999)
        {
            return Err(CloseError::InvalidAccess(code));
        }
        let reason = reason.unwrap_or_default();
        // What a control frame holds beside the code (RFC 6455 5.5)
        if reason.len() > 123 {
            return Err(CloseError::Syntax(reason.len()));
        }
        let code = match code {
            None if !reason.is_empty() => Some(1000),
            code => code,
        };
        self.shared
            .close(code.map(|code| (code, reason.to_owned())));
        Ok(())
    }

    /// Sets what is called when the connection is open.
    pub fn on_open(&self, handler: impl FnOnce(OpenEvent) + Send + 'static) {
        let handler = shared::on_open(handler);
        self.shared
            .change_handlers(|handlers| handlers.open.set(handler));
    }

    /// Sets what is called with each message.
    pub fn on_message(&self, handler: impl FnMut(MessageEvent) + Send + 'static) {
        let handler = Box::new(handler);
        self.shared
            .change_handlers(|handlers| handlers.set_message(handler));
    }

    /// Sets what is called when the connection has failed. The close event follows.
    pub fn on_error(&self, handler: impl FnOnce(ErrorEvent) + Send + 'static) {
        let handler = shared::on_error(handler);
        self.shared
            .change_handlers(|handlers| handlers.error.set(handler));
    }

    /// Sets what is called when the connection has ended, in whichever way.
    pub fn on_close(&self, handler: impl FnOnce(CloseEvent) + Send + 'static) {
        let handler = shared::on_close(handler);
        self.shared
            .change_handlers(|handlers| handlers.close.set(handler));
    }

    /// Takes a handler away.
    pub fn clear_handler(&self, kind: EventKind) {
        self.shared.change_handlers(|handlers| handlers.clear(kind));
    }
}

impl Clone for WebSocket {
    fn clone(&self) -> Self {
        Self::of(&self.shared)
    }
}

impl Drop for WebSocket {
    fn drop(&mut self) {
        self.shared.remove_handle();
    }
}

impl fmt::Debug for WebSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket")
            .field("url", &self.url())
            .field("ready_state", &self.ready_state())
            .field("buffered_amount", &self.buffered_amount())
            .finish_non_exhaustive()
    }
}
