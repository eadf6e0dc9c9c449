//! Echo over anything that is a `Stream` and a `Sink` of messages.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use futures_sink::Sink;

/// Ends when the stream ends or fails.
pub struct Echo<S, M> {
    socket: S,
    /// Whether a message goes back; control messages do not.
    is_data: fn(&M) -> bool,
    unsent: Option<M>,
}

impl<S, M> Echo<S, M> {
    pub fn new(socket: S, is_data: fn(&M) -> bool) -> Self {
        Self {
            socket,
            is_data,
            unsent: None,
        }
    }
}

/// What a stream of a peer gives: messages, or results of such.
pub trait Received<M> {
    fn message(self) -> Option<M>;
}

impl<M, E> Received<M> for Result<M, E> {
    fn message(self) -> Option<M> {
        self.ok()
    }
}

impl Received<Self> for yawc::Frame {
    fn message(self) -> Option<Self> {
        Some(self)
    }
}

impl<S, M> Future for Echo<S, M>
where
    S: Stream + Sink<M> + Unpin,
    S::Item: Received<M>,
    M: Unpin,
{
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let mut socket = Pin::new(&mut this.socket);
        loop {
            if this.unsent.is_some() {
                if ready!(socket.as_mut().poll_ready(cx)).is_err() {
                    return Poll::Ready(());
                }
                if let Some(message) = this.unsent.take()
                    && socket.as_mut().start_send(message).is_err()
                {
                    return Poll::Ready(());
                }
            }
            match socket.as_mut().poll_next(cx) {
                Poll::Ready(received) => match received.and_then(Received::message) {
                    Some(message) => this.unsent = Some(message).filter(this.is_data),
                    None => return Poll::Ready(()),
                },
                Poll::Pending => {
                    return match ready!(socket.as_mut().poll_flush(cx)) {
                        Ok(()) => Poll::Pending,
                        Err(_) => Poll::Ready(()),
                    };
                }
            }
        }
    }
}
