//! `Sec-WebSocket-Extensions` (RFC 6455 9.1), and what of it is permessage-deflate (RFC 7692 5
//! and 7.1): the offer, the answer, and the judgement of both.
//!
//! [`Accept`](super::server::Accept) and [`Request`](super::client::Request) use it; it stands
//! alone for handshakes of other kinds, such as that of RFC 8441.

use std::fmt::Write;

use http::header::{HeaderMap, HeaderValue};

use super::client::ResponseError;
use super::extension_list::{Extension, Malformed, parse};
use super::server::Refusal;
use crate::deflate::{Options, Params};

const DEFLATE: &str = "permessage-deflate";
const SERVER_NO_CONTEXT_TAKEOVER: &str = "server_no_context_takeover";
const CLIENT_NO_CONTEXT_TAKEOVER: &str = "client_no_context_takeover";
const SERVER_MAX_WINDOW_BITS: &str = "server_max_window_bits";
const CLIENT_MAX_WINDOW_BITS: &str = "client_max_window_bits";

/// What a server grants of a client's offers: the first one that it can, or `None`. An offer with
/// a parameter that is unknown, there twice or has a wrong value is declined, and the next one is
/// looked at (RFC 7692 5.1, 7).
///
/// ```
/// use http::{HeaderMap, HeaderValue};
/// use sockeye_websocket::deflate::Options;
/// use sockeye_websocket::handshake::extensions;
///
/// let mut headers = HeaderMap::new();
/// let offers = "permessage-deflate; client_max_window_bits=99, permessage-deflate";
/// headers.insert("sec-websocket-extensions", HeaderValue::from_static(offers));
/// let granted = extensions::negotiate(&headers, &Options::new())?.expect("the second one");
/// assert_eq!(
///     extensions::answer(&granted),
///     "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
/// );
/// # Ok::<(), sockeye_websocket::handshake::server::Refusal>(())
/// ```
///
/// # Errors
/// [`Refusal::InvalidExtensions`] if the header is not a list of extensions (RFC 6455 9.1).
pub fn negotiate(headers: &HeaderMap, options: &Options) -> Result<Option<Params>, Refusal> {
    let extensions = parse(headers).map_err(|Malformed| Refusal::InvalidExtensions)?;
    let mut offers = extensions.iter().filter(|offer| offer.name == DEFLATE);
    Ok(offers.find_map(|offer| grant(Asked::of(offer).ok()?, options)))
}

/// The value of the header that grants `params` (RFC 7692 5.1).
#[must_use]
pub fn answer(params: &Params) -> HeaderValue {
    value(
        params.server_no_context_takeover,
        params.client_no_context_takeover,
        bits(SERVER_MAX_WINDOW_BITS, params.server_max_window_bits),
        bits(CLIENT_MAX_WINDOW_BITS, params.client_max_window_bits),
    )
}

/// The value of the header with which a client asks for `options` (RFC 7692 5.1). That the server
/// may choose the client's window is always said.
///
/// ```
/// use sockeye_websocket::deflate::Options;
/// use sockeye_websocket::handshake::extensions;
///
/// let options = Options::new().client_no_context_takeover(false).server_max_window_bits(10);
/// assert_eq!(
///     extensions::offer(&options),
///     "permessage-deflate; server_no_context_takeover; server_max_window_bits=10; \
///      client_max_window_bits"
/// );
/// ```
#[must_use]
pub fn offer(options: &Options) -> HeaderValue {
    let options = options.possible();
    let client_bits = bits(CLIENT_MAX_WINDOW_BITS, options.client_max_window_bits);
    value(
        options.server_no_context_takeover,
        options.client_no_context_takeover,
        bits(SERVER_MAX_WINDOW_BITS, options.server_max_window_bits),
        client_bits.or_else(|| Some(CLIENT_MAX_WINDOW_BITS.to_owned())),
    )
}

/// Judges what a server answered to an [`offer`], `None` if nothing was offered. Gives what was
/// agreed on, `None` if the server granted nothing (RFC 7692 5.2).
///
/// # Errors
/// A [`ResponseError`] says which rule the server broke: the connection has to fail.
pub fn agreed(
    headers: &HeaderMap,
    offered: Option<&Options>,
) -> Result<Option<Params>, ResponseError> {
    let extensions = parse(headers).map_err(|Malformed| ResponseError::MalformedExtension)?;
    let Some(extension) = extensions.first() else {
        return Ok(None);
    };
    // RFC 6455 4.1, 5: only what was asked for
    let Some(offered) = offered else {
        return Err(ResponseError::Extension);
    };
    if extensions.iter().any(|extension| extension.name != DEFLATE) {
        return Err(ResponseError::Extension);
    }
    // RFC 7692 5: not more than one configuration is agreed on
    if extensions.len() > 1 {
        return Err(ResponseError::DuplicateExtension);
    }
    let offered = offered.possible();
    let answer = Asked::of(extension).map_err(|flaw| match flaw {
        Flaw::Duplicate => ResponseError::DuplicateExtensionParameter,
        Flaw::Unknown => ResponseError::UnknownExtensionParameter,
        Flaw::Value => ResponseError::ExtensionParameterValue,
    })?;
    // RFC 7692 7.1.1.1 and 7.1.2.1: what the client insists on is granted by saying it.
    if offered.server_no_context_takeover && !answer.server_no_context_takeover {
        return Err(ResponseError::MissingExtensionParameter);
    }
    let server_max_window_bits = match answer.server_max_window_bits {
        None if offered.server_max_window_bits < 15 => {
            return Err(ResponseError::MissingExtensionParameter);
        }
        None => 15,
        Some(bits) if bits > offered.server_max_window_bits => {
            return Err(ResponseError::WindowBits);
        }
        Some(bits) => bits,
    };
    let client_max_window_bits = match answer.client_max_window_bits {
        None => offered.client_max_window_bits,
        // RFC 7692 7.1.2.2: only an offer may leave the number out.
        Some(None) => return Err(ResponseError::ExtensionParameterValue),
        Some(Some(bits)) if bits > offered.client_max_window_bits => {
            return Err(ResponseError::WindowBits);
        }
        Some(Some(bits)) => bits,
    };
    Ok(Some(Params {
        server_no_context_takeover: answer.server_no_context_takeover,
        // RFC 7692 7.1.1.2: a client that offered to forget does so whatever the server says.
        client_no_context_takeover: answer.client_no_context_takeover
            || offered.client_no_context_takeover,
        server_max_window_bits,
        client_max_window_bits,
    }))
}

/// Whether the header is a list of extensions, which a server has to refuse otherwise.
pub(super) fn check(headers: &HeaderMap) -> Result<(), Refusal> {
    match parse(headers) {
        Ok(_) => Ok(()),
        Err(Malformed) => Err(Refusal::InvalidExtensions),
    }
}

/// What one offer gets, `None` if it is declined.
fn grant(asked: Asked, options: &Options) -> Option<Params> {
    let options = options.possible();
    // RFC 7692 7.1.2.1: granting means to keep to it, and no window here is that short.
    let server_max_window_bits = match asked.server_max_window_bits {
        Some(8) => return None,
        Some(bits) => bits.min(options.server_max_window_bits),
        None => options.server_max_window_bits,
    };
    // RFC 7692 7.1.2.2: not to be answered unless it was offered
    let client_max_window_bits = match asked.client_max_window_bits {
        Some(Some(bits)) => bits.min(options.client_max_window_bits),
        Some(None) => options.client_max_window_bits,
        None => 15,
    };
    Some(Params {
        server_no_context_takeover: asked.server_no_context_takeover
            || options.server_no_context_takeover,
        client_no_context_takeover: asked.client_no_context_takeover
            || options.client_no_context_takeover,
        server_max_window_bits,
        client_max_window_bits,
    })
}

fn value(
    server: bool,
    client: bool,
    server_bits: Option<String>,
    client_bits: Option<String>,
) -> HeaderValue {
    let mut value = DEFLATE.to_owned();
    let parameters = [
        server.then(|| SERVER_NO_CONTEXT_TAKEOVER.to_owned()),
        client.then(|| CLIENT_NO_CONTEXT_TAKEOVER.to_owned()),
        server_bits,
        client_bits,
    ];
    for parameter in parameters.into_iter().flatten() {
        // Writing to a `String` cannot fail.
        let _ = write!(value, "; {parameter}");
    }
    HeaderValue::try_from(value).expect("tokens, digits and semicolons")
}

/// 15 is what holds if nothing is said.
fn bits(name: &str, bits: u8) -> Option<String> {
    (bits < 15).then(|| format!("{name}={bits}"))
}

/// The parameters of one permessage-deflate, in an offer or in an answer.
#[derive(Clone, Copy, Debug, Default)]
struct Asked {
    server_no_context_takeover: bool,
    client_no_context_takeover: bool,
    server_max_window_bits: Option<u8>,
    client_max_window_bits: Option<Option<u8>>,
}

/// What RFC 7692 7 tells to decline an offer and to fail a response for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Flaw {
    Duplicate,
    Unknown,
    Value,
}

impl Asked {
    fn of(extension: &Extension<'_>) -> Result<Self, Flaw> {
        let mut asked = Self::default();
        for (name, value) in &extension.parameters {
            let value = value.as_deref();
            let again = match *name {
                SERVER_NO_CONTEXT_TAKEOVER => {
                    none(value)?;
                    std::mem::replace(&mut asked.server_no_context_takeover, true)
                }
                CLIENT_NO_CONTEXT_TAKEOVER => {
                    none(value)?;
                    std::mem::replace(&mut asked.client_no_context_takeover, true)
                }
                SERVER_MAX_WINDOW_BITS => {
                    let bits = window_bits(value.ok_or(Flaw::Value)?)?;
                    asked.server_max_window_bits.replace(bits).is_some()
                }
                CLIENT_MAX_WINDOW_BITS => {
                    let bits = value.map(window_bits).transpose()?;
                    asked.client_max_window_bits.replace(bits).is_some()
                }
                _ => return Err(Flaw::Unknown),
            };
            if again {
                return Err(Flaw::Duplicate);
            }
        }
        Ok(asked)
    }
}

/// RFC 7692 7.1.1: these parameters have no value.
fn none(value: Option<&str>) -> Result<(), Flaw> {
    value.map_or(Ok(()), |_| Err(Flaw::Value))
}

/// RFC 7692 7.1.2: a number from 8 to 15 without leading zeros
fn window_bits(value: &str) -> Result<u8, Flaw> {
    Ok(match value {
        "8" => 8,
        "9" => 9,
        "10" => 10,
        "11" => 11,
        "12" => 12,
        "13" => 13,
        "14" => 14,
        "15" => 15,
        _ => return Err(Flaw::Value),
    })
}
