//! The byte streams under a WebSocket.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use hyper::upgrade::Upgraded;
use hyper_util::{rt::TokioIo, server::conn::auto};
use tokio::{
    io::{AsyncRead, AsyncWrite, Interest, ReadBuf},
    net::TcpStream,
};

use crate::outbox::{Sink, Wire};

/// A TCP stream that its owner reads from and the holder of the writer's role writes to.
#[derive(Debug, Clone)]
pub(crate) struct Tcp(Arc<TcpStream>);

impl Wire for Tcp {
    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }
}

/// Any other stream that may carry a WebSocket, such as TLS.
pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

pub(crate) enum Stream {
    Tcp(Tcp),
    Boxed(Box<dyn Io>),
}

impl Stream {
    pub(crate) fn from_tcp(stream: TcpStream) -> Self {
        // Frames are written when they are complete: waiting for more only delays them.
        let _ = stream.set_nodelay(true);
        Self::Tcp(Tcp(Arc::new(stream)))
    }

    /// The stream of an upgraded HTTP connection, and what was read from it beyond the request.
    ///
    /// hyper's own buffer is copied and dropped: it would stay allocated as long as the connection.
    pub(crate) fn from_upgraded(upgraded: Upgraded) -> (Self, Vec<u8>) {
        let upgraded = match auto::upgrade::downcast::<TokioIo<TcpStream>>(upgraded) {
            Ok(parts) => {
                return (
                    Self::from_tcp(parts.io.into_inner()),
                    parts.read_buf.to_vec(),
                );
            }
            Err(upgraded) => upgraded,
        };
        match upgraded.downcast::<TokioIo<TcpStream>>() {
            Ok(parts) => (
                Self::from_tcp(parts.io.into_inner()),
                parts.read_buf.to_vec(),
            ),
            Err(upgraded) => (Self::Boxed(Box::new(TokioIo::new(upgraded))), Vec::new()),
        }
    }

    /// What the outbox writes to.
    pub(crate) fn sink(&self) -> Sink<Tcp> {
        match self {
            Self::Tcp(tcp) => Sink::Direct(tcp.clone()),
            Self::Boxed(_) => Sink::Owner,
        }
    }

    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        match self {
            Self::Tcp(Tcp(stream)) => loop {
                ready!(stream.poll_read_ready(cx))?;
                match read_ready(stream, buffer) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    result => return Poll::Ready(result),
                }
            },
            Self::Boxed(io) => {
                let mut buffer = ReadBuf::new(buffer);
                ready!(Pin::new(io).poll_read(cx, &mut buffer))?;
                Poll::Ready(Ok(buffer.filled().len()))
            }
        }
    }

    pub(crate) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self {
            Self::Tcp(Tcp(stream)) => loop {
                ready!(stream.poll_write_ready(cx))?;
                match stream.try_write(bytes) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    result => return Poll::Ready(result),
                }
            },
            Self::Boxed(io) => Pin::new(io).poll_write(cx, bytes),
        }
    }

    /// Ready when the stream may take bytes again. Always, if it is written by its owner.
    pub(crate) fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<()> {
        match self {
            // An error shows at the write that follows.
            Self::Tcp(Tcp(stream)) => stream.poll_write_ready(cx).map(drop),
            Self::Boxed(_) => Poll::Ready(()),
        }
    }

    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(_) => Poll::Ready(Ok(())),
            Self::Boxed(io) => Pin::new(io).poll_flush(cx),
        }
    }

    /// Says that nothing more will be written.
    pub(crate) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self {
            Self::Tcp(Tcp(stream)) => {
                // It fails if the peer has gone, and then there is nobody to tell.
                let _ = socket2::SockRef::from(stream.as_ref()).shutdown(std::net::Shutdown::Write);
                Poll::Ready(())
            }
            Self::Boxed(io) => Pin::new(io).poll_shutdown(cx).map(drop),
        }
    }
}

/// Reads once. A short read has emptied the socket: it is taken for not ready any more, which saves the
/// read that would only say so. The readiness cleared is the one seen before the read.
#[cfg(target_os = "linux")]
fn read_ready(stream: &TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
    let mut short = None;
    let result = stream.try_io(Interest::READABLE, || match stream.try_read(buffer) {
        Ok(n) if 0 < n && n < buffer.len() => {
            short = Some(n);
            Err(io::ErrorKind::WouldBlock.into())
        }
        result => result,
    });
    match short {
        Some(n) => Ok(n),
        None => result,
    }
}

#[cfg(not(target_os = "linux"))]
fn read_ready(stream: &TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
    stream.try_read(buffer)
}
