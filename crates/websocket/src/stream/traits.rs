//! `Stream` and `Sink` for what receives and sends.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_sink::Sink;
use tokio::io::{AsyncRead, AsyncWrite};

use super::driver::Wakers;
use super::{Error, Reader, WebSocket, Writer};
use crate::{Message, SendError};

impl<S: AsyncRead + AsyncWrite + Unpin> Stream for WebSocket<S> {
    type Item = Result<Message, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().driver.poll_recv(Wakers::one(cx))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Stream for Reader<S> {
    type Item = Result<Message, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_recv(cx)
    }
}

/// Closing the sink sends a close frame with code 1000.
impl<S: AsyncRead + AsyncWrite + Unpin> Sink<Message> for WebSocket<S> {
    type Error = SendError;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.get_mut().driver.poll_accept(Wakers::one(cx))
    }

    fn start_send(self: Pin<&mut Self>, message: Message) -> Result<(), SendError> {
        let driver = &mut self.get_mut().driver;
        driver.endpoint.outgoing().send_owned(message)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.get_mut().driver.poll_flush(Wakers::one(cx))
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        let driver = &mut self.get_mut().driver;
        driver.close(Some((1000, "")));
        driver.poll_flush(Wakers::one(cx))
    }
}

/// Closing the sink sends a close frame with code 1000.
impl<S: AsyncRead + AsyncWrite + Unpin> Sink<Message> for Writer<S> {
    type Error = SendError;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        let shared = &self.get_mut().shared;
        shared.poll(cx, |driver, wakers| driver.poll_accept(wakers))
    }

    fn start_send(self: Pin<&mut Self>, message: Message) -> Result<(), SendError> {
        let shared = &self.get_mut().shared;
        shared.change(|driver| driver.endpoint.outgoing().send_owned(message))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        let shared = &self.get_mut().shared;
        shared.poll(cx, |driver, wakers| driver.poll_flush(wakers))
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        let shared = &self.get_mut().shared;
        shared.change(|driver| driver.close(Some((1000, ""))));
        shared.poll(cx, |driver, wakers| driver.poll_flush(wakers))
    }
}
