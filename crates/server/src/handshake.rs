use std::{borrow::Cow, net::SocketAddr, time::SystemTime};

use serde::de::DeserializeOwned;

use crate::{RawJson, Socket};

/// What the client's first request brought, and the `auth` of its connection to the namespace.
#[derive(Debug, Clone)]
pub struct Handshake(Socket);

impl Handshake {
    pub(crate) fn new(socket: Socket) -> Self {
        Self(socket)
    }

    fn request(&self) -> &sockeye_engine::Handshake {
        self.0.0.connection.handshake()
    }

    /// Path and query of the first request.
    #[must_use]
    pub fn url(&self) -> &str {
        self.request().url()
    }

    /// The first header of that name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.request().header(name)
    }

    /// All headers, names in lower case.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.request().headers()
    }

    /// The first value of that name in the query, percent-decoded.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<Cow<'_, str>> {
        self.request().query(name)
    }

    /// All names and values of the query, percent-decoded.
    pub fn queries(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        self.request().queries()
    }

    /// The address that the connection came from, if the server was told.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.request().address()
    }

    /// Whether the first request came encrypted: to this server, or to the
    /// [trusted proxy](crate::TrustedProxies) that passed it on.
    #[must_use]
    pub fn secure(&self) -> bool {
        self.request().secure()
    }

    /// When the first request came.
    #[must_use]
    pub fn time(&self) -> SystemTime {
        self.request().time()
    }

    /// The client's `auth`, if there is one of that shape.
    #[must_use]
    pub fn auth<T: DeserializeOwned>(&self) -> Option<T> {
        RawJson::new(self.0.0.auth()?).ok()?.read().ok()
    }
}
