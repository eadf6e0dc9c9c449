//! What happened to an object, in words.

use sockeye_websocket::Message;
use sockeye_websocket::web::{
    CloseEvent, ErrorCause, ErrorEvent, MessageEvent, OpenEvent, WebSocket,
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::soon;

/// The events of one object, in order.
pub(crate) struct Log {
    events: UnboundedReceiver<Seen>,
}

/// An event, and the ready state at that moment.
#[derive(Debug)]
pub(crate) enum Seen {
    Open(u16),
    Message(Message, String, u16),
    Error(ErrorCause, u16),
    Close(u16, String, bool, u16),
}

impl Log {
    /// Sets all four handlers.
    pub(crate) fn of(socket: &WebSocket) -> Self {
        Self::acting(socket, |_, _| {})
    }

    /// The same, and acts on each event after noting it.
    pub(crate) fn acting(
        socket: &WebSocket,
        act: impl Fn(&Seen, &WebSocket) + Clone + Send + 'static,
    ) -> Self {
        let (sender, events) = unbounded_channel();
        let note = move |sender: &UnboundedSender<Seen>, seen: Seen, target: &WebSocket| {
            act(&seen, target);
            let _ = sender.send(seen);
        };
        let (tell, log) = (note.clone(), sender.clone());
        socket.on_open(move |OpenEvent { target, .. }| {
            tell(&log, Seen::Open(target.ready_state()), &target);
        });
        let (tell, log) = (note.clone(), sender.clone());
        socket.on_message(
            move |MessageEvent {
                      data,
                      origin,
                      target,
                      ..
                  }| {
                let seen = Seen::Message(data, origin.to_string(), target.ready_state());
                tell(&log, seen, &target);
            },
        );
        let (tell, log) = (note.clone(), sender.clone());
        socket.on_error(move |ErrorEvent { cause, target, .. }| {
            tell(&log, Seen::Error(cause, target.ready_state()), &target);
        });
        socket.on_close(
            move |CloseEvent {
                      code,
                      reason,
                      was_clean,
                      target,
                      ..
                  }| {
                let seen = Seen::Close(code, reason, was_clean, target.ready_state());
                note(&sender, seen, &target);
            },
        );
        Self { events }
    }

    pub(crate) async fn next(&mut self) -> Option<Seen> {
        soon(self.events.recv()).await
    }

    /// How many events are left; the handlers have to be gone.
    pub(crate) async fn events_left(&mut self) -> usize {
        let mut count = 0;
        while self.events.recv().await.is_some() {
            count += 1;
        }
        count
    }

    /// The next event has to be `open`.
    pub(crate) async fn opened(&mut self) {
        match self.next().await {
            Some(Seen::Open(WebSocket::OPEN)) => {}
            other => panic!("{other:?}"),
        }
    }

    /// The next event has to be a message.
    pub(crate) async fn message(&mut self) -> Message {
        match self.next().await {
            Some(Seen::Message(message, _, WebSocket::OPEN)) => message,
            other => panic!("{other:?}"),
        }
    }

    /// The next event has to be `error`.
    pub(crate) async fn failed(&mut self) -> ErrorCause {
        match self.next().await {
            Some(Seen::Error(cause, WebSocket::CLOSED)) => cause,
            other => panic!("{other:?}"),
        }
    }

    /// The next event has to be `close`, and nothing may follow it.
    pub(crate) async fn closed(&mut self) -> (u16, String, bool) {
        let closed = match self.next().await {
            Some(Seen::Close(code, reason, clean, WebSocket::CLOSED)) => (code, reason, clean),
            other => panic!("{other:?}"),
        };
        assert!(self.next().await.is_none(), "something follows the close");
        closed
    }

    /// The next events have to be `error` and the close event that belongs to it.
    pub(crate) async fn failed_and_closed(&mut self) -> ErrorCause {
        let cause = self.failed().await;
        assert_eq!(self.closed().await, (1006, String::new(), false));
        cause
    }
}
