//! Streaming: one HTTP answer that goes on carries all packets to the client; what it sends comes in POSTs.
//!
//! It reaches clients where a proxy lets no WebSocket through, and is extra: clients of the reference never ask for
//! it. A session begins on it or changes to it from polling by the same trial as to a WebSocket: `2probe` and `5`
//! come in POSTs, and `3probe` leaves by the answer, after the noop that it begins with, so that one that a proxy keeps
//! back is never changed to. An answer ends after some time and some bytes, with a noop; what is queued meanwhile waits
//! for the next GET.

mod format;
mod page;
mod response;

use std::{error::Error, sync::Arc, time::Instant};

use http::{HeaderMap, HeaderValue, Response, header};
use http_body::Body as HttpBody;

pub(crate) use format::{Format, Framed, MalformedFrame, OCTETS, Unframed};
pub(crate) use page::Embedder;
use response::Packets;

use crate::{
    Application, Body, CloseReason, Connection, RequestError, Transport,
    outbox::{Sink, wake},
    packet::{Kind, Packet},
    request::polling_response,
    session::Probed,
    stats::count,
    transport::polling::{collect, is_octets},
};

/// More than the packets of a trial take.
const PROBE: usize = 64;

/// The answer that is under way for a session.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    /// How many `2probe` are to be answered.
    probes: u32,
    /// It is to end, and the client to ask for the next one.
    pub(crate) rotate: bool,
}

/// Begins an answer that goes on: the session's own, or one on trial for a session that polls.
pub(crate) fn get<A: Application>(
    connection: &Arc<Connection<A>>,
    format: Format,
) -> Result<Response<Body>, RequestError> {
    let config = connection.engine().config();
    let now = Instant::now();
    let mut state = connection.state();
    match state.session.transport() {
        Transport::Streaming if state.stream.is_some() => {
            drop(state);
            connection.close(CloseReason::TransportError("overlap from client"));
            return Err(RequestError::Overlap);
        }
        Transport::Streaming => state.session.handle_stream(config.stream_lifetime, now),
        _ => {
            let timing = connection.engine().timing();
            let to = Transport::Streaming;
            if !config.allow_upgrades || !state.session.handle_upgrade_request(to, timing, now) {
                return Err(RequestError::BadRequest("TRANSPORT_MISMATCH"));
            }
        }
    }
    state.stream = Some(Stream::default());
    drop(state);
    connection.arm();
    let mut response = Response::new(Body::default());
    let headers = response.headers_mut();
    format.mark(headers);
    // Proxies are asked to pass each packet on as it comes.
    let cache = HeaderValue::from_static("no-cache, no-transform");
    headers.insert(header::CACHE_CONTROL, cache);
    let buffering = HeaderValue::from_static("no");
    headers.insert("x-accel-buffering", buffering);
    let packets = Packets::new(Arc::clone(connection), format);
    *response.body_mut() = Body::stream(packets);
    Ok(response)
}

/// Takes a packet of a trial.
pub(crate) async fn probe<A: Application, B>(
    connection: &Arc<Connection<A>>,
    headers: &HeaderMap,
    body: B,
) -> Result<Response<Body>, RequestError>
where
    B: HttpBody<Error: Into<Box<dyn Error + Send + Sync>>>,
{
    let body = collect(body, headers, PROBE, connection.engine().config()).await?;
    let packet = if is_octets(headers) {
        match Unframed::new(&body).next() {
            Some(Ok(Framed::Text(packet))) => packet,
            _ => "",
        }
    } else {
        std::str::from_utf8(&body).unwrap_or_default()
    };
    let mut state = connection.state();
    if state.stream.is_none() || !state.session.is_upgrading_to(Transport::Streaming) {
        return Err(RequestError::BadRequest("TRANSPORT_MISMATCH"));
    }
    let (kind, data) = match Packet::decode(packet) {
        Ok(Packet::Text(kind, data)) => (kind, data),
        _ => (Kind::Noop, ""),
    };
    let now = Instant::now();
    let probed = state
        .session
        .handle_probe(Transport::Streaming, kind, data, now);
    let mut get = None;
    match probed {
        Probed::Answer => {}
        Probed::Upgrade => {
            let lifetime = connection.engine().config().stream_lifetime;
            state.session.handle_stream(lifetime, now);
            count(&connection.engine().counters().upgraded);
            // A GET of polling that still waits is answered with a noop.
            if let Sink::Poll { pending } = &mut connection.outbox.lock().sink {
                get = pending.take();
            }
        }
        Probed::Refuse => {
            state.session.end_upgrade();
            count(&connection.engine().counters().probes_abandoned);
        }
    }
    if let Some(stream) = &mut state.stream {
        stream.probes += u32::from(probed == Probed::Answer);
    }
    let trial = state.probe.take();
    drop(state);
    wake(get);
    wake(trial);
    connection.arm();
    if probed == Probed::Upgrade {
        connection.engine().application().upgraded(connection);
    }
    match probed {
        Probed::Refuse => Err(RequestError::BadRequest("TRANSPORT_MISMATCH")),
        Probed::Answer | Probed::Upgrade => Ok(polling_response("text/html", "ok")),
    }
}
