//! What a request asks for, and the answers to those that cannot be served.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderMap, Method, Response, StatusCode, header};

use crate::{Body, Config, Protocol, Sid, Transport, form::Form};

/// Why a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// Code 0: the `transport` is missing, unknown or not enabled.
    #[error("Transport unknown")]
    TransportUnknown,
    /// Code 1: there is no session of that `sid`.
    #[error("Session ID unknown")]
    SessionUnknown,
    /// Code 2: a session begins with GET.
    #[error("Bad handshake method")]
    BadHandshakeMethod,
    /// Code 3: the request does not fit its session or its transport; the text says why.
    #[error("Bad request")]
    BadRequest(&'static str),
    /// Code 5: the client speaks another version of the protocol.
    #[error("Unsupported protocol version")]
    UnsupportedVersion,
    /// A session's requests are GET and POST.
    #[error("method not known to polling")]
    Method,
    /// A second GET or POST while the first is under way.
    #[error("overlap from client")]
    Overlap,
    /// Protocol 4 has no binary request bodies.
    #[error("invalid content type")]
    ContentType,
    /// The body is longer than `max_payload`.
    #[error("payload too large")]
    TooLarge,
    /// No session may begin now: too many begin, or the client's address has too many.
    #[error("too many sessions")]
    TooManySessions,
    /// The server takes no new sessions: clients try again, and find its successor.
    #[error("server is shutting down")]
    Closing,
}

impl RequestError {
    /// The code of the answer's JSON, for the errors that have one.
    #[must_use]
    pub fn code(self) -> Option<u8> {
        match self {
            Self::TransportUnknown => Some(0),
            Self::SessionUnknown => Some(1),
            Self::BadHandshakeMethod => Some(2),
            Self::BadRequest(_) => Some(3),
            Self::UnsupportedVersion => Some(5),
            Self::Method
            | Self::Overlap
            | Self::ContentType
            | Self::TooLarge
            | Self::TooManySessions
            | Self::Closing => None,
        }
    }

    /// Its name among the contexts of refusals, as in the reference where that has one.
    pub(crate) fn context(self) -> &'static str {
        match self {
            Self::TransportUnknown => "TRANSPORT_UNKNOWN",
            Self::SessionUnknown => "SESSION_UNKNOWN",
            Self::BadHandshakeMethod => "BAD_HANDSHAKE_METHOD",
            Self::BadRequest(context) => context,
            Self::UnsupportedVersion => "UNSUPPORTED_PROTOCOL_VERSION",
            Self::Method => "METHOD",
            Self::Overlap => "OVERLAP",
            Self::ContentType => "CONTENT_TYPE",
            Self::TooLarge => "PAYLOAD_TOO_LARGE",
            Self::TooManySessions => "TOO_MANY_SESSIONS",
            Self::Closing => "SERVER_CLOSING",
        }
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::Method => StatusCode::INTERNAL_SERVER_ERROR,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooManySessions | Self::Closing => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// Whether the client is to try again soon.
    fn is_passing(self) -> bool {
        self.status() == StatusCode::SERVICE_UNAVAILABLE
    }

    /// The answer to a request, which asked for an upgrade or did not.
    pub(crate) fn response_to(self, upgrade: bool) -> Response<Body> {
        if upgrade {
            self.upgrade_response()
        } else {
            self.response()
        }
    }

    /// The answer to a plain request: a JSON body with code and message, or none.
    pub(crate) fn response(self) -> Response<Body> {
        let builder = Response::builder().status(self.status());
        match self.code() {
            Some(code) => builder
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(format!(
                    r#"{{"code":{code},"message":"{self}"}}"#
                ))),
            None if self.is_passing() => builder
                .header(header::RETRY_AFTER, "1")
                .body(Body::default()),
            None => builder.body(Body::default()),
        }
        .expect("a constant response is valid")
    }

    /// The answer to a request for an upgrade: the message alone, and the connection ends.
    fn upgrade_response(self) -> Response<Body> {
        if self.is_passing() {
            return self.response();
        }
        refused_upgrade(&self.to_string(), "text/html")
    }
}

/// The answer to a request for an upgrade that is refused.
pub(crate) fn refused_upgrade(message: &str, content_type: &'static str) -> Response<Body> {
    Response::builder()
        .status(StatusCode::BAD_REQUEST)
        .header(header::CONNECTION, "close")
        .header(header::CONTENT_TYPE, content_type)
        .body(Body::from(message.to_owned()))
        .expect("a constant response is valid")
}

/// The answer to a request that the application does not allow.
pub(crate) fn forbidden(code: u8, message: &str) -> Response<Body> {
    let body = serde_json::json!({ "code": code, "message": message });
    Response::builder()
        .status(StatusCode::FORBIDDEN)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string()))
        .expect("a constant response is valid")
}

/// The query of a request, as far as the engine reads it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Query<'a> {
    pub(crate) version: Option<Cow<'a, str>>,
    pub(crate) transport: Option<Cow<'a, str>>,
    pub(crate) sid: Option<Cow<'a, str>>,
    pub(crate) base64: bool,
    /// The client takes answers as scripts: it asked for JSONP.
    pub(crate) jsonp: bool,
}

impl<'a> Query<'a> {
    pub(crate) fn parse(query: &'a str) -> Self {
        let first = |name| {
            query_pairs(query)
                .find(|(key, _)| key == name)
                .map(|(_, value)| value)
        };
        Self {
            version: first("EIO"),
            transport: first("transport"),
            sid: first("sid").filter(|sid| !sid.is_empty()),
            base64: first("b64").is_some_and(|value| !value.is_empty() && value != "0"),
            jsonp: first("j").is_some(),
        }
    }

    /// Whatever does not name version 4 is taken for version 3, as in the reference.
    pub(crate) fn protocol(&self) -> Protocol {
        match self.version.as_deref() {
            Some("4") => Protocol::V4,
            _ => Protocol::V3,
        }
    }

    /// The form in which a session that begins with this request gets its packets.
    pub(crate) fn form(&self) -> Form {
        let protocol = self.protocol();
        // A script is text.
        let script = self.jsonp && protocol == Protocol::V3;
        Form::new(protocol, self.base64 || script)
    }
}

/// The names and values of a query, percent-decoded.
///
/// ```
/// let pairs: Vec<_> = sockeye_engine::query_pairs("a=1&b=x%20y").collect();
/// assert_eq!(pairs, [("a".into(), "1".into()), ("b".into(), "x y".into())]);
/// ```
pub fn query_pairs(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (percent_decode(name), percent_decode(value))
        })
}

fn percent_decode(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '+']) {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.as_bytes();
    while let [byte, rest @ ..] = bytes {
        bytes = rest;
        let hex = |b: &u8| char::from(*b).to_digit(16);
        match (byte, rest) {
            (b'%', [high, low, after @ ..]) if hex(high).is_some() && hex(low).is_some() => {
                out.push((hex(high).unwrap_or(0) * 16 + hex(low).unwrap_or(0)) as u8);
                bytes = after;
            }
            (b'+', _) => out.push(b' '),
            _ => out.push(*byte),
        }
    }
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

/// A request that passed the checks that need no session.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Begins a session.
    Handshake(Transport),
    /// Belongs to a session.
    Session(Sid, Transport),
}

/// Checks a request in the reference's order. `upgrade`: it asks for a WebSocket.
pub(crate) fn check(
    query: &Query<'_>,
    method: &Method,
    upgrade: bool,
    config: &Config,
) -> Result<Asked, RequestError> {
    let transport = match query.transport.as_deref() {
        Some("polling") => Transport::Polling,
        Some("websocket") => Transport::WebSocket,
        Some("streaming") => Transport::Streaming,
        _ => return Err(RequestError::TransportUnknown),
    };
    if !config.transports.contains(&transport) {
        return Err(RequestError::TransportUnknown);
    }
    if let Some(sid) = &query.sid {
        let sid = Sid::parse(sid).ok_or(RequestError::SessionUnknown)?;
        return Ok(Asked::Session(sid, transport));
    }
    if method != Method::GET {
        return Err(RequestError::BadHandshakeMethod);
    }
    if upgrade != (transport == Transport::WebSocket) {
        return Err(RequestError::BadRequest("TRANSPORT_HANDSHAKE_ERROR"));
    }
    // Clients of protocol 3 do not know the transport.
    let allowed = config.allow_eio3 && transport != Transport::Streaming;
    if query.protocol() != Protocol::V4 && !allowed {
        return Err(RequestError::UnsupportedVersion);
    }
    Ok(Asked::Handshake(transport))
}

/// Whether a request asks to change to the WebSocket protocol.
pub(crate) fn is_upgrade(headers: &HeaderMap) -> bool {
    headers
        .get(header::UPGRADE)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// A polling answer.
pub(crate) fn polling_response(
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> Response<Body> {
    Response::builder()
        .header(header::CONTENT_TYPE, content_type)
        .header(header::CACHE_CONTROL, "no-store")
        .body(Body::new(body.into()))
        .expect("a constant response is valid")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(query: &str, method: Method, upgrade: bool) -> Result<Asked, RequestError> {
        check(&Query::parse(query), &method, upgrade, &Config::default())
    }

    #[test]
    fn handshakes() {
        let polling = Ok(Asked::Handshake(Transport::Polling));
        assert_eq!(
            ask("EIO=4&transport=polling&t=abc", Method::GET, false),
            polling
        );
        let websocket = Ok(Asked::Handshake(Transport::WebSocket));
        assert_eq!(
            ask("transport=websocket&EIO=4", Method::GET, true),
            websocket
        );
    }

    #[test]
    fn refusals_in_the_references_order() {
        use RequestError::{
            BadHandshakeMethod, BadRequest, SessionUnknown, TransportUnknown, UnsupportedVersion,
        };
        for (query, method, upgrade, error) in [
            ("EIO=4", Method::GET, false, TransportUnknown),
            ("EIO=4&transport=tcp", Method::GET, false, TransportUnknown),
            (
                "EIO=4&transport=__proto__",
                Method::GET,
                true,
                TransportUnknown,
            ),
            (
                "EIO=4&transport=webtransport",
                Method::GET,
                false,
                TransportUnknown,
            ),
            (
                "EIO=4&transport=polling&sid=x",
                Method::GET,
                false,
                SessionUnknown,
            ),
            (
                "EIO=4&transport=polling",
                Method::POST,
                false,
                BadHandshakeMethod,
            ),
            (
                "EIO=4&transport=polling",
                Method::HEAD,
                false,
                BadHandshakeMethod,
            ),
            (
                "EIO=4&transport=websocket",
                Method::GET,
                false,
                BadRequest("TRANSPORT_HANDSHAKE_ERROR"),
            ),
            (
                "EIO=4&transport=polling",
                Method::GET,
                true,
                BadRequest("TRANSPORT_HANDSHAKE_ERROR"),
            ),
            (
                "EIO=3&transport=polling",
                Method::GET,
                false,
                UnsupportedVersion,
            ),
            ("transport=polling", Method::GET, false, UnsupportedVersion),
        ] {
            assert_eq!(ask(query, method, upgrade), Err(error), "{query}");
        }
    }

    #[test]
    fn protocol_3_has_to_be_allowed() {
        let config = Config {
            allow_eio3: true,
            ..Config::default()
        };
        for (query, form) in [
            ("EIO=3&transport=polling", Form::V3),
            ("transport=polling", Form::V3),
            ("EIO=3&transport=polling&b64=1", Form::V3Base64),
            ("EIO=3&transport=polling&j=0", Form::V3Base64),
            ("EIO=4&transport=polling", Form::V4),
            ("EIO=4&transport=polling&j=0", Form::V4),
            ("EIO=4&transport=polling&b64=1", Form::V4Base64),
        ] {
            let query = Query::parse(query);
            assert_eq!(query.form(), form, "{query:?}");
            let asked = check(&query, &Method::GET, false, &config);
            assert_eq!(asked, Ok(Asked::Handshake(Transport::Polling)), "{query:?}");
        }
    }

    #[test]
    fn the_query_is_percent_decoded() {
        let pairs: Vec<_> = query_pairs("a=1&b=%C3%A9+x&c&&d=%zz&e=1=2").collect();
        let expected = [
            ("a", "1"),
            ("b", "é x"),
            ("c", ""),
            ("d", "%zz"),
            ("e", "1=2"),
        ];
        assert_eq!(
            pairs,
            expected.map(|(name, value)| (name.into(), value.into()))
        );
    }
}
