use std::sync::Arc;

use tokio::runtime::Handle;
use url::Url;

use super::connection::{self, Opening};
use super::shared::Shared;
use super::{OpenError, Protocols, WebSocket};
use crate::client::{Connector, UrlError};
use crate::{Config, Limits, Overflow, deflate};

/// The longest message, and how much may wait to be sent.
const LIMIT: usize = 16 << 20;

/// How [`WebSocket`] objects are made, where the browser's constructor has no word for it.
///
/// ```
/// use sockeye_websocket::client::Connector;
/// use sockeye_websocket::web::Options;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), sockeye_websocket::web::OpenError> {
/// let connector = Connector::new()
///     .origin("https://example.com")
///     .cookie("session", "abc");
/// let options = Options::new().connector(connector);
/// let socket = options.open("wss://example.com/feed", "feed.v1")?;
/// assert_eq!(socket.url(), "wss://example.com/feed");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Options {
    connector: Connector,
    config: Config,
}

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
}

impl Options {
    /// As browsers do: permessage-deflate is offered, and redirects are not followed. Messages
    /// have at most 16 MiB, and at most so much waits to be sent.
    #[must_use]
    pub fn new() -> Self {
        let config = Config::new()
            .deflate(Some(deflate::Options::default()))
            .limits(Limits::default().max_message(LIMIT))
            .marks(LIMIT / 4, LIMIT);
        Self {
            connector: Connector::new(),
            config,
        }
    }

    /// How connections behave, once open. While more than
    /// [`Settings::high_mark`](crate::Settings::high_mark) bytes of messages wait, each counted
    /// with 64 bytes more, sending another one fails the connection; low mark and overflow have
    /// no meaning here.
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// How connections are opened: headers, cookies, proxy, TLS. Its configuration is replaced by
    /// that of [`config`](Self::config); subprotocols belong into [`open`](Self::open).
    #[must_use]
    pub fn connector(mut self, connector: Connector) -> Self {
        self.connector = connector;
        self
    }

    /// As [`WebSocket::new`], with these options.
    ///
    /// # Errors
    /// As there.
    pub fn open(
        &self,
        url: impl AsRef<str>,
        protocols: impl Into<Protocols>,
    ) -> Result<WebSocket, OpenError> {
        let url = record(url.as_ref())?;
        let protocols = protocols.into();
        protocols.check()?;
        let runtime = Handle::try_current().map_err(|_| OpenError::NoRuntime)?;

        let settings = self.config.get();
        let close_timeout = settings.close_timeout;
        let limit = settings.high_mark;
        // What waits is bounded before it comes to the connection, which always reads on.
        let config = self
            .config
            .clone()
            .marks(usize::MAX, usize::MAX)
            .overflow(Overflow::Wait);
        let connector = protocols
            .names()
            .iter()
            .fold(self.connector.clone().config(config), Connector::protocol);
        let origin = url.origin().ascii_serialization();
        let shared = Arc::new(Shared::new(url.to_string(), &origin, limit));
        let socket = WebSocket::of(&shared);
        let opening = Opening {
            connecting: Box::pin(async move { connector.connect(url).await }),
            offered: !protocols.names().is_empty(),
            close_timeout,
        };
        runtime.spawn(connection::run(shared, opening));
        Ok(socket)
    }
}

/// Constructor, steps 2 to 7. There is no base URL here.
fn record(url: &str) -> Result<Url, UrlError> {
    let mut record = Url::parse(url).map_err(|error| match error {
        url::ParseError::EmptyHost => UrlError::NoHost,
        error => UrlError::Invalid(error),
    })?;
    let scheme = match record.scheme() {
        "http" | "ws" => "ws",
        "https" | "wss" => "wss",
        other => return Err(UrlError::Scheme(other.to_owned())),
    };
    if record.fragment().is_some() {
        return Err(UrlError::Fragment);
    }
    if record.set_scheme(scheme).is_err() {
        return Err(UrlError::Scheme(record.scheme().to_owned()));
    }
    Ok(record)
}
