use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{Handshake, Socket};

/// What one server tells another about a socket. The names are those of the reference's cluster messages.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SocketDetails {
    /// The socket's id.
    pub id: String,
    /// What the client's first request brought.
    pub handshake: HandshakeDetails,
    /// The rooms that the socket is in, the one of its own id among them.
    pub rooms: Vec<String>,
    /// What [`Socket::set_data`] keeps.
    #[serde(default)]
    pub data: Value,
}

/// What a client's first request brought, and the `auth` of its connection to the namespace.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HandshakeDetails {
    /// Headers, names in lower case; the values of a repeated one are joined by commas.
    pub headers: BTreeMap<String, Value>,
    /// When the request came, as text.
    #[serde(default)]
    pub time: String,
    /// The client's address, if it is known.
    #[serde(default)]
    pub address: Option<String>,
    /// Whether the request came from a page of another origin.
    #[serde(default)]
    pub xdomain: bool,
    /// Whether the request was encrypted on its way to this server.
    #[serde(default)]
    pub secure: bool,
    /// When the request came, in milliseconds since 1970.
    #[serde(default)]
    pub issued: u64,
    /// Path and query.
    pub url: String,
    /// The query.
    pub query: BTreeMap<String, Value>,
    /// The client's `auth`.
    #[serde(default)]
    pub auth: Value,
}

impl SocketDetails {
    pub(crate) fn of(socket: &Socket) -> Self {
        Self {
            id: socket.id().as_str().to_owned(),
            handshake: HandshakeDetails::of(&socket.handshake()),
            rooms: socket.rooms().iter().map(ToString::to_string).collect(),
            data: socket.data().unwrap_or_default(),
        }
    }

    /// The data, if there is any of that shape.
    #[must_use]
    pub fn data<T: DeserializeOwned>(&self) -> Option<T> {
        T::deserialize(&self.data).ok()
    }
}

impl HandshakeDetails {
    pub(crate) fn of(handshake: &Handshake) -> Self {
        let mut headers = BTreeMap::<String, Value>::new();
        for (name, value) in handshake.headers() {
            match headers.get_mut(name) {
                Some(Value::String(before)) => *before = format!("{before}, {value}"),
                _ => {
                    headers.insert(name.to_owned(), value.into());
                }
            }
        }
        let issued = handshake
            .time()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or(Duration::ZERO);
        let query = handshake
            .queries()
            .map(|(name, value)| (name.into_owned(), value.into_owned().into()))
            .collect();
        Self {
            xdomain: headers.contains_key("origin"),
            headers,
            time: format!("{}", issued.as_millis()),
            address: handshake.address().map(|address| address.ip().to_string()),
            secure: handshake.secure(),
            issued: issued.as_millis() as u64,
            url: handshake.url().to_owned(),
            query,
            auth: handshake.auth().unwrap_or_default(),
        }
    }
}
