//! Long-polling: a GET takes what is queued or waits for it, a POST brings packets.

use std::{
    borrow::Cow,
    error::Error,
    future::poll_fn,
    ops::ControlFlow,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use http::{HeaderMap, Response, header};
use http_body::Body as HttpBody;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::{
    EVENTS_A_LOOK, Watch,
    answer::{Answer, jsonp_index},
    receive_binary, receive_text, receive_v3,
    streaming::{Framed, MalformedFrame, OCTETS, Unframed},
};
use crate::{
    Application, Body, CloseReason, Config, Connection, Protocol, RequestError, Transport,
    outbox::{Phase, Sink, wake_all},
    packet::split_payload,
    request::polling_response,
    v3::{self, BinaryPayload, TextPayload},
};

/// After so many packets of one body, other tasks get their turn.
const PACKETS_A_TURN: usize = 256;

/// Ends the GET's claim on the session, however its future ends.
struct Getting<'a, A: Application> {
    connection: &'a Arc<Connection<A>>,
    answered: bool,
}

impl<A: Application> Drop for Getting<'_, A> {
    fn drop(&mut self) {
        self.connection.state().getting = false;
        if !self.answered {
            abandoned(self.connection, "poll connection closed prematurely");
        }
    }
}

/// The client cut a request: that ends the session, unless it has left polling behind.
fn abandoned<A: Application>(connection: &Arc<Connection<A>>, description: &'static str) {
    if connection.transport() != Transport::WebSocket {
        connection.abort(CloseReason::TransportError(description));
    }
}

/// Answers with all that is queued, once there is something, and tells whether that may be compressed.
pub(crate) async fn get<A: Application>(
    connection: &Arc<Connection<A>>,
) -> Result<(Response<Body>, bool), RequestError> {
    {
        let mut state = connection.state();
        if state.getting {
            drop(state);
            connection.close(CloseReason::TransportError("overlap from client"));
            return Err(RequestError::Overlap);
        }
        state.getting = true;
    }
    let mut getting = Getting {
        connection,
        answered: false,
    };
    let answer = poll_fn(|cx| poll_packets(connection, cx)).await;
    getting.answered = true;
    drop(getting);
    let compress = answer.may_be_compressed();
    Ok((answer.response(connection), compress))
}

fn poll_packets<A: Application>(
    connection: &Arc<Connection<A>>,
    cx: &mut Context<'_>,
) -> Poll<Answer> {
    let mut state = connection.state();
    let noop = std::mem::take(&mut state.noop);
    let polls = state.session.transport() == Transport::Polling;
    let mut queue = connection.outbox.lock();
    drop(state);
    if !polls {
        return Poll::Ready(Answer::Noop);
    }
    if let Some(batch) = queue.take_all() {
        let last = queue.phase() == Phase::Closed;
        let drained = queue.take_drained();
        drop(queue);
        wake_all(drained);
        if last {
            connection.forget();
        }
        return Poll::Ready(Answer::Packets(batch));
    }
    if noop {
        return Poll::Ready(Answer::Noop);
    }
    if queue.phase() != Phase::Closed {
        queue.sink = Sink::Poll {
            pending: Some(cx.waker().clone()),
        };
        return Poll::Pending;
    }
    drop(queue);
    // Whoever closed may have asked for a noop after the look above.
    let noop = std::mem::take(&mut connection.state().noop);
    Poll::Ready(if noop { Answer::Noop } else { Answer::Close })
}

/// Ends the POST's claim on the session, and gives the reader back, however its future ends.
struct Posting<'a, A: Application> {
    connection: &'a Arc<Connection<A>>,
    reader: Option<A::Reader>,
    answered: bool,
}

impl<A: Application> Drop for Posting<'_, A> {
    fn drop(&mut self) {
        self.connection.state().posting = false;
        if let Some(reader) = self.reader.take() {
            self.connection.return_reader(reader);
        }
        if !self.answered {
            abandoned(
                self.connection,
                "data request connection closed prematurely",
            );
        }
    }
}

/// Takes the packets of a body that came for `transport`, and answers when they have been handled.
pub(crate) async fn post<A: Application, B>(
    connection: &Arc<Connection<A>>,
    transport: Transport,
    headers: &HeaderMap,
    body: B,
) -> Result<Response<Body>, RequestError>
where
    B: HttpBody<Error: Into<Box<dyn Error + Send + Sync>>>,
{
    {
        let mut state = connection.state();
        if state.posting {
            drop(state);
            connection.close(CloseReason::TransportError(
                "data request overlap from client",
            ));
            return Err(RequestError::Overlap);
        }
        state.posting = true;
    }
    let mut posting = Posting {
        connection,
        reader: None,
        answered: false,
    };
    let protocol = connection.protocol();
    let binary = is_octets(headers);
    if binary && protocol == Protocol::V4 && transport == Transport::Polling {
        posting.answered = true;
        connection.close(CloseReason::TransportError("invalid content"));
        return Err(RequestError::ContentType);
    }
    let config = connection.engine().config();
    let body = match collect(body, headers, config.max_payload, config).await {
        Ok(body) => body,
        Err(error) => {
            // An announced or found excess leaves the session open, as in the reference.
            posting.answered = error == RequestError::TooLarge;
            return Err(error);
        }
    };
    {
        let mut state = connection.state();
        if state.session.transport() != transport {
            posting.answered = true;
            return Err(RequestError::BadRequest("TRANSPORT_MISMATCH"));
        }
        posting.reader = state.reader.take();
    }
    if let Some(reader) = &mut posting.reader {
        if binary && transport == Transport::Streaming {
            let packets = Unframed::new(&body).map(Incoming::Framed);
            handle_packets(connection, reader, packets).await;
        } else if binary {
            let packets = BinaryPayload::new(&body).map(Incoming::V3);
            handle_packets(connection, reader, packets).await;
        } else {
            handle_text(connection, reader, &String::from_utf8_lossy(&body)).await;
        }
    }
    posting.answered = true;
    drop(posting);
    Ok(polling_response("text/html", "ok"))
}

/// One packet of a body.
enum Incoming<'b> {
    V4(&'b str),
    Framed(Result<Framed<'b>, MalformedFrame>),
    V3(Result<v3::Packet<'b>, v3::Malformed>),
}

async fn handle_text<A: Application>(
    connection: &Arc<Connection<A>>,
    reader: &mut A::Reader,
    body: &str,
) {
    let protocol = connection.protocol();
    if protocol == Protocol::V4 {
        let packets = split_payload(body).map(Incoming::V4);
        return handle_packets(connection, reader, packets).await;
    }
    let payload = match jsonp_index(connection.handshake(), protocol) {
        None => Cow::Borrowed(body),
        Some(_) => match v3::jsonp::payload(body) {
            Some(payload) => payload,
            // A form without the field says nothing, as in the reference.
            None => return,
        },
    };
    let packets = TextPayload::new(&payload).map(Incoming::V3);
    handle_packets(connection, reader, packets).await;
}

async fn handle_packets<'b, A: Application>(
    connection: &Arc<Connection<A>>,
    reader: &mut A::Reader,
    packets: impl Iterator<Item = Incoming<'b>>,
) {
    let now = Instant::now();
    connection.outbox.cork();
    connection
        .state()
        .session
        .handle_traffic(connection.engine().timing(), now);
    let mut watch = Watch::new(now);
    for (n, packet) in packets.enumerate() {
        if n % EVENTS_A_LOOK == EVENTS_A_LOOK - 1 {
            watch.look(connection);
        }
        if n % PACKETS_A_TURN == PACKETS_A_TURN - 1 {
            connection.flush();
            tokio::task::yield_now().await;
            watch = Watch::new(Instant::now());
            connection.outbox.cork();
        }
        let received = match packet {
            Incoming::V4(text) | Incoming::Framed(Ok(Framed::Text(text))) => {
                receive_text(connection, reader, text, now)
            }
            Incoming::Framed(Ok(Framed::Binary(data))) => {
                receive_binary(connection, reader, data, now)
            }
            Incoming::Framed(Err(MalformedFrame)) => ControlFlow::Break(CloseReason::ParseError),
            Incoming::V3(packet) => receive_v3(connection, reader, packet, now),
        };
        match received {
            ControlFlow::Break(CloseReason::TransportClose) => {
                connection.state().noop = true;
                connection.abort(CloseReason::TransportClose);
            }
            ControlFlow::Break(reason) => connection.close(reason),
            ControlFlow::Continue(()) => {}
        }
        if !connection.is_open() {
            break;
        }
    }
    watch.look(connection);
    connection.flush();
}

/// Whether a body is bytes and no text.
pub(crate) fn is_octets(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value == OCTETS)
}

/// Reads a body of at most `limit` bytes, in the time that it may take.
pub(crate) async fn collect<B>(
    body: B,
    headers: &HeaderMap,
    limit: usize,
    config: &Config,
) -> Result<Vec<u8>, RequestError>
where
    B: HttpBody<Error: Into<Box<dyn Error + Send + Sync>>>,
{
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(RequestError::TooLarge);
    }
    // Boxed: the body's type may hold its buffers in place.
    let collected = Box::pin(Limited::new(body, limit).collect());
    match tokio::time::timeout(config.body_timeout, collected).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes().to_vec()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(RequestError::TooLarge),
        Ok(Err(_)) => Err(RequestError::BadRequest("BODY_INTERRUPTED")),
        Err(_) => Err(RequestError::BadRequest("BODY_TIMEOUT")),
    }
}
